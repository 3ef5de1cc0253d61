"""Train the same networks with each choice of TensorFlow's kernels and of XLA, and print rates and ratios.

    python benchmarks/kernels.py [--isa AVX2] [--rounds 3] [--epochs 4]

TensorFlow chooses its kernels when it is imported, so each training has a process of its own; the processes
take turns, and the settings start in another order in every round. An epoch lasts from its start to the start
of the next one. The first epoch of a training is left out: it includes tracing, and the compilation by XLA.

`--isa AVX2` keeps oneDNN and XLA from using newer instructions, as on a processor without AVX-512. There,
TensorFlow has oneDNN off by itself. Eigen's kernels, which TensorFlow uses without oneDNN, are those of the
TensorFlow package anyway.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import zoo  # sets TensorFlow's variable: before anything imports TensorFlow
from zoo.runs.progress import Progress

EXAMPLES = {"cnn": 640, "dcgan.mnist": 1_280, "mlp.mnist": 25_600}
SETTINGS: dict[str, dict[str, Any]] = {
    "cnn": {"filters": [32, 64, 128], "batch_size": 128},
    "dcgan.mnist": {"batch_size": 64, "feature_network": None},
    "mlp.mnist": {"batch_size": 128},
}
# what TF_ENABLE_ONEDNN_OPTS is (none: not set), and the setting `compile`
WAYS: dict[str, tuple[str | None, str]] = {
    "TensorFlow's own choice": (None, "none"),
    "oneDNN off": ("0", "none"),
    "oneDNN off, XLA": ("0", "xla"),
    "oneDNN on": ("1", "none"),
    "oneDNN on, XLA": ("1", "xla"),
}
ISA_FLAGS = {"AVX2": ("AVX2", "--xla_cpu_max_isa=AVX2")}


class Times(Progress):
    """Record when each epoch starts, and stop before the last epoch, or after the first step."""

    def __init__(self, last: int, after_one_step: bool = False) -> None:
        self.starts: list[tuple[float, float]] = []
        self.last, self.after_one_step = last, after_one_step

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        self.starts.append((time.perf_counter(), time.process_time()))
        if epoch == self.last:
            raise KeyboardInterrupt

    def step(self, logs: Mapping[str, float]) -> None:
        if self.after_one_step:
            raise KeyboardInterrupt


def random_data(examples: int) -> zoo.Dataset:
    """Return random images of 28 x 28 pixels in ten classes."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (examples + 10, 28, 28, 1), np.uint8)
    labels = np.arange(examples + 10) % 10
    train, test = (
        zoo.Split(images[part], labels[part]) for part in (slice(examples), slice(examples, None))
    )
    return zoo.Dataset("random", train, test, tuple(map(str, range(10))))


def train(name: str, compile: str, epochs: int) -> dict[str, Any]:
    """Train in this process; return the seconds of later epochs, also of CPU, and what was in force."""
    auto = compile == "auto"
    progress = Times(epochs, after_one_step=auto)
    settings = {**SETTINGS[name], "compile": compile, "epochs": 10_000 if auto else epochs + 1}
    with tempfile.TemporaryDirectory() as folder:
        try:
            zoo.train(
                name,
                data=random_data(EXAMPLES[name]),
                out=Path(folder) / "run",
                progress=progress,
                **settings,
            )
        except KeyboardInterrupt:
            compute = zoo.Run.open(Path(folder) / "run").record["compute"]
    seconds = [
        (end - start, cpu_end - cpu_start)
        for (start, cpu_start), (end, cpu_end) in itertools.pairwise(progress.starts)
    ]
    return {"seconds": seconds[1:], "compute": compute}


def train_in_process(
    name: str, way: tuple[str | None, str], isa: str | None, epochs: int
) -> dict[str, Any]:
    """Train as `train` does, in a new process with its own kernels."""
    onednn, compile = way
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("TF_ENABLE_ONEDNN_OPTS", None)
    if isa is not None:
        environment["ONEDNN_MAX_CPU_ISA"], environment["XLA_FLAGS"] = ISA_FLAGS[isa]
    if onednn is not None:
        environment["TF_ENABLE_ONEDNN_OPTS"] = onednn
    code = (
        f"import kernels, json; print(json.dumps(kernels.train({name!r}, {compile!r}, {epochs})))"
    )
    if onednn is None and compile != "auto":  # the zoo must not set the variable
        code = f"import tensorflow; {code}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def ways_in_turns(isa: str | None, rounds: int) -> Iterator[str]:
    """Yield the names of the ways; each round starts with another one."""
    # where newer instructions are only hidden from oneDNN, TensorFlow would choose as if they were there
    names = [name for name in WAYS if isa is None or WAYS[name][0] is not None]
    for number in range(rounds):
        yield from names[number % len(names) :] + names[: number % len(names)]


def print_table(name: str, isa: str | None, rounds: int, epochs: int) -> None:
    """Measure one network, and print a row for each way."""
    seconds: dict[str, list[tuple[float, float]]] = {}
    for way in ways_in_turns(isa, rounds):
        seconds.setdefault(way, []).extend(
            train_in_process(name, WAYS[way], isa, epochs)["seconds"]
        )
    chosen = train_in_process(name, (None, "auto"), isa, epochs)["compute"]
    print(f"\n## {name}, {SETTINGS[name]}\n")
    heads = ["", "examples a second, median", "slowest", "fastest", "ratio to the first row"]
    heads.append("in CPU time")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    first: tuple[float, float] | None = None
    for way in [way for way in WAYS if way in seconds]:
        wall, cpu = zip(*seconds[way], strict=True)
        medians = statistics.median(wall), statistics.median(cpu)
        first = first or medians
        rates = [f"{EXAMPLES[name] / each:,.0f}" for each in (medians[0], max(wall), min(wall))]
        ratios = [f"{one / other:.2f}" for one, other in zip(first, medians, strict=True)]
        print(f"| {way} | " + " | ".join([*rates, *ratios]) + " |")
    onednn = "on" if chosen["onednn"] else "off"
    xla = "with" if chosen["xla"] else "without"
    print(f"\nzoo, compile=auto: oneDNN {onednn}, {xla} XLA. {chosen['xla_reason']}", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument(
        "--isa", choices=ISA_FLAGS, help="the newest instructions that may be used"
    )
    options.add_argument("--rounds", type=int, default=3, help="trainings of each kind")
    options.add_argument("--epochs", type=int, default=4, help="in each training, 2 at least")
    options.add_argument("--networks", default=",".join(EXAMPLES))
    arguments = options.parse_args()
    for name in arguments.networks.split(","):
        print_table(name, arguments.isa, arguments.rounds, max(2, arguments.epochs))


if __name__ == "__main__":
    main()
