"""The gate: write -> open in the target runtime -> compare -> publish.

Keras and tf2onnx write broken files and report success (docs/export-facts.md), so every file is run
before it is published: it is written to a temporary folder, opened by another process in its own
runtime, run on the same inputs as the original, and renamed into place only if it computes the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.entry_points import FORMATS, EntryPointGroup
from zoo.environment import keras_backend
from zoo.errors import ExportError, UsageError
from zoo.exporters.checker import Checker, start_processes
from zoo.exporters.formats.protocol import load_format
from zoo.exporters.locations import Location
from zoo.exporters.parts.canonical import portable_name
from zoo.exporters.report import ExportedFile, Report
from zoo.exporters.sources import Source, open_source
from zoo.exporters.verify import verify_files, write_and_verify
from zoo.io.atomic import disk_errors, make_directory, replace_directory, temporary_directory
from zoo.io.digest import file_digest
from zoo.runs.run import Run
from zoo.runtimes.group import own_runtime

if TYPE_CHECKING:
    import keras

FORMATS_BY_DEFAULT = ("keras", "h5", "saved-model", "onnx")
_FACTS = {"report.json", "probe.npz", "README.md"}


def export(
    source: str | Path | Run | keras.Model | Location | Source,
    formats: Sequence[str] = FORMATS_BY_DEFAULT,
    *,
    out: str | Path | None = None,
    opset: int | None = None,
) -> Report:
    """Write every part of a trained model in some formats, each proved equal in its own runtime.

    Args:
        source: what `zoo.exporters.sources` can open: a run, its name or path (`RUN:encoder` for one
            part), a .keras or .h5 file, a name of keras.applications, or a Functional keras.Model.
        formats: names of the group `zoo.formats`.
        out: the folder; the run's `export` if not given. An earlier export there is replaced.
        opset: of the ONNX files, 11 to 18; 17 if not given.

    Returns:
        The report: the folder, each file with its digest and its largest difference, the contracts.

    Raises:
        UsageError: there is no such source or format, or `out` holds something else.
        PluginError: a format's module cannot be imported, lacks a member, or fails in `example`.
        ExportError: a file could not be written, or computes something else. The message names the
            part, the format, and the layer at fault. Such a file is not published; the others are.

    Example:
        >>> zoo.export("cnn.digits", formats=["onnx"]).ok
        True
    """
    names = _format_names(formats)
    if keras_backend() in (None, "tensorflow"):
        start_processes(
            list(map(own_runtime, names))
        )  # they import their runtimes while Keras and the model are loaded
    import keras

    opened = open_source(source)
    folder = Path(out).expanduser() if out is not None else opened.folder
    if folder is None:
        raise UsageError(
            f"{opened.name} is no run, so its export has no folder of its own. "
            "Name one: --out DIR, in Python out=DIR."
        )
    models = opened.parts()
    _check_free(folder)
    make_directory(folder.parent)
    if keras.backend.backend() != "tensorflow":
        return _export_on_tensorflow(opened, names, folder, opset)
    title, origin = opened.title, opened.origin
    is_ours = isinstance(source, str | Path | Run | Location)
    del opened
    with (
        Checker(list(map(own_runtime, names))) as checker,
        disk_errors(folder),
        temporary_directory(folder.parent) as temporary,
    ):
        report = write_and_verify(
            models,
            names,
            checker,
            temporary,
            {"opset": opset},
            title,
            origin,
            (lambda: open_source(source).parts()) if is_ours else None,
        )
        if any(file.ok for file in report.files):
            _publish(report, temporary, folder)
    return _raise_unequal(replace(report, folder=folder))


def verify(folder: str | Path) -> Report:
    """Run exported files again: the same bytes, and the same outputs for the same inputs.

    It needs report.json and probe.npz, but not the run and not the plug-in.

    Args:
        folder: that an export was written to.

    Raises:
        RunError: the folder holds no export.
        ExportError: a file is missing, was changed, or computes something else here.

    Example:
        >>> zoo.verify("runs/cnn.digits/export").ok
        True
    """
    folder = Path(folder).expanduser()
    report = Report.read(folder)
    names = _format_names(sorted({file.format for file in report.files}))
    unchanged = [file for file in report.files if _is_unchanged(folder, file)]
    with Checker(list(map(own_runtime, names))) as checker:
        verdicts = verify_files(checker, folder, unchanged)
    problem = "it is missing, or not the file that was written"
    files = tuple(
        verdicts.get(file) or replace(file, verdict="changed", problem=problem)
        for file in report.files
    )
    return _raise_unequal(replace(report, files=files))


def _publish(report: Report, temporary: Path, folder: Path) -> None:
    """Rename the files that are equal into place, with the report, the probe and a README."""
    from zoo.exporters.readme import readme

    ready = temporary / "ready"
    ready.mkdir()
    published = replace(report, files=tuple(file for file in report.files if file.ok))
    for name in [*(name for file in published.files for name in file.paths), "probe.npz"]:
        os.rename(temporary / name, ready / name)
    (ready / "report.json").write_text(json.dumps(published.to_json(), indent=2) + "\n", "utf-8")
    (ready / "README.md").write_text(readme(published), "utf-8")
    replace_directory(ready, folder)


def _raise_unequal(report: Report) -> Report:
    """Return a report in which all files are equal; raise the problems of any other.

    Raises:
        ExportError: with one line for each file that is not equal.
    """
    unequal = [file for file in report.files if not file.ok]
    if not unequal:
        return report
    lines = [f"{file.part} as {file.format}: {file.problem}" for file in unequal]
    count = len(report.files) - len(unequal)
    others = "1 other file is" if count == 1 else f"{count} other files are"
    rest = f" {others} equal and in {report.folder}." if count else ""
    raise ExportError("\n".join(lines) + rest)


def _is_unchanged(folder: Path, file: ExportedFile) -> bool:
    digests = zip(file.paths, (file.sha256, file.data_sha256), strict=False)
    return all(
        (folder / name).exists() and file_digest(folder / name) == digest
        for name, digest in digests
    )


def _format_names(names: Sequence[str]) -> list[str]:
    """Return the formats' names, each once.

    Raises:
        UsageError: there are none, or a format has no such name.
        PluginError: a format's module cannot be imported, or lacks a member.
    """
    names = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    for name in names:
        load_format(name)
    if not names:
        choices = ", ".join(EntryPointGroup(FORMATS).names())
        raise UsageError(f"Name at least one format. Choices: {choices}.")
    return names


def _check_free(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but an earlier export.

    Raises:
        UsageError: it is a file, or holds something else.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file. Give a folder.")
    present = {item.name for item in folder.iterdir()}
    if not present:
        return
    if "report.json" not in present:
        raise UsageError(
            f"{folder} is not empty and holds no export. Give a new or an empty folder."
        )
    ours = _FACTS | {name for file in Report.read(folder).files for name in file.paths}
    if others := sorted(present - ours):
        raise UsageError(
            f"{folder} holds {others[0]!r} beside an export, and an export replaces the whole folder. "
            "Give a new folder."
        )


def _export_on_tensorflow(
    source: Source, names: Sequence[str], folder: Path, opset: int | None
) -> Report:
    """Export in a process with the TensorFlow backend; from others Keras writes wrong ONNX."""
    with tempfile.TemporaryDirectory() as temporary:
        reference = _reference(source, Path(temporary))
        command = [sys.executable, "-P", "-m", "zoo", "export", reference, "--to", ",".join(names)]
        command += ["--out", str(folder)] + (["--opset", str(opset)] if opset else [])
        done = subprocess.run(
            command,
            env={**os.environ, "KERAS_BACKEND": "tensorflow"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        kind = UsageError if done.returncode == UsageError.exit_code else ExportError
        raise kind(done.stderr.strip().removeprefix("Error: "))
    return Report.read(folder)


def _reference(source: Source, temporary: Path) -> str:
    """Return what another process finds a source by; a model in memory is saved to a file."""
    if source.kind in ("model", "untrained"):
        path = temporary / f"{portable_name(source.name)}.keras"
        source.model.save(path)
        return str(path)
    name = str(source.run.path) if source.run else source.name
    return f"{name}:{source.part}" if source.part else name
