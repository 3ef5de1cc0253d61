"""Measure several ways of doing the same work, each in a process of its own, one epoch each in turn.

PyTorch and TensorFlow in one process would fight for threads and memory. So the parent starts one process
for each way, and lets one of them at a time run one epoch; the others wait. The ways run in reverse order in
every other round, because the machine may be warmer for the second one.

A child calls `Turns.begin_epoch` at the start of each epoch. An epoch lasts from there to the next call, so
the zoo's epochs include its checkpoint, its history and its progress. The first two epochs of each way are
left out: they include tracing, compiling, and what the zoo measures to choose the faster kind of step.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# The processor as one without AVX-512, for oneDNN, XLA and PyTorch
AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}


class Turns:
    """The child's side: wait for a turn, and report what the last one took."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.about: dict[str, Any] = {}  # parameters and versions, which the first report carries
        self._reports = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # what a library prints goes to stderr
        self._start: tuple[float, float] | None = None

    def begin_epoch(self) -> None:
        """Report the epoch before, if there was one, and wait for the parent.

        Raises:
            KeyboardInterrupt: the parent has all that it needs.
        """
        report = self.about
        if self._start is not None:
            wall, cpu = time.perf_counter() - self._start[0], time.process_time() - self._start[1]
            report = {"wall": wall, "cpu": cpu}
        self._reports.write(json.dumps(report) + "\n")
        self._reports.flush()
        if not sys.stdin.readline():
            raise KeyboardInterrupt
        self._start = time.perf_counter(), time.process_time()


def run_child(work: Callable[[Turns], None], epochs: int) -> None:
    """Run one way in this process until the parent ends it."""
    with suppress(KeyboardInterrupt):
        work(Turns(epochs))


@dataclass
class Way:
    """One way of doing the work, and the process that does it.

    Args:
        name: in the table.
        command: starts the process.
        environment: variables for the process, besides this one's.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    epochs: list[tuple[float, float]] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)

    def start(self, log: Path) -> None:
        """Start the process; what it prints goes to a file."""
        self._log = log
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("w"),
            text=True,
            env={**os.environ, **self.environment},
        )
        self.about = self._read()

    def run_epoch(self) -> dict[str, float]:
        """Let the process run one epoch, and return its seconds of the clock and of the processor."""
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            text = "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
            raise RuntimeError(f"{self.name} has failed:\n{text}")
        return json.loads(line)

    def stop(self) -> None:
        """End the process."""
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._process.stdout.close()


def measure(ways: Sequence[Way], rounds: int, folder: Path) -> list[Way]:
    """Measure all ways in turn, and return those that work; a reason is printed for the others.

    Args:
        ways: the ways.
        rounds: the epochs of each way that count; two more are run before them.
        folder: for what the processes print.
    """
    working: list[Way] = []
    try:
        for number, way in enumerate(ways):
            try:
                way.start(folder / f"{number}.log")
                way.run_epoch()
                way.run_epoch()
                working.append(way)
                print(f"{way.name} is ready", file=sys.stderr, flush=True)
            except RuntimeError as error:
                print(f"<!-- {error} -->\n")
        for number in range(rounds):
            for way in working[:: 1 if number % 2 == 0 else -1]:
                report = way.run_epoch()
                way.epochs.append((report["wall"], report["cpu"]))
    finally:
        for way in ways:
            if hasattr(way, "_process"):
                way.stop()
    return working


def print_training_table(ways: Sequence[Way], examples: int) -> None:
    """Print examples a second, and the ratio of the first way's rate to that of each other way."""
    heads = ("", "examples a second, median", "slowest", "fastest", "CPU seconds an epoch")
    heads += (f"{ways[0].name}, times as fast", "in CPU time")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    wall, cpu = zip(*map(medians, ways), strict=True)
    for at, way in enumerate(ways):
        walls = [epoch[0] for epoch in way.epochs]
        rates = [examples / value for value in (wall[at], max(walls), min(walls))]
        cells = [way.name, *(f"{rate:,.0f}" for rate in rates), f"{cpu[at]:.2f}"]
        cells += [f"{wall[at] / wall[0]:.3f}x", f"{cpu[at] / cpu[0]:.3f}x"] if at else ["", ""]
        print("| " + " | ".join(cells) + " |")
    print(flush=True)


def medians(way: Way) -> tuple[float, float]:
    """Return the medians of an epoch's seconds of the clock and of the processor."""
    wall, cpu = (statistics.median(column) for column in zip(*way.epochs, strict=True))
    return wall, cpu


def describe_machine(avx2: bool) -> str:
    """Return the processor, its cores, its instruction sets and the load that other work makes."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if sys.platform == "linux" else []
    facts = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    flags = facts.get("flags", "").split()
    sets = [name for name in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16") if name in flags]
    emulated = "; limited to AVX2 by " + " ".join(f"{k}={v}" for k, v in AVX2.items())
    load = os.getloadavg()[0]
    return (
        f"{facts.get('model name', platform.processor())}, {os.cpu_count()} cores, {' '.join(sets)}"
        f"{emulated if avx2 else ''}. Load before the start: {load:.1f}."
    )


def describe_load() -> str:
    """Return the cores of this machine, and the load that other work makes."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start"


def quiet_libraries() -> None:
    """Keep TensorFlow from logging and Ray from counting its uses, here and in the processes below."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
