"""The types of values in an HDF5 file: which Keras writes, where they lie, and how many bytes they take."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import h5py

__all__ = ["FOLLOWED_NAMES", "are_distinct", "filters_of", "size_of", "type_problem"]

FOLLOWED_NAMES = (b"layer_names", b"weight_names")
"""Attributes, also with a number behind, whose texts Keras takes for members of the group and reads."""

_OTHER_WAY = re.compile(rb"^/|/$|//|(^|/)\.(/|$)|\0")  # in a path: it leads where another one does

_NUMBERS = (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM, h5py.h5t.BITFIELD, h5py.h5t.OPAQUE)
_COMPLEX = h5py.h5t.COMPOUND  # h5py writes complex numbers as two floats, r and i
_LARGEST_ITEM = 4096  # bytes of one number
_LONGEST_TEXT = 65_536  # bytes of one text in an array


def are_distinct(names: Sequence[bytes]) -> bool:
    """Return whether paths of members lead to different ones; Keras would read one member many times."""
    return len(set(names)) == len(names) and not any(map(_OTHER_WAY.search, names))


def filters_of(array: Any) -> list[tuple[int, tuple[int, ...]]]:
    """Return the number and the settings of each filter that packs the chunks of an open array, in order."""
    storage = array.get_create_plist()
    found = map(storage.get_filter, range(storage.get_nfilters()))
    return [(number, settings) for number, _, settings, _ in found]


def size_of(space: Any, kind: Any) -> int:
    """Return how many bytes the values of a space declare."""
    if space.get_simple_extent_type() == h5py.h5s.NULL:
        return 0
    return int(math.prod(map(int, space.shape)) * kind.get_size())


def type_problem(kind: Any, attribute: bool = False) -> str:
    """Return what is unusual about a type; empty for numbers and texts."""
    code = kind.get_class()
    if code == h5py.h5t.STRING:
        if not attribute and kind.is_variable_str():
            return "texts of any length"
        return "" if attribute or kind.get_size() <= _LONGEST_TEXT else "texts of an absurd length"
    if code == h5py.h5t.VLEN and kind.get_super().get_class() in (h5py.h5t.STRING, *_NUMBERS):
        return "" if attribute else "lists of different lengths"
    if code == _COMPLEX and kind.get_nmembers() == 2:
        members = [kind.get_member_type(at).get_class() for at in range(2)]
        return "" if members == [h5py.h5t.FLOAT] * 2 else "records"
    if code in _NUMBERS:
        return "" if kind.get_size() <= _LARGEST_ITEM else "numbers of an absurd size"
    return "records" if code == _COMPLEX else "references or other values that are no numbers"
