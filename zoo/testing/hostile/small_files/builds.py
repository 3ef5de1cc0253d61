"""Model files whose layers are all honest, and whose model takes endless work or memory to build."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from zoo.testing.hostile.archives import config, keras_bytes, model_h5_bytes, tensor
from zoo.testing.hostile.case import HostileCase

__all__ = ["cases", "chain", "nested_models", "unrolled_lstm"]

Shape = tuple[int | None, ...]
FREE: Shape = (None, None, 4)
FLAT: Shape = (None, 4)
FIRST_CALL = 0  # the number of the first output of a model in a model
IMAGE: Shape = (None, 8, 8, 1)


def cases() -> Iterator[HostileCase]:
    """Yield the cases as .keras and as .h5 files."""
    for name, settings in _configs().items():
        yield HostileCase("keras", name, "model.keras", _writer(keras_bytes(settings)))
        yield HostileCase("h5", name, "model.h5", _writer(model_h5_bytes(settings)))


def _writer(content: bytes) -> Any:
    return lambda path: _write(path, content)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _layer(kind: str, name: str, source: str, shape: Shape = FLAT, **settings: Any) -> Any:
    """Return the entry of a layer that takes the output of another one."""
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": name, **settings},
        "registered_name": None,
        "name": name,
        "inbound_nodes": [_call(source, 0, shape)],
    }


def _call(source: str, number: int, shape: Shape) -> Any:
    """Return a call of a layer on one of the outputs of another one."""
    entry = tensor(source, shape)
    entry["config"]["keras_history"] = [source, number, 0]
    return {"args": [entry], "kwargs": {}}


def _model(layers: Sequence[Any], output: Sequence[Any], shape: Shape, name: str = "small") -> Any:
    """Return the config of a model of an input and of some layers.

    Args:
        layers: in the order of the file.
        output: the name of a layer, and the number of its output.
        shape: of the input.
        name: of the model.
    """
    whole = config()
    settings = {"batch_shape": list(shape), "dtype": "float32", "name": "inputs"}
    entry = {**_layer("InputLayer", "inputs", ""), "config": settings, "inbound_nodes": []}
    whole["config"] |= {
        "name": name,
        "layers": [entry, *layers],
        "input_layers": [["inputs", 0, 0]],
        "output_layers": [[*output, 0]],
    }
    return {**whole, "name": name}


def _single(kind: str, shape: Shape, module: str = "keras.layers", **settings: Any) -> Any:
    layer = _layer(kind, "x", "inputs", shape, **settings)
    return _model([{**layer, "module": module}], ("x", 0), shape)


def chain(length: int, *, is_reversed: bool = False) -> Any:
    """Return a model of layers in a row, which the file may name from the last to the first."""
    names = ["inputs", *(f"a{number}" for number in range(length))]
    layers = [
        _layer("Activation", name, names[at], activation="relu")
        for at, name in enumerate(names[1:])
    ]
    return _model(layers[::-1] if is_reversed else layers, (names[-1], 0), FLAT)


def unrolled_lstm(steps: int) -> Any:
    """Return a model that repeats its input, and unrolls an LSTM over the repetitions."""
    repeat = _layer("RepeatVector", "repeat", "inputs", n=steps)
    lstm = _layer("LSTM", "lstm", "repeat", (None, steps, 4), units=2, unroll=True)
    return _model([repeat, lstm], ("lstm", 0), FLAT)


def nested_models(depth: int) -> Any:
    """Return models in each other; each calls the inner one twice, with a shape that it has not seen."""
    inner = _model([_layer("Activation", "z", "inputs", FREE, activation="relu")], ("z", 0), FREE)
    for level in range(depth):
        shape = FREE if level < depth - 1 else (None, 8, 4)
        name = inner["name"]
        inner["inbound_nodes"] = [_call("inputs", 0, shape), _call(name, FIRST_CALL, shape)]
        inner = _model([inner], (name, FIRST_CALL + 1), shape, f"level_{level}")
    return inner


def _configs() -> dict[str, Any]:
    texts = {"class_name": "__numpy__", "config": {"value": ["a"] * 1000, "dtype": "U10000000"}}
    return {
        "models in each other that are called 2 ** 25 times": nested_models(25),
        "3,000 layers from the last to the first": chain(3000, is_reversed=True),
        "an unrolled layer of a billion steps of repetitions": unrolled_lstm(10**9),
        "an unrolled layer (1) of a billion steps": _single(
            "LSTM", (None, 10**9, 4), units=2, unroll=1
        ),
        "a normalization of a billion inputs by two numbers": _single(
            "Normalization", (None, 10**9), mean=0.5, variance=2.0
        ),
        "a layer of ten million outputs": _single(
            "Split", (None, 10**7), "keras.src.ops.numpy", indices_or_sections=10**7, axis=1
        ),
        "a billion inputs": _single("Flatten", (None, 10**9)),
        "an image that is scaled to a terabyte": _single("UpSampling2D", IMAGE, size=[10**6] * 2),
        "an image of a million squared": _single("Resizing", IMAGE, height=10**6, width=10**6),
        "a series with a terabyte of zeros before it": _single(
            "ZeroPadding1D", (None, 8, 4), padding=10**12
        ),
        "10 ** 11 categories": _single(
            "CategoryEncoding", FLAT, num_tokens=10**11, output_mode="multi_hot"
        ),
        "a billion word groups": _single("TextVectorization", (None,), ngrams=10**9),
        "a billion bins": _single("MelSpectrogram", (None, 4000), num_mel_bins=10**9),
        "a billion differences": _single("Diff", FLAT, "keras.src.ops.numpy", n=10**9),
        "a million mixtures": _single("AugMix", (None, 8, 8, 3), num_chains=10**6),
        "a blur of 10 ** 10 numbers": _single(
            "GaussianBlur", (None, 8, 8, 3), "keras.src.ops.image", kernel_size=[10**5, 10**5]
        ),
        "an equation of a million letters": _single(
            "EinsumDense", FLAT, equation=f"ab,{'c' * 10**6}->ac", output_shape=3
        ),
        "a measure of a billion thresholds": config(
            activation={
                "module": "keras.metrics",
                "class_name": "AUC",
                "config": {"num_thresholds": 10**9},
                "registered_name": None,
            }
        ),
        "texts of 10 GB": config(kernel_initializer=texts),
        "a layer that takes its own output": _model(
            [_layer("Activation", "a", "a", activation="relu")], ("a", 0), FLAT
        ),
        "a module that is a program": _single("main", FLAT) | {"module": "zoo.__main__"},
    }
