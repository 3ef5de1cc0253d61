"""The verification of published files, which somebody else may have written."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from zoo.errors import ExportError, format_cause
from zoo.exporters.checker import Checker
from zoo.exporters.parts.probe_inputs import Array
from zoo.exporters.parts.probes import find_weakness, load_probes
from zoo.exporters.proof.file_verdicts import FileProof, collect_results
from zoo.exporters.proof.plan import Plan
from zoo.exporters.report import ExportedFile, Report
from zoo.io.safe_load import read_arrays

_log = logging.getLogger("zoo")


def files_to_run(report: Report, plan: Plan, runs_in: Sequence[str]) -> list[ExportedFile]:
    """Return the files that the runtimes asked for read; all files where none was asked for.

    Args:
        report: of the export.
        plan: of the verification.
        runs_in: the names of the runtimes that the user asks for.

    Raises:
        ExportError: they read none.
    """
    chosen = [file for file in report.files if plan.runtimes[file.format] or not runs_in]
    if report.files and not chosen:
        raise ExportError(
            f"No file of {report.folder} was run: {', '.join(runs_in)} read{'s' * (len(runs_in) == 1)} "
            f"none of its formats. They are {', '.join(plan.runtimes)}."
        )
    return chosen


def verify_files(
    checker: Checker, folder: Path, files: Sequence[ExportedFile], plan: Plan
) -> dict[ExportedFile, ExportedFile]:
    """Open and compare published files, and return each with its verdicts.

    Args:
        checker: opens the files, each in its runtimes.
        folder: that has probe.npz, and the files, which somebody else may have written.
        files: those to compare.
        plan: in which runtimes.
    """
    if constant := sorted({file.part for file in files if file.is_constant}):
        _log.warning(
            "Warning: %s returns the same for every input, as it was never trained. So equal outputs tell "
            "little.",
            " and ".join(constant),
        )
    weak = _weak_files(folder, files) if plan.programs else {}
    proofs = [
        FileProof(checker, folder, _without_verdict(file, weak.get(file, "")), plan, foreign=True)
        for file in files
    ]
    return dict(zip(files, collect_results(proofs, folder, plan), strict=True))


def _weak_files(folder: Path, files: Sequence[ExportedFile]) -> dict[ExportedFile, str]:
    """Return for each file with useless probes what is wrong with them; the cage looks by itself."""
    arrays = read_arrays(folder / "probe.npz")
    return {file: _weakness(arrays, file) for file in files}


def _weakness(arrays: dict[str, Array], file: ExportedFile) -> str:
    """Return what is wrong with the probes of a file, which somebody else may have written."""
    try:
        return find_weakness(load_probes(arrays, file.part), file.is_constant)
    except Exception as error:  # their shapes and dtypes may not fit in any way
        return f"its probes in probe.npz cannot be read: {format_cause(error)}"


def _without_verdict(file: ExportedFile, problem: str) -> ExportedFile:
    """Return a file without the verdicts that its report has; with a problem, it is refused."""
    return replace(
        file,
        verdict="refused" if problem else "unchecked",
        problem=problem,
        verdicts=(),
        difference=None,
        ratio=None,
        nrmse=None,
        runtime="",
    )
