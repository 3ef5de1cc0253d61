"""60,000 colour pictures of 32 x 32 pixels, ten classes (Krizhevsky 2009)."""

from zoo.data.dataset import Dataset
from zoo.data.readers.keras_datasets import load_keras_dataset

INPUT_SHAPE = (32, 32, 3)
CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
SOURCE = "CIFAR-10, Krizhevsky 2009"
LICENSE = "not stated"
INPUTS = "colour photographs of one thing, 32 x 32 pixels"
HUB = "uoft-cs/cifar10"  # on huggingface.co


def load() -> Dataset:
    """Read CIFAR-10 from ZOO_DATA (cifar10.npz) or Keras' cache, or let Keras download it."""
    return load_keras_dataset("cifar10", "cifar10.npz", CLASSES)
