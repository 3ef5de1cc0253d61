"""200 tracks of a hand that draws a gun or points with a finger, 150 steps (UCR archive)."""

from zoo.data.dataset import Dataset
from zoo.data.readers.timeseries import read_archive

INPUT_SHAPE = (150, 1)
CLASSES = ("1", "2")
SOURCE = "GunPoint of the UCR archive of time series, Ratanamahatana and Keogh 2004"
LICENSE = "not stated"
INPUTS = "tracks of 150 steps of one hand along one axis, each with mean 0 and standard deviation 1"
INPUT_RANGES = {"mean": (-0.05, 0.05), "deviation": (0.9, 1.1)}  # each series is standardised


def load() -> Dataset:
    """Read it from the folder `series` below ZOO_DATA."""
    return read_archive("gunpoint", "GunPoint")
