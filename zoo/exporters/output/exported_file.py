"""One part in one format: the file, and the verdict of each runtime on it."""

from __future__ import annotations

from dataclasses import dataclass

from zoo.exporters.proof.verdict import TaskMeasure, Verdict

__all__ = ["ExportedFile"]


@dataclass(frozen=True, repr=False)
class ExportedFile:
    """One part in one format, and its result in each runtime.

    `path` is relative to the report's folder. `verdicts` has one entry for each runtime that was asked for,
    the format's own first. `verdict`, `difference`, `ratio`, `nrmse`, `problem` and `runtime` are those that
    stand for the file: of its own runtime, or of another one where its own is not available.

    `verdict` is one of
    unchecked     no process has answered yet
    equal         the runtime computes what the original computes
    approximate   the format changes the numbers on purpose; `difference` says by how much
    not run       no runtime on this machine reads the file
    refused       it was not written, or the runtime does not run it
    different     the runtime computes something else
    changed       its bytes are others

    `measures` are those of the task, for an approximate file of a run with data. `is_constant` is whether
    the model returns the same for every input, and a copy of it was proved (`zoo.exporters.proof.rehearsal`).
    `difference` is the largest absolute difference of an output. `ratio` is the R of
    `zoo.exporters.comparison`, and `nrmse` the NRMSE of an approximate file; None where they are not known.
    `problem` says what is wrong. `requires` are the modules to import before the file can be opened. `data`
    is the path of a second file, which the first one reads its weights from, `test_data` that of the folder
    with its test sets in the form of the ONNX backend tests, and `data_sha256` and `test_data_sha256` are
    their digests. `tolerance` is what an approximate format declares, with its reason. They are empty where
    there is none.
    """

    part: str
    format: str
    path: str
    bytes: int = 0
    sha256: str = ""
    difference: float | None = None
    verdict: str = "unchecked"
    problem: str = ""
    runtime: str = ""
    requires: tuple[str, ...] = ()
    data: str = ""
    data_sha256: str = ""
    ratio: float | None = None
    test_data: str = ""
    tolerance: str = ""
    measures: tuple[TaskMeasure, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    nrmse: float | None = None
    test_data_sha256: str = ""
    is_constant: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all that belongs to the file: its own, its second file, and its test sets."""
        return tuple(filter(None, (self.path, self.data, self.test_data)))

    @property
    def ok(self) -> bool:
        """Whether a runtime computes what the original computes, or is near it in an approximate format."""
        return self.verdict in ("equal", "approximate")

    @property
    def is_publishable(self) -> bool:
        """Whether nothing is known to be wrong with the file in its own runtime."""
        return self.ok or self.verdict == "not run"

    @property
    def problems(self) -> list[str]:
        """What is wrong, in one line for each runtime; empty where nothing is."""
        if not self.is_publishable:
            return [f"{self.part} as {self.format}: {self.problem}"]
        return [
            f"{self.part} as {self.format} in {verdict.runtime}: {verdict.problem}"
            for verdict in self.verdicts
            if verdict.is_failure
        ]

    def row(self) -> tuple[str, ...]:
        """Return part, format, verdict, largest difference and runtimes, as a table shows them.

        The verdict is the weakest of all runtimes, and the difference the largest.
        """
        verdict = next((each.verdict for each in self.verdicts if each.is_failure), self.verdict)
        ran = [each for each in self.verdicts if each.verdict != "not available"]
        differences = [self.difference, *(each.difference for each in ran)]
        known = [each for each in differences if each is not None]
        largest = f"{max(known):.1e}" if known else ""
        runtimes = [each.version or each.runtime for each in ran] or [self.runtime]
        return self.part, self.format, verdict, largest, ", ".join(runtimes)

    def __repr__(self) -> str:
        _, _, verdict, difference, runtimes = self.row()
        facts = [f"{self.path!r}", verdict, difference, runtimes]
        return f"ExportedFile({', '.join(filter(None, facts))})"
