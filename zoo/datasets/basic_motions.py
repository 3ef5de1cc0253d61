"""80 recordings of a smart watch, 6 channels of 100 steps, four activities (UEA archive)."""

from zoo.data.dataset import Dataset
from zoo.data.readers.timeseries import read_archive

INPUT_SHAPE = (100, 6)
CLASSES = ("Badminton", "Running", "Standing", "Walking")
SOURCE = "BasicMotions of the UEA archive of time series, Bagnall et al. 2018"
LICENSE = "not stated"
INPUTS = "10 s of the accelerometer and the gyroscope of a smart watch, 100 steps of 6 channels"
INPUT_RANGES = {"mean": (-1.0, 1.2), "deviation": (0.1, 12.0)}


def load() -> Dataset:
    """Read it from the folder `series` below ZOO_DATA."""
    return read_archive("basic-motions", "BasicMotions")
