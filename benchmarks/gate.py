"""The time of the gate: the export of a cnn in four formats against the bare writes, in turns.

    python benchmarks/gate.py > benchmarks/results/gate.md

The bare writes (`bare_writes.py`) are `model.save` twice, `model.export`, and tf2onnx; no file is opened or
compared. Three pairs are measured, each with its own bare writes:

- a command of the shell, everything included: `zoo export RUN` against a script that opens a .keras file;
- a new Python process that calls `zoo.export(RUN)`, against the same script;
- a process that has the model in memory, and has exported before.

One more row shows what cannot be hidden: the first export of a process that has imported Keras and opened
the model already. Then the checker imports TensorFlow and Keras beside the writing, which is shorter.
"""

import logging
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bare_writes

import zoo
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset
from zoo.exporters import checker

ROUNDS = 5


def run_seconds(function: Callable[..., object], *args: object, **kwargs: object) -> float:
    started = time.perf_counter()
    function(*args, **kwargs)
    return time.perf_counter() - started


def run_command(*arguments: object) -> None:
    command = [sys.executable, *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def end_checker() -> None:
    """End the processes of earlier exports, as if there were none."""
    for process in list(checker._idle):
        process.end()


def measure_round(run: zoo.Run, model: object, file: Path, folder: Path) -> dict[str, float]:
    """Return the seconds of everything, once."""
    for name in ("script", "process"):
        (folder / name).mkdir(parents=True)
    code = "import sys, zoo; zoo.export(sys.argv[1], out=sys.argv[2])"
    seconds = {
        "script": run_seconds(run_command, bare_writes.__file__, file, folder / "script"),
        "shell": run_seconds(
            run_command, "-m", "zoo", "export", run.path, "--out", folder / "shell"
        ),
        "python": run_seconds(run_command, "-c", code, run.path, folder / "python"),
        "bare": run_seconds(bare_writes.write_bare, model, folder / "process"),
    }
    end_checker()
    seconds["first"] = run_seconds(zoo.export, run, out=folder / "first")
    seconds["second"] = run_seconds(zoo.export, run, out=folder / "second")
    return seconds


def main() -> None:
    logging.getLogger("absl").setLevel(logging.ERROR)
    full = open_dataset("digits")
    data = Dataset("digits", full.train.take(slice(64)), full.test.take(slice(32)), full.classes)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        run = zoo.train(
            "cnn.mnist", data=data, out=folder / "run", epochs=1, filters=[64, 128, 256]
        )
        model = zoo.load(run)
        model.save(folder / "model.keras")
        rounds = [
            measure_round(run, model, folder / "model.keras", folder / f"round-{number}")
            for number in range(ROUNDS + 1)
        ][1:]  # the first one warms up
    medians = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    print(f"cnn, {model.count_params():,} parameters, four formats, {ROUNDS} rounds, medians\n")
    print("| export | gate, s | bare writes, s | ratio | mark |\n|---|---|---|---|---|")
    for label, gate, bare, mark in (
        ("`zoo export` from the shell", "shell", "script", "2.0x"),
        ("`zoo.export` in a new Python process", "python", "script", "2.0x"),
        ("a second export in one process", "second", "bare", "1.5x"),
        ("the first export, with Keras and the model loaded before", "first", "bare", ""),
    ):
        ratio = statistics.median(each[gate] / each[bare] for each in rounds)
        print(f"| {label} | {medians[gate]:.2f} | {medians[bare]:.2f} | {ratio:.2f}x | {mark} |")


if __name__ == "__main__":
    main()
