"""Completion of settings: the names that an architecture has, and the values that one takes."""

from __future__ import annotations

import re

from zoo.descriptions.describe import describe, read_description
from zoo.descriptions.description import Setting
from zoo.errors import ZooError

__all__ = ["complete_assignment", "find_settings"]


def find_settings(name: str, *, build: bool = True) -> tuple[Setting, ...]:
    """Return the settings of a model or an architecture; none if there is no such model.

    Args:
        name: of the model, of the architecture or of a run.
        build: whether the model may be built where the cache has no description of it: that takes seconds,
            once.
    """
    try:
        description = read_description(name) or (describe(name) if build else None)
    except ZooError:
        return ()
    return description.settings if description else ()


def complete_assignment(name: str, text: str) -> list[tuple[str, str]]:
    """Return what `key=value` may become, each with the meaning of the setting.

    Args:
        name: of the model or the architecture.
        text: what is typed so far. Before the = it is completed to a setting, after it to a value.
    """
    key, equals, value = text.partition("=")
    settings = find_settings(name)
    if not equals:
        found = [setting for setting in settings if setting.name.startswith(key)]
        return [(f"{setting.name}=", setting.meaning) for setting in found]
    choices = [choice for setting in settings if setting.name == key for choice in _values(setting)]
    return [(f"{key}={choice}", "") for choice in choices if choice.startswith(value)]


def _values(setting: Setting) -> list[str]:
    """Return the words that a setting takes: of a choice, true and false, or none."""
    values = ["true", "false"] if "boolean" in setting.type else []
    for choices in re.findall(r"one of ([\w.-]+(?:, [\w.-]+)*)", setting.type):
        values += choices.split(", ")
    if re.search(r"\bor none\b|\bnone or\b", setting.type):
        values.append("none")
    return list(dict.fromkeys(values))
