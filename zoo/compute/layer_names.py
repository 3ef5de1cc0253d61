"""The names that Keras gives to layers: the class in small letters, and a number that the process counts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Any


def is_automatic(name: str, kind: str) -> bool:
    """Return whether Keras chose a layer's name; Bidirectional puts a word before those of its layers."""
    stem = re.escape(automatic_stem(kind))
    return re.fullmatch(rf"((forward|backward)_)?{stem}(_\d+)?", name) is not None


def automatic_stem(kind: str) -> str:
    """Return the name that Keras gives the first layer of a class."""
    kind = re.sub(r"\W+", "", kind)
    kind = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", kind).lower()


def stable_names(layers: Iterable[Any]) -> list[str]:
    """Return a name for each layer that does not depend on what this process built before.

    A name that Keras chose is counted from 0 within these layers; others stay.
    """
    counts: dict[str, int] = {}
    names = []
    for layer in layers:
        name = str(layer.name)
        if is_automatic(name, type(layer).__name__):
            stem = re.sub(r"_\d+$", "", name)
            number = counts.get(stem, 0)
            counts[stem] = number + 1
            name = f"{stem}_{number}" if number else stem
        names.append(name)
    return names


def renumber_layers(model: Any) -> None:
    """Number the layers that Keras named from 0, whatever this process built before."""
    stems = {layer: automatic_stem_of(layer) for layer in model.layers}
    taken = {layer.name for layer, stem in stems.items() if stem is None}
    for layer, stem in stems.items():
        if stem is not None:
            layer.name = free_name(stem, taken)
            taken.add(layer.name)


def automatic_stem_of(layer: Any) -> str | None:
    """Return the name that Keras gave a layer, without its number; None if Keras did not name it."""
    automatic = is_automatic(layer.name, type(layer).__name__)
    return re.sub(r"_\d+$", "", layer.name) if automatic else None


def free_name(stem: str, taken: set[str]) -> str:
    """Return a name that is not taken: the stem, or the stem with the first free number."""
    numbered = (f"{stem}_{number}" for number in itertools.count(1))
    return next(name for name in itertools.chain([stem], numbered) if name not in taken)
