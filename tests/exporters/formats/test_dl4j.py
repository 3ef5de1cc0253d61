"""Parts are expanded into layers that Deeplearning4j computes rightly, or refused by name."""

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import zoo
from tests.runtimes.programs.conftest import use_real_cache
from zoo.errors import ExportError
from zoo.exporters.comparison import compare_outputs, compare_results
from zoo.exporters.formats import dl4j
from zoo.exporters.formats.dl4j import expansions
from zoo.exporters.formats.dl4j.builder import Call
from zoo.exporters.formats.dl4j.expand import expand_model
from zoo.exporters.parts.part import Part, prepare_part
from zoo.exporters.parts.probes import draw_probes
from zoo.runtimes.command import run_files
from zoo.runtimes.programs import dl4j as runtime
from zoo.runtimes.protocol import FileToRun
from zoo.runtimes.python.keras import keras_runner

from . import models


def problem_of(part: Part) -> str:
    """Compare the expansion with the part, both in Keras."""
    return compare_outputs(keras_runner(expand_model(part)), draw_probes(part)).problem


def expanded_classes(part: Part) -> list[str]:
    return [type(layer).__name__ for layer in expand_model(part).layers]


def nested() -> Part:
    """A network that is called twice inside another one, with a bare dot product behind it."""
    inner_inputs = keras.Input((4,))
    inner = keras.Model(inner_inputs, layers.Dense(3, activation="silu")(inner_inputs))
    inputs = keras.Input((4,), name="numbers")
    normal = layers.Normalization(mean=[1.0, 2, 3, 4], variance=[1.0, 2, 3, 4])(inputs)
    one, two = inner(normal), inner(layers.Rescaling(0.5)(normal))
    x = layers.Concatenate()([layers.Dot(1)([one, two]), one])
    return models.part_of(inputs, layers.Dense(2, name="score")(x))


def gated() -> Part:
    """Activations that Keras 2 had under another name, or not at all."""
    inputs = keras.Input((6, 2), name="series")
    x = layers.Dense(3, activation="hard_silu")(inputs)
    x = layers.Conv1DTranspose(4, 3, strides=2, padding="same", activation="mish")(x)
    return models.part_of(inputs, layers.LSTM(2, name="code")(layers.Activation("silu")(x)))


def volumes() -> Part:
    """Layers for volumes that are made of others."""
    inputs = keras.Input((4, 4, 6, 2), name="volume")
    x = layers.Conv3D(3, 3, padding="same", activation="relu")(layers.Rescaling(2.0)(inputs))
    x = layers.Conv3DTranspose(2, 3, strides=1, padding="same")(layers.MaxPooling3D(2)(x))
    x = layers.Conv3DTranspose(3, (4, 2, 3), strides=2, padding="same", activation="silu")(x)
    x = layers.Cropping3D(((1, 0), (0, 2), (1, 1)))(x)
    x = [layers.GlobalAveragePooling3D()(x), layers.GlobalMaxPooling3D()(x)]
    return models.part_of(inputs, layers.Dense(2, name="score")(layers.Concatenate()(x)))


def series() -> Part:
    """Layers for series that are computed on images."""
    inputs = keras.Input((7, 2), name="series")
    x = layers.UpSampling1D(2)(layers.AveragePooling1D(3, padding="same")(inputs))
    x = layers.Cropping1D((0, 1))(layers.ZeroPadding1D((2, 1))(x))
    return models.part_of(inputs, layers.Conv1D(2, 3, name="score")(x))


def enlarged() -> Part:
    """An image with a depthwise convolution, gates for its channels, and pixels that are repeated."""
    inputs = keras.Input((4, 4, 2), name="image")
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", activation="tanh")(inputs)
    means = layers.GlobalAveragePooling2D()(x)
    x = layers.Multiply()([layers.Reshape((1, 1, 4))(layers.Dense(4, "sigmoid")(means)), x])
    return models.part_of(inputs, layers.UpSampling2D((2, 3), name="pixels")(x))


def in_place() -> Part:
    """Activations of arrays that others read after them: an input, and a view of another map."""
    inputs = keras.Input((4, 4, 2), name="image")
    x = layers.Cropping2D(((0, 1), (1, 0)))(
        layers.Add()([inputs, layers.Activation("tanh")(inputs)])
    )
    x = layers.Flatten()(
        layers.Add()([layers.Activation("sigmoid")(x), layers.LeakyReLU(0.3)(x), x])
    )
    return models.part_of(inputs, layers.Multiply(name="score")([layers.Activation("relu")(x), x]))


BUILDERS = (models.classifier, nested, gated, volumes, series, enlarged, in_place)


@pytest.mark.parametrize("build", BUILDERS)
def test_the_expansion_computes_what_the_part_computes(build: Any) -> None:
    assert not problem_of(build())


@pytest.mark.timeout(900)  # the first use builds the program
def test_the_jvm_computes_what_the_parts_compute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if missing := runtime.missing():
        pytest.skip(missing)
    use_real_cache(monkeypatch)
    parts = {build.__name__: build() for build in BUILDERS}
    probes = {name: draw_probes(part) for name, part in parts.items()}
    for name, part in parts.items():
        dl4j.write(part, tmp_path / name, {})
    results = run_files(
        runtime.command(),
        [
            FileToRun(
                name, tmp_path / name, "dl4j", tuple(each.inputs for each in probes[name]), ()
            )
            for name in parts
        ],
    )
    problems = {}
    for result in results:
        faults = [result.problem, *(each.problem for each in result.sets)]
        problems[result.key] = "".join(faults)
        if not problems[result.key]:
            outputs = [each.outputs for each in result.sets]
            problems[result.key] = compare_results(outputs, probes[result.key]).problem
    assert problems == dict.fromkeys(parts, "")


def test_the_expansion_is_flat_and_has_only_layers_that_are_read() -> None:
    classes = expanded_classes(nested())
    assert not {"Functional", "Rescaling", "Normalization", "Dot"} & {*classes}
    assert classes.count("Dense") == 4  # the inner one twice, the sum of the products, and the last


def test_a_wrong_expansion_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_offset(call: Call) -> Any:
        return call.builder.scale(call.x, call.layer.scale, 0.0, call.layer.name)

    monkeypatch.setitem(expansions.EXPANSIONS, "Rescaling", without_offset)
    assert "is off by" in problem_of(models.classifier())


@pytest.mark.parametrize(
    ("shape", "layer", "reason"),
    [
        ((4, 4, 2), layers.GroupNormalization(1, name="culprit"), "depends on the input"),
        ((5, 2), layers.GRU(3, name="culprit"), "it has no GRU"),
        ((4,), layers.LayerNormalization(name="culprit"), "depends on the input"),
        ((4,), layers.UnitNormalization(name="culprit"), "depends on the input"),
        ((4,), layers.Activation("gelu", name="culprit"), "has the activation gelu"),
        ((4, 4, 2), layers.Conv2D(2, 3, groups=2, name="culprit"), "no groups of channels"),
        ((2, 2, 2, 1), layers.UpSampling3D((1, 2, 2), name="culprit"), "by one factor only"),
        ((5, 2), layers.LSTM(3, go_backwards=True, name="culprit"), "go_backwards"),
    ],
)
def test_what_cannot_be_expanded_is_refused_by_name(
    shape: tuple[int, ...], layer: Any, reason: str, tmp_path: Path
) -> None:
    inputs = keras.Input(shape, name="inputs")
    part = models.part_of(inputs, layer(inputs))
    with pytest.raises(ExportError, match=reason) as caught:
        dl4j.write(part, tmp_path / "model.h5", {})
    assert "'culprit'" in str(caught.value)


def test_free_sizes_and_whole_numbers_are_refused_and_no_layer_is_blamed() -> None:
    image = keras.Input((None, None, 1), name="image")
    tokens = keras.Input((4,), name="tokens", dtype="int32")
    for inputs, outputs, message in (
        (image, layers.Conv2D(2, 1)(image), "The input 'image' has free sizes"),
        (tokens, layers.Embedding(5, 2)(tokens), "The input 'tokens' has the dtype int32"),
    ):
        with pytest.raises(ExportError, match=rf"^model as dl4j: {message}.*") as error:
            zoo.export(keras.Model(inputs, outputs), ["dl4j"], out="shipped")
        assert str(error.value).endswith(", or leave out this format.")


def test_the_file_is_one_of_keras_2(tmp_path: Path) -> None:
    part, path = models.classifier(), tmp_path / "model.h5"
    dl4j.write(part, path, {})
    with h5py.File(path) as file:
        config = json.loads(file.attrs["model_config"])
        names = [name.decode() for name in file["model_weights"].attrs["layer_names"]]
        kernel = np.asarray(file["model_weights/conv2d/conv2d/kernel:0"])
        assert file.attrs["zoo_license"] == "Apache-2.0"
    assert (config["keras_version"], config["backend"]) == ("2.9.0", "tensorflow")
    assert config["config"]["input_layers"] == [["image", 0, 0]]
    assert config["config"]["output_layers"] == [["probabilities", 0, 0]]
    assert names == [layer["name"] for layer in config["config"]["layers"]]
    np.testing.assert_array_equal(kernel, part.model.get_layer("conv2d").get_weights()[0])
    first = config["config"]["layers"][0]["config"]
    assert first["batch_input_shape"] == [None, 8, 8, 1]
    assert "registered_name" not in json.dumps(config)


def test_an_initial_state_is_refused_by_name() -> None:
    inputs = [keras.Input((5, 2), name="series"), keras.Input((3,), name="state")]
    scores = layers.LSTM(3, name="memory")(inputs[0], initial_state=[inputs[1], inputs[1]])
    part = prepare_part("model", keras.Model(inputs, layers.Dense(2, name="scores")(scores)))
    with pytest.raises(ExportError, match=r"'memory' .LSTM.*neither an initial state nor a mask"):
        expand_model(part)
