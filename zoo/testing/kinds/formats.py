"""The checks of a format: small parts written and run, refusals that name the layer, code that runs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from zoo.errors import ExportError
from zoo.exporters.api import export
from zoo.exporters.formats.protocol import Format, load_format, tolerance_of
from zoo.exporters.onnx_graph.calibration import WITHOUT_DATA
from zoo.exporters.parts.part import prepare_part
from zoo.exporters.readme import python_code_of
from zoo.exporters.report import ABSOLUTE, RELATIVE, Report
from zoo.io.digest import file_digest
from zoo.runtimes.group import is_program, missing_parts, own_runtime
from zoo.testing.kinds.damage import check_damaged
from zoo.testing.kinds.small_parts import PARTS, STRANGE, strange_part
from zoo.testing.outcome import SkipCheck, require
from zoo.testing.runner import Check

__all__ = ["CHECKS", "FormatSubject"]

ROLE = "part"
WITHOUT_ZOO = "import sys; sys.modules['zoo'] = None\n"


class FormatSubject:
    """One format, and the files that it writes of small parts.

    Args:
        name: of the format.
        folder: an empty one, for the files.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.report = cache(self._report)

    @property
    def format(self) -> Format:
        """The format's module."""
        return load_format(self.name)

    def write(self, model: Any, file: str) -> Path:
        """Write a model as the format does, without any comparison."""
        path = self.folder / file
        options = {"opset": None, "examples": lambda: np.zeros((64, 1), np.float32)}
        self.format.write(prepare_part(ROLE, model), path, options)
        return path

    def _report(self, part: str) -> Report:
        """Export one of PARTS, and return the report; a refusal of the format is a skipped check.

        Raises:
            SkipCheck: the format cannot hold the part, or no runtime here reads its files.
            ExportError: the file computes something else.
        """
        draft = f"draft-{part}{self.format.SUFFIX}"
        try:
            self.write(PARTS[part](), draft)
        except ExportError as reason:
            raise SkipCheck(str(reason)) from reason
        try:
            report = export(PARTS[part](), [self.name], out=self.folder / part)
        except ExportError as reason:
            if WITHOUT_DATA in str(reason):
                raise SkipCheck(str(reason)) from reason
            raise
        if report.verdict == "not run":
            raise SkipCheck(
                f"no runtime on this machine reads it: {'; '.join(report.missing.values())}"
            )
        return report


def check_members(subject: FormatSubject) -> None:
    """The module has the members of a format, and its docstring says what the format is."""
    module = subject.format
    require((module.__doc__ or "").strip(), "The module has no docstring.")
    require(isinstance(module.SUFFIX, str), f"SUFFIX must be a text. Received: {module.SUFFIX!r}")
    runtimes = getattr(module, "RUNTIMES", ())
    require(
        isinstance(runtimes, tuple),
        f"RUNTIMES must be a tuple of names of runtimes. Received: {runtimes!r}",
    )


def check_part(part: str, subject: FormatSubject) -> None:
    """Export one small part; its runtime computes what Keras computes."""
    report = subject.report(part)
    require(report.ok, f"The runtime computes something else: {report.verdict}.")


def check_dense(subject: FormatSubject) -> None:
    """A file of dense layers computes what the part computes; every format can hold them."""
    try:
        check_part("dense", subject)
    except SkipCheck as reason:
        is_allowed = any(words in str(reason) for words in ("no runtime on this", WITHOUT_DATA))
        require(is_allowed, f"It refuses dense layers: {reason}")
        raise


def check_same_bytes(subject: FormatSubject) -> None:
    """The same part is written as the same bytes."""
    models = [PARTS["dense"]() for _ in "ab"]  # before: each sets the seed of all random numbers
    first, second = (
        subject.write(model, f"same-{at}{subject.format.SUFFIX}") for at, model in enumerate(models)
    )
    if first.is_dir():
        raise SkipCheck("the format is a folder; zoo verify compares its numbers")
    require(
        file_digest(first) == file_digest(second),
        "The same weights are written as other bytes: leave out dates, addresses and random names.",
    )


def check_refusal(subject: FormatSubject) -> None:
    """An operation that the format cannot hold is refused by a zoo.ExportError that names it."""
    try:
        subject.write(strange_part(), f"strange{subject.format.SUFFIX}")
    except ExportError as refusal:
        message = str(refusal)
        require(
            STRANGE in message.lower(),
            f"The refusal does not name the operation {STRANGE!r}: {message}",
        )
    except Exception as error:
        require(
            False,
            f"write() raised {type(error).__name__} on the operation {STRANGE!r}: {error}. Raise "
            "zoo.ExportError, with the layer or operation and what to do about it.",
        )


def check_tolerance(subject: FormatSubject) -> None:
    """A declared tolerance has a reason, is above the gate's own, and every small part keeps it."""
    tolerance = tolerance_of(subject.name)
    if tolerance is None:
        raise SkipCheck("the format declares no TOLERANCE")
    require(tolerance.reason.strip(), "TOLERANCE has no reason; the report shows it.")
    require(
        tolerance.absolute >= ABSOLUTE and tolerance.relative >= RELATIVE,
        f"TOLERANCE is below the gate's own, {ABSOLUTE:g} + {RELATIVE:g} |x|: leave it out.",
    )
    for part in PARTS:
        with suppress(SkipCheck):
            require(subject.report(part).ok, f"The part {part!r} is off by more than TOLERANCE.")


def check_damaged_file(subject: FormatSubject) -> None:
    """A file that is cut in half is refused by an error; the process does not crash."""
    runtime = own_runtime(subject.name)
    if not runtime or missing_parts(runtime) or is_program(runtime):
        raise SkipCheck("no Python runtime on this machine reads it")
    report = subject.report("dense")
    check_damaged(runtime, report.folder / report.files[0].path)


def check_example(subject: FormatSubject) -> None:
    """The code that README.md shows runs beside the file, in a process that cannot import the zoo."""
    report = subject.report("dense")
    (contract,), file = report.contracts.values(), report.files[0]
    code = python_code_of(contract, file)
    if not code:
        raise SkipCheck("no Python package on this machine reads it")
    require(len(code.splitlines()) <= 25, "example() returns more than 25 lines of code.")
    with tempfile.TemporaryDirectory(prefix="zoo-check-") as cache_folder:
        script = Path(cache_folder) / "example.py"
        script.write_text(WITHOUT_ZOO + code + "\n", "utf-8")
        done = subprocess.run(
            [sys.executable, "-P", str(script)],
            cwd=report.folder,
            capture_output=True,
            text=True,
            check=False,
        )
    require(done.returncode == 0, f"The code of example() fails: {done.stderr.strip()[-400:]}")


def _part_check(part: str) -> Callable[[FormatSubject], None]:
    """Return the check of a part, with a sentence of its own."""
    function = partial(check_part, part)
    function.__doc__ = f"The part {part!r} comes back as it was, unless the format refuses it."
    return function


CHECKS: Mapping[str, Check] = {
    "members": Check(check_members, fast=True),
    "dense": Check(check_dense, ("members",)),
    **{part: Check(_part_check(part), ("dense",)) for part in PARTS if part != "dense"},
    "same-bytes": Check(check_same_bytes, ("members",)),
    "refusal": Check(check_refusal, ("members",)),
    "tolerance": Check(check_tolerance, ("dense",)),
    "damaged": Check(check_damaged_file, ("dense",), slow=True),
    "example": Check(check_example, ("dense",), slow=True),
}
