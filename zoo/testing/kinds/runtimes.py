"""The checks of a runtime: light to query, equal on small parts, errors instead of crashes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

from zoo.entry_points import FORMATS, EntryPointGroup
from zoo.errors import ExportError
from zoo.exporters.api import export
from zoo.exporters.formats.protocol import load_format
from zoo.exporters.parts.part import prepare_part
from zoo.exporters.proof.verdict import Verdict
from zoo.exporters.report import Report
from zoo.runtimes.group import is_program, load_runtime, missing_parts, reads
from zoo.runtimes.protocol import Runtime
from zoo.testing.kinds.damage import check_damaged
from zoo.testing.kinds.small_parts import PARTS
from zoo.testing.outcome import SkipCheck, require
from zoo.testing.runner import Check

__all__ = ["CHECKS", "RuntimeSubject"]

HEAVY = ("keras", "tensorflow", "jax", "torch")
_LOOK = """
import json, sys, time
from zoo.runtimes.group import load_runtime
runtime = load_runtime(sys.argv[1])
started = time.process_time()
missing = runtime.missing()
version = "" if missing else runtime.version()
seconds = time.process_time() - started
heavy = [name for name in sys.argv[2:] if name in sys.modules]
print(json.dumps({"missing": missing, "version": version, "heavy": heavy, "seconds": seconds}))
"""
SLOW = 2.0  # seconds of processor time for missing() and version()


class RuntimeSubject:
    """One runtime, and the verdicts on small parts in it.

    Args:
        name: of the runtime.
        folder: an empty one, for the files.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.report = cache(self._report)

    @property
    def runtime(self) -> Runtime:
        """The runtime's module."""
        return load_runtime(self.name)

    def formats(self) -> list[str]:
        """Return the installed formats that it reads, those that change no numbers first."""
        names = [name for name in EntryPointGroup(FORMATS).names() if reads(self.name, name)]
        return sorted(names, key=lambda name: getattr(load_format(name), "APPROXIMATE", False))

    def _report(self, part: str) -> Report:
        """Export one of PARTS to the first format that holds it, and run the file in the runtime.

        Raises:
            SkipCheck: the runtime is not available here, or no format that it reads holds the part.
        """
        if missing := missing_parts(self.name):
            raise SkipCheck(missing)
        reasons = []
        for name in self.formats():
            draft = self.folder / f"draft-{part}-{name}{load_format(name).SUFFIX}"
            try:
                load_format(name).write(prepare_part("part", PARTS[part]()), draft, {"opset": None})
            except ExportError as reason:
                reasons.append(str(reason))
                continue
            folder = self.folder / f"{part}-{name}"
            with suppress(ExportError):  # the verdict of this runtime is in the report
                export(PARTS[part](), [name], out=folder, runs_in=[self.name])
            return Report.read(folder)
        raise SkipCheck(" ".join(reasons) or "no installed format writes what it reads")

    def verdict(self, part: str) -> Verdict:
        """Return the verdict on one of PARTS in this runtime."""
        verdicts = [verdict for file in self.report(part).files for verdict in file.verdicts]
        return next(verdict for verdict in verdicts if verdict.runtime == self.name)


def check_members(subject: RuntimeSubject) -> None:
    """The module has the members of a runtime, and its docstring says what the runtime is."""
    module = subject.runtime
    require((module.__doc__ or "").strip(), "The module has no docstring.")
    formats = module.FORMATS
    require(
        isinstance(formats, tuple) and all(isinstance(name, str) for name in formats),
        f"FORMATS must be a tuple of names of formats. Received: {formats!r}",
    )


def check_light(subject: RuntimeSubject) -> None:
    """missing() and version() answer in one line, fast, and import nothing heavy."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", _LOOK, subject.name, *HEAVY],
        capture_output=True,
        text=True,
        check=False,
    )
    require(done.returncode == 0, f"missing() or version() fails: {done.stderr.strip()[-300:]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    for name in ("missing", "version"):
        text = answer[name]
        require(
            isinstance(text, str) and "\n" not in text, f"{name}() must return one line of text."
        )
    require(answer["missing"] or answer["version"].strip(), "version() returns nothing.")
    require(not answer["heavy"], f"missing() or version() imports {', '.join(answer['heavy'])}.")
    require(
        answer["seconds"] < SLOW,
        f"missing() and version() take {answer['seconds']:.1f} s of processor time.",
    )


def check_part(part: str, subject: RuntimeSubject) -> None:
    """Run the file of one small part; the outputs are those of Keras."""
    verdict = subject.verdict(part)
    if verdict.verdict == "not available":
        raise SkipCheck(verdict.problem)
    if verdict.verdict == "refused" and part != "dense":
        raise SkipCheck(verdict.problem)
    require(not verdict.is_failure, f"The part {part!r}: {verdict.verdict}: {verdict.problem}")


def check_damaged_file(subject: RuntimeSubject) -> None:
    """A file that is cut in half is refused by an error; the process does not crash."""
    report = subject.report("dense")
    if is_program(subject.name):
        raise SkipCheck("the runtime is a program; its process is checked with every file")
    check_damaged(subject.name, report.folder / report.files[0].path)


def _part_check(part: str) -> Callable[[RuntimeSubject], None]:
    """Return the check of a part, with a sentence of its own."""
    function = partial(check_part, part)
    function.__doc__ = (
        f"The part {part!r} gives the outputs of Keras, unless the runtime refuses it."
    )
    return function


CHECKS: Mapping[str, Check] = {
    "members": Check(check_members, fast=True),
    "light": Check(check_light, ("members",), fast=True),
    "dense": Check(_part_check("dense"), ("members",)),
    **{part: Check(_part_check(part), ("dense",)) for part in PARTS if part != "dense"},
    "damaged": Check(check_damaged_file, ("dense",), slow=True),
}
