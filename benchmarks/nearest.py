"""The plainest rival: scikit-learn's nearest neighbour on the data of our series and volumes.

    ZOO_DATA=../shared/data python benchmarks/nearest.py

It sees what the networks see (standardised series, halved volumes), and all training examples.
"""

from __future__ import annotations

from sklearn.neighbors import KNeighborsClassifier

from zoo.catalog import catalog
from zoo.data import open_dataset

MODELS = ("cnn.gunpoint", "cnn.italy-power", "cnn.basic-motions", "cnn.adrenal3d")


def nearest(name: str) -> float:
    """Measure the test accuracy of one nearest neighbour by Euclidean distance."""
    data = open_dataset(name)
    train, test = (split.inputs.reshape(len(split), -1) for split in (data.train, data.test))
    neighbour = KNeighborsClassifier(1).fit(train, data.train.targets)
    return float(neighbour.score(test, data.test.targets))


def main() -> None:
    """Print a table in Markdown."""
    print("| model | test examples | nearest neighbour | the network |")
    print("|---|---|---|---|")
    for model in MODELS:
        entry = catalog().get(model)
        ours = entry.results.get("accuracy")
        count = len(open_dataset(str(entry.dataset)).test)
        shown = "not measured" if ours is None else f"{ours:.4f}"
        print(f"| {model} | {count} | {nearest(str(entry.dataset)):.4f} | {shown} |")


if __name__ == "__main__":
    main()
