"""A model's weights as a weights file stores them: each array once, compressed, perhaps in half precision.

What only a training needs is left out: the optimizer, and what the model's own method
`discard_training_state` gives up, such as the weights of a GAN's generator whose average is drawn and
measured. Arrays with the same content have one place in the file, under several names (hard links of HDF5),
so Keras reads the file as any other.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np

from zoo.errors import UsageError

Precision = Literal["float32", "float16"]

_SMALL_ARRAY = 2**10  # bytes; smaller ones are not compressed
_COMPRESSION = {"compression": "gzip", "compression_opts": 9, "shuffle": True}
_LARGEST_HALF = float(np.finfo(np.float16).max)


def save_without_training_state(model: Any, weights: Path, target: Path) -> Path:
    """Return a file of a model's weights without what only a training needs.

    Args:
        model: a trained model; it is changed if it has a method `discard_training_state`.
        weights: the file of its weights, which is returned if there is nothing to discard.
        target: the file that is written otherwise; its name ends in .weights.h5.
    """
    if not hasattr(model, "discard_training_state"):
        return weights
    model.discard_training_state()
    model.save_weights(target)
    return target


def pack_weights(source: Path, target: Path, precision: Precision = "float32") -> None:
    """Write the weights of a file of Keras, without the optimizer's, into a small file that Keras reads.

    Args:
        source: a .weights.h5 file of Keras.
        target: the file to write.
        precision: float32 keeps every bit. float16 rounds matrices and kernels to half precision; vectors,
            such as biases and the statistics of normalisation, stay as they are.

    Raises:
        UsageError: a number is too large for half precision.
    """
    with h5py.File(source, "r") as old, h5py.File(target, "x") as new:
        new.attrs.update(old.attrs)
        places: dict[str, str] = {}
        for name in old:
            if name != "optimizer":
                _copy_item(old[name], new, name, places, precision)


def _copy_item(
    item: Any, group: Any, name: str, places: dict[str, str], precision: Precision
) -> None:
    """Copy a group or an array of an HDF5 file, with its attributes.

    Args:
        item: to copy.
        group: that receives it.
        name: of the copy.
        places: of the arrays that are copied already, by a hash of their content.
        precision: of matrices and kernels.
    """
    if isinstance(item, h5py.Group):
        copy = group.create_group(name)
        for member in item:
            _copy_item(item[member], copy, member, places, precision)
        copy.attrs.update(item.attrs)
        return
    array = _round_array(item, precision)
    content = hashlib.sha256(f"{array.dtype}{array.shape}{dict(item.attrs)}".encode())
    content.update(np.ascontiguousarray(array).tobytes())
    key = content.hexdigest()
    if key in places:
        group[name] = group.file[places[key]]
        return
    filters = _COMPRESSION if array.nbytes > _SMALL_ARRAY else {}
    copy = group.create_dataset(name, data=array, **filters)
    copy.attrs.update(item.attrs)
    places[key] = copy.name


def _round_array(item: Any, precision: Precision) -> Any:
    """Return the array of a dataset, in half precision if that is asked for and it has several axes."""
    array = np.asarray(item[()])
    if precision == "float32" or array.dtype != np.float32 or array.ndim < 2:
        return array
    if not (np.abs(array) <= _LARGEST_HALF).all():
        raise UsageError(
            f"{item.name} holds numbers beyond {_LARGEST_HALF:g}, the largest of half precision. Pack with "
            "--precision float32."
        )
    return array.astype(np.float16)
