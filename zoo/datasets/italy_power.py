"""1,096 days of Italian power demand by the hour, winter or summer (UCR archive)."""

from zoo.data.dataset import Dataset
from zoo.data.readers.timeseries import read_archive

INPUT_SHAPE = (24, 1)
CLASSES = ("1", "2")
SOURCE = "ItalyPowerDemand of the UCR archive of time series, Keogh et al. 2006"
LICENSE = "not stated"
INPUTS = "24 hourly values of one day, each day with mean 0 and standard deviation 1"
INPUT_RANGES = {"mean": (-0.05, 0.05), "deviation": (0.9, 1.1)}  # each series is standardised


def load() -> Dataset:
    """Read it from the folder `series` below ZOO_DATA."""
    return read_archive("italy-power", "ItalyPowerDemand")
