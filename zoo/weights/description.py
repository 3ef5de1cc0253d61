"""What the catalog says about a weights file: its hash, its size, its licences and how it was made.

[cnn.digits.weights]
file = "cnn.digits.zip"          # the name of the file, without a folder
sha256 = "9f86d0..."             # of the file
size = 331776                    # of the file, in bytes
license = "Apache-2.0"           # of the weights: an SPDX identifier
data = "scikit-learn's digits"   # the training data and where it comes from
data_license = "CC-BY-4.0"       # of the training data
command = "zoo train cnn.digits" # what made the weights ...
versions = { keras = "3.15.1" }  # ... with these packages ...
commit = "17bf3ee"               # ... at this commit of the code, or "keras-zoo 0.1.0"
url = "https://..."              # optional: where the file can be fetched
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zoo.errors import CatalogError, brief, nearest

LARGEST_WEIGHTS = 2 * 2**30  # bytes of a weights file


@dataclass(frozen=True, slots=True)
class WeightsInfo:
    """The `weights` table of a catalog entry; the module's docstring explains each key."""

    file: str
    sha256: str
    size: int
    license: str
    data: str
    data_license: str
    command: str
    commit: str
    versions: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None


_PATTERNS = {
    "file": (r"\w[\w.-]{0,120}\.zip", "the name of a .zip file without a folder"),
    "sha256": (r"[0-9a-f]{64}", "64 hexadecimal digits in lower case"),
    "commit": (
        r"[0-9a-f]{7,64}|[\w.-]{1,120} [\w.+!-]{1,60}",
        "a commit of 7 to 64 hexadecimal digits, or a package and its version",
    ),
    "url": (r"https://[^\s/?#@]+/\S*", "an address that begins with https://"),
}
_TEXTS = ("license", "data", "data_license", "command")
_KEYS = ("file", "sha256", "size", *_TEXTS, "commit", "versions", "url")


def parse_weights(where: str, table: Mapping[str, Any]) -> WeightsInfo:
    """Return the description of a weights file from its table in a catalog file.

    Args:
        where: the file and the entry, for the message of an error.
        table: the table, as TOML has it.

    Raises:
        CatalogError: a key is unknown or missing, or a value is wrong.
    """
    for key in table:
        if key not in _KEYS:
            raise CatalogError(
                f"{where}: weights has an unknown key {brief(key)}. {nearest(key, _KEYS)}"
            )
    if missing := [key for key in _KEYS if key != "url" and key not in table]:
        raise CatalogError(f"{where}: weights lacks {', '.join(missing)}.")
    for key, value in table.items():
        if problem := _problem(key, value):
            raise CatalogError(
                f"{where}: weights.{key} must be {problem}. Received: {brief(value)}"
            )
    return WeightsInfo(**table)


def _problem(key: str, value: Any) -> str | None:
    """Return what a value must be if it is something else, or None."""
    if key == "size":
        is_size = type(value) is int and 0 < value <= LARGEST_WEIGHTS
        return None if is_size else f"a number of bytes from 1 to {LARGEST_WEIGHTS}"
    if key == "versions":
        texts = isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
        return None if texts and value else "a table of a version for each package"
    if key in _TEXTS:
        return None if isinstance(value, str) and value.strip() else "a text that is not empty"
    pattern, expected = _PATTERNS[key]
    return None if isinstance(value, str) and re.fullmatch(pattern, value) else expected
