"""1,584 shapes of adrenal glands, normal or hyperplastic, as volumes (MedMNIST, Yang et al. 2023).

The volumes of 64 x 64 x 64 in the file are reduced to 32 x 32 x 32 by the mean of 2 x 2 x 2, so that two
cores can train on them. The validation part of the file is added to the training split, since the zoo takes
its validation examples from the training split itself.
"""

import numpy as np

from zoo.data.arrays import Array
from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.environment import data_folder
from zoo.errors import DataError
from zoo.io.safe_load import read_arrays

INPUT_SHAPE = (32, 32, 32, 1)
CLASSES = ("normal", "hyperplasia")
SOURCE = "AdrenalMNIST3D of MedMNIST v2, Yang et al. 2023"
LICENSE = "CC-BY-4.0"
INPUTS = "shapes of adrenal glands cut out of CT scans, 1 inside and 0 outside"
FILE = "adrenalmnist3d_64.npz"


def load() -> Dataset:
    """Read adrenalmnist3d_64.npz from ZOO_DATA.

    Raises:
        DataError: the file is missing, broken, or another one.
    """
    path = data_folder() / FILE
    if not path.exists():
        raise DataError(
            f"adrenalmnist3d is not here: there is no {path}. Download {FILE} from "
            "https://medmnist.com and let ZOO_DATA name its folder."
        )
    arrays = read_arrays(path)
    try:
        train, test = (_join(arrays, parts) for parts in (("train", "val"), ("test",)))
    except KeyError as error:
        raise DataError(f"{path} lacks {error}. Received: {', '.join(arrays)}.") from error
    preprocessing = "uint8 / 255, halved to 32 cubed by the mean of 2 x 2 x 2"
    return Dataset("adrenalmnist3d", train, test, CLASSES, preprocessing)


def _join(arrays: dict[str, Array], parts: tuple[str, ...]) -> Split:
    volumes = np.concatenate([_halve(arrays[f"{part}_images"]) for part in parts])
    labels = np.concatenate([arrays[f"{part}_labels"] for part in parts])
    return Split(volumes[..., None], labels.reshape(-1).astype(np.int64))


def _halve(volumes: Array) -> Array:
    count, *sizes = volumes.shape
    depth, height, width = (size // 2 for size in sizes)
    cells = volumes.reshape(count, depth, 2, height, 2, width, 2)
    return np.asarray(cells.mean((2, 4, 6), dtype=np.float32).round(), np.uint8)
