"""How an export or a verification ends: with a report in which nothing is wrong, or with an error."""

from __future__ import annotations

from zoo.errors import ExportError
from zoo.exporters.report import Report


def raise_unequal(report: Report) -> Report:
    """Return a report in which nothing is wrong; raise the problems of any other.

    Raises:
        ExportError: with one line for each file that is not equal in a runtime.
    """
    lines = [line for file in report.files for line in file.problems]
    if not lines:
        return report
    others = [file for file in report.files if file.is_publishable]
    word = "equal" if all(file.verdict == "equal" for file in others) else "usable"
    subject = "1 other file is" if len(others) == 1 else f"{len(others)} other files are"
    if len(others) == len(report.files):
        subject = "Every file is" if len(others) > 1 else "The file is"
        word += " in its own runtime"
    text = "\n".join(lines)
    if others:
        stop = "" if text.endswith((".", "?")) else "."
        text += f"{stop} {subject} {word} and in {report.folder}."
    raise ExportError(text)


def check_any_ran(report: Report) -> None:
    """Refuse a report in which no file was run.

    Raises:
        ExportError: it has what to install for each runtime that is missing.
    """
    if report.files and all(file.verdict == "not run" for file in report.files):
        lines = [f"{name} is not available: {line}" for name, line in report.missing.items()]
        formats = ", ".join(sorted({file.format for file in report.files}))
        raise ExportError("\n".join(lines) or f"No runtime on this machine reads {formats}.")


def is_equal_in_onnxruntime(report: Report) -> bool:
    """Return whether each ONNX file of a report was run in ONNX Runtime, with the original's outputs."""
    verdicts = [
        {verdict.runtime: verdict.verdict for verdict in file.verdicts}
        for file in report.files
        if file.format == "onnx"
    ]
    return bool(verdicts) and all(each.get("onnxruntime") == "equal" for each in verdicts)
