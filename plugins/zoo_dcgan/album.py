"""The album: images of fixed latents after several epochs, stored in a variable of the model.

A checkpoint and a weights file hold a variable. So a resumed training keeps its pictures, and `preview` can
draw them later.
"""

from .config import Config

FRAMES, IMAGES = 16, 16  # most pictures in an album, and the images in each picture


def album_shape(config: Config) -> tuple[int, ...]:
    """Return the album's shape: (pictures, images, height, width, channels)."""
    return (min(FRAMES, config.epochs), IMAGES, *config.input_shape)


def album_epochs(config: Config) -> list[int]:
    """Return the epochs, counted from 1, after which a picture is stored; the last epoch is one of them."""
    count = min(FRAMES, config.epochs)
    return [(position + 1) * config.epochs // count for position in range(count)]
