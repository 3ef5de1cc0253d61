"""What an epoch of a training consists of: the processor time of each kind of TensorFlow's operations.

    python benchmarks/operations.py dcgan deblur --avx2 > benchmarks/results/operations.md

Each way of a task (see training.py) trains four epochs; TensorFlow's profiler records the last one.
Operations run beside each other, and oneDNN divides one among threads, so their times are shares, not a sum
of the epoch.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tasks import TASKS
from turns import AVX2, describe_machine

WAYS = ("zoo.train", "TensorFlow")
PROFILED = 4  # the epoch, counted from 1
CONVOLUTIONS = "Conv"  # in the name of an operation's kind


class ProfiledTurns:
    """Take the place of `turns.Turns`: train without waiting, and record one epoch.

    Args:
        folder: for the profile.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.epochs = PROFILED + 1
        self.about: dict[str, Any] = {}
        self.epoch = 0

    def begin_epoch(self) -> None:
        """Start the profiler at one epoch, and stop it at the next.

        Raises:
            KeyboardInterrupt: the epoch has been recorded.
        """
        import tensorflow as tf

        self.epoch += 1
        if self.epoch == PROFILED:
            tf.profiler.experimental.start(self.folder)
            self.start = time.perf_counter(), time.process_time()
        if self.epoch == PROFILED + 1:
            wall, cpu = time.perf_counter() - self.start[0], time.process_time() - self.start[1]
            tf.profiler.experimental.stop()
            self.about |= {"wall": wall, "cpu": cpu, "kinds": read_kinds(self.folder)}
            raise KeyboardInterrupt


def read_kinds(folder: str) -> dict[str, tuple[float, int]]:
    """Return the seconds and the number of calls of each kind of operation in a profile."""
    from tensorflow.tsl.profiler.protobuf.xplane_pb2 import XSpace

    (path,) = Path(folder).rglob("*.xplane.pb")
    seconds: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for plane in XSpace.FromString(path.read_bytes()).planes:
        for line in plane.lines:
            for event in line.events:
                name, _, kind = plane.event_metadata[event.metadata_id].name.rpartition(":")
                if name and not name.endswith(":") and kind.isidentifier():
                    seconds[kind] += event.duration_ps / 1e12
                    calls[kind] += 1
    return {kind: (seconds[kind], calls[kind]) for kind in seconds}


def profile(task: str, way: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return the report of one way, from a process of its own."""
    command = [sys.executable, __file__, task, "--way", way, "--scale", str(options.scale)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2", "TF_ENABLE_ONEDNN_OPTS": "1"}
    environment |= AVX2 if options.avx2 else {}
    with tempfile.NamedTemporaryFile() as report:
        subprocess.run([*command, "--report", report.name], env=environment, check=True, stdout=2)
        result: dict[str, Any] = json.loads(Path(report.name).read_bytes())
    return result


def run_way(options: argparse.Namespace) -> None:
    """Profile one way in this process, and write its report."""
    import contextlib
    import importlib

    from training import WAYS as FUNCTIONS

    importlib.import_module("zoo")  # it sets TensorFlow's kernels
    module, function = FUNCTIONS[options.way].split(":")
    train = getattr(importlib.import_module(module), function)
    with tempfile.TemporaryDirectory() as folder:
        turns = ProfiledTurns(folder)
        with contextlib.suppress(KeyboardInterrupt):
            train(TASKS[options.tasks[0]].scaled(options.scale), turns)
    Path(options.report).write_text(json.dumps(turns.about))


def print_table(task: str, options: argparse.Namespace) -> None:
    """Print the seconds of each kind of operation, in each way of a task."""
    reports = {way: profile(task, way, options) for way in options.ways.split(";")}
    print(f"## {task}\n\n| | {' | '.join(reports)} |\n|---|{'---|' * len(reports)}")
    for title, key in (("seconds of the epoch, profiled", "wall"), ("of the processor", "cpu")):
        print(f"| {title} | {' | '.join(f'{each[key]:.2f}' for each in reports.values())} |")
    shares = [share_of_convolutions(each) for each in reports.values()]
    print(f"| convolutions, of all operations | {' | '.join(f'{each:.0%}' for each in shares)} |")
    largest: Counter[str] = Counter()
    for each in reports.values():
        largest |= Counter({kind: seconds for kind, (seconds, _) in each["kinds"].items()})
    for kind, _ in largest.most_common(options.most):
        cells = []
        for each in reports.values():
            seconds, calls = each["kinds"].get(kind, (0, 0))
            cells.append(f"{seconds:.2f} s in {calls:,} calls" if calls else "")
        print(f"| {kind} | {' | '.join(cells)} |")
    print(flush=True)


def share_of_convolutions(report: dict[str, Any]) -> float:
    """Return the share of convolutions and their gradients in the time of all operations."""
    whole = sum(seconds for seconds, _ in report["kinds"].values())
    return sum(value[0] for kind, value in report["kinds"].items() if CONVOLUTIONS in kind) / whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="+", choices=[*TASKS])
    parser.add_argument("--ways", default=";".join(WAYS), help="their names, with ; between them")
    parser.add_argument("--avx2", action="store_true", help="leave AVX-512 unused")
    parser.add_argument("--scale", type=float, default=1.0, help="of the steps in an epoch")
    parser.add_argument("--most", type=int, default=14, help="kinds in a table")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--report", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        run_way(options)
        return
    print(f"# Operations of a training\n\n{describe_machine(options.avx2)}\n", flush=True)
    for task in options.tasks:
        print_table(task, options)


if __name__ == "__main__":
    main()
