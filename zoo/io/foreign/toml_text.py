"""TOML from elsewhere: depth, parts of keys and digits are counted before it is parsed."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from zoo.io.foreign.json_text import check_depth, check_digits
from zoo.io.foreign.limits import check_limit, limit

__all__ = ["parse_toml"]

_TEXT = re.compile(
    r'"""[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+(?:""")?'
    r"|'''(?:[^']|'(?!''))*+(?:''')?"
    r'|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+",
    re.DOTALL,
)
_KEY = re.compile(r'[\w"+-]++(?:[ \t]*+\.[ \t]*+[\w"+-]++)*+')


def parse_toml(text: str, path: Any) -> dict[str, Any]:
    """Return the table of a TOML text.

    Args:
        text: the TOML.
        path: where it is from, for messages.

    Raises:
        UnsafeFile: tables, lists or keys are nested too deeply, or a number has too many digits.
        ValueError: it is no TOML.
    """
    plain = _TEXT.sub('""', text)
    check_depth(plain, "toml_depth", path)
    check_digits(plain, "[0-9_]", path)
    check_digits(plain, "[0-9a-fA-F_]", path, start="0x")
    most = limit("toml_depth")
    for match in _KEY.finditer(plain):
        if match[0].count(".") >= most:
            check_limit(path, "toml_depth", match[0].count(".") + 1)
    return tomllib.loads(text)
