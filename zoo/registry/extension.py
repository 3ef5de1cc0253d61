"""An extension as error messages name it: pluggy wrappers around the hooks of every architecture."""

from __future__ import annotations

from dataclasses import dataclass


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
