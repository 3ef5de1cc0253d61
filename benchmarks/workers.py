"""One epoch on several processes against one process with as many threads: the same losses, and the time.

    python benchmarks/workers.py                         # cnn and dcgan, 3 rounds: about 8 minutes
    python benchmarks/workers.py cnn --rounds 1 --workers 1 2 3

Each way is `zoo train` from the shell on JAX, with 2 threads in all. The ways run in turn, in reverse order
in every other round. A time is that of an epoch as history.csv has it, without the checkpoint. The first
epoch of a training is left out, since it includes compiling; its losses are compared.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from turns import describe_machine

DATA = Path(os.environ.get("ZOO_DATA", "data")) / "mnist.npz"
TASKS = {  # examples, settings
    "cnn": (3840, ("batch_size=126", "epochs=4")),
    "dcgan": (1536, ("batch_size=48", "epochs=4", "evaluation_images=100")),
}
MOST_RATIO, MOST_DIFFERENCE = 1.15, 1e-4


@dataclass(frozen=True)
class Timing:
    """The epochs of one training: seconds of each after the first one, and the first one's losses."""

    seconds: list[float]
    losses: dict[str, float]


def write_data(folder: Path, count: int) -> Path:
    """Write so many digits into a file that every worker opens."""
    with np.load(DATA) as arrays:
        names = {"x_train": count, "y_train": count, "x_test": 200, "y_test": 200}
        np.savez(folder / "digits.npz", **{name: arrays[name][:n] for name, n in names.items()})
    return folder / "digits.npz"


def train(
    name: str, data: Path, workers: int, settings: tuple[str, ...], threads: int | None = None
) -> Timing:
    """Train with so many workers, each with its share of 2 threads; one worker is a plain training."""
    with tempfile.TemporaryDirectory() as folder:
        threads = threads or max(1, 2 // workers)
        words = [sys.executable, "-m", "zoo", "train", name, "--data", str(data)]
        words += ["--out", f"{folder}/run"] + (["--workers", str(workers)] if workers > 1 else [])
        for setting in (*settings, f"threads={threads}", "validation=0"):
            words += ["--set", setting]
        environment = {**os.environ, "KERAS_BACKEND": "jax"}
        done = subprocess.run(words, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        from zoo.io.run_files import read_history

        rows = read_history(Path(folder) / "run")
    losses = {key: value for key, value in rows[0].items() if key not in ("epoch", "seconds")}
    return Timing([row["seconds"] for row in rows[1:]], losses)


def measure(
    name: str, counts: list[int], rounds: int, examples: int, settings: tuple[str, ...]
) -> dict[int, list[Timing]]:
    """Return the timings of each number of workers, in turn."""
    timings: dict[int, list[Timing]] = {count: [] for count in counts}
    with tempfile.TemporaryDirectory() as folder:
        data = write_data(Path(folder), examples)
        for turn in range(rounds):
            for count in counts if turn % 2 == 0 else counts[::-1]:
                timings[count].append(train(name, data, count, settings))
    return timings


def epoch_seconds(timings: list[Timing]) -> float:
    """Return the median time of an epoch."""
    return statistics.median(second for timing in timings for second in timing.seconds)


def largest_difference(one: Timing, other: Timing) -> tuple[float, float]:
    """Return by how much the losses of the first epoch differ at most, and that loss.

    Measures are left out: one example of 3780 that is classified otherwise is an accuracy of 2.6e-4.
    """
    names = {"loss", "discriminator", "generator"} & one.losses.keys()
    return max((abs(one.losses[key] - other.losses[key]), abs(other.losses[key])) for key in names)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=list(TASKS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    print(describe_machine(False))
    print(f"\nLoad of the machine before: {os.getloadavg()[0]:.2f} processes.\n")
    print(
        "| model | workers | threads each | s an epoch | ratio | losses differ by |\n"
        "|---|---|---|---|---|---|"
    )
    for name in options.tasks:
        examples, settings = TASKS[name]
        timings = measure(name, options.workers, options.rounds, examples, settings)
        alone = timings[options.workers[0]]
        for count, own in timings.items():
            ratio = epoch_seconds(own) / epoch_seconds(alone)
            difference, loss = max(map(largest_difference, own, alone))
            print(
                f"| {name} | {count} | {max(1, 2 // count)} | {epoch_seconds(own):.2f} | {ratio:.2f}x "
                f"| {difference:.1e} of {loss:.3g} |",
                flush=True,
            )
    print(f"\nMarks: 2 workers at most {MOST_RATIO}x; losses within {MOST_DIFFERENCE:g}.")
    print(f"Load of the machine after: {os.getloadavg()[0]:.2f} processes.")


if __name__ == "__main__":
    main()
