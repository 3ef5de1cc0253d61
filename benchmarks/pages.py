"""Pages in headless Chromium: their size, the time until they are proved, and from a stroke to the answer.

    npm --prefix web ci --ignore-scripts && npm --prefix web run build
    ZOO_DATA=../shared/data python benchmarks/pages.py --write

The time of an answer begins with the pointer's event and ends when the bars of the classes, or the pixels of
the decoded image, are set. Each movement of the pointer is one answer. A page's size is what the browser
loads, without the WebAssembly and the program of ONNX Runtime Web and without the model: plain, and packed by
gzip as servers send it. The export's own test inputs and outputs, which the page runs, are counted apart:
they are as large as the model's inputs and outputs are. The last columns count what axe-core finds in light
and in dark, and errors, warnings and requests to other addresses.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).parents[1]
os.environ.setdefault("ZOO_WEIGHTS", str(ROOT / "weights" / "keras_zoo_weights"))

RESULTS = ROOT / "benchmarks" / "results" / "pages.md"
MODELS = (
    "cnn.mnist",
    "cnn.digits",
    "cnn.gunpoint",
    "cnn.basic-motions",
    "cnn.adrenal3d",
    "mlp.mnist",
    "mlp.diabetes",
    "vae.mnist",
    "vae.mnist-20",
    "vae.photos",
    "autoencoder.conv",
    "autoencoder.gunpoint",
    "dcgan.mnist",
    "novelty-gan.mnist",
    "novelty-gan.series",
    "deblur-gan.photos",
    "cnn-vis.digits",
)
UNITS = "cnn-vis.digits"  # it has no weights: a few steps make its images


def measure(models: list[str], rounds: int) -> Any:
    """Return what web/tests/measure.mjs prints for a new site of some models."""
    import zoo

    with tempfile.TemporaryDirectory() as folder:
        units = Path(folder) / UNITS
        if UNITS in models:
            zoo.train(UNITS, out=units, epochs=1, steps_per_epoch=8)
        sources = [units if model == UNITS else model for model in models]
        zoo.page(*sources, out=Path(folder) / "site")
        command = ["node", "tests/measure.mjs", f"{folder}/site", str(rounds)]
        done = subprocess.run(
            command, cwd=ROOT / "web", capture_output=True, text=True, check=False
        )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def table(measured: Any, command: str) -> str:
    """Return the result as Markdown."""
    rows = [
        f"| {each['name']} | {each['view']} | {each['verdict']}, {each['difference']:.1e} | "
        f"{_kilobytes(each['page'])} | {_kilobytes(each['tests'])} | {each['opened'] / 1e3:.1f} | "
        f"{_time(each['median'])} | {_time(each['late'])} | {each['answers']} | "
        f"{each['axe']} | {each['console']} |"
        for each in measured["results"]
    ]
    head = (
        "| model | view | verdict, largest difference | kB of the page, packed | kB of the tests, packed | "
        "s until proved | ms from pointer to answer, median | 95 % | answers | axe | console |"
    )
    lines = [
        f"`{command}`",
        "",
        f"Chromium {measured['version']}, headless; {_machine()}",
        "",
        head,
    ]
    return "\n".join([*lines, "|---" * 11 + "|", *rows, *_photographs(measured)]) + "\n"


def _photographs(measured: Any) -> list[str]:
    """Return a line for each page that restores photographs."""
    return [
        f"\n{each['name']}: a photograph of 640 x 480 in {each['photograph']['milliseconds'] / 1e3:.1f} s. "
        f"The longest time between two of its frames is {each['photograph']['frame']:.0f} ms. The largest "
        f"memory of its process, the worker included, is {each['photograph']['memory']:.0f} MB."
        for each in measured["results"]
        if each["photograph"]
    ]


def _kilobytes(sizes: list[int]) -> str:
    return f"{sizes[0] / 1e3:.0f}, {sizes[1] / 1e3:.0f}"


def _time(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}"


def main() -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--rounds", type=int, default=20, help="strokes on each page")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    options = parser.parse_args()
    words = " ".join(["python benchmarks/pages.py", *sys.argv[1:]])
    text = table(measure(list(options.models), options.rounds), words)
    print(text)
    if options.write:
        RESULTS.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
