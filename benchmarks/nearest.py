"""The accuracy of scikit-learn's nearest neighbour on our series and volumes, beside that of our networks.

    ZOO_DATA=../shared/data python benchmarks/nearest.py

The neighbour is searched among all training examples, in the inputs of the networks: series standardised by
channel, halved volumes. The network's accuracy is the catalog's; where the catalog has none, that of a
finished run in ./runs (or ZOO_RUNS), which `zoo train cnn.adrenal3d` writes.
"""

from __future__ import annotations

from sklearn.neighbors import KNeighborsClassifier

from zoo.data.load import open_dataset
from zoo.registry.catalog import catalog
from zoo.runs.run import list_runs
from zoo.tasks.normalization import mean_and_std

MODELS = ("cnn.gunpoint", "cnn.italy-power", "cnn.basic-motions", "cnn.adrenal3d")


def neighbour_accuracy(name: str) -> float:
    """Return the test accuracy of the one nearest neighbour by Euclidean distance."""
    data = open_dataset(name)
    mean, std = mean_and_std(data.train) if len(data.input_shape) == 2 else (0, 1)
    train, test = (
        ((split.inputs - mean) / std).reshape(len(split), -1) for split in (data.train, data.test)
    )
    neighbour = KNeighborsClassifier(1).fit(train, data.train.targets)
    return float(neighbour.score(test, data.test.targets))


def network_accuracy(name: str) -> float | None:
    """Return a network's test accuracy from the catalog, or from the first finished run of its name."""
    of_runs = (run.metrics for run in list_runs() if run.name == name and run.state == "finished")
    results = (catalog().get(name).results, *of_runs)
    return next((found["accuracy"] for found in results if "accuracy" in found), None)


def main() -> None:
    """Print a table in Markdown."""
    print("| model | test examples | nearest neighbour | the network |")
    print("|---|---|---|---|")
    for model in MODELS:
        entry = catalog().get(model)
        accuracy = network_accuracy(model)
        count = len(open_dataset(str(entry.dataset)).test)
        cell = "not measured" if accuracy is None else f"{accuracy:.4f}"
        print(f"| {model} | {count} | {neighbour_accuracy(str(entry.dataset)):.4f} | {cell} |")


if __name__ == "__main__":
    main()
