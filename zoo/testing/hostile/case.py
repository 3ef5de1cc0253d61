"""One hostile file: its name, its kind, and the function that writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HostileCase", "Writer", "collect"]

Writer = Callable[[Path], None]
"""Writes the file at a path; its folder is there and empty."""


@dataclass(frozen=True)
class HostileCase:
    """A hostile file.

    Args:
        kind: keras, h5, npz, npy, ts, csv, parquet, image, toml or json.
        name: what is wrong with it, in a few words.
        file: the name of the file.
        writer: writes it.
    """

    kind: str
    name: str
    file: str
    writer: Writer

    def __str__(self) -> str:
        """Return the name for a list of tests."""
        return f"{self.kind}: {self.name}"

    def write(self, folder: Path) -> Path:
        """Write the file into an empty folder, and return its path."""
        path = folder / self.file
        self.writer(path)
        return path


def collect(kind: str, file: str, writers: dict[str, Writer]) -> Iterator[HostileCase]:
    """Yield a case for each writer by name.

    Args:
        kind: of the files.
        file: the name of the files.
        writers: by the names of the cases.
    """
    for name, writer in writers.items():
        yield HostileCase(kind, name, file, writer)
