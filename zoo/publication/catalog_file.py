"""Write the weights, the results and the command of a model into a catalog file, as text.

Comments and the order of the file stay. What is written is parsed again before the file is replaced.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from zoo.errors import UsageError, WriteError
from zoo.io.atomic import atomic_write
from zoo.io.text import read_text
from zoo.registry.catalog_reader import Entry
from zoo.weights.description import WeightsInfo, parse_weights

MOST_RESULTS = 3  # measures that a new entry shows
_ENTRY_KEYS = (
    *("summary", "dataset", "tags", "reference", "settings"),
    *("results", "examples", "measured"),
)


def weights_section(name: str, info: WeightsInfo) -> str:
    """Return the section [NAME.weights] of a catalog file."""
    table = {key: value for key, value in asdict(info).items() if value is not None}
    return f"[{name}.weights]\n" + "".join(
        f"{key} = {_toml(value)}\n" for key, value in table.items()
    )


def entry_section(entry: Entry) -> str:
    """Return the sections of a whole entry of a catalog file, its weights included."""
    values = {key: getattr(entry, key) for key in _ENTRY_KEYS}
    lines = [f"{key} = {_toml(value)}\n" for key, value in values.items() if value]
    section = f"[{entry.name}]\n{''.join(lines)}"
    return section + (f"\n{weights_section(entry.name, entry.weights)}" if entry.weights else "")


def round_results(metrics: Mapping[str, float], names: list[str]) -> dict[str, float]:
    """Return some metrics as the catalog shows them: with four digits, or two from 1000 on."""
    return {name: round_result(metrics[name]) for name in names if name in metrics}


def round_result(value: float) -> float:
    """Return a figure with four significant digits, and with at least two after the point."""
    digits = max(2, 3 - math.floor(math.log10(abs(value)))) if value else 4
    return round(value, digits)


def headline_names(metrics: Mapping[str, float]) -> list[str]:
    """Return the names of the metrics that a new entry shows: the first ones."""
    return list(metrics)[:MOST_RESULTS]


def update_catalog_file(
    path: Path,
    name: str,
    info: WeightsInfo,
    results: Mapping[str, float],
    measured: str,
    examples: Mapping[str, int] | None = None,
) -> None:
    """Replace the weights, the results and the command of one entry of a catalog file.

    Args:
        path: the catalog file; it has an entry of that name.
        name: the model.
        info: what the catalog says about its weights.
        results: the results to replace or to add; others of the entry stay.
        measured: the command that trained the model.
        examples: the number of test examples of each measure, in the place of those that the entry has.

    Raises:
        UsageError: the file has no entry of that name in the form `[architecture.tag]`.
        WriteError: the disk refuses.
    """
    text = read_text(path)
    expected = tomllib.loads(text)
    architecture, _, tag = name.partition(".")
    entry: dict[str, Any] = expected.get(architecture, {}).get(tag, {})
    results = {**entry.get("results", {}), **results}
    changes = {"results": results, "examples": dict(examples or {}), "measured": measured}
    changes = {key: value for key, value in changes.items() if value}
    if not (section := re.search(_section_pattern(name), text, re.M)):
        raise UsageError(f"{path} has no section [{name}]. Add the model there first.")
    text = text[: section.start()] + _with_values(section[0], changes) + text[section.end() :]
    text = _replace_weights(text, name, weights_section(name, info))
    entry.update(changes)
    entry.pop("weights", None)
    written = tomllib.loads(text)
    weights = written.get(architecture, {}).get(tag, {}).pop("weights", {})
    if written != expected or parse_weights(f"{path}: [{name}]", weights) != info:
        raise WriteError(f"{path} could not be edited; the entry [{name}] has an unusual form.")
    with atomic_write(path) as temporary:
        temporary.write_text(text, "utf-8")


def _with_values(section: str, values: Mapping[str, Any]) -> str:
    """Return a section of a catalog file with other values for some keys."""
    for key, value in values.items():
        section = _set_line(section, key, _toml(value))
    return section


def _section_pattern(name: str) -> str:
    """Return a pattern for a section: its header and its lines, up to an empty line or the next header."""
    return rf"^\[{re.escape(name)}\][ \t]*(#.*)?\n(?:(?!\[|[ \t]*\n).*\n?)*"


def _set_line(section: str, key: str, value: str) -> str:
    """Return a section with one line `key = value`, in the place of the line that it has or at its end."""
    line = f"{key} = {value}\n"
    replaced, count = re.subn(rf"^{key}[ \t]*=.*\n?", lambda _: line, section, count=1, flags=re.M)
    return replaced if count else f"{section.rstrip()}\n{line}"


def _replace_weights(text: str, name: str, section: str) -> str:
    """Return the text with a weights section, in the place of the old one or after the entry."""
    if old := re.search(_section_pattern(f"{name}.weights"), text, re.M):
        return text[: old.start()] + section + text[old.end() :]
    entry = re.search(_section_pattern(name), text, re.M)
    assert entry is not None
    end = entry.end()
    return f"{text[:end].rstrip()}\n\n{section}{text[end:]}"


def _toml(value: Any) -> str:
    """Return a value as TOML: texts, numbers, lists and inline tables."""
    if isinstance(value, Mapping):
        items = [f"{_toml_key(key)} = {_toml(item)}" for key, item in value.items()]
        return f"{{ {', '.join(items)} }}" if items else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)
