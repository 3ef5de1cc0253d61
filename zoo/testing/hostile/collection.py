"""All cases of the corpus, by kind."""

from __future__ import annotations

from zoo.testing.hostile import (
    array_cases,
    config_cases,
    h5_cases,
    image_cases,
    text_cases,
    zip_cases,
)
from zoo.testing.hostile.case import HostileCase
from zoo.testing.hostile.small_files import (
    builds,
    h5_trees,
    image_headers,
    parquet_footers,
    parquet_pages,
    zip_headers,
)

__all__ = ["KINDS", "cases"]

KINDS = ("keras", "h5", "npz", "npy", "ts", "csv", "toml", "json", "image", "parquet")
_MODULES = (
    *(config_cases, zip_cases, h5_cases, array_cases, text_cases, image_cases),
    *(builds, h5_trees, zip_headers, image_headers, parquet_footers, parquet_pages),
)


def cases(*kinds: str) -> list[HostileCase]:
    """Return the hostile files of some kinds; of all kinds if none is given.

    Example:
        >>> from zoo.testing.hostile.collection import cases
        >>> len(cases("npz")) > 50
        True
    """
    found = [case for module in _MODULES for case in module.cases()]
    return [case for case in found if not kinds or case.kind in kinds]
