"""The user's files and arrays: encode and reconstruct examples, decode codes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import zoo
from zoo.data.arrays import Array, Shape
from zoo.data.images import check_array
from zoo.data.inputs import read_array, read_input
from zoo.inference.parts import Parts
from zoo.tasks import reconstruction

from .config import Config


def read_item(config: Config, item: Any) -> Any:
    """Return an item as an example; an array or an .npy file, which may hold a code, as it is.

    Raises:
        DataError: a file cannot be read.
    """
    if not isinstance(item, str | Path):
        return item
    if Path(item).suffix.lower() == ".npy":
        try:
            return read_array(Path(item))
        except zoo.DataError as error:
            raise zoo.DataError(f"{item}: {error}") from error
    return read_input(item, config.input_shape, config.resize)


def apply(parts: Parts, config: Config, inputs: Sequence[Any]) -> list[dict[str, Any]]:
    """Return one result for each input: a code is decoded, any other example reconstructed.

    Raises:
        DataError: an array is neither a code nor an example.
    """
    (shape,) = parts["decoder"].inputs.values()
    codes = [read_code(value, shape, config.input_shape) for value in inputs]
    examples = [
        read_input(value, config.input_shape, config.resize)
        for value, code in zip(inputs, codes, strict=True)
        if code is None
    ]
    encoded = iter(parts["encoder"].each(examples))
    all_codes = [next(encoded)[0] if code is None else code for code in codes]
    outputs = [output for (output,) in parts["decoder"].each(all_codes)]
    rest = iter(examples)
    return [
        with_plot("decoded", output)
        if given is not None
        else describe_example(config, next(rest), code, output)
        for given, code, output in zip(codes, all_codes, outputs, strict=True)
    ]


def describe_example(config: Config, example: Array, code: Array, output: Array) -> dict[str, Any]:
    """Return the code and the reconstruction of an example, or the denoised example.

    Args:
        config: the settings.
        example: the input.
        code: its code.
        output: what the code is decoded to.
    """
    result: dict[str, Any] = {"code": code.view(zoo.Values)}
    if config.is_denoiser:
        return result | with_plot("denoised", output)
    result["mse"] = reconstruction.mean_squared_error(example, output)
    return result | with_plot("reconstruction", output)


def read_code(value: Any, shape: Shape, input_shape: tuple[int, ...]) -> Array | None:
    """Return an array as a code, or None if it is not a code.

    Args:
        value: an array.
        shape: the shape of a code.
        input_shape: the shape of an input; where both shapes are equal, the array is an input.

    Raises:
        DataError: a value is not a finite number.
    """
    if np.shape(value) != tuple(shape) or tuple(shape) == input_shape:
        return None
    return check_array(np.asarray(value, np.float32), tuple(shape))


def with_plot(name: str, output: Array) -> dict[str, Any]:
    """Return an image as it is; a series or a volume as an array and as a plot."""
    if output.ndim == 3 and output.shape[-1] in (1, 3):
        return {name: output}
    plot = reconstruction.plot_comparison({name: output[None]})
    return {name: output.view(zoo.Values), f"{name}_plot": plot}
