"""Networks by name: flattened, listed, cut off, and the same numbers as before."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.data.dataset import Dataset
from zoo.exporters import applications
from zoo.interpret import networks
from zoo.interpret.classifier import remove_activation
from zoo.interpret.model_summary import describe_layers

CHANCE = np.random.default_rng(0)
PIXELS = CHANCE.random((3, 8, 8, 1), np.float32)


def nested() -> keras.Model:
    """A graph with a Functional and a Sequential as layers, the second one called twice."""
    image = keras.Input((8, 8, 1))
    edges = keras.Model(image, layers.Conv2D(4, 3, padding="same", name="edges")(image))
    head = keras.Sequential([layers.Input((8, 8, 4)), layers.Conv2D(3, 3, name="blobs")])
    given = keras.Input((8, 8, 1), name="image")
    both = layers.Concatenate()([head(edges(given)), head(edges(layers.Rescaling(0.5)(given)))])
    return keras.Model(given, layers.Dense(2, name="logits")(layers.Flatten()(both)), name="nested")


def test_models_used_as_layers_are_replaced_by_their_layers() -> None:
    model = nested()
    flat = networks.flatten(model)
    assert [type(layer).__name__ for layer in flat.layers].count("Conv2D") == 2
    assert not any(isinstance(layer, keras.Model) for layer in flat.layers)
    np.testing.assert_array_equal(flat.predict(PIXELS, verbose=0), model.predict(PIXELS, verbose=0))
    assert {id(weight) for weight in flat.weights} == {id(weight) for weight in model.weights}


def test_a_sequential_model_is_a_graph_too() -> None:
    model = keras.Sequential([layers.Input((8, 8, 1)), layers.Conv2D(2, 3, name="first")])
    assert networks.layers_of(networks.flatten(model)) == [
        networks.LayerInfo("first", "Conv2D", (6, 6, 2), 20)
    ]


def test_a_model_without_a_graph_is_refused() -> None:
    class Mine(keras.Model):
        def call(self, x: Any) -> Any:
            return x

    for model in (Mine(), keras.Sequential([layers.Dense(2)])):
        with pytest.raises(zoo.SettingError, match="no graph of layers"):
            networks.flatten(model)


def test_layers_of_one_name_are_renamed() -> None:
    inner_input = keras.Input((4,))
    inner = keras.Model(inner_input, layers.Dense(3, name="twice")(inner_input), name="inner")
    image = keras.Input((4,))
    x = layers.Dense(3, name="twice")(inner(image))
    model = keras.Model(image, layers.Dense(2, name="inner_1")(inner(layers.Dense(4)(x))))
    before, pixels = model(PIXELS[:, 0, :4, 0]), PIXELS[:, 0, :4, 0]
    flat = networks.flatten(model)
    names = [layer.name for layer in networks.layers_of(flat)]
    assert len(set(names)) == len(names)
    assert {"twice", "twice_1", "inner_1"} <= set(names)
    np.testing.assert_array_equal(flat(pixels), before)
    np.testing.assert_array_equal(networks.flatten(model)(pixels), before)


def test_a_gan_with_names_used_twice_is_listed_and_shown(tiny: Dataset) -> None:
    normal = int(np.bincount(tiny.train.targets).argmax())
    run = zoo.train("novelty-gan", data=tiny, out="gan", normal=normal, epochs=1, batch_size=16)
    parts = describe_layers(str(run.path))
    assert {"refiner", "discriminator", "scorer"} == parts.keys()
    for infos in parts.values():
        names = [layer.name for layer in infos]
        assert len(set(names)) == len(names)
    found = zoo.gallery(f"{run.path}:refiner", data=tiny, steps=2, channels=2, out=None)
    assert len(found.layers) == 2


def test_a_model_that_is_passed_in_stays_as_it_is() -> None:
    model = nested()
    names = [layer.name for layer in model.layers]
    flat = networks.open_network(model)
    assert [layer.name for layer in model.layers] == names
    assert all(weight.trainable for weight in model.weights)
    assert {id(weight) for weight in flat.weights} == {id(weight) for weight in model.weights}


@pytest.mark.parametrize("separate", [True, False])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "linear"])
def test_an_activation_is_removed(activation: str, separate: bool) -> None:
    image = keras.Input((4,))
    dense = layers.Dense(3, activation=None if separate else activation, name="last")
    output = layers.Activation(activation)(dense(image)) if separate else dense(image)
    logits, name = remove_activation(output, "scores")
    assert name == activation
    expected = layers.Dense(3)
    plain = keras.Model(image, expected(image))
    expected.set_weights(dense.get_weights())
    pixels = PIXELS[:, 0, :4, 0]
    np.testing.assert_allclose(keras.Model(image, logits)(pixels), plain(pixels), atol=1e-6)


def test_layers_are_found_by_name_and_glob() -> None:
    flat = networks.flatten(nested())
    assert [layer.name for layer in networks.find_layers(flat, ["logits", "e*"])] == [
        "edges",
        "logits",
    ]
    assert [layer.channels for layer in networks.find_layers(flat, ["*"])][:2] == [1, 4]
    assert [layer.is_map for layer in networks.find_layers(flat, ["edges", "logits"])] == [
        True,
        False,
    ]
    with pytest.raises(zoo.SettingError, match=r"layer=edge: .*Did you mean edges"):
        networks.find_layers(flat, ["edge"])


def test_a_network_is_cut_off_where_one_looks() -> None:
    flat = networks.flatten(nested())
    seen = networks.truncate(flat, ["edges", "logits"])(PIXELS)
    np.testing.assert_allclose(seen["logits"], flat(PIXELS), atol=1e-6)
    edges = flat.get_layer("edges")
    calls = [edges(PIXELS * scale) for scale in (1, 0.5)]
    assert any(np.allclose(seen["edges"], call, atol=1e-6) for call in calls)


def test_convolutions_look_at_any_size_and_dense_layers_do_not() -> None:
    flat = networks.flatten(nested())
    wide = networks.truncate(flat, ["edges"], (None, None, 1))
    assert wide(np.zeros((2, 20, 30, 1), np.float32))["edges"].shape == (2, 20, 30, 4)
    with pytest.raises(
        zoo.SettingError, match=r"logits of nested cannot take inputs of.*\(20, 30, 1\)"
    ):
        networks.truncate(flat, ["logits"], (20, 30, 1))


@pytest.mark.parametrize(
    "name", ["MobileNetV2", "VGG16", "DenseNet121"]
)  # the three preprocessings
def test_the_first_layer_of_keras_own_networks_is_their_preprocessing(name: str) -> None:
    make = getattr(keras.applications, name)
    module = getattr(keras.applications, make.__module__.rpartition(".")[2])
    pixels = CHANCE.random((2, 5, 4, 3), np.float32)
    kernel, bias = applications.preprocessing_matrix(module.preprocess_input)
    expected = module.preprocess_input(pixels * 255)
    np.testing.assert_allclose(pixels @ kernel + bias, expected, atol=1e-3)


def test_keras_own_network_takes_pixels() -> None:
    flat = networks.flatten(applications.open_application("MobileNetV2", weights=None))
    assert [layer.name for layer in networks.layers_of(flat)][:2] == ["preprocessing", "Conv1"]
    assert flat.input_shape == (None, 224, 224, 3)


def test_weights_that_cannot_be_fetched_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(weights: str) -> None:
        raise Exception("URL fetch failure")  # as Keras does

    monkeypatch.setattr(keras.applications, "VGG16", offline)
    with pytest.raises(
        zoo.SettingError, match=r"could not fetch the weights of VGG16.*Or name a run"
    ):
        networks.open_network("VGG16")


def test_a_run_opens_frozen_and_equal(trained: zoo.Run, tiny: Dataset) -> None:
    model = networks.open_network(str(trained.path))
    assert not model.trainable_weights
    again = zoo.load(trained)
    inputs = tiny.test.inputs
    np.testing.assert_array_equal(
        model.predict(inputs, verbose=0), again.predict(inputs, verbose=0)
    )
    assert networks.weights_digest(model) == networks.weights_digest(again)
    again.weights[0].assign(again.weights[0] + 1e-6)
    assert networks.weights_digest(model) != networks.weights_digest(again)


def test_of_a_run_without_one_graph_a_part_is_opened(tiny: Dataset) -> None:
    run = zoo.train("vae", data=tiny, out="mine", latent_dim=2, epochs=1, batch_size=16)
    assert networks.open_network(f"{run.path}:decoder").input_shape == (None, 2)
    assert networks.open_network("./mine").name == networks.open_network("./mine:encoder").name
    with pytest.raises(zoo.SettingError, match=r"no part coder\. Parts: decoder, encoder"):
        networks.open_network(f"{run.path}:coder")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("cnn.cifar10", "network=cnn.cifar10: there is no such run.*zoo train cnn.cifar10"),
        ("nothing.keras", "no such .keras file.*zoo train cnn.mnist"),
        ("VGG61", "Did you mean VGG1"),
        ("broken.keras", "broken.keras is not a readable model file"),
    ],
)
def test_what_is_not_there_or_broken_is_told(name: str, problem: str) -> None:
    Path("broken.keras").write_bytes(b"no zip")
    with pytest.raises(zoo.ZooError, match=problem):
        networks.open_network(name)


def test_layers_are_numbered_alike_whatever_was_built_before(tiny: Dataset) -> None:
    run = zoo.train("cnn", data=tiny, filters=[2], epochs=1, batch_size=16)
    names = [
        [layer.name for layer in networks.layers_of(networks.open_network(str(run.path)))]
        for _ in range(2)
    ]
    assert names[0] == names[1]
    assert names[0][:4] == ["conv2d", "batch_normalization", "activation", "conv2d_1"]
