"""The command that trains a run, as run.json and its card show it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

__all__ = ["setting_text", "train_command"]


def train_command(
    name: str,
    settings: Mapping[str, Any],
    *,
    data: str | None = None,
    start: str | None = None,
    seed: int = 0,
) -> str:
    """Return the command that trains a model.

    Args:
        name: of the model, or of the architecture.
        settings: those that differ from the model's.
        data: where the data comes from, if it is not the model's own.
        start: the run whose weights the training starts from.
        seed: of the run.
    """
    words = ["zoo", "train", name]
    for key, value in settings.items():
        words += ["--set", f"{key}={setting_text(value)}"]
    words += ["--data", data] if data else []
    words += ["--from", start] if start else []
    words += ["--seed", str(seed)] if seed else []
    return shlex.join(words)


def setting_text(value: Any) -> str:
    """Return a setting's value as the shell's --set takes it."""
    if isinstance(value, list | tuple):
        return ",".join(map(setting_text, value))
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return str(value)
