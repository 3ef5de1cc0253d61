"""MiniRocket on our series, with five seeds, beside our networks: the same training and test series.

    python3 -m venv ../rocket-venv && ../rocket-venv/bin/pip install -r benchmarks/requirements-minirocket.txt
    zoo train cnn.gunpoint --seeds 5             # likewise cnn.italy-power and cnn.basic-motions
    ZOO_DATA=../shared/data ../rocket-venv/bin/python benchmarks/minirocket.py --runs runs

MiniRocket is that of aeon with its own settings: 10,000 features and a ridge classifier (Dempster, Schmidt &
Webb 2021, arXiv:2012.08791). It reads the .ts files of ZOO_DATA itself, and the seeds files that
`zoo train --seeds` wrote. The zoo is not needed in that environment.
"""

import argparse
import json
import os
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from aeon.classification.convolution_based import MiniRocketClassifier
from aeon.datasets import load_from_ts_file
from scipy.stats import t

SERIES = {
    "gunpoint": "GunPoint",
    "italy-power": "ItalyPowerDemand",
    "basic-motions": "BasicMotions",
}
SEEDS = 5


def accuracies(name: str) -> list[float]:
    """Return MiniRocket's accuracy on the test series of a data set, with each seed."""
    folder = Path(os.environ.get("ZOO_DATA", "data")) / "series"
    (train,), (test,) = (list(folder.rglob(f"{name}_{part}.ts")) for part in ("TRAIN", "TEST"))
    (inputs, labels), (others, truth) = load_from_ts_file(train), load_from_ts_file(test)
    return [
        float(MiniRocketClassifier(random_state=seed).fit(inputs, labels).score(others, truth))
        for seed in range(SEEDS)
    ]


def cell(values: list[float]) -> str:
    """Return the mean of values, half of its 95 % interval, and the values."""
    reach = t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5
    each = ", ".join(f"{value:.4f}" for value in values)
    return f"{np.mean(values):.4f} ± {reach:.4f} ({each})"


def network_cell(runs: Path, model: str) -> str:
    """Return the same of our network, from the file that `zoo train --seeds` wrote."""
    file = runs / f"{model}-seeds.json"
    if not file.is_file():
        return "not trained"
    return cell(json.loads(file.read_text("utf-8"))["metrics"]["accuracy"]["values"])


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the seeds files")
    options = parser.parse_args()
    print(
        f"Accuracy on the test series with seeds 0 to {SEEDS - 1}: mean ± half of the 95 % interval."
    )
    print(f"aeon {version('aeon')}, numba {version('numba')}.\n")
    print(
        "| model | MiniRocket | the network | MiniRocket's seconds, all seeds |\n|---|---|---|---|"
    )
    for dataset, name in SERIES.items():
        start = time.perf_counter()
        found = cell(accuracies(name))
        seconds = time.perf_counter() - start
        model = f"cnn.{dataset}"
        print(
            f"| {model} | {found} | {network_cell(options.runs, model)} | {seconds:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
