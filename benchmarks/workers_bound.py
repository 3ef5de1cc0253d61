"""What `--workers 2` can reach at best on two cores: two trainings of half the batch that share nothing.

    python benchmarks/workers_bound.py                   # dcgan, 3 rounds: about 5 minutes
    python benchmarks/workers_bound.py cnn --rounds 1

The ways run in turn, in reverse order in every other round, with the settings and the data of workers.py:

    a  one process with two threads on the whole batch, as `--workers 1`
    b  two processes at once, with one thread each, on half the batch and half the examples
    c  one such process alone

All make equally many steps in an epoch. Nothing is joined or exchanged in b, so b / a is the least that two
workers can take; c / a would be that if the processes did not disturb each other. A time is that of an epoch
as history.csv has it. The first epoch is left out, since it includes compiling, and so is the last one, in
which the other process of b may have ended.
"""

import argparse
import os
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from turns import describe_machine
from workers import MOST_RATIO, TASKS, train, write_data

WAYS = {  # processes, threads of each, shares of a batch
    "a": (1, 2, 1),
    "b": (2, 1, 2),
    "c": (1, 1, 2),
}
EPOCHS = 6


def with_share(settings: tuple[str, ...], shares: int) -> tuple[str, ...]:
    """Return the settings of a task for one of so many shares of its batch."""
    values = dict(setting.split("=", 1) for setting in settings)
    values |= {"batch_size": str(int(values["batch_size"]) // shares), "epochs": str(EPOCHS)}
    return tuple(f"{name}={value}" for name, value in values.items())


def epochs_of(name: str, data: Path, way: str) -> list[float]:
    """Return the seconds of the epochs of all processes of a way."""
    processes, threads, shares = WAYS[way]
    settings = with_share(TASKS[name][1], shares)
    with ThreadPoolExecutor(processes) as pool:
        runs = [
            pool.submit(train, name, data, 1, settings, threads=threads) for _ in range(processes)
        ]
    return [second for run in runs for second in run.result().seconds[:-1]]


def measure(name: str, rounds: int) -> dict[str, float]:
    """Return the median time of an epoch of each way."""
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        data = {}
        for shares in {shares for _, _, shares in WAYS.values()}:
            (Path(folder) / str(shares)).mkdir()
            data[shares] = write_data(Path(folder) / str(shares), TASKS[name][0] // shares)
        for turn in range(rounds):
            for way in list(WAYS)[:: 1 if turn % 2 == 0 else -1]:
                seconds[way] += epochs_of(name, data[WAYS[way][2]], way)
    return {way: statistics.median(each) for way, each in seconds.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=["dcgan"])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(describe_machine(False))
    print(f"\nLoad of the machine before: {os.getloadavg()[0]:.2f} processes.\n")
    print(
        "| model | processes | threads each | share of a batch | s an epoch | ratio |\n"
        "|---|---|---|---|---|---|"
    )
    for name in options.tasks:
        medians = measure(name, options.rounds)
        for way, (processes, threads, shares) in WAYS.items():
            print(
                f"| {name} | {processes} | {threads} | 1/{shares} | {medians[way]:.2f} "
                f"| {medians[way] / medians['a']:.2f}x |",
                flush=True,
            )
    print(f"\nMark of `--workers 2`, which exchanges gradients in addition: at most {MOST_RATIO}x.")
    print(f"Load of the machine after: {os.getloadavg()[0]:.2f} processes.")


if __name__ == "__main__":
    main()
