"""Large images in tiles: each with more around it than its middle depends on, and laid together softly.

Tiles begin at multiples of what the network pads to, so that its strides fall on the same pixels as in
the whole image. Where two tiles overlap, one fades into the other well inside of both. Without a
normalisation over the image, a tile's middle is what it would be in the whole image, to the last bits of
a float; with instance normalisation it is not, since each tile has a mean of its own.
"""

from collections.abc import Callable, Iterator

import numpy as np

FADE = 32  # pixels over which one tile becomes the next
Span = tuple[int, int]


def tiled(
    image: np.ndarray, network: Callable[[np.ndarray], np.ndarray], tile: int, reach: int, multiple: int
) -> np.ndarray:
    """Restore an image (height, width, channels) tile by tile.

    Args:
        image: float32.
        network: from images (1, h, w, channels) to images of the same size.
        tile: side of the middle of a tile, what lies around it aside.
        reach: how far a pixel can be from one that it depends on.
        multiple: what the network pads sides to.
    """
    total = np.zeros_like(image)
    weights = np.zeros((*image.shape[:2], 1), np.float32)
    margin = -(-(reach + FADE // 2) // multiple) * multiple
    rows, columns = (list(spans(size, tile, margin, multiple)) for size in image.shape[:2])
    for top, bottom in rows:
        for left, right in columns:
            made = network(image[None, top:bottom, left:right])[0]
            down = faded((top, bottom), image.shape[0], margin)
            along = faded((left, right), image.shape[1], margin)
            weight = (down[:, None] * along)[..., None]
            total[top:bottom, left:right] += weight * made
            weights[top:bottom, left:right] += weight
    return total / weights


def spans(size: int, tile: int, margin: int, multiple: int) -> Iterator[Span]:
    """Divide an axis into spans that overlap by two margins."""
    step = max(multiple, tile // multiple * multiple)
    start = 0
    while start == 0 or start + 2 * margin < size:
        end = min(size, start + step + 2 * margin)
        yield start, end
        if end == size:
            return
        start += step


def faded(span: Span, size: int, margin: int) -> np.ndarray:
    """Give a tile's weights along an axis: 0 near its ends, 1 in its middle, 1 up to the image's ends."""
    start, end = span
    at = np.arange(start, end, dtype=np.float32) + 0.5
    soft = margin - FADE / 2
    rise = np.ones_like(at) if start == 0 else (at - start - soft) / FADE
    fall = np.ones_like(at) if end == size else (end - at - soft) / FADE
    return np.clip(np.minimum(rise, fall), 0, 1)
