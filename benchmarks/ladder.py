"""Smaller numbers in ONNX: the size, the latency and what the task's own measure loses, for each kind.

    python benchmarks/ladder.py > benchmarks/results/ladder.md
    python benchmarks/ladder.py cnn.mnist --rounds 30

For each model, from its shipped weights, the part that does the work is exported as float32 (format onnx),
float16 (onnx-fp16) and 8 bits (onnx-int8, calibrated on training examples). ONNX Runtime then runs each file.
The measure is that of `zoo evaluate`, on the test split, with the file in place of the model; that of
float32 is the model's own. The difference is the largest of an output on the probe inputs, and NRMSE the
root mean square of all, divided by the standard deviation of the output. A latency is the median of calls
with one example, on one thread; the files take turns, so that a slower moment slows all of them.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnxruntime
from turns import describe_machine

import zoo
from zoo.exporters.report import ExportedFile, Report
from zoo.runs.run import Run

# The name of a model -> the part, the shape of one input, and the measure
MODELS = {
    "cnn.mnist": ("classifier", (28, 28, 1), "accuracy"),
    "deblur-gan.photos": ("generator", (256, 256, 3), "psnr"),
}
COLUMNS = (
    "model",
    "numbers",
    "verdict",
    "KiB",
    "size",
    "ms",
    "time",
    "measure",
    "lost",
    "difference",
    "NRMSE",
)
FORMATS = {"onnx": "float32", "onnx-fp16": "float16", "onnx-int8": "8 bits"}
WEIGHTS = Path(__file__).parents[1] / "weights" / "keras_zoo_weights"


def sessions(files: dict[str, ExportedFile], folder: Path) -> dict[str, Any]:
    """Open each file in ONNX Runtime on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    providers = ["CPUExecutionProvider"]
    return {
        name: onnxruntime.InferenceSession(str(folder / file.path), options, providers=providers)
        for name, file in files.items()
    }


def latencies(opened: dict[str, Any], shape: tuple[int, ...], rounds: int) -> dict[str, float]:
    """Return the median milliseconds of a call with one example, for each session."""
    x = np.random.default_rng(0).random((1, *shape), np.float32)
    times: dict[str, list[float]] = {name: [] for name in opened}
    for number in range(rounds + 3):
        for name, session in opened.items():
            start = time.perf_counter()
            session.run(None, {session.get_inputs()[0].name: x})
            if number >= 3:
                times[name].append(1e3 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def task_measure(files: dict[str, ExportedFile], name: str, measure: str) -> tuple[float, str]:
    """Return a measure of the file in a format, and what it loses against the model."""
    if name == "onnx":
        smaller = files["onnx-int8"].measures
        return next(each.model for each in smaller if each.name == measure), ""
    found = next(each for each in files[name].measures if each.name == measure)
    return found.file, f"{found.model - found.file:+.4f}"


def print_ladder(name: str, report: Report, rounds: int) -> None:
    """Print the rows of one model."""
    part, shape, measure = MODELS[name]
    files = {file.format: file for file in report.files if file.part == part}
    times = latencies(sessions(files, report.folder), shape, rounds)
    for each, label in FORMATS.items():
        file = files[each]
        value, loss = task_measure(files, each, measure)
        cells = [
            f"{name}, {part}" if each == "onnx" else "",
            f"{label} (`{each}`)",
            file.verdict,
            f"{file.bytes / 1024:,.0f}",
            f"{file.bytes / files['onnx'].bytes:.2f}x",
            f"{times[each]:.2f}",
            f"{times[each] / times['onnx']:.2f}x",
            f"{measure} {value:.4f}",
            loss,
            f"{file.difference:.1e}",
            "" if file.nrmse is None else f"{file.nrmse:.1e}",
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="*", choices=[[], *MODELS], default=[])
    parser.add_argument("--rounds", type=int, default=100, help="calls of each file that count")
    options = parser.parse_args()
    os.environ["ZOO_WEIGHTS"] = str(WEIGHTS)
    print(f"# Smaller numbers in ONNX\n\n    python {' '.join(sys.argv)}\n")
    print(f"{describe_machine(False)}; ONNX Runtime {onnxruntime.__version__}, one thread\n")
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in options.models or MODELS:
            run = Run.open(f"weights:{name}")
            report = zoo.export(run, list(FORMATS), out=Path(folder) / name)
            print_ladder(name, report, options.rounds)


if __name__ == "__main__":
    main()
