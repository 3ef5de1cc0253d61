"""An extension as error messages name it: pluggy wrappers around the hooks of every architecture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Extension:
    """The name and the package of an extension; `installed` is False if it was registered by hand."""

    name: str
    package: str
    installed: bool

    @property
    def origin(self) -> str:
        """The words that name it in a message."""
        return f"The extension {self.name!r} of {self.package}"

    @property
    def advice(self) -> str:
        """The sentence that says how to switch it off, with a blank before it, or nothing."""
        return f" Switch it off: ZOO_DISABLE={self.name}" if self.installed else ""


def failing_place(
    error: BaseException, package: str, extensions: Mapping[str, Extension]
) -> tuple[str, Extension | None]:
    """Return the innermost line of a plug-in or an extension in an error's traceback.

    Args:
        error: what a hook raised.
        package: the top-level module of the plug-in.
        extensions: the extensions by the name of their module.

    Returns:
        " at FILE:LINE", empty where there is no such line; and the extension that it is in, or None.
    """
    place: str = ""
    culprit: Extension | None = None
    traceback = error.__traceback__
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__"))
        if module in extensions or module.partition(".")[0] == package:
            file = Path(traceback.tb_frame.f_code.co_filename).name
            place, culprit = f" at {file}:{traceback.tb_lineno}", extensions.get(module)
        traceback = traceback.tb_next
    return place, culprit
