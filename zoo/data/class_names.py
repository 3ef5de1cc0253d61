"""Classes by name: the number of a class that a user names."""

from __future__ import annotations

from collections.abc import Sequence

from zoo.errors import UnknownName

__all__ = ["class_index"]


def class_index(name: str | int, classes: Sequence[str]) -> int:
    """Return the number of a class.

    Args:
        name: the class' name; or its number, from 0, if no class has that name.
        classes: the names of all classes, in order.

    Raises:
        UnknownName: there is no such class; the message has the nearest names.

    Example:
        >>> class_index("ship", ["cat", "ship"])
        1
        >>> class_index(0, ["cat", "ship"])
        0
    """
    text = str(name)
    if text in classes:
        return list(classes).index(text)
    if text.isdecimal() and int(text) < len(classes):
        return int(text)
    raise UnknownName("class", text, classes)
