"""Open data by its source: a dataset's name, tfds:NAME, a file, or a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from zoo.data.dataset import Dataset
from zoo.data.readers import image_folder, image_pairs, npz, tfds, timeseries
from zoo.entry_points import DATASETS, EntryPointGroup, package_of
from zoo.errors import DataError, PluginError, UnknownName, ZooError, format_error


def read_path(path: Path, shape: tuple[int | None, ...] | None = None) -> Dataset:
    """Read an .npz, a .ts or .csv of series, or a folder.

    Args:
        path: what to read.
        shape: the input_shape that the model wants, if it was set.

    Raises:
        DataError: with the file that is at fault and what was expected.
    """
    if path.is_dir():
        return image_folder.read(path, shape)
    if path.suffix.lower() in timeseries.SUFFIXES:
        return timeseries.read(path)
    if path.suffix.lower() != ".npz":
        raise DataError(
            f"{path}: only an .npz file, a .ts or .csv of series, or a folder can be read as a dataset."
        )
    return npz.read(path, shape)


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a dataset without loading it."""

    name: str
    summary: str
    input_shape: tuple[int, ...]
    classes: tuple[str, ...] | None
    outputs: int | None = None


def dataset_info(name: str) -> DatasetInfo:
    """Tell a named dataset's shape and classes without loading it.

    Raises:
        PluginError: its module does not say them.
    """
    shelf = EntryPointGroup(DATASETS)
    module = shelf.load(name)
    summary = (module.__doc__ or "").partition("\n")[0]
    try:
        classes = None if module.CLASSES is None else tuple(map(str, module.CLASSES))
        shape, outputs = tuple(map(int, module.INPUT_SHAPE)), getattr(module, "OUTPUTS", None)
        return DatasetInfo(name, summary, shape, classes, outputs)
    except (AttributeError, TypeError, ValueError) as error:
        raise PluginError(
            f"The dataset {name!r} of {package_of(shelf.entry(name))} must say its INPUT_SHAPE, sizes, "
            f"and its CLASSES, names or None: {format_error(error)}"
        ) from error


def open_dataset(
    source: str | Path | Dataset, shape: tuple[int | None, ...] | None = None
) -> Dataset:
    """Load a dataset by name, an .npz, .ts or .csv file, or a folder of images with a folder a class.

    Args:
        source: a name of the group `zoo.datasets`, tfds:NAME for one of tensorflow_datasets, a path,
            pairs:FOLDER of blurred and sharp images, or a Dataset, which is given back.
        shape: what the model wants; images of a folder are scaled to it, and it tells whether an
            .npz of (n, a, b) holds grey images or series.

    Raises:
        UnknownName: there is no such dataset, file or folder.
        DataError: it cannot be read.
    """
    if isinstance(source, Dataset):
        return source
    shelf = EntryPointGroup(DATASETS)
    if str(source) in shelf.names():
        return _load_named(shelf, str(source))
    if str(source).startswith(tfds.PREFIX):
        return tfds.read(str(source), shape)
    paired = str(source).startswith(image_pairs.PREFIX)
    path = Path(str(source).removeprefix(image_pairs.PREFIX)).expanduser()
    if not str(source).strip() or not path.exists():
        hint = (
            "--data takes a dataset's name, tfds:NAME, an .npz, .ts or .csv file, a folder with a "
            "folder a class, or pairs:FOLDER of blurred and sharp images."
        )
        raise UnknownName("dataset, file or folder", str(source), shelf.names(), hint)
    if paired:
        return image_pairs.read(path, shape)
    return read_path(path, shape)


def _load_named(shelf: EntryPointGroup, name: str) -> Dataset:
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
    return dataset
