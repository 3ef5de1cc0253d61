"""The examples of a gallery: the data that the user names, else a run's own; and the size of its images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zoo.data.arrays import shape_fits
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset
from zoo.errors import DataError
from zoo.exporters.sources import Source

if TYPE_CHECKING:
    import keras

__all__ = ["image_shape", "open_examples"]

SIDE = 128  # of images, if neither the network nor the data tells their size


def open_examples(
    source: Source, network: keras.Model, data: str | Path | Dataset | None
) -> Dataset | None:
    """Return the data that is named, else a run's own; None for files and Keras' networks.

    Args:
        source: the network's source.
        network: the network, as a flat model.
        data: a dataset, or the name of one; None where none is named.

    Raises:
        DataError: the data cannot be read, or does not fit the network.
    """
    wanted = tuple(network.inputs[0].shape[1:])
    examples: Dataset | None = None
    if isinstance(data, Dataset):
        examples = data
    elif data is not None:
        resize = "crop" if source.recipe is None else source.recipe.config.resize
        examples = open_dataset(data, wanted, resize=resize)
    elif source.run is not None and source.recipe is not None:
        examples = source.recipe.load_data()
    if examples is not None and not shape_fits(examples.test.stored.shape[1:], wanted):
        raise DataError(
            f"{source.name} takes inputs of shape {wanted}. Received: {examples.name} with inputs of shape "
            f"{examples.input_shape}"
        )
    return examples


def image_shape(
    network: keras.Model, examples: Dataset | None, size: int | None
) -> tuple[int, ...]:
    """Return the shape of the images to make: the examples', else the network's own, with free sizes set.

    Args:
        network: a flat model.
        examples: the examples; None where there are none.
        size: the side of the images, where the network takes any; None is 128.
    """
    if examples is not None:
        return examples.input_shape
    return tuple(int(want or size or SIDE) for want in network.inputs[0].shape[1:])
