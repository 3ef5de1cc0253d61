"""Files run by programs: every program runs all of its files in one process, and the comparison is ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from zoo.errors import format_cause
from zoo.exporters.cage.program import caged_command, program_walls
from zoo.exporters.comparison import compare_results, probes_to_run
from zoo.exporters.formats.protocol import is_approximate, tolerance_pair
from zoo.exporters.parts.probes import Probe, load_probes
from zoo.exporters.proof.verdict import Verdict, make_verdict
from zoo.exporters.report import ExportedFile
from zoo.io.safe_load import read_arrays
from zoo.runtimes.command import run_files
from zoo.runtimes.group import load_runtime, runtime_version
from zoo.runtimes.protocol import FileResult, FileToRun, ProgramRuntime


def prove_in_program(
    name: str, folder: Path, files: Sequence[ExportedFile], foreign: bool = False
) -> dict[ExportedFile, Verdict]:
    """Run some files in a program and return the verdict on each.

    Args:
        name: of the runtime.
        folder: that has the files and probe.npz.
        files: those to run. Each is run on all probes of its part, on the first one twice.
        foreign: whether somebody else may have written them. The program then runs in a cage.
    """
    probes = _probes(folder, files)
    runtime = cast(ProgramRuntime, load_runtime(name))
    try:
        command = runtime.command()
    except Exception as error:  # a compiler or a download that fails, or a plug-in that raises
        verdict = Verdict(name, "not available", problem=format_cause(error))
        return dict.fromkeys(files, verdict)
    requests = [
        FileToRun(
            file.path,
            (folder / file.path).absolute(),
            file.format,
            tuple(probe.inputs for probe in probes[file.part]),
            tuple(probes[file.part][0].outputs) if probes[file.part] else (),
            folder.absolute() / file.data if file.data else None,
        )
        for file in files
    ]
    if foreign:
        command = caged_command(name, command, sum(file.bytes for file in files))
    results = {result.key: result for result in run_files(command, requests)}
    version, protection = runtime_version(name), program_walls(name) if foreign else ""
    verdicts = {
        file: _verdict(name, version, results.get(file.path), probes[file.part], file.format)
        for file in files
    }
    return {file: replace(each, protection=protection) for file, each in verdicts.items()}


def _probes(folder: Path, files: Sequence[ExportedFile]) -> dict[str, list[Probe]]:
    """Return the probes of each part that has a file, the first one again at the end."""
    arrays = read_arrays(folder / "probe.npz")
    return {
        role: probes_to_run(load_probes(arrays, role)) for role in {file.part for file in files}
    }


def _verdict(
    name: str, version: str, result: FileResult | None, probes: Sequence[Probe], format_name: str
) -> Verdict:
    """Return the verdict on what a program did with one file."""
    if result is None:
        return Verdict(name, "refused", version, problem="the program says nothing of it")
    version = result.runtime if " " in result.runtime else version  # a name without a version
    problems = [result.problem, *(each.problem for each in result.sets)]
    problem = next(filter(None, problems), "")
    if not problem and len(result.sets) != len(probes):
        problem = f"the program ran {len(result.sets)} of {len(probes)} test sets"
    if problem:
        return Verdict(name, "refused", version, problem=f"its runtime refuses it: {problem}")
    approximate = is_approximate(format_name)
    try:
        outputs = [each.outputs for each in result.sets]
        comparison = compare_results(outputs, probes, approximate, tolerance_pair(format_name))
    except Exception as error:  # arrays of a foreign probe.npz, or of a program, that do not fit
        problem = f"its outputs cannot be compared: {format_cause(error)}"
        return Verdict(name, "refused", version, problem=problem)
    answer: Mapping[str, Any] = {**comparison._asdict(), "refused": False, "runtime": version}
    return make_verdict(name, answer, approximate)
