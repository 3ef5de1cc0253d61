"""Files named to a command, checked before Keras is imported: missing ones are refused at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zoo.data.images import SUFFIXES
from zoo.data.inputs import ARRAY_SUFFIX, MANY, item_path
from zoo.data.load import check_source
from zoo.errors import DataError

__all__ = ["check_data", "check_items"]


def check_items(items: Sequence[str]) -> None:
    """Refuse items that are all names of files if none of the files exists.

    An item that names no file, such as the coordinates of latents, is for the model to read.

    Raises:
        DataError: with one line for each file.
    """
    files = [item_path(item) for item in items]
    if all(
        _names_file(item) and not file.exists() for item, file in zip(items, files, strict=True)
    ):
        raise DataError("\n".join(f"There is no file {file}." for file in files))


def check_data(data: str | None) -> None:
    """Refuse data that is neither a dataset's name nor an existing path.

    Raises:
        UnknownName: the message has the nearest names.
    """
    if data is not None:
        check_source(data)


def _names_file(item: str) -> bool:
    suffix = item_path(item).suffix.lower()
    return "," not in item and suffix in {*SUFFIXES, ARRAY_SUFFIX, *MANY} and bool(Path(item).stem)
