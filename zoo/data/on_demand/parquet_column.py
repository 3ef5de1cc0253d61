"""One column of Parquet files as arrays: numbers, lists of numbers, or texts, each distinct text once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.on_demand.parquet_files import ParquetFiles
from zoo.errors import DataError
from zoo.io.foreign.limits import check_limit

__all__ = ["encoded_images", "read_column"]

_MOST = 256 * 2**20  # bytes of the targets in one row group, unpacked
_BYTES_OF_A_LETTER = 4  # at most, in UTF-8


def read_column(paths: Sequence[Path], column: str) -> tuple[Array, Array | None]:
    """Return the values of a column in all rows; or its distinct texts, and which one each row has.

    Args:
        paths: the files.
        column: its name.

    Raises:
        DataError: a row has no value, or the values are neither numbers nor texts.
        UnsafeFile: there are very many texts, or very long ones.
    """
    files = ParquetFiles(tuple(paths), (column,), most=_MOST)
    groups = files.places()[0]
    names: dict[str, int] = {}
    parts: list[Array] = []
    kinds = set()
    for number in range(len(groups)):
        for chunk in files.group(number).column(0).chunks:
            where = f"the column {column} in {groups[number][0]}"
            kinds.add(_is_text(chunk.type))
            parts.append(
                _codes(where, chunk, names) if _is_text(chunk.type) else _numbers(where, chunk)
            )
    if len(kinds) > 1:
        raise DataError(f"The column {column} holds texts in one file and numbers in another.")
    values = _join(column, parts)
    return (np.array(list(names)), values) if True in kinds else (values, None)


def encoded_images(column: Any) -> list[bytes | None]:
    """Return the cells of a column of pyarrow: bytes, or an entry `bytes` as Hugging Face writes it.

    Equal cells of a dictionary share their bytes.
    """
    cells: list[bytes | None] = []
    for chunk in column.chunks:
        while hasattr(chunk.type, "get_field_index"):  # a struct
            chunk = chunk.flatten()[chunk.type.get_field_index("bytes")]
        if not hasattr(chunk, "dictionary"):
            cells += chunk.to_pylist()
            continue
        codes = chunk.indices.to_pylist()
        values = {code: chunk.dictionary[code].as_py() for code in {*codes} if code is not None}
        cells += [values.get(code) for code in codes]
    return cells


def _is_text(kind: Any) -> bool:
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return _is_text(kind.value_type)
    texts = (types.is_string, types.is_large_string, types.is_string_view)
    others = (types.is_binary, types.is_large_binary, types.is_binary_view)
    return any(is_kind(kind) for is_kind in (*texts, *others))


def _codes(where: str, chunk: Any, names: dict[str, int]) -> Array:
    """Return the number of the text in each row; new texts are added to `names`."""
    _check_whole(where, chunk)
    if not hasattr(chunk, "dictionary"):
        chunk = chunk.dictionary_encode()
    import pyarrow
    import pyarrow.compute

    texts = chunk.dictionary.cast(pyarrow.large_binary())
    _check_whole(where, texts)
    longest = pyarrow.compute.max(pyarrow.compute.binary_length(texts)).as_py() or 0
    check_limit(where, "class_letters", longest // _BYTES_OF_A_LETTER)
    check_limit(where, "classes", len(texts))
    own = [names.setdefault(_decode(text), len(names)) for text in texts.to_pylist()]
    check_limit(where, "classes", len(names))
    codes: Array = np.array(own, np.int64)[chunk.indices.to_numpy(zero_copy_only=False)]
    return codes


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _numbers(where: str, chunk: Any) -> Array:
    """Return numbers, or lists of as many numbers each as an array of two dimensions."""
    import pyarrow.types as types

    _check_whole(where, chunk)
    lists = (types.is_list, types.is_large_list, types.is_fixed_size_list)
    if any(is_kind(chunk.type) for is_kind in lists):
        values = chunk.flatten()
        if not len(chunk) or len(values) % len(chunk) or not _are_equal(chunk, len(values)):
            raise DataError(f"The lists in {where} are not of one length.")
        rows: Array = np.reshape(_numbers(where, values), (len(chunk), -1))
        return rows
    kinds = (types.is_integer, types.is_floating, types.is_boolean)
    if not any(is_kind(chunk.type) for is_kind in kinds):
        raise DataError(
            f"T{where[1:]} holds {chunk.type}, which are no targets. Expected: numbers or texts."
        )
    numbers: Array = chunk.to_numpy(zero_copy_only=False)
    return numbers


def _check_whole(where: str, chunk: Any) -> None:
    if chunk.null_count:
        raise DataError(f"There are rows without a target in {where}.")


def _are_equal(chunk: Any, total: int) -> bool:
    """Return whether all lists are of the same length."""
    import pyarrow.compute

    lengths = pyarrow.compute.list_value_length(chunk)
    return bool(pyarrow.compute.max(lengths).as_py() * len(chunk) == total)


def _join(column: str, parts: Sequence[Array]) -> Array:
    """Return the values of all row groups as one array."""
    try:
        joined: Array = np.concatenate(parts) if parts else np.empty(0)
    except ValueError as error:
        raise DataError(f"The lists in the column {column} are not of one length.") from error
    return joined
