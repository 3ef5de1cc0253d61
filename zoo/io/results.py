"""What `apply` returns beside plain data and pictures: arrays, and edited versions of a file."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["EDITED", "Values"]

EDITED = "edited"  # the key of a picture that is the item's file, edited: it keeps the file's name


class Values(np.ndarray[Any, np.dtype[Any]]):
    """An array that is no picture. `zoo apply` saves it as .npy.

    Example:
        >>> {"item": "a.png", "code": code.view(zoo.Values)}
    """
