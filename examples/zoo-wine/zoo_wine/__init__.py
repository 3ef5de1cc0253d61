"""178 Italian wines of three cultivars, each described by 13 numbers of a chemical analysis (UCI).

scikit-learn ships the data, so nothing is downloaded. A fifth of each cultivar is held out. The numbers have
their own units (degrees, mg, ...): `mlp` standardises them inside the model.
"""

import numpy as np
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

import zoo

INPUT_SHAPE = (13,)
CLASSES = ("cultivar 0", "cultivar 1", "cultivar 2")
SOURCE = "Wine recognition data, Forina et al. (UCI), as scikit-learn ships it"
LICENSE = "CC-BY-4.0"
HELD_OUT = 36


def load() -> zoo.Dataset:
    """Return the wines; the same division into training and test examples every time."""
    inputs, labels = load_wine(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(
        inputs.astype(np.float32), labels, test_size=HELD_OUT, stratify=labels, random_state=0
    )
    training, test = zoo.Split(x_train, y_train), zoo.Split(x_test, y_test)
    return zoo.Dataset("wine", training, test, CLASSES, preprocessing="as measured")
