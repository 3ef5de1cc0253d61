"""Small honest model files, made without Keras, and zips and HDF5 files around them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import h5py
import numpy as np

__all__ = ["config", "h5_bytes", "keras_bytes", "model_h5_bytes", "tensor", "weights", "zip_bytes"]

Members = Mapping[str, bytes]
Change = Callable[[Any], None]
METADATA = json.dumps({"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}).encode()


def tensor(name: str, shape: tuple[int | None, ...] = (None, 4)) -> dict[str, Any]:
    """Return the entry of a config for the output of a layer."""
    history = {"shape": list(shape), "dtype": "float32", "keras_history": [name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": history}


def config(**dense: Any) -> dict[str, Any]:
    """Return the config of a Functional model of one dense layer, some of whose settings are replaced."""
    settings = {"name": "dense", "units": 3, "activation": "linear", **dense}
    layers = [
        _layer("InputLayer", {"batch_shape": [None, 4], "dtype": "float32", "name": "inputs"}, []),
        _layer("Dense", settings, [{"args": [tensor("inputs")], "kwargs": {}}]),
    ]
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {
            "name": "small",
            "trainable": True,
            "layers": layers,
            "input_layers": [["inputs", 0, 0]],
            "output_layers": [["dense", 0, 0]],
        },
        "registered_name": "Functional",
        "build_config": {"input_shape": None},
    }


def _layer(kind: str, settings: dict[str, Any], nodes: list[Any]) -> dict[str, Any]:
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": settings,
        "registered_name": None,
        "name": settings["name"],
        "inbound_nodes": nodes,
    }


def h5_bytes(change: Change, **options: Any) -> bytes:
    """Return an HDF5 file that a function fills."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **options) as file:
        change(file)
    return buffer.getvalue()


def weights(file: Any) -> None:
    """Write the weights of the small model, as a .keras file has them."""
    file["layers/dense/vars/0"] = np.ones((4, 3), "f4")
    file["layers/dense/vars/1"] = np.zeros(3, "f4")


def keras_bytes(
    settings: Any = None, content: bytes | None = None, members: Members | None = None
) -> bytes:
    """Return a .keras file.

    Args:
        settings: the config, as JSON can hold it, or its bytes; the small model's if not given.
        content: the HDF5 file of the weights; the small model's if not given.
        members: more members by name, or others in place of these.
    """
    if not isinstance(settings, bytes):
        settings = json.dumps(config() if settings is None else settings).encode()
    content = h5_bytes(weights) if content is None else content
    usual = {"metadata.json": METADATA, "config.json": settings, "model.weights.h5": content}
    return zip_bytes({**usual, **(members or {})})


def zip_bytes(members: Members, compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip of some members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return buffer.getvalue()


def model_h5_bytes(settings: Any = None, change: Change | None = None, **options: Any) -> bytes:
    """Return an .h5 file of a whole model, as Keras 1 to 3 have it.

    Args:
        settings: the config; the small model's if not given.
        change: changes the open file.
        **options: of h5py.File.
    """

    def fill(file: Any) -> None:
        text = (
            settings if isinstance(settings, bytes) else json.dumps(settings or config()).encode()
        )
        file.attrs["keras_version"], file.attrs["backend"] = b"3.15.1", b"tensorflow"
        file.attrs["model_config"] = text.decode("utf-8", "surrogateescape")
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"inputs", b"dense"]
        group.create_group("inputs").attrs["weight_names"] = np.array([], "S1")
        dense = group.create_group("dense")
        dense.attrs["weight_names"] = [b"dense/kernel", b"dense/bias"]
        dense["dense/kernel"], dense["dense/bias"] = np.ones((4, 3), "f4"), np.zeros(3, "f4")
        if change is not None:
            change(file)

    return h5_bytes(fill, **options)
