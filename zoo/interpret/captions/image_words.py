"""What is seen in an image or a series, in a sentence, from its numbers: light, colour, stripes, place.

The stripes' direction is that of the structure tensor, the mean of the products of the gradients
(Bigun & Granlund, "Optimal orientation detection of linear symmetry", ICCV 1987).
"""

from __future__ import annotations

import numpy as np

from zoo.data.arrays import Array, example_kind

__all__ = ["describe_example"]

COHERENT = 0.3  # of the structure tensor, from which on an image has one direction
STRONG = 0.12  # deviation of the pixels from which on an image has contrast
FINE, COARSE = 5.0, 12.0  # pixels of a wave, as a 28th of the side
OFF_CENTRE = 0.08  # of the side, from which on a place is named
COLOURED = 0.02  # distance of a mean colour from grey
_DIRECTIONS = ("vertical", "rising diagonal", "horizontal", "falling diagonal")
_COLOURS = ("red", "green", "blue")


def describe_example(example: Array) -> str:
    """Return what is seen in an image, a volume, a series or a row of numbers, without a full stop."""
    kind = example_kind(example.shape)
    if kind in ("numbers", "series"):
        return _describe_series(example.reshape(len(example), -1))
    if kind == "volume":
        flat = example.mean(0)
        return f"the mean of a volume's slices: {_describe_image(flat / max(flat.max(), 1e-12))}"
    return _describe_image(example)


def _describe_image(image: Array) -> str:
    """Return the words for an image of shape (height, width, channels) in [0, 1]."""
    grey = image.mean(-1)
    words = [_light(float(grey.mean()), float(grey.std())) + _colour(image)]
    if grey.std() < STRONG / 4 or min(grey.shape) < 4:
        return words[0]
    words.append(_texture(grey))
    if place := _place(grey):
        words.append(f"strongest {place}")
    return ", ".join(words)


def _light(mean: float, deviation: float) -> str:
    if deviation < STRONG / 4:
        level = "black" if mean < 0.1 else "white" if mean > 0.9 else "grey"
        return f"almost evenly {level}"
    if mean < 0.3:
        return "bright on dark"
    return "dark on bright" if mean > 0.7 else "bright and dark in equal parts"


def _colour(image: Array) -> str:
    """Return the colour that stands out, with a comma before it, or nothing."""
    if image.shape[-1] != 3:
        return ""
    distance = image.reshape(-1, 3).mean(0) - image.mean()
    return f", rather {_COLOURS[int(distance.argmax())]}" if distance.max() > COLOURED else ""


def _texture(grey: Array) -> str:
    """Return how wide the shapes are, and the direction of the stripes if there is one."""
    down, right = np.gradient(grey)
    xx, yy, xy = (right**2).mean(), (down**2).mean(), (right * down).mean()
    coherence = np.hypot(xx - yy, 2 * xy) / max(xx + yy, 1e-12)
    size = _size(grey)
    if coherence < COHERENT:
        return f"{size} shapes in all directions"
    across = np.degrees(np.arctan2(2 * xy, xx - yy)) / 2  # of the gradient; the stripes are across
    return f"{size} {_DIRECTIONS[round(across / 45) % 4]} stripes"


def _size(grey: Array) -> str:
    """Return fine, medium or coarse, by the wavelength of a sine with the same steps between pixels."""
    steps = sum(float(np.square(np.diff(grey, axis=axis)).mean()) for axis in (0, 1))
    wave = 2 * np.pi * grey.std() / max(steps**0.5, 1e-12) * 28 / max(grey.shape)
    return "fine" if wave < FINE else "coarse" if wave > COARSE else "medium"


def _place(grey: Array) -> str:
    """Return where the contrast lies, if it does not lie in the middle."""
    energy = np.square(grey - np.median(grey))
    shares = [energy.sum(1 - axis) / energy.sum() for axis in (0, 1)]
    down, right = (
        float(share @ np.arange(len(share)) / (len(share) - 1) - 0.5) for share in shares
    )
    rows = "top" if down < -OFF_CENTRE else "bottom" if down > OFF_CENTRE else ""
    columns = "left" if right < -OFF_CENTRE else "right" if right > OFF_CENTRE else ""
    place = " ".join(filter(None, (rows, columns)))
    return f"at the {place}" if place else ""


def _describe_series(series: Array) -> str:
    """Return the words for a series of shape (time, channels): its range, its highest and lowest points."""
    steps, channels = series.shape
    mean = series.mean(1)
    crossings = int(np.count_nonzero(np.diff(np.sign(mean - mean.mean()))))
    of = f", {channels} channels" if channels > 1 else ""
    return (
        f"{steps} steps{of} from {series.min():.3g} to {series.max():.3g}, highest at step "
        f"{int(mean.argmax())}, lowest at step {int(mean.argmin())}, crosses its mean {crossings} times"
    )
