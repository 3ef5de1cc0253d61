"""The items that a model is applied to: a file or an array becomes one input.

A file of examples (.npz, .ts, .csv, .tsv, .txt) becomes one item for each: FILE:1, FILE:2, ...
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import (
    Array,
    Shape,
    as_array,
    describe_misfit,
    example_kind,
    format_shape,
    shape_fits,
)
from zoo.data.image_folders import describe_left_out, images_in, log_left_out
from zoo.data.images import SUFFIXES, check_array, read_image
from zoo.data.readers import npz, series_files
from zoo.errors import DataError, UnsafeFile, UsageError, ZooError, format_error
from zoo.io.safe_load import read_array

if TYPE_CHECKING:
    from zoo.config import Resize

__all__ = [
    "ARRAY_SUFFIX",
    "MANY",
    "expand_items",
    "item_name",
    "item_path",
    "item_stem",
    "item_suffixes",
    "read_array",
    "read_input",
]

ARRAY_SUFFIX, ARRAYS_SUFFIX = ".npy", ".npz"
MANY = (*series_files.SUFFIXES, ARRAYS_SUFFIX)  # files of several examples
_NUMBERED = re.compile(r"(.+):(\d+)")  # FILE:3


def item_name(item: Any) -> str:
    """Return the name of an item in a table of results: its path, or the shape of an array."""
    return str(item) if isinstance(item, str | Path) else f"array {np.shape(item)}"


def item_path(item: str | Path) -> Path:
    """Return the file of an item: FILE.ts of FILE.ts:3."""
    return _split_number(Path(item))[0]


def item_stem(item: Path) -> str:
    """Return the name of an item without folder and suffix, for the files that are made of it.

    FILE.ts:3 becomes FILE-3. Several files with commas between them become one name; an item that
    names no file, such as numbers, is its own stem.
    """
    pieces = [item] if item.exists() else map(Path, str(item).split(","))
    return "-".join(map(_stem, pieces))


def item_suffixes(shape: Shape | None) -> frozenset[str]:
    """Return the suffixes of the files that a model reads, by its input shape; None is unknown."""
    series = series_files.SUFFIXES_IN_FOLDERS if _takes_series(shape) else ()
    return SUFFIXES | {ARRAY_SUFFIX} | set(series)


def expand_items(items: Sequence[Any], shape: Shape | None) -> list[Any]:
    """Replace each folder by the files in it and below, and each file of series by its series.

    A file of series that cannot be read stays one item, so that reading it raises the error.

    Args:
        items: paths and arrays, or the rows of a DataFrame. What is neither a folder nor a file of series
            is returned as it is.
        shape: the input shape of the model; None is unknown, and no series are read then.

    Raises:
        UsageError: a folder holds no file that the model reads.
        DataError: a folder cannot be read.
    """
    if isinstance(items, str | Path):
        items = [items]
    elif hasattr(items, "columns") and hasattr(items, "to_numpy"):
        items = items.to_numpy()
    return [one for item in items for file in _files(item, shape) for one in _examples(file, shape)]


def read_input(item: Any, shape: tuple[int | None, ...], resize: Resize = "pad") -> Array:
    """Read one item as one input of a model.

    Args:
        item: an image file, an .npy file, an example FILE.npz:3, a series FILE.ts:3 or FILE.csv:3
            (counted from 1; without a number where the file holds one), or an array.
        shape: the input shape of the model, without the batch; None is any size.
        resize: how an image file of another size is brought to it: pad, stretch or crop.

    Returns:
        float32 of that shape; images are in [0, 1].

    Raises:
        DataError: with the item, what is wrong with it, and what the model takes.
    """
    if not isinstance(item, str | Path):
        return _check_input(item, shape)
    try:
        path = item if isinstance(item, Path) else Path(item)
        return _read_file(*_split_number(path), shape, resize)
    except (UnsafeFile, OSError, ValueError, TypeError, OverflowError, MemoryError) as error:
        raise DataError(f"{item} cannot be read: {format_error(error)}") from error


def _read_file(
    path: Path, number: int | None, shape: tuple[int | None, ...], resize: Resize
) -> Array:
    """Read one file, or the series of that number in it."""
    if path.suffix.lower() in MANY:
        return _read_example(path, number, shape)
    if path.suffix.lower() == ARRAY_SUFFIX:
        try:
            return _check_input(read_array(path), shape)
        except DataError as error:
            raise DataError(f"{path}: {error}") from error
    if example_kind(shape) != "image":
        also = ", or a series in a .ts or .csv file" if _takes_series(shape) else ""
        raise DataError(
            f"{path}: the model takes arrays of shape {format_shape(shape)}, each in an .npy file{also}."
        )
    return read_image(path, shape, resize)


def _check_input(array: Any, shape: tuple[int | None, ...]) -> Array:
    if example_kind(shape) == "image":
        return read_image(array, shape)
    array = as_array(array)
    if array.ndim == len(shape) - 1 and shape[-1] == 1:  # without the axis of its one channel
        array = array[..., None]
    return check_array(array, shape)


def _takes_series(shape: Shape | None) -> bool:
    return shape is not None and len(shape) == 2


def _split_number(item: Path) -> tuple[Path, int | None]:
    """Return the file and the number of FILE.ts:3; the number is None where there is none."""
    match = _NUMBERED.fullmatch(os.fspath(item))
    if match is None or Path(match[1]).suffix.lower() not in MANY:
        return item, None
    return Path(match[1]), int(match[2])


def _stem(piece: Path) -> str:
    path, number = _split_number(piece)
    suffixes = SUFFIXES | {ARRAY_SUFFIX, *MANY}
    stem = path.stem if path.suffix.lower() in suffixes else path.name
    return stem if number is None else f"{stem}-{number}"


def _files(item: Any, shape: Shape | None) -> Sequence[Any]:
    """Return the files of a folder; anything else is one item."""
    if not isinstance(item, str | Path) or not os.path.isdir(item):
        return [item]
    folder, suffixes = Path(item), item_suffixes(shape)
    files = images_in(folder, suffixes)
    if not files:
        others = "no .ts, .csv or .npy" if _takes_series(shape) else "no .npy"
        found = describe_left_out(folder, suffixes)
        raise UsageError(f"There is no image (and {others}) in {item}.{found}")
    log_left_out(folder, [folder], suffixes)
    return files


def _examples(item: Any, shape: Shape | None) -> Iterator[Any]:
    """Yield FILE:1, FILE:2, ... of a file of examples that the model can read; else the item."""
    has_many = isinstance(item, str | Path) and os.fspath(item).lower().endswith(MANY)
    if not has_many or shape is None or not Path(item).is_file():
        yield item
        return
    try:
        examples = _parse(Path(item), shape)
    except (ZooError, OSError, ValueError):
        examples = []
    if not any(shape_fits(each.shape, shape) for each in examples):
        yield item
        return
    yield from (Path(f"{item}:{number}") for number in range(1, len(examples) + 1))


def _read_example(path: Path, number: int | None, shape: tuple[int | None, ...]) -> Array:
    """Return one example of an .npz, or one series of a file.

    Raises:
        DataError: there is no such example, or it does not fit the model.
    """
    is_npz = path.suffix.lower() == ARRAYS_SUFFIX
    noun = "examples" if is_npz else "series"
    if not is_npz and not _takes_series(shape):
        raise DataError(
            f"{path} is a file of series, and the model takes arrays of shape {format_shape(shape)}."
        )
    series = _parse(path, shape)
    if number is None and len(series) > 1:
        if not any(shape_fits(each.shape, shape) for each in series):
            misfit = describe_misfit(series[0].shape, shape)
            raise DataError(f"{path}: no {'example' if is_npz else noun} fits; the first {misfit}.")
        raise DataError(f"{path} holds {len(series)} {noun}. Name one, from {path}:1 on.")
    if number is not None and not 1 <= number <= len(series):
        raise DataError(f"{path} holds {len(series)} {noun}. Received: {path}:{number}")
    values = series[(number or 1) - 1]
    if not shape_fits(values.shape, shape):
        name = path if number is None else f"{path}:{number}"
        raise DataError(f"{name} {describe_misfit(values.shape, shape)}.")
    return _check_input(values, shape) if is_npz else values


def _parse(path: Path, shape: Shape) -> Sequence[Array]:
    """Return every example of a file; the file is read again only where it changed."""
    try:
        facts = path.stat()
    except OSError as error:
        raise DataError(f"There is no file {path}.") from error
    return _parse_once(path, tuple(shape), facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=4)
def _parse_once(path: Path, shape: tuple[int | None, ...], *_: int) -> Sequence[Array]:
    if path.suffix.lower() == ARRAYS_SUFFIX:
        return list(npz.example_inputs(path, shape))
    file = series_files.parse_series(path, needs_labels=False, length=shape[0])
    return [series.values for series in file]
