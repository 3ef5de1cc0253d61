"""Every part of every architecture, in every format, in every runtime: docs/portability.md.

    python benchmarks/portability.py                    # all of it
    python benchmarks/portability.py --missing          # the models without a row; stop it at any time
    python benchmarks/portability.py cnn.digits --formats onnx --runtimes tract,openvino   # some rows again
    python benchmarks/portability.py --times            # start and latency; on an idle machine
    python benchmarks/portability.py --check            # the small part that CI makes

The models come from their shipped weights. benchmarks/results/portability.json has a verdict for each part,
format and runtime; each model replaces the rows that it makes, and docs/portability.md is written from all
of them. `--check` writes nothing: it compares its verdicts with that file, and fails where one got worse,
such as equal before and refused now, or refused before and different now. `--times` runs the first part of
a few models in each runtime where it is equal, one after the other, and proves nothing again. A runtime that
is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault(
    "ZOO_WEIGHTS", str(Path(__file__).parents[1] / "weights" / "keras_zoo_weights")
)

from portability_page import (
    CALLS,
    GOOD,
    RANKS,
    Row,
    model_of,
    page,
    replace_rows,
    worse_verdicts,
)
from turns import describe_machine

from zoo.entry_points import FORMATS, RUNTIMES, EntryPointGroup
from zoo.exporters.checker import Checker
from zoo.exporters.parts.probes import load_probes
from zoo.exporters.proof.plan import Plan, plan_runtimes
from zoo.exporters.proof.verdict import Verdict
from zoo.exporters.report import ExportedFile, Report
from zoo.io.safe_load import read_arrays
from zoo.runtimes.command import run_files
from zoo.runtimes.group import (
    is_program,
    load_python_runtime,
    load_runtime,
    missing_parts,
    own_runtime,
    reads,
)
from zoo.runtimes.protocol import FileToRun

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "portability.md"
RESULTS = ROOT / "benchmarks" / "results" / "portability.json"
MODELS = tuple(sorted(path.stem for path in Path(os.environ["ZOO_WEIGHTS"]).glob("*.zip")))
EXACT_FORMATS = ("keras", "h5", "saved-model", "onnx", "litert", "openvino", "coreml", "dl4j")
SMALL_MODELS = ("mlp.diabetes", "cnn.digits", "dcgan.digits")
SMALL_FORMATS = ("keras", "h5", "saved-model", "onnx", "litert", "openvino")
TIMED_MODELS = ("mlp.diabetes", "cnn.mnist", "autoencoder.gunpoint")


def prove(name: str, formats: Sequence[str], runtimes: Sequence[str], folder: Path) -> Report:
    """Write all parts of a model and run them; return the report, failures included."""
    asked = [each for each in runtimes if any(reads(each, f) for f in formats)]
    return write_parts(name, plan_runtimes(formats, asked), folder)


def write_parts(name: str, plan: Plan, folder: Path, first: bool = False) -> Report:
    """Write all parts of a model, or the first one, and run them as planned."""
    from zoo.exporters.sources import open_source
    from zoo.exporters.verify import Job, write_and_verify

    source = open_source(name)
    parts = source.parts()
    if first:
        parts = dict(list(parts.items())[:1])
    with Checker(plan.python) as checker:
        job = Job(source.title, source.origin, {"opset": None})
        return write_and_verify(parts, plan, checker, folder, job)


def rows_of(model: str, report: Report) -> Iterator[Row]:
    """Yield a row for each file and runtime; a file that could not be written is refused."""
    for file in report.files:
        verdicts: list[Any] = list(file.verdicts) or [
            Verdict("", "refused", problem=file.problem)
            if file.verdict == "refused"
            else file  # not run: it has a verdict and a problem, and no runtime
        ]
        for verdict in verdicts:
            if verdict.verdict not in RANKS:
                continue
            yield {
                "part": f"{model}:{file.part}",
                "format": file.format,
                "runtime": verdict.runtime,
                "verdict": verdict.verdict,
                "version": getattr(verdict, "version", ""),
                "difference": verdict.difference,
                "ratio": verdict.ratio,
                "problem": " ".join(verdict.problem.split())[:400],
                "bytes": file.bytes,
            }


def add_times(model: str, rows: dict[str, Row]) -> None:
    """Add the seconds to the first output, and those of a call, to the rows of the first part of a model."""
    good = [row for row in rows.values() if model_of(row) == model and row["verdict"] in GOOD]
    formats = {row["format"] for row in good if row["runtime"]}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        report = write_parts(model, Plan({name: () for name in formats}, {}), folder, first=True)
        for file in report.files:
            for row in good:
                if (row["part"], row["format"]) == (f"{model}:{file.part}", file.format):
                    row["start"], row["call"] = file_times(folder, file, row["runtime"])
                    row["machine"] = machine()


@cache
def machine() -> str:
    """Return the processor, and the load before the first measurement."""
    return describe_machine(False).removesuffix(".")


def file_times(folder: Path, file: ExportedFile, runtime: str) -> tuple[float | None, float | None]:
    """Return the seconds to the first output, and those of one call after it."""
    if is_program(runtime):
        return program_times(folder, file, runtime)
    arguments = [folder, file.part, file.path, runtime, ",".join(file.requires)]
    command = [sys.executable, __file__, "--time", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    start, call = json.loads(done.stdout.splitlines()[-1]) if not done.returncode else (None, None)
    return start, call


def program_times(
    folder: Path, file: ExportedFile, runtime: str
) -> tuple[float | None, float | None]:
    one, outputs = one_example(folder, file.part)
    request = FileToRun(file.path, folder / file.path, file.format, (one,) * CALLS, outputs)
    command: Any = load_runtime(runtime)
    (result,) = run_files(command.command(), [request])
    seconds = [each.seconds for each in result.sets if each.seconds is not None]
    if result.load_seconds is None or not seconds:
        return None, None
    return result.load_seconds + seconds[0], statistics.median(seconds[1:])


def one_example(folder: Path, part: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the smallest inputs of a part, and the names of its outputs."""
    probes = load_probes(read_arrays(folder / "probe.npz"), part)
    one = min(probes, key=lambda probe: sum(array.size for array in probe.inputs.values()))
    return one.inputs, tuple(one.outputs)


def time_file(folder: str, part: str, path: str, runtime: str, requires: str) -> None:
    """Print the seconds from before the import of the runtime to the first output, and of a call."""
    one, _ = one_example(Path(folder), part)
    started = time.perf_counter()
    for module in filter(None, requires.split(",")):
        __import__(module)
    run = load_python_runtime(runtime).open(Path(folder) / path)
    run(one)
    start = time.perf_counter() - started
    calls = []
    for _ in range(CALLS):
        began = time.perf_counter()
        run(one)
        calls.append(time.perf_counter() - began)
    print(json.dumps([start, statistics.median(calls)]))


def read_results() -> dict[str, Row]:
    """Return the rows of earlier commands by their keys."""
    return json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}


def write_results(rows: dict[str, Row]) -> None:
    """Write all rows, and the page."""
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(list(rows.values())), "utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="*", help="models of the catalog with weights")
    parser.add_argument("--formats", help="formats, with commas between them")
    parser.add_argument("--runtimes", help="runtimes beside the formats' own; every one by default")
    parser.add_argument("--missing", action="store_true", help="only models that have no row yet")
    parser.add_argument("--times", action="store_true", help="measure start and latency")
    parser.add_argument("--page", action="store_true", help="write the page again, and run nothing")
    parser.add_argument("--check", action="store_true", help="compare with the committed verdicts")
    return parser.parse_args()


def models_to_run(options: argparse.Namespace) -> Sequence[str]:
    """Return the models that were asked for, or those that the options stand for."""
    if options.models:
        return options.models
    if options.page:
        return ()
    if options.check or options.times:
        return SMALL_MODELS if options.check else TIMED_MODELS
    known = {model_of(row) for row in read_results().values()} if options.missing else set()
    return [name for name in MODELS if name not in known]


def measure_times(models: Sequence[str]) -> int:
    """Measure start and latency of some models, and write them; return the exit status."""
    rows = read_results()
    for model in models:
        add_times(model, rows)
        write_results(rows)
        print(f"{model}: measured", file=sys.stderr)
    return 0


def formats_to_write(options: argparse.Namespace) -> list[str]:
    """Return the formats that were asked for, or those whose own runtime is here, if they have one."""
    if options.formats:
        return options.formats.split(",")
    installed = EntryPointGroup(FORMATS).names()
    wanted = SMALL_FORMATS if options.check else EXACT_FORMATS
    names = [each for each in wanted if each in installed]
    return [each for each in names if not (own_runtime(each) and missing_parts(own_runtime(each)))]


def runtimes_to_use(options: argparse.Namespace) -> list[str]:
    """Return the runtimes that were asked for, or every one; for a check, those that are no program."""
    if options.runtimes:
        return options.runtimes.split(",")
    names = EntryPointGroup(RUNTIMES).names()
    return [each for each in names if not (options.check and is_program(each))]


def main() -> int:
    if sys.argv[1:2] == ["--time"]:
        time_file(*sys.argv[2:])
        return 0
    options = parse_options()
    models, formats, runtimes = (
        models_to_run(options),
        formats_to_write(options),
        runtimes_to_use(options),
    )
    if options.times:
        return measure_times(models)
    if options.page:
        write_results(replace_rows(read_results(), []))
        return 0
    for name in runtimes:
        if line := missing_parts(name):
            print(f"{name} is not available: {line}", file=sys.stderr)
    before, worse, count = read_results(), [], 0
    for model in models:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            rows = list(rows_of(model, prove(model, formats, runtimes, Path(folder))))
        seconds = time.perf_counter() - began
        bad = sum(row["verdict"] in ("different", "refused") for row in rows)
        print(f"{model}: {len(rows)} rows, {bad} not equal, {seconds:.0f} s", file=sys.stderr)
        worse += worse_verdicts(rows, before)
        count += len(rows)
        if not options.check:
            write_results(replace_rows(read_results(), rows))
    print("\n".join(worse) or f"{count} verdicts, none worse than before")
    return int(bool(worse))


if __name__ == "__main__":
    sys.exit(main())
