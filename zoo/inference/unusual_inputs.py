"""How an input differs from the training data, by ranges that a data set declares in INPUT_RANGES.

An input outside of a range is of another kind, such as a dark digit on white paper, or a series that is not
standardised. The measures that may have a range:

    mean        of all values
    deviation   the standard deviation of all values
    highest     the highest value
    corners     the mean of the four corners of an image, over all channels
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.arrays import Array
from zoo.entry_points import DATASETS, EntryPointGroup
from zoo.errors import DataError, ZooError
from zoo.io.foreign.image_file import open_image_file

MOST_WARNINGS = 5  # items that are named
FILMS = (".gif", ".tif", ".tiff", ".webp")  # files that may have several frames

Ranges = Mapping[str, tuple[float, float]]

_MEASURES: dict[str, Callable[[Array], Any]] = {
    "mean": np.mean,
    "deviation": np.std,
    "highest": np.max,
    "corners": lambda values: values[:: len(values) - 1 or 1, :: values.shape[1] - 1 or 1].mean(),
}
_WORDS = {
    "mean": "its mean is",
    "deviation": "its standard deviation is",
    "highest": "its highest value is",
    "corners": "its corners have a mean of",
}
_ADVICE = {"corners": "Invert a drawing that is dark on light.", "deviation": "Standardise it."}


def input_ranges(source: str | None) -> Ranges:
    """Return the ranges that a data set declares; none for other data, or where it is not installed."""
    group = EntryPointGroup(DATASETS)
    if source not in group.names():
        return {}
    try:
        return dict(getattr(group.load(str(source)), "INPUT_RANGES", {}))
    except ZooError:  # a package that is broken answers without this help
        return {}


def describe_difference(values: Any, ranges: Ranges) -> str:
    """Return in which measures an input is out of range, with advice; empty where it is not.

    Args:
        values: what was read for an item; anything but an array has no measures.
        ranges: the lowest and the highest usual value of each measure.
    """
    if not isinstance(values, np.ndarray):
        return ""
    found, advice = [], ""
    for name, (low, high) in ranges.items():
        value = float(_MEASURES[name](values))
        if not low <= value <= high:
            found.append(f"{_WORDS[name]} {value:.3g}, there {low:g} to {high:g}")
            advice = advice or (_ADVICE.get(name, "") if value > high else "")
    return f"{'; '.join(found)}. {advice}".rstrip() if found else ""


def has_several_frames(item: Any) -> bool:
    """Return whether an item is an animation, or a file of several pages; the first one is read."""
    if not isinstance(item, str | Path) or not os.fspath(item).lower().endswith(FILMS):
        return False
    with (
        suppress(DataError, OSError),
        open_image_file(Path(item), header_only=True) as image,
    ):
        return bool(getattr(image, "is_animated", False))
    return False


def warnings_of(differences: Sequence[tuple[str, str]], source: str) -> list[str]:
    """Return a warning for each of the first items that differ from the training data, and one for the rest.

    Args:
        differences: the name of each such item, and what `describe_difference` returns for it.
        source: the name of the data set.
    """
    lines = [
        f"Warning: {name} is unlike the training data, {source}: {difference} The answer may be wrong."
        for name, difference in differences[:MOST_WARNINGS]
    ]
    if others := len(differences) - len(lines):
        noun = "items are" if others > 1 else "item is"
        lines.append(f"Warning: {others} more {noun} unlike the training data.")
    return lines
