"""JSON from elsewhere: depth and digits are counted before it is parsed."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any

from zoo.io.foreign.limits import check_limit, limit

__all__ = ["check_depth", "check_digits", "parse_json"]

_TEXT = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # without an end: the rest
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}  # of the depth
_OTHERS = bytes(set(range(256)) - _STEPS.keys())


def parse_json(text: str, path: Any) -> Any:
    """Return the value of a JSON text.

    Args:
        text: the JSON.
        path: where it is from, for messages.

    Raises:
        UnsafeFile: it is nested too deeply, or holds a number of too many digits.
        ValueError: it is no JSON.
    """
    plain = _TEXT.sub('""', text)
    check_depth(plain, "json_depth", path)
    check_digits(plain, "[0-9]", path)
    return json.loads(text)


def check_depth(plain: str, name: str, path: Any) -> None:
    """Refuse brackets that are nested too deeply.

    Args:
        plain: JSON or TOML without the content of its texts.
        name: of the limit.
        path: where it is from, for messages.

    Raises:
        UnsafeFile: they are.
    """
    brackets = plain.encode("ascii", "replace").translate(None, _OTHERS)
    if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > (most := limit(name)):
        check_limit(path, name, most + 1, more=True)


def check_digits(plain: str, digit: str, path: Any, start: str = "") -> None:
    """Refuse a number of too many digits: Python needs quadratic time for it, and cannot print it.

    Args:
        plain: JSON or TOML without the content of its texts.
        digit: a pattern for one digit.
        path: where it is from, for messages.
        start: what begins such a number.

    Raises:
        UnsafeFile: there is such a number.
    """
    if match := re.search(rf"{start}{digit}{{{limit('number_digits') + 1},}}", plain):
        check_limit(path, "number_digits", len(match[0]))
