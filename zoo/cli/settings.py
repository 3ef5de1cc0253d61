"""Settings of the shell: `key=value` becomes a name and a value, and run.toml becomes options."""

from __future__ import annotations

import tomllib
from datetime import date, time
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from zoo.errors import UsageError, brief

MOST_BRACKETS = 16  # opening brackets of a list; a text with more stays a text
_RUN_FILE = ".toml"
_FILE_SETTINGS = "zoo.settings"  # in the context of click
_PARAMETERS = {"from": "from_run", "export": "formats"}  # of options with another name in Python


def open_run_file(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return the name of a model; for a run file, its model: its options become the command's defaults.

    Args:
        ctx: of the command; its `default_map` is set.
        param: the parameter that is read.
        value: the name, or the path of a run file.

    Raises:
        UsageError: the run file is broken.
    """
    if value is None or not value.endswith(_RUN_FILE):
        return value
    from zoo.runs.files.run_file import read_run_file

    file = read_run_file(Path(value))
    ctx.default_map = {_PARAMETERS.get(name, name): each for name, each in file.options.items()}
    ctx.meta[_FILE_SETTINGS] = dict(file.settings)
    return file.model


def complete_setting(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete KEY=VALUE with the settings of the model that is named before it."""
    from zoo.cli.options import import_backend
    from zoo.descriptions.completion import complete_assignment, find_settings

    words = [ctx.params.get("name"), *ctx.args]  # of an unfinished line, click has no params
    name = next(filter(None, words), "")
    if not name:
        return []
    if not find_settings(name, build=False):
        import_backend()  # without the messages of TensorFlow
    pairs = complete_assignment(name, incomplete)
    return [CompletionItem(text, help=meaning) for text, meaning in pairs]


with_settings = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    shell_complete=complete_setting,
    help="Change a setting.",
)


def run_file_settings() -> dict[str, Any]:
    """Return the settings of the run file of this command; none without one."""
    return dict(click.get_current_context().meta.get(_FILE_SETTINGS, {}))


def parse_setting(text: str, option: str = "--set") -> tuple[str, Any]:
    """Parse one `key=value`: the value is a TOML value, a bare word, or a list separated by commas.

    Raises:
        UsageError: there is no `=`, or the key is an argument of `zoo.train`.

    Example:
        >>> parse_setting("units=64,64")
        ('units', [64, 64])
    """
    from zoo.config import RESERVED  # here: it imports pydantic

    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not key:
        raise UsageError(f"{option} takes key=value. Received: {brief(text)}")
    if key in RESERVED:
        raise UsageError(f"{key!r} is not a setting but an option of its own: see zoo train --help")
    return key, _parse_value(value)


def _parse_value(text: str) -> Any:
    if text.lower() == "none":
        return None
    for candidate in (text, text.lower()):
        try:
            table = tomllib.loads(f"value = {candidate}")
        except (ValueError, RecursionError):  # ValueError also for too many digits
            continue
        if len(table) == 1 and not isinstance(table["value"], date | time):
            return table["value"]
    if text.count("[") > MOST_BRACKETS:
        return text
    items = _split_at_commas(text)
    if len(items) == 1 and text.startswith("[") and text.endswith("]"):
        return [_parse_value(item) for item in _split_at_commas(text[1:-1])]  # words without quotes
    return [_parse_value(item) for item in items] if "," in text and items != [text] else text


def _split_at_commas(text: str) -> list[str]:
    """Split at the commas outside brackets."""
    depth, items = 0, [""]
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            items.append("")
        else:
            items[-1] += sign
    return [item.strip() for item in items if item.strip()]
