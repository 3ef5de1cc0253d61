"""70,000 pictures of clothes, 28 x 28 pixels, ten classes (Xiao, Rasul & Vollgraf 2017)."""

from zoo.data.dataset import Dataset
from zoo.data.readers.keras_datasets import load_keras_dataset

INPUT_SHAPE = (28, 28, 1)
CLASSES = (
    "T-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
SOURCE = "Fashion-MNIST, Xiao, Rasul and Vollgraf 2017, Zalando"
LICENSE = "MIT"
INPUTS = (
    "single pieces of clothing and shoes, photographed from the front,"
    " light on black, as large as the image"
)
HUB = "zalando-datasets/fashion_mnist"  # on huggingface.co
INPUT_RANGES = {
    "corners": (0.0, 0.3),
    "highest": (0.6, 1.0),
    "mean": (0.02, 0.75),
}  # bright on black
IMAGE_FORM = {"extent": 1.0}


def load() -> Dataset:
    """Read Fashion-MNIST from ZOO_DATA or Keras' cache, or let Keras download it."""
    return load_keras_dataset("fashion-mnist", "fashion_mnist.npz", CLASSES)
