"""Colour patches of 32 x 32 pixels from photographs: of BSDS500, or of scikit-learn's two.

38 of the 15,000 test patches of BSDS500 are training patches as well: 24 of plain white, 14 of one dark
colour. They stay, since the figures of the catalog are measured with them.
"""

from zoo.data.dataset import Dataset
from zoo.datasets.photographs import photograph_dataset

SIDE = 32
INPUT_SHAPE = (SIDE, SIDE, 3)
CLASSES = None
SOURCE = "BSDS500, Arbelaez et al. 2011; without ZOO_DATA two photographs of scikit-learn"
LICENSE = "non-commercial research and education"
INPUTS = "squares of 32 x 32 pixels of colour photographs"


def load() -> Dataset:
    """Cut the photographs of ZOO_DATA, or those of scikit-learn.

    Raises:
        DataError: a photograph is broken.
    """
    return photograph_dataset("photo-patches", SIDE)
