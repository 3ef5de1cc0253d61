"""70,000 handwritten digits of 28 x 28 pixels (LeCun et al. 1998)."""

from zoo.data.dataset import Dataset
from zoo.data.readers.keras_datasets import load_keras_dataset

INPUT_SHAPE = (28, 28, 1)
CLASSES = tuple("0123456789")
SOURCE = "MNIST, LeCun, Cortes and Burges 1998"
LICENSE = "CC-BY-SA-3.0"
INPUTS = "single handwritten digits, light on black, 20 of 28 pixels large, in the middle"
HUB = "ylecun/mnist"  # on huggingface.co
INPUT_RANGES = {
    "corners": (0.0, 0.1),
    "highest": (0.6, 1.0),
    "mean": (0.02, 0.45),
}  # bright on black
IMAGE_FORM = {"extent": 20 / 28, "centre": "mass", "stroke": 0.085}


def load() -> Dataset:
    """Read MNIST from ZOO_DATA or Keras' cache, or let Keras download it."""
    return load_keras_dataset("mnist", "mnist.npz", CLASSES)
