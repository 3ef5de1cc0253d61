"""The verdicts on files: each is asked for as soon as the file is written, and collected later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from zoo.exporters.checker import Checker
from zoo.exporters.formats.protocol import is_approximate, tolerance_of, tolerance_pair
from zoo.exporters.proof.first_tensor import Prove, name_command, name_first_tensor
from zoo.exporters.proof.plan import Plan
from zoo.exporters.proof.programs import prove_in_program
from zoo.exporters.proof.verdict import Verdict, deciding_verdict, make_verdict
from zoo.exporters.report import ExportedFile
from zoo.exporters.trust.graphs import find_danger
from zoo.io.digest import size_on_disk
from zoo.runtimes.command import stop_programs
from zoo.runtimes.group import own_runtime

NO_RUNTIME = "no runtime on this machine reads it"
LARGE = 256 * 2**20  # bytes of a file that is not compared while another one is written

Verdicts = Mapping[str, Mapping[ExportedFile, Verdict]]
"""The verdicts of programs, by the name of the runtime and by file."""


class FileProof:
    """The proof of one file in the Python runtimes of its format, in other processes from `start` on.

    Args:
        checker: asks the processes.
        folder: that has the file and probe.npz.
        file: the file.
        plan: in which runtimes it is run.
        foreign: whether somebody else may have written the file. It is then checked first, and opened in
            a cage (`zoo.exporters.cage`).
        model_file: the .keras or .h5 file that is exported, which makes the file foreign; else empty.
    """

    def __init__(
        self,
        checker: Checker,
        folder: Path,
        file: ExportedFile,
        plan: Plan,
        foreign: bool = False,
        model_file: str = "",
    ) -> None:
        self.file, self._plan, self._model_file = file, plan, model_file
        self._checker, self._folder, self._foreign = checker, folder, foreign or bool(model_file)
        if self._foreign and not file.problem and (danger := find_danger(folder, file)):
            self.file = replace(file, verdict="refused", problem=danger)
        self._answers: dict[str, Future[dict[str, Any]]] = {}

    @property
    def is_foreign(self) -> bool:
        """Whether somebody else may have written the file."""
        return self._foreign

    @property
    def is_large(self) -> bool:
        """Whether writing and comparing at the same time would take too much memory."""
        return self.file.bytes > LARGE

    @property
    def runtimes(self) -> tuple[str, ...]:
        """The runtimes of the file, its own first; none where it could not be written."""
        return () if self.file.problem else self._plan.runtimes[self.file.format]

    def start(self) -> None:
        """Start the comparison of the file in each Python runtime, unless it has begun."""
        for name in self.runtimes:
            if name in self._plan.python and name not in self._answers:
                self._answers[name] = self._checker.submit(self._folder, self._request(name))

    def wait(self) -> None:
        """Wait until the file is compared."""
        self.start()
        for answer in self._answers.values():
            answer.result()

    def result(self, programs: Verdicts) -> ExportedFile:
        """Wait for the comparisons, and return the file with all its verdicts.

        Args:
            programs: the verdicts of programs.
        """
        self.start()
        verdicts = tuple(self._verdict(name, programs) for name in self.runtimes)
        if self.file.problem:
            return self.file
        tolerance = str(tolerance_of(self.file.format) or "")
        return with_verdicts(replace(self.file, tolerance=tolerance), verdicts)

    def _verdict(self, name: str, programs: Verdicts) -> Verdict:
        if name in self._plan.missing:
            return Verdict(name, "not available", problem=self._plan.missing[name])
        if name in self._answers:
            approximate = is_approximate(self.file.format)
            verdict = make_verdict(name, self._answers[name].result(), approximate)
        else:
            verdict = programs[name][self.file]
        if name == own_runtime(self.file.format):
            return verdict  # `zoo.exporters.bisect` names the layer
        if self._foreign:
            return name_command(self.file, verdict, self._model_file)
        return name_first_tensor(self._folder, self.file, verdict, self._prover(name))

    def _prover(self, name: str) -> Prove:
        """Return the function that runs another file of the same format in a runtime."""

        def prove(folder: Path, file: ExportedFile) -> Verdict:
            if name not in self._answers:
                return prove_in_program(name, folder, [file])[file]
            request = {"part": file.part, "runtime": name, "path": file.path, "inner": True}
            request |= self._cage(folder, file)
            return make_verdict(name, self._checker.submit(folder, request).result(), False)

        return prove

    def _request(self, runtime: str) -> dict[str, Any]:
        return {
            "part": self.file.part,
            "runtime": runtime,
            "path": self.file.path,
            "requires": self.file.requires,
            "approximate": is_approximate(self.file.format),
            "tolerance": tolerance_pair(self.file.format),
            "constant": self.file.is_constant,
        } | self._cage(self._folder, self.file)

    def _cage(self, folder: Path, file: ExportedFile) -> dict[str, int]:
        """Return what a request for a file of somebody else has: its size, which the limits grow with."""
        sizes = (size_on_disk(folder / path) for path in (file.path, file.data) if path)
        return {"cage": sum(sizes)} if self._foreign else {}


def collect_results(proofs: Sequence[FileProof], folder: Path, plan: Plan) -> list[ExportedFile]:
    """Run the programs, one after the other beside the Python runtimes, and return the files' verdicts.

    Args:
        proofs: of all files; those that have not begun begin now, the large ones one after the other.
        folder: that has the files and probe.npz.
        plan: of the export.
    """
    for proof in proofs:
        if not proof.is_large:
            proof.start()
    with ThreadPoolExecutor(1) as thread:
        programs = {
            name: thread.submit(
                prove_in_program,
                name,
                folder,
                [proof.file for proof in proofs if name in proof.runtimes],
                any(proof.is_foreign for proof in proofs),
            )
            for name in plan.programs
            if any(name in proof.runtimes for proof in proofs)
        }
        try:
            for proof in proofs:
                proof.wait()
            verdicts = {name: answer.result() for name, answer in programs.items()}
        except BaseException:  # Ctrl-C: no other program begins, and the one that runs ends
            thread.shutdown(wait=False, cancel_futures=True)
            stop_programs()
            raise
    return [proof.result(verdicts) for proof in proofs]


def with_verdicts(file: ExportedFile, verdicts: tuple[Verdict, ...]) -> ExportedFile:
    """Return a file with its verdicts, and with the one that stands for it."""
    deciding = deciding_verdict(verdicts)
    if deciding is None:
        lacks = "; ".join(verdict.problem for verdict in verdicts) or NO_RUNTIME
        return replace(file, verdict="not run", problem=lacks, verdicts=verdicts)
    return replace(
        file,
        difference=deciding.difference,
        ratio=deciding.ratio,
        nrmse=deciding.nrmse,
        verdict=deciding.verdict,
        problem=deciding.problem,
        runtime=deciding.version,
        verdicts=verdicts,
    )
