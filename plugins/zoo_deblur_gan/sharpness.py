"""Whether a photograph is sharp already: a network that removes blur makes such a one worse.

    s = rms(x[i + 1] - x[i]) / rms(x[i + 4] - x[i])

of the brightness x along both axes. 13 sharp photographs had 0.40 to 0.74, in the median 0.49; blurred as in
the training, or by other kernels of that size, they had 0.26 to 0.40.
"""

import numpy as np
from PIL import Image

from zoo.data.arrays import Array

SHARP = 0.42  # from which a photograph is sharp
LEAST, MOST = 64, 1024  # pixels of a side that is judged; of a larger one, its middle
FAR = 4  # pixels


def is_sharp(image: Image.Image | Array) -> bool:
    """Return whether a photograph is sharp; a small one, and one without any contrast, is not judged.

    Args:
        image: a Pillow image, or pixels of shape (height, width, channels).
    """
    pixels = np.asarray(image)
    grey = pixels[middle(pixels.shape[0]), middle(pixels.shape[1])].astype(np.float32)
    if grey.ndim == 3:
        grey = grey[..., :3].mean(-1)
    if min(grey.shape) < LEAST:
        return False
    near, far = (difference(grey, distance) for distance in (1, FAR))
    return bool(near > SHARP * far)


def middle(size: int) -> slice:
    """Return the middle of an axis, at most `MOST` pixels."""
    start = max(0, (size - MOST) // 2)
    return slice(start, start + MOST)


def difference(grey: Array, distance: int) -> float:
    """Return the root mean square difference of pixels at a distance, over both axes."""
    across = grey[:, distance:] - grey[:, :-distance]
    down = grey[distance:] - grey[:-distance]
    return float(np.sqrt(np.square(across).mean()) + np.sqrt(np.square(down).mean()))
