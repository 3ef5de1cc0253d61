"""Completion of settings in a notebook: zoo.train("cnn", fil<TAB>, and the same for create and train_seeds.

Importing this module imports nothing heavy: `import zoo` does it wherever IPython runs.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Any

__all__ = ["complete_call", "register"]

_CALL = re.compile(  # the name of the model, and what is typed of the last argument
    r"""zoo\.(?:train|create|train_seeds)\(\s*(["'])(?P<name>[\w.-]+)\1\s*,(?:.*,)?\s*(?P<typed>\w*)$""",
    re.DOTALL,
)


def register() -> None:
    """Add the completion to the shell of this process, if it is IPython's; once."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    matchers = getattr(getattr(shell, "Completer", None), "custom_matchers", None)
    if matchers is not None and match_settings not in matchers:
        matchers.append(match_settings)


def match_settings(context: Any) -> dict[str, Any]:
    """Return the settings that fit a call before the cursor, in the form of IPython's matchers."""
    completions = import_module("IPython.core.completer").SimpleCompletion
    before = _text_before_cursor(context)
    found = [completions(text=text, type="param") for text in complete_call(before)]
    return {"completions": found, "suppress": False}


# what marks a matcher that takes the whole context: IPython.core.completer.context_matcher sets the same
vars(match_settings).update(matcher_api_version=2, matcher_priority=60, matcher_identifier="zoo")


def complete_call(text: str) -> list[str]:
    """Return the settings, as `filters=`, that may follow in a text that ends in a call of the zoo.

    A model that has no description in the cache is built only where Keras is imported already.
    """
    match = _CALL.search(text)
    if match is None:
        return []
    find_settings = import_module("zoo.descriptions.completion").find_settings
    settings = find_settings(match["name"], build="keras" in sys.modules)
    names = [setting.name for setting in settings if setting.name.startswith(match["typed"])]
    return [f"{name}=" for name in names]


def _text_before_cursor(context: Any) -> str:
    lines = context.full_text.split("\n")[: context.cursor_line + 1]
    lines[-1] = lines[-1][: context.cursor_position]
    return "\n".join(lines)
