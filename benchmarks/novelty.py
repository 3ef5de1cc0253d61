"""Novelty detection with every class in turn as the normal one: AUROC of novelty-gan.NAME and its rivals.

    ZOO_DATA=../shared/data python benchmarks/novelty.py mnist > benchmarks/results/novelty-mnist.md
    python benchmarks/novelty.py mnist 2 5 8 --develop      # three classes, without the test split

Each is trained on one class of the train split and measured on the whole test split. With --develop, the
last sixth of the train split takes the test split's place: designs are compared there. A row is printed as
soon as it is known, and a class whose run is finished, in RUNS or ./runs, is not trained again; an
unfinished one is resumed. Delete those folders to train anew.
"""

import argparse
import os
from pathlib import Path

import numpy as np

import zoo
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset
from zoo.runs.recipe import resolve_without_loading

COLUMNS = ("auroc", "auroc_autoencoder", "auroc_pca", "auroc_nearest", "auroc_svm")
HEADS = ("novelty-gan", "autoencoder", "PCA", "nearest", "one-class SVM")
HELD = 6  # the part of the train split that stands for the test split


def developing(data: Dataset) -> Dataset:
    """Give the train split alone, its last part in the test split's place."""
    cut = len(data.train) - len(data.train) // HELD
    learnt, tested = data.train.take(slice(cut)), data.train.take(slice(cut, None))
    return Dataset(f"{data.name} (train)", learnt, tested, data.classes, data.preprocessing)


def measured(name: str, data: Dataset, normal: str, folder: Path) -> dict[str, float]:
    """Train with one class as the normal one, or look up what was measured of it."""
    if not (folder / "run.json").exists():
        return zoo.train(name, data=data, out=folder, normal=normal).metrics
    run = zoo.Run(folder)
    if run.state == "finished":
        return run.metrics or zoo.evaluate(run, data=data)
    return zoo.train(name, data=data, out=folder, resume=True).metrics


def row(title: str, values: np.ndarray) -> None:
    """Print a row of the table."""
    print(f"| {title} | " + " | ".join(f"{value:.4f}" for value in values) + " |", flush=True)


def main() -> None:
    """Print a table in Markdown, a row for each class and their mean."""
    parser = argparse.ArgumentParser()
    parser.add_argument("dataset", help="of novelty-gan.DATASET")
    parser.add_argument("classes", nargs="*", help="the classes that are normal in turn")
    parser.add_argument("--develop", action="store_true", help="leave the test split alone")
    asked = parser.parse_intermixed_args()
    name = f"novelty-gan.{asked.dataset}"
    data = open_dataset(resolve_without_loading(name, {}).source)
    data = developing(data) if asked.develop else data
    print(f"| normal class | {' | '.join(HEADS)} |\n|---|{'---|' * len(HEADS)}", flush=True)
    table = []
    for normal in asked.classes or data.classes:
        number = data.classes.index(normal)
        kind = "-develop" if asked.develop else ""
        folder = Path(os.environ.get("ZOO_RUNS", "runs")) / f"{name}{kind}-{number}"
        found = measured(name, data, normal, folder)
        table.append([found[column] for column in COLUMNS])
        row(normal, np.array(table[-1]))
    row("mean", np.mean(table, 0))


if __name__ == "__main__":
    main()
