"""Open a dataset of tensorflow_datasets, and choose the input and the target of its examples.

An example there is a dictionary. The input and the target are the pair that the dataset declares
(`supervised_keys`); where it declares none, the one image and the one class label.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zoo.environment import data_folder
from zoo.errors import DataError, UnknownName, UsageError, brief, format_error

__all__ = ["PREFIX", "TfdsSource", "feature_dtype", "is_feature", "open_source"]

CHUNK = 256  # examples that are read at a time
PREFIX = "tfds:"  # begins the source; a name of tensorflow_datasets follows
TEST_SPLITS = ("test", "validation", "val")  # the first of them that exists is the test split
_LOCAL_NAME = re.compile(r"\w+(/[\w+.-]+)?(:[\d*]+\.[\d.*]+)?(/[\w=.,+-]+)?")  # without a namespace


@dataclass(frozen=True)
class TfdsSource:
    """A dataset of tensorflow_datasets, and the two entries of an example that are used."""

    name: str
    builder: Any
    input_key: str
    target_key: str | None

    def feature(self, key: str) -> Any:
        """Return what is declared of an entry; no example is read."""
        return self.builder.info.features[key]

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of the training split and, where there is one, of the test split."""
        names = self.builder.info.splits
        return ("train", *[name for name in TEST_SPLITS if name in names][:1])

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes; None where the target is no class label."""
        if self.target_key is None or not is_feature(self.feature(self.target_key), "ClassLabel"):
            return None
        return tuple(map(str, self.feature(self.target_key).names))

    def count(self, split: str) -> int:
        """Return the number of examples of a split."""
        return int(self.builder.info.splits[split].num_examples)

    @property
    def reads_at_positions(self) -> bool:
        """Whether the files can be read at any position: those of ArrayRecord can."""
        return str(self.builder.info.file_format.value) == "array_record"

    def at_positions(self, split: str, *keys: str) -> Any:
        """Return what reads some entries of the examples at given positions."""
        import tensorflow_datasets as tfds

        others = [key for key in self.builder.info.features if key not in keys]
        decoders = dict.fromkeys(others, tfds.decode.SkipDecoding())
        return self.builder.as_data_source(split=split, decoders=decoders)

    def examples(self, split: str, *keys: str | None) -> Iterator[tuple[Any, ...]]:
        """Yield some entries of each example of a split, in the order in which they are stored."""
        import tensorflow_datasets as tfds

        wanted = [key for key in keys if key is not None]
        if self.reads_at_positions:  # such files have no as_dataset
            stored = self.at_positions(split, *wanted)
            for start in range(0, len(stored), CHUNK):
                places = range(start, min(start + CHUNK, len(stored)))
                for example in stored.__getitems__(places):
                    yield tuple(example[key] for key in wanted)
            return
        decoders = tfds.decode.PartialDecoding(dict.fromkeys(wanted, True))
        stored = self.builder.as_dataset(split=split, shuffle_files=False, decoders=decoders)
        for example in tfds.as_numpy(stored):
            yield tuple(example[key] for key in wanted)


def open_source(name: str, download: bool = True) -> TfdsSource:
    """Open a dataset, and download it where it is not here yet.

    Args:
        name: `tfds:` and a name of the catalog, with /CONFIG and :VERSION where wanted.
        download: whether it may be downloaded.

    Raises:
        UsageError: tensorflow_datasets is not installed.
        UnknownName: it has no such dataset, or no such config.
        DataError: it is not here and cannot, or may not, be downloaded; or its examples hold no single input.
    """
    if not download:
        _check_local_name(name)
    builder = _builder(name)
    source = TfdsSource(name, builder, *_choose_keys(name, builder.info))
    if download:
        _download(source)
    else:
        _check_prepared(source)
    if "train" not in builder.info.splits:
        raise DataError(
            f"{name} has no split called train. Its splits: {', '.join(builder.info.splits)}."
        )
    return source


def is_feature(feature: Any, kind: str) -> bool:
    """Return whether a feature is of a class of tensorflow_datasets, such as `Image`."""
    import tensorflow_datasets as tfds

    return isinstance(feature, getattr(tfds.features, kind))


def feature_dtype(feature: Any) -> np.dtype[Any]:
    """Return the NumPy dtype of a feature."""
    import tensorflow as tf

    dtype: np.dtype[Any] = np.dtype(tf.as_dtype(feature.dtype).as_numpy_dtype)
    return dtype


def _check_local_name(name: str) -> None:
    """Refuse a name with a namespace: tensorflow_datasets fetches its data, or its code, to open it."""
    if not _LOCAL_NAME.fullmatch(name.removeprefix(PREFIX)):
        raise DataError(
            f"{brief(name)} was not opened: such a name is not in the catalog of tensorflow_datasets, and to "
            "open it may download data or code. If you trust the run that names it, give the name by --data."
        )


def _check_prepared(source: TfdsSource) -> None:
    """Refuse a dataset that is not on this machine; the message says how to prepare it."""
    if not source.builder.data_path.exists():
        raise DataError(
            f"{source.name} is not on this machine: there is no folder {source.builder.data_path}. What a "
            "run names is not downloaded by itself. If you want it: "
            f"python -c \"import zoo; zoo.open_dataset('{source.name}')\""
        )


def _builder(name: str) -> Any:
    """Return the builder of a dataset; nothing is downloaded yet."""
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise UsageError(
            f"{name} needs tensorflow_datasets: pip install 'keras-zoo[tfds]' ({format_error(error)})"
        ) from error
    wanted = name.removeprefix(PREFIX)
    try:
        return tfds.builder(wanted, data_dir=_folder(), try_gcs=False)
    except tfds.core.DatasetNotFoundError as error:
        known = tfds.list_builders(with_community_datasets=False)
        raise UnknownName(
            "dataset of tensorflow_datasets", wanted.partition("/")[0], known
        ) from error
    except Exception as error:  # each dataset of that catalog is foreign code
        _check_config(tfds, wanted)
        raise DataError(f"{name} cannot be opened: {format_error(error)}") from error


def _check_config(tfds: Any, wanted: str) -> None:
    """Refuse an unknown config of a known dataset with the nearest ones."""
    base, _, config = wanted.partition(":")[0].partition("/")
    if config and base in tfds.list_builders(with_community_datasets=False):
        known = tfds.builder_cls(base).builder_configs
        if config not in known:
            raise UnknownName(f"config of {PREFIX}{base}", config, known)


def _folder() -> Path | None:
    """Return the folder below ZOO_DATA; None lets tensorflow_datasets use its own."""
    folder = data_folder() / "tensorflow_datasets"
    return folder if folder.is_dir() else None


def _choose_keys(name: str, info: Any) -> tuple[str, str | None]:
    """Return the keys of the input and of the target of an example.

    Raises:
        DataError: there is no single input that can be read.
    """
    features = dict(info.features.items()) if hasattr(info.features, "items") else {}
    input_key, target_key = _declared_keys(info, features) or (
        _only_key(features, "Image"),
        _only_key(features, "ClassLabel"),
    )
    if input_key is None or not _is_readable(features[input_key]):
        received = ", ".join(f"{key} ({type(each).__name__})" for key, each in features.items())
        raise DataError(
            f"{name} has no single input that can be read. Expected: an image, or an array of numbers of "
            f"one shape. Its examples hold: {received or info.features}."
        )
    if target_key is not None and not (
        is_feature(features[target_key], "Text") or _is_readable(features[target_key])
    ):
        target_key = None
    return input_key, None if target_key == input_key else target_key


def _declared_keys(info: Any, features: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the two keys that the dataset declares; None where it declares no such pair."""
    keys = info.supervised_keys
    if keys is None or len(keys) != 2:
        return None
    return keys if all(isinstance(key, str) and key in features for key in keys) else None


def _only_key(features: Mapping[str, Any], kind: str) -> str | None:
    """Return the key of the one feature of a kind; None where there is none, or more than one."""
    keys = [key for key, feature in features.items() if is_feature(feature, kind)]
    return keys[0] if len(keys) == 1 else None


def _is_readable(feature: Any) -> bool:
    """Return whether a feature is an image of any size, or an array of numbers of one shape."""
    if is_feature(feature, "Image"):
        return True
    shape, dtype = getattr(feature, "shape", None), getattr(feature, "dtype", None)
    if not isinstance(shape, tuple) or isinstance(dtype, dict) or dtype is None:
        return False
    return None not in shape and feature_dtype(feature).kind in "fiub"


def _download(source: TfdsSource) -> None:
    """Download a dataset where it is not here yet; the progress is printed on stderr."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            source.builder.download_and_prepare()
    except Exception as error:  # sockets, checksums, disks, and foreign code
        raise DataError(
            f"{source.name} is not here and cannot be downloaded ({format_error(error)}). Let "
            f"tensorflow_datasets prepare it where there is a network, and put its folder at "
            f"{source.builder.data_dir}."
        ) from error
