"""Colour patches of 32 x 32 pixels from photographs: of BSDS500, or of scikit-learn's two."""

from zoo.data.dataset import Dataset
from zoo.datasets.photographs import photograph_dataset

SIDE = 32
INPUT_SHAPE = (SIDE, SIDE, 3)
CLASSES = None
SOURCE = "BSDS500, Arbelaez et al. 2011; without ZOO_DATA two photographs of scikit-learn"
LICENSE = "non-commercial research and education"


def load() -> Dataset:
    """Cut the photographs of ZOO_DATA, or those of scikit-learn.

    Raises:
        DataError: a photograph is broken.
    """
    return photograph_dataset("photo-patches", SIDE)
