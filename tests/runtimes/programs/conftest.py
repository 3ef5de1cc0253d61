"""The programs in other languages, built once in the user's cache, and the files that all of them run."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from zoo.entry_points import FORMATS, EntryPointGroup
from zoo.exporters.parts.part import Part, prepare_part
from zoo.exporters.parts.probes import Probe, make_probes

CACHE = os.environ.get("ZOO_CACHE")  # before tests/conftest.py gives each test one of its own
BIASES = (0.125, 0.25, 0.625)


@pytest.fixture
def real_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep built programs between tests."""
    use_real_cache(monkeypatch)


def use_real_cache(patch: pytest.MonkeyPatch) -> None:
    """Use the cache of whoever started the tests."""
    if CACHE:
        patch.setenv("ZOO_CACHE", CACHE)
    else:
        patch.delenv("ZOO_CACHE", raising=False)


@dataclass
class Files:
    """Parts, their probes, and where their files are, by role and format."""

    parts: dict[str, Part]
    probes: dict[str, list[Probe]]
    folder: Path

    def path(self, role: str, format_name: str) -> Path:
        return self.folder / (role + EntryPointGroup(FORMATS).load(format_name).SUFFIX)


def classifier() -> keras.Model:
    image = keras.Input((8, 8, 1), name="image")
    x = keras.layers.Conv2D(4, 3, activation="relu")(image)
    x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Flatten()(x)
    return keras.Model(image, keras.layers.Dense(3, activation="softmax", name="probabilities")(x))


def two_inputs() -> keras.Model:
    """Return the model of the examples: from inputs of zeros it computes its biases."""
    left, right = keras.Input((4,), name="left"), keras.Input((2,), name="right")
    both = keras.layers.Concatenate()([left, right])
    scores = keras.layers.Dense(3, name="scores")
    model = keras.Model([left, right], scores(both))
    scores.bias.assign(BIASES)
    return model


def tokens() -> keras.Model:
    """Return a model with a free axis, integers in and integers out."""
    words = keras.Input((None,), name="words", dtype="int32")
    x = keras.layers.Embedding(20, 4)(words)
    mean = keras.layers.GlobalAveragePooling1D(name="mean")(x)
    return keras.Model(words, {"mean": mean, "doubled": keras.ops.multiply(words, 2)})


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Every part in every format that the programs read; `tampered` has one weight changed.

    `classifier-in-two` is an ONNX file and one with its weights.
    """
    keras.utils.set_random_seed(5)
    models = {"classifier": classifier(), "two": two_inputs(), "tokens": tokens()}
    parts = {role: prepare_part(role, model) for role, model in models.items()}
    probes = {role: make_probes(part) for role, part in parts.items()}
    files = Files(parts, probes, tmp_path_factory.mktemp("programs"))
    changed = keras.models.clone_model(models["classifier"])
    changed.set_weights([_first_value_changed(w) for w in models["classifier"].get_weights()])
    tampered = prepare_part("tampered", changed)
    for part in (*parts.values(), tampered):
        for name in ("onnx", "saved-model", "dl4j"):
            if name != "dl4j" or part.role != "tokens":
                EntryPointGroup(FORMATS).load(name).write(part, files.path(part.role, name), {})
    write_in_two_files(files)
    return files


def write_in_two_files(files: Files) -> None:
    """Write the classifier as ONNX with its weights in a second file, as one beyond 2 GiB has them."""
    import onnx

    model = onnx.load(files.path("classifier", "onnx"))
    path = files.path("classifier-in-two", "onnx")
    place = {
        "location": f"{path.name}.data",
        "size_threshold": 100,
        "all_tensors_to_one_file": True,
    }
    onnx.save_model(model, path, save_as_external_data=True, **place)


def _first_value_changed(weight: Any) -> Any:
    weight = np.array(weight)
    weight.flat[0] += 0.01
    return weight
