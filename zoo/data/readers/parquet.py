"""Parquet files, read row group by row group: they may be larger than memory.

mine.parquet, or mine/*.parquet: a fifth is held out
mine/train/*.parquet, mine/test/*.parquet (or validation, val); or mine/train-*.parquet, mine/test-*.parquet

A table has one column of encoded images (bytes, or a struct with an entry `bytes`, as Hugging Face writes
it), or columns of numbers, which are the features in their order. The targets are the first column of the
name of LABEL_COLUMNS; beside images, also the only other column.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.data.arrays import Array
from zoo.data.dataset import Dataset
from zoo.data.images import image_size
from zoo.data.on_demand.parquet_column import encoded_images, read_column
from zoo.data.on_demand.parquet_files import MOST_GROUP_BYTES, ParquetFiles, read_metadata
from zoo.data.on_demand.parquet_rows import ParquetRows
from zoo.data.readers.image_folder import LAZY_BYTES
from zoo.data.readers.image_size import Size, common_shape, resize_description
from zoo.data.readers.labels import check_classes, read_targets
from zoo.data.split import Split, train_and_test
from zoo.data.tables.cells import LABEL_COLUMNS, LABEL_WORDS
from zoo.errors import DataError, UsageError
from zoo.io.foreign.json_text import parse_json

if TYPE_CHECKING:
    from zoo.config import Resize

__all__ = ["SUFFIX", "has_parquet", "read"]

SUFFIX = ".parquet"
_TESTS = ("test", "validation", "val")
SAMPLE = 512  # images whose sizes are looked at


def has_parquet(path: Path) -> bool:
    """Return whether a path is a Parquet file, or a folder with some."""
    if not path.is_dir():
        return path.suffix.lower() == SUFFIX
    return any(path.glob(f"*{SUFFIX}")) or any(path.glob(f"train/*{SUFFIX}"))


def read(
    path: Path,
    shape: tuple[int | None, ...] | None = None,
    hold_out: bool = True,
    resize: Resize = "pad",
) -> Dataset:
    """Open a Parquet file or a folder of them.

    The targets are read now. Inputs of at most 64 MiB are read now too, others when a batch needs them.

    Args:
        path: the file or the folder.
        shape: the input_shape that the model takes, if it was set; images are brought to it.
        hold_out: whether a fifth is held out for testing where there are no files for testing.
        resize: how an image of another size is brought to it: pad, stretch or crop.

    Raises:
        UsageError: pyarrow is not installed.
        DataError: with the file or the column that is wrong, and what was expected.
    """
    _check_pyarrow(path)
    paths = _files_of_splits(path)
    images, features, target = _choose_columns(paths[0][0])
    files = _open_splits(path, paths, (images,) if images else features, target)
    done = ""
    if images:
        sizes = _sample_sizes(files)
        size: tuple[int, ...] = common_shape(f"The images in {path}", sizes, shape)
        done = resize_description(sizes, (size[0], size[1], size[2]), resize)
    else:
        size = (len(features),)
    targets, classes = _read_targets(path, paths, target)
    splits = [
        _split(ParquetRows(each, size, resize if images else None), labels)
        for each, labels in zip(files, targets, strict=True)
    ]
    train, test = train_and_test(splits, hold_out)
    return Dataset(str(path.resolve()), train, test, classes, done)


def _open_splits(
    path: Path, paths: Sequence[Sequence[Path]], columns: Sequence[str], target: str | None
) -> list[ParquetFiles]:
    """Return the files of each split, whose columns and row groups are in order.

    Raises:
        DataError: a file lacks a column, has no rows, or a row group is too large.
    """
    for file in (file for split in paths for file in split):
        _check_columns(file, [*columns, *([target] if target else [])])
    files = [ParquetFiles(tuple(split), tuple(columns)) for split in paths]
    for each in files:
        _check_groups(path, each)
    return files


def _check_pyarrow(path: Path) -> None:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError(f"{path} needs pyarrow: pip install 'keras-zoo[parquet]'") from error
    _ = pyarrow.parquet


def _files_of_splits(path: Path) -> list[list[Path]]:
    """Return the files of the training and of the test split, or of the only one."""
    if not path.is_dir():
        return [[path]]

    def find(name: str) -> list[Path]:
        return sorted([*path.glob(f"{name}/*{SUFFIX}"), *path.glob(f"{name}[-._]*{SUFFIX}"),
                       *path.glob(f"{name}{SUFFIX}")])  # fmt: skip

    train = find("train")
    if not train:
        return [sorted(path.glob(f"*{SUFFIX}"))]
    tests = [files for name in _TESTS if (files := find(name))]
    return [train, *tests[:1]]


def _choose_columns(path: Path) -> tuple[str | None, tuple[str, ...], str | None]:
    """Return the column of images or None, the columns of numbers, and the column of targets or None."""
    import pyarrow.types as types

    _, schema = read_metadata(path)
    images = [field.name for field in schema if _holds_bytes(field.type)]
    plain = {name.strip().lower(): name for name in schema.names}
    target = next((plain[name] for name in LABEL_COLUMNS if name in plain), None)
    if len(images) > 1:
        raise DataError(
            f"{path} has more than one column of bytes: {', '.join(images[:8])}. Expected: one, the images."
        )
    if images:
        others = [name for name in schema.names if name != images[0]]
        return images[0], (), target or (others[0] if len(others) == 1 else None)
    kinds = (types.is_integer, types.is_floating, types.is_boolean)
    numbers = tuple(
        field.name
        for field in schema
        if field.name != target and any(is_kind(field.type) for is_kind in kinds)
    )
    read = {*numbers, target}
    unread = [name for name in schema.names if name not in read]
    if unread or not numbers:
        raise DataError(
            f"{path} has {'columns that are no numbers' if numbers else 'no columns of numbers'}: "
            f"{', '.join(unread[:8]) or 'only targets'}. Expected: one column of encoded images, or columns "
            f"of numbers and the targets in one called {LABEL_WORDS}. Rename it, or leave the others out."
        )
    return None, numbers, target


def _holds_bytes(kind: Any) -> bool:
    """Return whether a column's type is bytes, or a struct with an entry `bytes`."""
    import pyarrow.types as types

    if types.is_struct(kind):
        at = kind.get_field_index("bytes")
        return at >= 0 and _holds_bytes(kind.field(at).type)
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    names = dict.fromkeys(read_metadata(path)[1].names)
    if missing := [name for name in columns if name not in names]:
        raise DataError(
            f"{path} lacks the column {missing[0]}. Its columns: {', '.join(list(names)[:8])}."
        )


def _check_groups(path: Path, files: ParquetFiles) -> None:
    """Refuse files without rows, and row groups that are too large to be read as a whole."""
    _, starts, largest = files.places()
    if not starts[-1]:
        raise DataError(f"There are no rows in {path}.")
    if largest > MOST_GROUP_BYTES:
        raise DataError(
            f"{path} has a row group of {largest / 2**30:.1f} GiB, and a row group is read as a whole. Write "
            "the file with smaller ones: pyarrow.parquet.write_table(table, path, row_group_size=1000)."
        )


def _sample_sizes(files: Sequence[ParquetFiles]) -> Counter[Size]:
    """Count the sizes of some images from the first, the middle and the last row group of each split."""
    sizes: Counter[Size] = Counter()
    for each in files:
        groups = each.places()[0]
        for number in sorted({0, len(groups) // 2, len(groups) - 1}):
            cells = encoded_images(each.group(number).column(0).slice(0, SAMPLE // 3))
            for at, content in enumerate(cells):
                name = Path(f"{groups[number][0]}, row {at} of row group {groups[number][1]}")
                if content is None:
                    raise DataError(f"There is no image in {name}.")
                sizes[image_size(name, content)] += 1
    return sizes


def _read_targets(
    path: Path, paths: Sequence[Sequence[Path]], target: str | None
) -> tuple[list[Array | None], tuple[str, ...] | None]:
    """Return the targets of each split, and the names of the classes; None without labels."""
    named: list[tuple[str, Array | None]] = []
    positions: list[Array | None] = []
    for split in paths:
        values, codes = read_column(split, target) if target else (None, None)
        named.append((f"the column {target}", values))
        positions.append(codes)
    arrays, classes = read_targets(path, named)
    arrays = [
        array if array is None or codes is None else array[codes]
        for array, codes in zip(arrays, positions, strict=True)
    ]
    names = _declared_names(paths[0][0], target)
    return arrays, names if classes is not None and len(names) >= len(classes) else classes


def _declared_names(path: Path, target: str | None) -> tuple[str, ...]:
    """Return the names of the classes that Hugging Face has written into a file; none if there are none."""
    text = (read_metadata(path)[1].metadata or {}).get(b"huggingface", b"{}")
    try:
        features = parse_json(text.decode("utf-8", "replace"), path)["info"]["features"]
        names = features[target]["names"]
    except (KeyError, TypeError, ValueError):
        return ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()
    check_classes(path, names)
    return tuple(names)


def _split(rows: ParquetRows, targets: Array | None) -> Split:
    """Return rows as a split: read now where they are few, else on demand."""
    if targets is not None and len(targets) != len(rows):
        name = rows.files.paths[0]
        raise DataError(f"{name} declares {len(rows)} rows and holds {len(targets)} targets.")
    size = math.prod(rows.shape) * rows.dtype.itemsize
    return Split(rows if size > LAZY_BYTES else rows[:], targets)
