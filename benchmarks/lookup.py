"""The time of `zoo list`, and of a look-up in a catalog of 10,000 entries.

python benchmarks/lookup.py > benchmarks/results/lookup.md
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 10
BASELINE = "import click, importlib.metadata as m; m.entry_points(group='x')"
ENTRY = """
[cnn.made-{number}]
summary = "Convolutional network number {number}"
dataset = "digits"
tags = ["image", "made"]
settings = {{ filters = [32, {number}], epochs = 40, batch_size = 32 }}
"""
COLD = """
import time
started = time.perf_counter()
import zoo
names = zoo.list_models()
read = time.perf_counter() - started
from zoo.registry.catalog import catalog
started = time.perf_counter()
for name in names[:1000]:
    catalog().get(name)
print(len(names), read, (time.perf_counter() - started) / 1000)
"""


def run_seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    zoo = str(Path(sys.executable).with_name("zoo"))
    commands = {
        "zoo list": [zoo, "list"],
        "click and entry points": [sys.executable, "-c", BASELINE],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(ROUNDS + 1):
        for name, command in commands.items():
            value = run_seconds(command)
            if number:
                seconds[name].append(value)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"Medians of {ROUNDS}, interleaved\n\n| | seconds |\n|---|---|")
    for name, value in medians.items():
        print(f"| {name} | {value:.3f} |")
    ratio = medians["zoo list"] / medians["click and entry points"]
    print(f"\nzoo list / click and entry points: {ratio:.2f}x (mark: 2x)\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "registry.toml"
        path.write_text("".join(ENTRY.format(number=number) for number in range(1, 10_001)))
        found = []
        for _ in range(5):
            done = subprocess.run(
                [sys.executable, "-c", COLD],
                env={**os.environ, "ZOO_REGISTRY": str(path)},
                capture_output=True,
                text=True,
                check=True,
            )
            found.append([float(word) for word in done.stdout.split()])
    entries, read, lookup = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"| catalog of {entries:,.0f} entries | |\n|---|---|")
    print(f"| import zoo and list, cold (mark: 1 s) | {read:.2f} s |")
    print(f"| one lookup once read (mark: 1 ms) | {lookup * 1e6:.1f} µs |")


if __name__ == "__main__":
    main()
