"""1,797 handwritten digits of 8 x 8 pixels, which scikit-learn ships (UCI, test set of Alpaydin).

scikit-learn ships the test part of UCI alone; 360 digits are held out, stratified by class.
"""

import numpy as np

from zoo.data.dataset import Dataset
from zoo.data.split import Split

INPUT_SHAPE = (8, 8, 1)
CLASSES = tuple("0123456789")
SOURCE = "Optical Recognition of Handwritten Digits (UCI), as scikit-learn ships it"
LICENSE = "CC-BY-4.0"
INPUTS = "single handwritten digits, light on black, 8 pixels high"
INPUT_RANGES = {
    "corners": (0.0, 0.3),
    "highest": (0.6, 1.0),
    "mean": (0.15, 0.45),
}  # bright on black
IMAGE_FORM = {"extent": 1.0, "stroke": 0.15}
HELD_OUT = 360


def load() -> Dataset:
    """Read the digits from scikit-learn's own files; nothing is downloaded."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, *INPUT_SHAPE)
    x_train, x_test, y_train, y_test = train_test_split(
        images, labels.astype(np.int64), test_size=HELD_OUT, stratify=labels, random_state=0
    )
    train, test = Split(x_train, y_train), Split(x_test, y_test)
    return Dataset("digits", train, test, CLASSES, preprocessing="0 ... 16, divided by 16")
