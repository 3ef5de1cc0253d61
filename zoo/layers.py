"""Layers that parts need and Keras lacks: any size in, the same size out.

    (h, w)  --PadToMultiple(m)-->  (h', w'), the next multiples of m  --network-->  --CropLike-->  (h, w)

Both work with free height and width in every format. Whoever opens a .keras or .h5 file of a part that
holds them needs `import zoo.layers` and no plug-in.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class PadToMultiple(keras.layers.Layer):
    """Mirror an image at its bottom and right edge until its sides are multiples of a number.

    The pixels that are added are those before the edge, in reverse: d c b | c d. An image smaller
    than what is to be added is mirrored again and again.

    Args:
        multiple: what height and width shall be multiples of.

    Shapes:
        (batch, height, width, channels), with any height and width, to the same with larger ones.
    """

    def __init__(self, multiple: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.multiple = multiple

    def call(self, images: Any) -> Any:
        """Add the mirrored rows and columns."""
        for axis in (1, 2):
            images = ops.take(images, self._places(ops.shape(images)[axis]), axis)
        return images

    def _places(self, size: Any) -> Any:
        """Give the positions to take, for one axis: 0 1 2 3 2 1 for 4 that become 6."""
        # (m - h % m) % m and not -h % m, which ONNX computes otherwise (EXPORT_FACTS.md)
        added = (self.multiple - size % self.multiple) % self.multiple
        period = ops.maximum(2 * size - 2, 1)
        places = ops.arange(size + added) % period
        return ops.minimum(places, period - places) % ops.maximum(size, 1)

    def compute_output_shape(self, shape: Any) -> Any:
        """Round the sizes that are known up."""
        sizes = [size and -(-size // self.multiple) * self.multiple for size in shape[1:3]]
        return (shape[0], *sizes, shape[3])

    def get_config(self) -> dict[str, Any]:
        """Give the arguments."""
        return {**super().get_config(), "multiple": self.multiple}


@keras.saving.register_keras_serializable(package="zoo")
class CropLike(keras.layers.Layer):
    """Cut one image to the height and width of another, from the top left corner.

    Shapes:
        a list of two: the image (batch, height, width, channels), and the one of the wanted size.
    """

    def call(self, pair: Any) -> Any:
        """Cut the first to the size of the second."""
        images, like = pair
        return images[:, : ops.shape(like)[1], : ops.shape(like)[2]]

    def compute_output_shape(self, shapes: Any) -> Any:
        """Take the sizes of the second, and the channels of the first."""
        images, like = shapes
        return (images[0], *like[1:3], images[3])
