"""The export of many models in one process: one start of the backend, one of the checker."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo.errors import UsageError, ZooError
from zoo.exporters.api import FORMATS_BY_DEFAULT, export
from zoo.exporters.locations import FILE_SUFFIXES
from zoo.exporters.parts.canonical import portable_name
from zoo.exporters.report import Report


@dataclass(frozen=True)
class ExportOutcome:
    """The result of one export of many: its report, or the error that ended it."""

    source: str
    report: Report | None = None
    error: ZooError | None = None

    @property
    def ok(self) -> bool:
        """Whether the files were published, and nothing is wrong with one of them."""
        return self.report is not None and self.error is None

    @property
    def verdict(self) -> str:
        """The weakest verdict of a file, or "failed"."""
        return self.report.verdict if self.report and self.ok else "failed"

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as plain data."""
        return {
            "source": self.source,
            "folder": str(self.report.folder) if self.report else None,
            "report": self.report.to_json() if self.report else None,
            "error": str(self.error) if self.error else None,
        }


def export_many(
    sources: Sequence[str | Path],
    formats: Sequence[str] = FORMATS_BY_DEFAULT,
    *,
    out: str | Path | None = None,
    opset: int | None = None,
    batch: int | None = None,
    runs_in: Sequence[str] = (),
    sign: str | Path | None = None,
    untrained: bool = False,
    progress: Callable[[str], object] = lambda source: None,
) -> list[ExportOutcome]:
    """Export one model after the other; one that fails does not stop the others.

    Args:
        sources: names and paths as `zoo.export` takes them.
        formats: names of formats.
        out: a folder in which each model gets a folder of its own; RUN/export for each if not given.
        opset, batch, runs_in, sign, untrained: as `zoo.export` takes them.
        progress: is called with each source before its export.

    Returns:
        The outcome of each, in order.

    Raises:
        UsageError: two of them would be written to the same folder.

    Example:
        >>> from zoo.exporters.batch import export_many
        >>> all(outcome.ok for outcome in export_many(["cnn.digits", "vae.digits"], out="all"))
        True
    """
    names = [str(source) for source in sources]
    folders = dict.fromkeys(names, None) if out is None else _folders(names, Path(out))
    options = {
        "opset": opset, "batch": batch, "runs_in": runs_in, "sign": sign, "untrained": untrained,
    }  # fmt: skip
    return list(_outcomes(folders, names, formats, options, progress))


def _outcomes(
    folders: Mapping[str, Path | None],
    names: Sequence[str],
    formats: Sequence[str],
    options: Mapping[str, Any],
    progress: Callable[[str], object],
) -> Iterator[ExportOutcome]:
    """Yield the outcome of the export of each source, in order; `folders` are by the sources' names."""
    for name in names:
        progress(name)
        yield _export(name, formats, {"out": folders[name], **options})
        gc.collect()  # a model of Keras is freed by the collector alone


def _export(name: str, formats: Sequence[str], options: dict[str, Any]) -> ExportOutcome:
    try:
        return ExportOutcome(name, export(name, formats, **options))
    except ZooError as error:
        error.__context__ = error.__cause__ = None  # their frames would keep the model in memory
        return ExportOutcome(name, error=error.with_traceback(None))


def _folders(names: Sequence[str], out: Path) -> dict[str, Path]:
    """Return a folder below `out` for each source, named by it.

    Raises:
        UsageError: two of them would be written to the same folder.
    """
    folders: dict[str, Path] = {}
    for name in names:
        folder = out / _folder_name(name)
        if folder in folders.values():
            raise UsageError(
                f"Two of the models would be written to {folder}. Export them one by one, each with "
                "a folder of its own."
            )
        folders[name] = folder
    return folders


def _folder_name(name: str) -> str:
    """Return the last part of a path or a name, without the suffix of a model file."""
    stem, _, role = name.rpartition(":")
    path = Path(stem or name)
    last = path.stem if path.suffix in FILE_SUFFIXES else path.resolve().name
    return f"{last}-{portable_name(role)}" if stem else last
