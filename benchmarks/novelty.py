"""AUROC of novelty-gan.NAME and of other methods, with each class in turn as the normal one.

    ZOO_DATA=../shared/data python benchmarks/novelty.py mnist > benchmarks/results/novelty-mnist.md
    python benchmarks/novelty.py mnist 2 5 8 --develop      # three classes, without the test split

Each model is trained on one class of the training split and measured on the whole test split. With --develop,
the last sixth of the training split replaces the test split, so that designs are not compared on the test
split. Finished runs in ZOO_RUNS or ./runs are used as they are, and unfinished runs are resumed; delete their
folders to train again.
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
TEST_PART = 6  # 1/6 of the training split replaces the test split


def development_data(data: Dataset) -> Dataset:
    """Return the training split alone, with its last part as the test split."""
    cut = len(data.train) - len(data.train) // TEST_PART
    train, test = data.train.take(slice(cut)), data.train.take(slice(cut, None))
    return Dataset(f"{data.name} (train)", train, test, data.classes, data.preprocessing)


def train_or_load(name: str, data: Dataset, normal: str, folder: Path) -> dict[str, float]:
    """Return the metrics with one class as the normal one, from its run or from a new training."""
    if not (folder / "run.json").exists():
        return zoo.train(name, data=data, out=folder, normal=normal).metrics
    run = zoo.Run(folder)
    if run.state == "finished":
        return run.metrics or zoo.evaluate(run, data=data)
    return zoo.train(name, data=data, out=folder, resume=True).metrics


def print_row(title: str, values: np.ndarray) -> None:
    """Print a row of the table."""
    print(f"| {title} | " + " | ".join(f"{value:.4f}" for value in values) + " |", flush=True)


def main() -> None:
    """Print a table in Markdown, a row for each class and their mean."""
    parser = argparse.ArgumentParser()
    parser.add_argument("dataset", help="of novelty-gan.DATASET")
    parser.add_argument("classes", nargs="*", help="the classes that are normal in turn")
    parser.add_argument("--develop", action="store_true", help="leave the test split alone")
    arguments = parser.parse_intermixed_args()
    name = f"novelty-gan.{arguments.dataset}"
    data = open_dataset(resolve_without_loading(name, {}).source)
    data = development_data(data) if arguments.develop else data
    print(f"| normal class | {' | '.join(HEADS)} |\n|---|{'---|' * len(HEADS)}", flush=True)
    table = []
    for normal in arguments.classes or data.classes:
        number = data.classes.index(normal)
        kind = "-develop" if arguments.develop else ""
        folder = Path(os.environ.get("ZOO_RUNS", "runs")) / f"{name}{kind}-{number}"
        metrics = train_or_load(name, data, normal, folder)
        table.append([metrics[column] for column in COLUMNS])
        print_row(normal, np.array(table[-1]))
    print_row("mean", np.mean(table, 0))


if __name__ == "__main__":
    main()
