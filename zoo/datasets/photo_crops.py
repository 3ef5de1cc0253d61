"""Colour crops of 160 x 160 pixels from photographs: of BSDS500, or of scikit-learn's two."""

from zoo.data.dataset import Dataset
from zoo.datasets.photographs import photograph_dataset

SIDE = 160  # two rows of three fill a photograph of BSDS500, 481 x 321
STEP = 20  # pixels from one training crop to the next, where there are only two photographs
INPUT_SHAPE = (SIDE, SIDE, 3)
CLASSES = None
SOURCE = "BSDS500, Arbelaez et al. 2011; without ZOO_DATA two photographs of scikit-learn"
LICENSE = "non-commercial research and education"
INPUTS = "colour photographs of outdoor scenes, of about 481 x 321 pixels"


def load() -> Dataset:
    """Cut the photographs of ZOO_DATA, or those of scikit-learn.

    Raises:
        DataError: a photograph is broken.
    """
    return photograph_dataset("photo-crops", SIDE, STEP)
