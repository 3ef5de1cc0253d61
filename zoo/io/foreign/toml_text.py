"""TOML from elsewhere: depth, parts of keys and digits are counted before it is parsed."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from zoo.io.foreign.json_text import check_depth, check_digits
from zoo.io.foreign.limits import check_limit, limit

__all__ = ["parse_toml"]

_TEXT = re.compile(
    r'"""[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+(?:"{3,5}+)?'  # two quotes may stand before the end
    r"|'''(?:[^']|'(?!''))*+(?:'{3,5}+)?"
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
        UnsafeFile: tables, lists or keys are nested too deeply, also together, or a number has too many
            digits.
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
    table = tomllib.loads(text)
    _check_tables(table, path)
    return table


def _check_tables(table: dict[str, Any], path: Any) -> None:
    """Refuse tables that are nested too deeply once the parts of keys and headers are put together."""
    waiting: list[tuple[Any, int]] = [(table, 0)]
    while waiting:
        value, depth = waiting.pop()
        check_limit(path, "toml_depth", depth, more=True)
        inner = value.values() if isinstance(value, dict) else value
        waiting.extend((each, depth + 1) for each in inner if isinstance(each, dict | list))
