"""Model files whose config names functions and classes that no model needs, or never ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zoo.testing.hostile.archives import config, keras_bytes, model_h5_bytes, tensor
from zoo.testing.hostile.case import HostileCase

__all__ = ["cases"]

# functions and classes that are importable, and that a config must not reach
_NAMES = {
    "keras.utils": (
        "plot_model pack_x_y_sample_weight get_file set_random_seed clear_session "
        "to_categorical load_img save_img img_to_array get_source_inputs model_to_dot "
        "FeatureSpace Progbar CustomObjectScope Sequence PyDataset "
        "image_dataset_from_directory audio_dataset_from_directory text_dataset_from_directory "
        "timeseries_dataset_from_array"
    ),
    "keras.config": (
        "set_floatx set_backend set_epsilon set_image_data_format set_dtype_policy "
        "enable_unsafe_deserialization disable_traceback_filtering enable_interactive_logging "
        "floatx"
    ),
    "keras.backend": "set_floatx clear_session",
    "keras.datasets.mnist": "load_data",
    "keras.datasets.cifar10": "load_data",
    "keras.datasets.imdb": "load_data",
    "keras.datasets.boston_housing": "load_data",
    "keras.datasets.reuters": "load_data",
    "keras.saving": (
        "load_model save_model load_weights save_weights register_keras_serializable "
        "get_custom_objects deserialize_keras_object"
    ),
    "keras.models": "load_model save_model model_from_json clone_model",
    "keras.layers": (
        "deserialize serialize Lambda TFSMLayer TorchModuleWrapper FlaxLayer JaxLayer"
    ),
    "keras.losses": "get",
    "keras.activations": "get deserialize",
    "keras.metrics": "get",
    "keras.optimizers": "get",
    "keras.callbacks": "CSVLogger ModelCheckpoint TensorBoard RemoteMonitor BackupAndRestore",
    "keras.applications": "VGG16 ResNet50",
    "keras.applications.imagenet_utils": "decode_predictions",
    "keras.distribution": "initialize set_distribution",
    "keras.preprocessing.image": "load_img save_img",
    "keras.preprocessing": "image_dataset_from_directory",
    "keras.wrappers": "SKLearnClassifier",
    "keras.tree": "map_structure",
    "keras": "device name_scope",
    "keras.mixed_precision": "set_global_policy set_dtype_policy",
    "keras.export": "ExportArchive",
    "keras.visualization": "plot_image_gallery",
    "keras.legacy.saving": "deserialize_keras_object",
    "keras.src.utils.file_utils": "get_file",
    "keras.src.utils.python_utils": "func_load",
    "keras.src.saving.saving_api": "load_model",
    "keras.src.saving.serialization_lib": "deserialize_keras_object",
    "keras.src.utils.io_utils": "print_msg",
    "keras.src.datasets.mnist": "load_data",
    "keras.src.backend.config": "set_floatx",
    "os": "system remove",
    "subprocess": "Popen run",
    "builtins": "eval exec open __import__",
    "shutil": "rmtree",
    "pathlib": "Path",
    "importlib": "import_module",
    "pickle": "loads",
    "sys": "exit",
    "numpy": "load save",
    "tensorflow.io": "write_file read_file",
    "tensorflow": "py_function",
    "tensorflow.keras.utils": "get_file",
    "zoo": "train export",
    "runpy": "run_path",
    "webbrowser": "open",
}


def cases() -> Iterator[HostileCase]:
    """Yield the cases: each name as an activation, as a layer and as an initializer, and odd structures."""
    names = [f"{module}.{name}" for module, them in _NAMES.items() for name in them.split()]
    for number, name in enumerate(names):
        for place, settings in _uses(name):
            if (
                number % 3 or place == "activation"
            ):  # each name as an activation, and most as the others
                yield from _both(f"{place} {name}", settings)
    for what, odd in _odd_configs():
        yield from _both(what, odd)


def _both(name: str, settings: Any) -> Iterator[HostileCase]:
    """Yield the case as a .keras and as an .h5 file."""

    def write_keras(path: Path) -> None:
        path.write_bytes(keras_bytes(settings))

    def write_h5(path: Path) -> None:
        path.write_bytes(model_h5_bytes(settings))

    yield HostileCase("keras", name, "model.keras", write_keras)
    yield HostileCase("h5", name, "model.h5", write_h5)


def _uses(name: str) -> Iterator[tuple[str, Any]]:
    module, _, short = name.rpartition(".")
    function = {
        "module": module,
        "class_name": "function",
        "config": short,
        "registered_name": short,
    }
    yield "activation", config(activation=function)
    thing = {
        "module": module,
        "class_name": short,
        "config": {"name": "x"},
        "registered_name": None,
    }
    yield "initializer", config(kernel_initializer={**thing, "config": {}})
    yield "layer", _with_layer(module=module, class_name=short)


def _with_layer(**changes: Any) -> Any:
    """Return a config whose layer has other entries."""
    settings = config()
    settings["config"]["layers"][1] |= changes
    return settings


def _odd_configs() -> Iterator[tuple[str, Any]]:
    yield from _foreign_code()
    yield from _foreign_files()
    yield from _large_structures()
    yield from _wrong_types()
    yield from _broken_json()
    missing = config()
    del missing["config"]["layers"]
    yield "a model without layers", missing


def _foreign_code() -> Iterator[tuple[str, Any]]:
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}
    lambda_layer = config()
    lambda_layer["config"]["layers"][1] = {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"name": "dense", "function": code},
        "registered_name": None,
        "name": "dense",
        "inbound_nodes": [{"args": [tensor("inputs")], "kwargs": {}}],
    }
    yield "a lambda layer", lambda_layer
    yield "a bare lambda", config(activation={"class_name": "__lambda__", "config": {"value": "x"}})
    yield "a type of TensorFlow", config(activation={"class_name": "__typespec__", "config": []})
    unknown = {
        "module": "evil",
        "class_name": "function",
        "config": "run",
        "registered_name": "evil>run",
    }
    yield "a class that nobody registered", config(activation=unknown)


def _foreign_files() -> Iterator[tuple[str, Any]]:
    for key in ("vocabulary", "idf_weights"):
        for path in ("/etc/passwd", "../secret.txt", "https://example.com/words.txt"):
            lookup = {"name": "dense", key: path, "output_mode": "int"}
            yield f"{key} in {path}", _with_layer(class_name="StringLookup", config=lookup)


def _large_structures() -> Iterator[tuple[str, Any]]:
    layers = config()
    dense = layers["config"]["layers"][1]
    layers["config"]["layers"] = [{**dense, "name": f"dense_{number}"} for number in range(20_000)]
    yield "20,000 layers", layers
    yield "6,000 calls of a layer", _with_layer(inbound_nodes=dense["inbound_nodes"] * 6_000)
    cells = _recurrence(8)
    recurrent = {"name": "dense", "cell": _stacked_cells(6_000)}
    cells["config"]["layers"][1] |= {"class_name": "RNN", "config": recurrent}
    yield "6,000 cells of a layer", cells
    yield "300,000 initializers", config(kernel_initializer=[{"class_name": "Zeros"}] * 300_000)
    yield "an unrolled layer of a billion steps", _recurrence(10**9)
    nested: Any = config()
    for depth in range(60):
        inner = config()
        inner["config"]["layers"][1] = {**nested, "name": f"m{depth}", "inbound_nodes": []}
        nested = inner
    yield "60 models in each other", nested
    yield "a billion units", config(units=10**9)
    yield "a text of 2 MB", config(name="x" * 2**21)


def _wrong_types() -> Iterator[tuple[str, Any]]:
    yield "a config that is a list", [1, 2, 3]
    yield "a config that is a text", "model"
    yield "a config without a class", {"config": {}}
    yield "a class whose name is a list", {**config(), "class_name": ["Functional"]}
    yield "a module that is a number", {**config(), "module": 3}


def _broken_json() -> Iterator[tuple[str, Any]]:
    whole = json.dumps(config()).encode()
    yield "nested 100,000 deep", ('{"a":' * 100_000 + "1" + "}" * 100_000).encode()
    yield "lists 100,000 deep", ("[" * 100_000 + "]" * 100_000).encode()
    yield "a number of 100,000 digits", whole.replace(b"3,", b"9" * 100_000 + b",", 1)
    yield "no JSON", b"not json"
    yield "half of a JSON", whole[:-40]
    yield "an empty config", b"{}"
    yield "null", b"null"


def _stacked_cells(count: int) -> Any:
    cell = {"module": "keras.layers", "class_name": "GRUCell", "config": {"units": 3}}
    return {**cell, "class_name": "StackedRNNCells", "config": {"cells": [cell] * count}}


def _recurrence(steps: int) -> Any:
    settings = config()
    first, second = settings["config"]["layers"]
    first["config"]["batch_shape"] = [None, steps, 4]
    second |= {
        "class_name": "LSTM",
        "config": {"name": "dense", "units": 3, "unroll": True},
        "inbound_nodes": [{"args": [tensor("inputs", (None, steps, 4))], "kwargs": {}}],
    }
    return settings
