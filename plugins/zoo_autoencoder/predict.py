"""The user's files and arrays: encode and reconstruct examples, decode codes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

import zoo
from zoo.data.arrays import Array
from zoo.data.images import check_array
from zoo.data.inputs import item_name, read_array, read_input
from zoo.tasks import reconstruction

from .config import Config
from .metrics import code_shape
from .networks import apply_layers, split_layers


def apply(model: keras.Model, config: Config, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Return one result for each item: a code is decoded, any other example reconstructed."""
    return [apply_to_item(model, config, item) for item in items]


def apply_to_item(model: keras.Model, config: Config, item: Any) -> dict[str, Any]:
    """Return the decoded code; or the code and the reconstruction, or the denoised example."""
    name: dict[str, Any] = {"item": item_name(item)}
    code = read_code(item, code_shape(model), config.input_shape)
    encoder, decoder = split_layers(model)
    if code is not None:
        return name | with_plot("decoded", predict_one(code, decoder))
    example = read_input(item, config.input_shape)
    code = predict_one(example, encoder)
    output = predict_one(code, decoder)
    result = name | {"code": code.view(zoo.Values)}
    if config.is_denoiser:
        return result | with_plot("denoised", output)
    result["mse"] = reconstruction.mean_squared_error(example, output)
    return result | with_plot("reconstruction", output)


def predict_one(example: Array, chain: Sequence[keras.Layer]) -> Array:
    """Return what a chain of layers makes of one example, which has no batch axis."""
    return np.asarray(
        ops.convert_to_numpy(apply_layers(ops.convert_to_tensor(example[None]), chain))[0]
    )


def read_code(item: Any, shape: tuple[int, ...], input_shape: tuple[int, ...]) -> Array | None:
    """Return a code from an array or an .npy file, or None if it is not a code.

    Args:
        item: a file or an array.
        shape: the shape of a code.
        input_shape: the shape of an input; where both shapes are equal, the item is an input.

    Raises:
        DataError: the file cannot be read, or a value is not a finite number.
    """
    array = item
    if isinstance(item, str | Path):
        if Path(item).suffix.lower() != ".npy":
            return None
        array = read_array(Path(item))
    if np.shape(array) != shape or shape == input_shape:
        return None
    return check_array(np.asarray(array, np.float32), shape)


def with_plot(name: str, output: Array) -> dict[str, Any]:
    """Return an image as it is; a series or a volume as an array and as a plot."""
    if output.ndim == 3 and output.shape[-1] in (1, 3):
        return {name: output}
    plot = reconstruction.plot_comparison({name: output[None]})
    return {name: output.view(zoo.Values), f"{name}_plot": plot}
