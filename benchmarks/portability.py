"""Every part of every architecture, in every format, in every runtime: docs/portability.md.

    python benchmarks/portability.py                    # all of it; about twenty minutes, idle
    python benchmarks/portability.py --check            # the small part that CI makes, about two minutes
    python benchmarks/portability.py cnn.digits --formats onnx --runtimes tract,openvino

The models come from their shipped weights. The first command writes docs/portability.md and
benchmarks/results/portability.json, a verdict for each part, format and runtime. `--check` compares its
verdicts with that file, and fails where one got worse: what was equal is no longer equal, or what was
refused is now silently different. A runtime that is not installed is named and left out.
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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("ZOO_WEIGHTS", str(ROOT / "weights" / "keras_zoo_weights"))

from zoo.entry_points import FORMATS, RUNTIMES, EntryPointGroup
from zoo.exporters.checker import Checker
from zoo.exporters.parts.probes import load_probes
from zoo.exporters.proof.plan import plan_runtimes
from zoo.exporters.proof.verdict import Verdict
from zoo.exporters.report import ExportedFile, Report
from zoo.io.safe_load import read_arrays
from zoo.runtimes.group import is_program, load_python_runtime, load_runtime, missing_parts, reads

PAGE = ROOT / "docs" / "portability.md"
VERDICTS = ROOT / "benchmarks" / "results" / "portability.json"
MODELS = (
    "mlp.diabetes",
    "cnn.digits",
    "cnn.gunpoint",
    "cnn.adrenal3d",
    "autoencoder.simple",
    "autoencoder.conv",
    "autoencoder.denoising",
    "autoencoder.gunpoint",
    "vae.mnist",
    "vae.digits-3d",
    "dcgan.digits",
    "novelty-gan.digits",
    "novelty-gan.series",
    "deblur-gan.photos",
)
SMALL_MODELS = ("mlp.digits", "cnn.digits", "autoencoder.conv-digits", "dcgan.digits")
SMALL_FORMATS = ("keras", "h5", "saved-model", "onnx", "litert", "openvino")
RANKS = {"equal": 3, "approximate": 3, "not run": 2, "refused": 1, "different": 0}
CALLS = 30  # timed calls of one file
INTRODUCTION = """\
# What runs where

Made by `{command}`: every part of {models} models with shipped weights, {parts} parts,
in every format and runtime. Each file is run on the same inputs as the Keras model, in batches of several
sizes. *Equal* means: the same names, shapes and dtypes, and |a - b| <= 1e-5 + 1e-4 |b|, or less where an
output varies little. R is the largest difference from Keras in float64, divided by that of Keras in float32:
near 1 it is rounding. *Start* is from the import of the runtime to the first output, *one example* the
median of 30 calls after it; both are medians over the parts.
"""


@dataclass(frozen=True)
class Row:
    """One part in one format in one runtime."""

    model: str
    file: ExportedFile
    verdict: Verdict

    @property
    def key(self) -> str:
        return f"{self.model}:{self.file.part} {self.file.format} {self.verdict.runtime}"


def prove(name: str, formats: Sequence[str], runtimes: Sequence[str], folder: Path) -> Report:
    """Write all parts of a model in some formats and run them; return the report, failures included."""
    from zoo.exporters.sources import open_source
    from zoo.exporters.verify import write_and_verify

    source = open_source(name)
    plan = plan_runtimes(
        formats, [each for each in runtimes if any(reads(each, f) for f in formats)]
    )
    with Checker(plan.python) as checker:
        parts, title = source.parts(), source.title
        options = {"opset": None}
        return write_and_verify(parts, plan, checker, folder, options, title, source.origin)


def rows_of(model: str, report: Report) -> Iterator[Row]:
    """Yield a row for each file and runtime; a file that could not be written is refused."""
    for file in report.files:
        verdicts = file.verdicts
        if not verdicts:
            kind = "refused" if file.verdict == "refused" else "not run"
            verdicts = (Verdict("", kind, problem=file.problem),)
        for verdict in verdicts:
            yield Row(model, file, verdict)


def times(folder: Path, report: Report) -> dict[str, tuple[float, float]]:
    """Return the seconds to open a file and to run one example, by "FORMAT RUNTIME" and part."""
    found = {}
    for file in report.files:
        for verdict in file.verdicts:
            if verdict.verdict == "equal" and not is_program(verdict.runtime):
                arguments = [folder, file.part, file.path, verdict.runtime, ",".join(file.requires)]
                command = [sys.executable, __file__, "--time", *map(str, arguments)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if not done.returncode:
                    start, call = json.loads(done.stdout.splitlines()[-1])
                    found[f"{file.part} {file.format} {verdict.runtime}"] = (start, call)
    return found


def time_file(folder: str, part: str, path: str, runtime: str, requires: str) -> None:
    """Print the seconds from nothing to the first output, and of one call with one example after it."""
    probes = load_probes(read_arrays(Path(folder) / "probe.npz"), part)
    one = min(probes, key=lambda probe: sum(array.size for array in probe.inputs.values()))
    started = time.perf_counter()
    for module in filter(None, requires.split(",")):
        __import__(module)
    run = load_python_runtime(runtime).open(Path(folder) / path)
    run(one.inputs)
    start = time.perf_counter() - started
    calls = []
    for _ in range(CALLS):
        began = time.perf_counter()
        run(one.inputs)
        calls.append(time.perf_counter() - began)
    print(json.dumps([start, statistics.median(calls)]))


def page(rows: Sequence[Row], seconds: dict[str, tuple[float, float]], command: str) -> str:
    """Return the text of docs/portability.md."""
    models = {row.model for row in rows}
    parts = {(row.model, row.file.part) for row in rows}
    lines = INTRODUCTION.format(command=command, models=len(models), parts=len(parts)).splitlines()
    columns = "format,runtime,equal,different,refused,largest difference,R: median and largest"
    names = [*columns.split(","), "start, s", "one example, ms"]
    lines += ["", f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    pairs = dict.fromkeys(
        (row.file.format, row.verdict.runtime) for row in rows if row.verdict.runtime
    )
    for name, runtime in pairs:
        chosen = [r for r in rows if (r.file.format, r.verdict.runtime) == (name, runtime)]
        lines.append(summary_line(name, runtime, chosen, seconds))
    lines += ["", *not_equal_lines(rows), "", *size_lines(rows)]
    return "\n".join(lines) + "\n"


def summary_line(
    name: str, runtime: str, rows: Sequence[Row], seconds: dict[str, tuple[float, float]]
) -> str:
    count = {
        kind: sum(row.verdict.verdict == kind for row in rows) for kind in (*RANKS, "not available")
    }
    good = [row.verdict for row in rows if row.verdict.verdict in ("equal", "approximate")]
    versions = sorted({verdict.version for verdict in good}) or [runtime]
    largest = max((verdict.difference or 0.0 for verdict in good), default=None)
    ratios = [verdict.ratio for verdict in good if verdict.ratio is not None]
    ratio = f"{statistics.median(ratios):.2g}, {max(ratios):.2g}" if ratios else ""
    keys = [f"{row.model} {row.file.part} {name} {runtime}" for row in rows]
    timed = [seconds[key] for key in keys if key in seconds]
    start = f"{statistics.median(each[0] for each in timed):.2f}" if timed else ""
    call = f"{1000 * statistics.median(each[1] for each in timed):.2f}" if timed else ""
    equal = f"{len(good)} of {len(rows)}" + (" (approximate)" if count["approximate"] else "")
    cells = [name, versions[0], equal, count["different"], count["refused"]]
    cells += ["" if largest is None else f"{largest:.1e}", ratio, start, call]
    return f"| {' | '.join(map(str, cells))} |"


def not_equal_lines(rows: Iterable[Row]) -> list[str]:
    """Return the table of what is not equal, with the reason."""
    lines = ["## What is not equal", "", "| part | format | runtime | verdict | why |"]
    lines.append("|---|---|---|---|---|")
    for row in rows:
        if row.verdict.verdict in ("equal", "approximate", "not available"):
            continue
        why = " ".join((row.verdict.problem or row.file.problem).split()).replace("|", "\\|")[:240]
        runtime = row.verdict.runtime or "not written"
        if row.verdict.verdict == "not run":
            runtime = "none here"
        cells = (f"{row.model}:{row.file.part}", row.file.format, runtime, row.verdict.verdict, why)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def size_lines(rows: Sequence[Row]) -> list[str]:
    """Return the table of the files' sizes."""
    formats = list(dict.fromkeys(row.file.format for row in rows))
    lines = [
        "## Sizes in KiB",
        "",
        f"| part | {' | '.join(formats)} |",
        "|---" * (len(formats) + 1) + "|",
    ]
    sizes = {(row.model, row.file.part, row.file.format): row.file.bytes for row in rows}
    for model, part in dict.fromkeys((row.model, row.file.part) for row in rows):
        cells = [sizes.get((model, part, name), 0) for name in formats]
        texts = [f"{size / 1024:,.0f}" if size else "" for size in cells]
        lines.append(f"| {model}:{part} | {' | '.join(texts)} |")
    return lines


def worse_verdicts(rows: Iterable[Row], before: dict[str, str]) -> list[str]:
    """Return a line for each verdict that got worse."""
    return [
        f"{row.key}: {before[row.key]} before, now {row.verdict.verdict}: {row.verdict.problem}"
        for row in rows
        if row.key in before
        and row.verdict.verdict in RANKS
        and RANKS[row.verdict.verdict] < RANKS[before[row.key]]
    ]


def main() -> int:
    if sys.argv[1:2] == ["--time"]:
        time_file(*sys.argv[2:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "models", nargs="*", help="models of the catalog; the usual ones if not given"
    )
    parser.add_argument("--formats", help="formats, with commas between them")
    parser.add_argument(
        "--runtimes", help="runtimes beside the formats' own; every one if not given"
    )
    parser.add_argument("--check", action="store_true", help="compare with the committed verdicts")
    options = parser.parse_args()
    every = SMALL_FORMATS if options.check else EntryPointGroup(FORMATS).names()
    formats = options.formats.split(",") if options.formats else every
    names = [
        name
        for name in EntryPointGroup(RUNTIMES).names()
        if not (options.check and is_program(name))
    ]
    runtimes = options.runtimes.split(",") if options.runtimes else names
    for name in runtimes:
        load_runtime(name)
        if line := missing_parts(name):
            print(f"{name} is not available: {line}", file=sys.stderr)
    models = options.models or (SMALL_MODELS if options.check else MODELS)
    rows, seconds = [], {}
    for model in models:
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            report = prove(model, formats, runtimes, Path(folder))
            found = list(rows_of(model, report))
            if not options.check:
                measured = times(Path(folder), report)
                seconds |= {f"{model} {key}": value for key, value in measured.items()}
            rows += found
            bad = sum(row.verdict.failed for row in found)
            took = time.perf_counter() - began
            print(f"{model}: {len(found)} verdicts, {bad} not equal, {took:.0f} s", file=sys.stderr)
    if options.check:
        before = json.loads(VERDICTS.read_text("utf-8"))
        lines = worse_verdicts(rows, before)
        print("\n".join(lines) or f"{len(rows)} verdicts, none worse than before")
        return bool(lines)
    whole = not (options.models or options.formats or options.runtimes)
    text = page(rows, seconds, "python benchmarks/portability.py")
    if not whole:
        print(text)
        return 0
    PAGE.write_text(text, "utf-8")
    verdicts = {row.key: row.verdict.verdict for row in rows if row.verdict.verdict in RANKS}
    VERDICTS.write_text(json.dumps(verdicts, indent=0, sort_keys=True) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
