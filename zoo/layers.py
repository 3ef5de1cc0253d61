"""Layers that Keras lacks, for networks that take images of any size and return the same size.

    (h, w)  --PadToMultiple(m)-->  (h', w'), the next multiples of m  --network-->  --CropLike-->  (h, w)

Both work with free height and width in every format. To open a .keras or .h5 file that has them,
`import zoo.layers` is enough; no plug-in is needed.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

__all__ = ["CropLike", "PadToMultiple"]


@keras.saving.register_keras_serializable(package="zoo")
class PadToMultiple(keras.layers.Layer):
    """Pad images at the bottom and on the right by reflection, to sides that are multiples of a number.

    The new pixels are those before the edge in reverse, without the edge itself: a b c d | c b. An image
    that is smaller than the padding is reflected several times.

    Args:
        multiple: the number, at least 1, that height and width become multiples of.

    Shapes:
        Input (batch, height, width, channels), with any height and width; output the same with the
        height and the width rounded up.
    """

    def __init__(self, multiple: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.multiple = multiple

    def call(self, images: Any) -> Any:
        """Return the images with the reflected rows and columns."""
        for axis in (1, 2):
            size = ops.shape(images)[axis]
            if not isinstance(size, int) or size % self.multiple:
                images = ops.take(images, self._positions(size), axis)
        return images

    def _positions(self, size: Any) -> Any:
        """Return the positions to take along one axis: 0 1 2 3 2 1 for a size of 4 and a multiple of 6."""
        # (m - h % m) % m and not -h % m, which ONNX computes otherwise (docs/export-facts.md)
        padding = (self.multiple - size % self.multiple) % self.multiple
        period = ops.maximum(2 * size - 2, 1)
        positions = ops.arange(size + padding) % period
        return ops.minimum(positions, period - positions) % ops.maximum(size, 1)

    def compute_output_shape(self, shape: Any) -> Any:
        """Return the shape with the known sizes rounded up."""
        sizes = [size and -(-size // self.multiple) * self.multiple for size in shape[1:3]]
        return (shape[0], *sizes, shape[3])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        return {**super().get_config(), "multiple": self.multiple}


@keras.saving.register_keras_serializable(package="zoo")
class CropLike(keras.layers.Layer):
    """Crop images to the height and width of others, from the top left corner.

    Shapes:
        Input a list of two: the images (batch, height, width, channels), and those of the wanted height
        and width; output (batch, height of the second, width of the second, channels of the first).
    """

    def call(self, pair: Any) -> Any:
        """Return the first images with the height and width of the second."""
        images, like = pair
        return images[:, : ops.shape(like)[1], : ops.shape(like)[2]]

    def compute_output_shape(self, shapes: Any) -> Any:
        """Return the sizes of the second shape with the channels of the first."""
        images, like = shapes
        return (images[0], *like[1:3], images[3])
