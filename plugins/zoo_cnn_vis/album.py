"""The album: small pictures of the images after some of the epochs, stored in a variable of the model."""

from .config import Config

FRAMES, IMAGES, SIDE = 16, 16, 160  # most pictures, most images in each, and their longest side


def album_shape(config: Config, count: int, size: tuple[int, ...]) -> tuple[int, ...]:
    """Return the album's shape: (pictures, images, ..., channels).

    Args:
        config: the settings; `epochs` is read.
        count: the number of images that are trained.
        size: the shape of one image, channels last.
    """
    *sides, channels = size
    scale = min(1.0, SIDE / max(sides)) if len(sides) > 1 else 1.0
    small = (max(1, round(side * scale)) for side in sides)
    return (min(FRAMES, config.epochs), min(IMAGES, count), *small, channels)


def album_epochs(config: Config) -> list[int]:
    """Return the epochs, counted from 1, after which a picture is stored; the last epoch is one of them."""
    count = min(FRAMES, config.epochs)
    return [(position + 1) * config.epochs // count for position in range(count)]
