"""The export of a model whose Keras runs on another backend than TensorFlow, in a process of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo.exporters.parts.canonical import portable_name
from zoo.exporters.report import Report
from zoo.exporters.sources import Source
from zoo.runtimes.zoo_command import run_zoo


def export_on_tensorflow(
    source: Source,
    names: Sequence[str],
    folder: Path,
    options: Mapping[str, Any],
    runs_in: Sequence[str] = (),
) -> Report:
    """Export in a process with the TensorFlow backend; from others Keras writes wrong ONNX.

    Args:
        source: what is exported.
        names: of the formats.
        folder: of the export.
        options: of the export, by the names of the shell's options.
        runs_in: names of runtimes beside the formats' own.

    Raises:
        UsageError: the other process refuses what was asked for.
        ExportError: the other process failed.
    """
    with tempfile.TemporaryDirectory() as temporary:
        reference = _reference(source, Path(temporary))
        words = ["export", reference, "--to", ",".join(names), "--out", str(folder)]
        for option, value in options.items():
            words += [f"--{option}", str(value)] if value is not None else []
        words += ["--runs-in", ",".join(runs_in)] if runs_in else []
        run_zoo(*words)
    return Report.read(folder)


def _reference(source: Source, temporary: Path) -> str:
    """Return what another process finds a source by; a model in memory is saved to a file."""
    if source.kind in ("model", "untrained"):
        path = temporary / f"{portable_name(source.name)}.keras"
        source.model.save(path)
        return str(path)
    name = str(source.run.path) if source.run else source.name
    return f"{name}:{source.part}" if source.part else name
