"""The plainest rival: scikit-learn's nearest neighbour on the data of our series and volumes.

    ZOO_DATA=../shared/data python benchmarks/nearest.py

The neighbour sees what the networks see (series standardised by channel, halved volumes), and all training
examples. The network's figure is the catalog's; where that has none, it is that of a finished run in
./runs (or ZOO_RUNS), as `zoo train cnn.adrenal3d` leaves it.
"""

from __future__ import annotations

from sklearn.neighbors import KNeighborsClassifier

from zoo.data.load import open_dataset
from zoo.registry.catalog import catalog
from zoo.runs.run import list_runs
from zoo.tasks.normalization import mean_and_std

MODELS = ("cnn.gunpoint", "cnn.italy-power", "cnn.basic-motions", "cnn.adrenal3d")


def nearest(name: str) -> float:
    """Measure the test accuracy of one nearest neighbour by Euclidean distance."""
    data = open_dataset(name)
    mean, spread = mean_and_std(data.train) if len(data.input_shape) == 2 else (0, 1)
    train, test = (
        ((split.inputs - mean) / spread).reshape(len(split), -1)
        for split in (data.train, data.test)
    )
    neighbour = KNeighborsClassifier(1).fit(train, data.train.targets)
    return float(neighbour.score(test, data.test.targets))


def network(name: str) -> float | None:
    """Look a network's test accuracy up: in the catalog, else in the first finished run of its name."""
    ran = (run.metrics for run in list_runs() if run.name == name and run.state == "finished")
    known = (catalog().get(name).results, *ran)
    return next((found["accuracy"] for found in known if "accuracy" in found), None)


def main() -> None:
    """Print a table in Markdown."""
    print("| model | test examples | nearest neighbour | the network |")
    print("|---|---|---|---|")
    for model in MODELS:
        entry = catalog().get(model)
        ours = network(model)
        count = len(open_dataset(str(entry.dataset)).test)
        shown = "not measured" if ours is None else f"{ours:.4f}"
        print(f"| {model} | {count} | {nearest(str(entry.dataset)):.4f} | {shown} |")


if __name__ == "__main__":
    main()
