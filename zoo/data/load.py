"""Open data by its source: a dataset's name, tfds:NAME, pairs:FOLDER, a file, or a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.data.dataset import Dataset
from zoo.data.images import OTHER_PICTURES, SUFFIXES
from zoo.data.readers import (
    image_folder,
    image_pairs,
    npz,
    parquet,
    series_files,
    tfds,
    timeseries,
)
from zoo.entry_points import DATASETS, EntryPointGroup, package_of
from zoo.errors import DataError, PluginError, UnknownName, ZooError, format_error

if TYPE_CHECKING:
    from zoo.config import Resize

__all__ = [
    "SOURCES",
    "DatasetInfo",
    "absolute_source",
    "check_source",
    "dataset_info",
    "open_dataset",
    "prefetch_dataset",
]

SOURCES = (  # for help texts and error messages
    "a dataset's name, tfds:NAME, an .npz, .parquet, .ts, .csv, .tsv or .txt file, a folder with a folder a "
    "class or with .parquet files, or pairs:FOLDER of blurred and sharp images"
)
_UNPACK, _TABLE = " Unpack it.", " Save the table as a .csv file."
_ADVICE = {  # for files of other kinds
    ".npy": " Put inputs and labels into one file: numpy.savez('mine.npz', x=x, y=y).",
    **dict.fromkeys((".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"), _UNPACK),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), _TABLE),
    **dict.fromkeys(
        SUFFIXES | OTHER_PICTURES,
        " Put images into a folder for each class, and give the folder of these.",
    ),
}
_prefetched: dict[str, tuple[tuple[int | None, ...] | None, str, Dataset]] = {}


@dataclass(frozen=True)
class DatasetInfo:
    """What the module of a named dataset declares; the data is not loaded."""

    name: str
    summary: str
    input_shape: tuple[int, ...]
    classes: tuple[str, ...] | None
    outputs: int | None = None


def open_dataset(
    source: str | Path | Dataset,
    shape: tuple[int | None, ...] | None = None,
    hold_out: bool = True,
    resize: Resize = "pad",
    download: bool = True,
) -> Dataset:
    """Load a dataset by its source.

    Args:
        source: a name of the group `zoo.datasets`; tfds:NAME of tensorflow_datasets; an .npz, .ts or
            .csv file; a folder of images with a folder for each class; pairs:FOLDER of blurred and
            sharp images; or a Dataset, which is returned as it is.
        shape: the input shape of the model, if it is set. Images of a folder are scaled to it, and it
            decides whether an .npz of shape (n, a, b) holds grey images or series.
        hold_out: whether a fifth of the examples is held out for testing where the source has no test
            split of its own. If not, `test` (and `train`) then holds every example: to measure a
            trained model on all of a file.
        resize: how images of another size are brought to it: `pad` scales them as a whole and pads with
            black, `stretch` scales each axis by itself, `crop` scales them and cuts their middle out.
        download: whether a dataset of tensorflow_datasets may be downloaded if it is not here.

    Raises:
        UnknownName: there is no such dataset, file or folder.
        DataError: it cannot be read.
        PluginError: the module of a named dataset raised, or returned something else than it declares.

    Example:
        >>> zoo.open_dataset("digits").classes
        >>> zoo.open_dataset("mine.npz", hold_out=False).test
    """
    if isinstance(source, Dataset):
        return source
    if hold_out and (dataset := _take_prefetched(source, shape, resize)):
        return dataset
    if str(source) in EntryPointGroup(DATASETS):
        return _load_by_name(str(source))
    if str(source).startswith(tfds.PREFIX):
        return tfds.read(str(source), shape, hold_out, resize, download)
    check_source(source)
    return _read_path(str(source), shape, hold_out, resize)


def check_source(source: str | Path) -> None:
    """Refuse a source that is neither a name of a dataset, nor a file or a folder; nothing is read.

    Raises:
        UnknownName: the message has the nearest names.
    """
    names, text = EntryPointGroup(DATASETS).names(), str(source)
    if text in names or text.startswith(tfds.PREFIX):
        return
    if not text.strip() or not image_pairs.path_of(text).exists():
        raise UnknownName("dataset, file or folder", text, names, f"--data takes {SOURCES}.")


def prefetch_dataset(
    source: str | Path, shape: tuple[int | None, ...] | None, resize: Resize
) -> Dataset:
    """Open data that `open_dataset` is asked for later, and then returns without reading it again.

    Args:
        source: a file or a folder.
        shape: the input shape of the model, if it is set.
        resize: how images of another size are brought to it.

    Raises:
        UnknownName: there is no such file or folder.
        DataError: it cannot be read.
    """
    dataset = open_dataset(source, shape, resize=resize)
    _prefetched[absolute_source(source)] = (shape, resize, dataset)
    return dataset


def _take_prefetched(
    source: str | Path, shape: tuple[int | None, ...] | None, resize: Resize
) -> Dataset | None:
    """Return data that is open already for the same use, else None."""
    known_shape, how, dataset = _prefetched.pop(absolute_source(source), (None, "", None))
    if dataset is None or known_shape != shape:
        return None
    was_resized = " to " in dataset.preprocessing
    return dataset if how == resize or not was_resized else None


def absolute_source(source: str | Path) -> str:
    """Return a source with its path made absolute; a name is returned as it is.

    It opens the same data from every working directory.
    """
    text = str(source)
    if text in EntryPointGroup(DATASETS) or not image_pairs.path_of(text).exists():
        return text
    prefix = image_pairs.PREFIX if text.startswith(image_pairs.PREFIX) else ""
    return f"{prefix}{image_pairs.path_of(text).resolve()}"


def dataset_info(name: str) -> DatasetInfo:
    """Return what the module of a named dataset declares, without loading the data.

    Raises:
        PluginError: it does not declare its INPUT_SHAPE and CLASSES.
    """
    shelf = EntryPointGroup(DATASETS)
    module = shelf.load(name)
    summary = str(module.__doc__ or "").partition("\n")[0]
    try:
        classes = None if module.CLASSES is None else tuple(map(str, module.CLASSES))
        shape, outputs = tuple(map(int, module.INPUT_SHAPE)), getattr(module, "OUTPUTS", None)
        return DatasetInfo(name, summary, shape, classes, outputs)
    except (AttributeError, TypeError, ValueError) as error:
        raise PluginError(
            f"The dataset {name!r} of {package_of(shelf.entry(name))} must declare INPUT_SHAPE, a tuple "
            f"of sizes, and CLASSES, a tuple of names or None: {format_error(error)}"
        ) from error


def _read_path(
    source: str, shape: tuple[int | None, ...] | None, hold_out: bool, resize: Resize
) -> Dataset:
    """Read an .npz, Parquet files, a .ts or .csv file of series, a folder of images or one of pairs."""
    path = image_pairs.path_of(source)
    if source.startswith(image_pairs.PREFIX):
        return image_pairs.read(path, shape, hold_out)
    if parquet.has_parquet(path):
        return parquet.read(path, shape, hold_out, resize)
    if path.is_dir():
        return image_folder.read(path, shape, hold_out, resize)
    if path.suffix.lower() in series_files.SUFFIXES:
        return timeseries.read(path, hold_out)
    if (suffix := path.suffix.lower()) != ".npz":
        raise DataError(
            f"{path}: only an .npz or .parquet file, a .ts or .csv of series, or a folder can be read as a "
            f"dataset.{_ADVICE.get(suffix, '')}"
        )
    return npz.read(path, shape, hold_out)


def _load_by_name(name: str) -> Dataset:
    """Call `load()` of the module of a named dataset, and check what it returns."""
    shelf = EntryPointGroup(DATASETS)
    module, package = shelf.load(name), package_of(shelf.entry(name))
    try:
        dataset = module.load()
    except ZooError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"The dataset {name!r} of {package} failed in load(): {format_error(error)}"
        ) from error
    if not isinstance(dataset, Dataset):
        raise PluginError(
            f"load() of the dataset {name!r} of {package} must return a zoo.Dataset. "
            f"Received: {type(dataset).__name__}"
        )
    if hasattr(module, "INPUT_SHAPE") and hasattr(module, "CLASSES"):
        _check_declared(dataset, dataset_info(name), package)
    return dataset


def _check_declared(dataset: Dataset, declared: DatasetInfo, package: str) -> None:
    """Refuse a dataset that is not what its module declares.

    Raises:
        PluginError: with the package, the dataset, what is declared, and what load() returned.
    """
    pairs: list[tuple[str, tuple[object, ...] | None, tuple[object, ...] | None]] = [
        ("INPUT_SHAPE", declared.input_shape, dataset.input_shape),
        ("CLASSES", declared.classes, dataset.classes),
    ]
    if declared.outputs is not None:
        pairs.append(("OUTPUTS", (declared.outputs,), (dataset.outputs or 0,)))
    for name, wanted, received in pairs:
        if wanted != received:
            raise PluginError(
                f"The dataset {declared.name!r} of {package} declares {name} "
                f"{_format_values(wanted)}, and load() returned {_format_values(received)}. "
                "Correct one of them."
            )


def _format_values(values: tuple[object, ...] | None) -> str:
    if values is None:
        return "None"
    shown = ", ".join(map(str, values[:8]))
    return f"({shown}{f', ... {len(values)} in all' if len(values) > 8 else ''})"
