"""Every part of every architecture, in every format, in every runtime: docs/portability.md.

    python benchmarks/portability.py                    # all of it
    python benchmarks/portability.py cnn.digits --formats onnx --runtimes tract,openvino   # some rows again
    python benchmarks/portability.py --times            # start and latency too; on an idle machine
    python benchmarks/portability.py --check            # the small part that CI makes

The models come from their shipped weights. benchmarks/results/portability.json has a verdict for each part,
format and runtime; each command replaces the rows that it makes, and writes docs/portability.md from all of
them. `--check` writes nothing: it compares its verdicts with that file, and fails where one got worse, such
as equal before and refused now, or refused before and different now. A runtime that is not installed is
named and left out.
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
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault(
    "ZOO_WEIGHTS", str(Path(__file__).parents[1] / "weights" / "keras_zoo_weights")
)

from zoo.entry_points import FORMATS, RUNTIMES, EntryPointGroup
from zoo.exporters.checker import Checker
from zoo.exporters.parts.probes import load_probes
from zoo.exporters.proof.plan import plan_runtimes
from zoo.exporters.proof.verdict import Verdict
from zoo.exporters.report import ExportedFile, Report
from zoo.io.safe_load import read_arrays
from zoo.runtimes.command import run_files
from zoo.runtimes.group import is_program, load_python_runtime, load_runtime, missing_parts, reads
from zoo.runtimes.protocol import FileToRun

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "portability.md"
RESULTS = ROOT / "benchmarks" / "results" / "portability.json"
_WITH_WEIGHTS = """
    mlp.digits mlp.diabetes mlp.guide-sequential mlp.guide-functional mlp.mnist mlp.fashion-mnist
    cnn.digits cnn.gunpoint cnn.italy-power cnn.basic-motions cnn.adrenal3d cnn.mnist cnn.fashion-mnist
    autoencoder.digits autoencoder.conv-digits autoencoder.denoising-digits autoencoder.italy-power
    autoencoder.simple autoencoder.sparse autoencoder.deep autoencoder.conv autoencoder.denoising
    autoencoder.gunpoint vae.digits vae.digits-3d vae.mnist vae.mnist-20 vae.mnist-binary dcgan.digits
    dcgan.mnist dcgan.photos novelty-gan.digits novelty-gan.mnist novelty-gan.fashion-mnist
    novelty-gan.series deblur-gan.photos
"""
MODELS = tuple(_WITH_WEIGHTS.split())
EXACT_FORMATS = ("keras", "h5", "saved-model", "onnx", "litert", "openvino", "coreml", "dl4j")
SMALL_MODELS = ("mlp.diabetes", "cnn.digits", "dcgan.digits")
SMALL_FORMATS = ("keras", "h5", "saved-model", "onnx", "litert", "openvino")
RANKS = {"equal": 3, "approximate": 3, "not run": 2, "refused": 1, "different": 0}
CALLS = 30  # timed calls of one file
INTRODUCTION = """\
# What runs where

Made by `python benchmarks/portability.py`: {parts} parts of {models} models with shipped weights, in every
format and runtime. Each file is run on the same inputs as the Keras model, in batches of several sizes.
*Equal* means: the same names, shapes and dtypes, and |a - b| <= 1e-5 + 1e-4 |b|, or less where an output
varies little. R is the largest difference from Keras in float64, divided by that of Keras in float32: near 1
it is rounding. *Start* is from the import of the runtime to the first output of one example, *call* the
median of 30 calls after it.
"""
COLUMNS = (
    "format",
    "runtime",
    "equal",
    "different",
    "refused",
    "largest difference",
    "R: median, largest",
    "start, s",
    "call, ms",
)

Row = dict[str, Any]


def prove(name: str, formats: Sequence[str], runtimes: Sequence[str], folder: Path) -> Report:
    """Write all parts of a model and run them; return the report, failures included."""
    from zoo.exporters.sources import open_source
    from zoo.exporters.verify import Job, write_and_verify

    source = open_source(name)
    asked = [each for each in runtimes if any(reads(each, f) for f in formats)]
    plan = plan_runtimes(formats, asked)
    with Checker(plan.python) as checker:
        job = Job(source.title, source.origin, {"opset": None})
        return write_and_verify(source.parts(), plan, checker, folder, job)


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
                "problem": " ".join(verdict.problem.split())[:300],
                "bytes": file.bytes,
            }


def key_of(row: Row) -> str:
    return f"{row['part']} {row['format']} {row['runtime']}"


def add_times(folder: Path, report: Report, rows: list[Row]) -> None:
    """Add the seconds to the first output and those of one call to the rows of the first part."""
    role = next(iter(report.contracts))
    files = {file.format: file for file in report.files if file.part == role}
    for row in rows:
        if row["part"].endswith(f":{role}") and row["verdict"] in ("equal", "approximate"):
            row["start"], row["call"] = file_times(folder, files[row["format"]], row["runtime"])


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


def page(rows: Sequence[Row]) -> str:
    """Return the text of docs/portability.md."""
    parts = list(dict.fromkeys(row["part"] for row in rows))
    models = {part.partition(":")[0] for part in parts}
    lines = INTRODUCTION.format(models=len(models), parts=len(parts)).splitlines()
    lines += ["", f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    for name, runtime in sorted({(r["format"], r["runtime"]) for r in rows if r["runtime"]}):
        chosen = [r for r in rows if (r["format"], r["runtime"]) == (name, runtime)]
        lines.append(summary_line(name, runtime, chosen, len(parts)))
    for name in sorted({r["format"] for r in rows} - {r["format"] for r in rows if r["runtime"]}):
        verdicts = [r["verdict"] for r in rows if r["format"] == name]
        written = f"not run here; written: {verdicts.count('not run')} of {len(parts)}"
        lines.append(f"| {name} | none | {written} | | {verdicts.count('refused')} | | | | |")
    lines += ["", *not_equal_lines(rows), "", *size_lines(rows, parts)]
    return "\n".join(lines) + "\n"


def summary_line(name: str, runtime: str, rows: Sequence[Row], parts: int) -> str:
    good = [row for row in rows if row["verdict"] in ("equal", "approximate")]
    kinds = [row["verdict"] for row in rows]
    versions = sorted({row["version"] for row in good if " " in row["version"]})
    label = f"{runtime} ({versions[-1]})" if versions else runtime
    differences = [row["difference"] for row in good if row["difference"] is not None]
    ratios = [row["ratio"] for row in good if row["ratio"] is not None]
    equal = f"{len(good)} of {parts}" + (" near" if "approximate" in kinds else "")
    refused = parts - len(good) - kinds.count("different")
    cells = [name, label, equal, kinds.count("different"), refused]
    cells.append(f"{max(differences):.1e}" if differences else "")
    cells.append(f"{statistics.median(ratios):.2g}, {max(ratios):.2g}" if ratios else "")
    for column, factor in (("start", 1), ("call", 1000)):
        values = [row[column] for row in good if row.get(column) is not None]
        cells.append(f"{factor * statistics.median(values):.2f}" if values else "")
    return f"| {' | '.join(map(str, cells))} |"


def not_equal_lines(rows: Sequence[Row]) -> list[str]:
    """Return the table of what is not equal, with the reason."""
    lines = ["## What is not equal", "", "| part | format | runtime | verdict | why |"]
    lines.append("|---|---|---|---|---|")
    for row in rows:
        if row["verdict"] not in ("equal", "approximate", "not run"):
            why = row["problem"].replace("|", "\\|")
            where = row["runtime"] or "not written"
            cells = (row["part"], row["format"], where, row["verdict"], why)
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def size_lines(rows: Sequence[Row], parts: Sequence[str]) -> list[str]:
    """Return the table of the files' sizes."""
    formats = sorted({row["format"] for row in rows})
    lines = ["## Sizes in KiB", "", f"| part | {' | '.join(formats)} |"]
    lines.append("|---" * (len(formats) + 1) + "|")
    sizes = {(row["part"], row["format"]): row["bytes"] for row in rows}
    for part in parts:
        cells = [sizes.get((part, name), 0) for name in formats]
        texts = [f"{size / 1024:,.0f}" if size else "" for size in cells]
        lines.append(f"| {part} | {' | '.join(texts)} |")
    return lines


def worse_verdicts(rows: Sequence[Row], before: dict[str, Row]) -> list[str]:
    """Return a line for each verdict that got worse."""
    return [
        f"{key_of(row)}: {before[key_of(row)]['verdict']} before, now {row['verdict']}: {row['problem']}"
        for row in rows
        if key_of(row) in before and RANKS[row["verdict"]] < RANKS[before[key_of(row)]["verdict"]]
    ]


def read_results() -> dict[str, Row]:
    """Return the rows of earlier commands by their keys."""
    return json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}


def write_results(model: str, formats: Sequence[str], rows: Sequence[Row]) -> None:
    """Replace the rows of a model in these formats and runtimes, and write the page."""
    made = {(row["format"], row["runtime"]) for row in rows}
    everything = {
        key: row
        for key, row in read_results().items()
        if row["part"].partition(":")[0] != model
        or row["format"] not in formats
        or (row["runtime"] and (row["format"], row["runtime"]) not in made)
    }
    everything |= {key_of(row): row for row in rows}
    ordered = dict(sorted(everything.items(), key=lambda item: place_of(item[1])))
    RESULTS.write_text(json.dumps(ordered, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(list(ordered.values())), "utf-8")


def place_of(row: Row) -> tuple[Any, ...]:
    """Return where a row stands: models in the order of MODELS, then by part, format and runtime."""
    model = row["part"].partition(":")[0]
    known = MODELS.index(model) if model in MODELS else len(MODELS)
    return known, row["part"], row["format"], row["runtime"]


def main() -> int:
    if sys.argv[1:2] == ["--time"]:
        time_file(*sys.argv[2:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="*", help="models of the catalog with weights")
    parser.add_argument("--formats", help="formats, with commas between them")
    parser.add_argument("--runtimes", help="runtimes beside the formats' own; every one by default")
    parser.add_argument("--times", action="store_true", help="measure start and latency")
    parser.add_argument("--check", action="store_true", help="compare with the committed verdicts")
    options = parser.parse_args()
    models = options.models or (SMALL_MODELS if options.check else MODELS)
    installed = EntryPointGroup(FORMATS).names()
    wanted = SMALL_FORMATS if options.check else EXACT_FORMATS
    formats = (
        options.formats.split(",")
        if options.formats
        else [each for each in wanted if each in installed]
    )
    every = [
        each
        for each in EntryPointGroup(RUNTIMES).names()
        if not (options.check and is_program(each))
    ]
    runtimes = options.runtimes.split(",") if options.runtimes else every
    for name in runtimes:
        if line := missing_parts(name):
            print(f"{name} is not available: {line}", file=sys.stderr)
    before, worse, count = read_results(), [], 0
    for model in models:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            report = prove(model, formats, runtimes, Path(folder))
            rows = list(rows_of(model, report))
            if options.times:
                add_times(Path(folder), report, rows)
        seconds = time.perf_counter() - began
        bad = sum(row["verdict"] in ("different", "refused") for row in rows)
        print(f"{model}: {len(rows)} rows, {bad} not equal, {seconds:.0f} s", file=sys.stderr)
        worse += worse_verdicts(rows, before)
        count += len(rows)
        if not options.check:
            write_results(model, formats, rows)
    print("\n".join(worse) or f"{count} verdicts, none worse than before")
    return int(bool(worse))


if __name__ == "__main__":
    sys.exit(main())
