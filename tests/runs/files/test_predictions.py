"""The predictions of the test split, as a table of a row an example."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.data.dataset import Dataset
from zoo.runs.files.predictions import prediction_columns, write_predictions

Shell = Callable[..., tuple[int, str, str]]


def rows(path: str) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_classifiers_table_has_the_truth_and_every_probability(
    trained: zoo.Run, tiny: Dataset
) -> None:
    assert write_predictions(trained, Path("deep/p.csv"), tiny) == len(tiny.test)
    table = rows("deep/p.csv")
    assert list(table[0])[:4] == ["example", "target", "prediction", "probability"]
    expected = trained.predict(tiny.test.inputs)
    for row, probabilities, label in zip(table, expected, tiny.test.targets, strict=True):
        assert row["target"] == str(label)
        assert row["prediction"] == str(probabilities.argmax())
        shares = [float(row[f"p_{name}"]) for name in tiny.classes or ()]
        np.testing.assert_allclose(shares, probabilities, rtol=1e-5)
    right = np.mean([row["target"] == row["prediction"] for row in table])
    assert right == pytest.approx(trained.metrics["accuracy"])


def test_parquet_holds_the_same(trained: zoo.Run, tiny: Dataset) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_predictions(trained, Path("p.csv"), tiny)
    write_predictions(trained, Path("p.parquet"), tiny)
    table = parquet.read_table("p.parquet").to_pylist()
    assert [{k: str(v) for k, v in row.items()} for row in table] == rows("p.csv")


def test_a_folder_of_images_names_its_files(trained: zoo.Run) -> None:
    for name in ("3", "7"):
        Path("photos", name).mkdir(parents=True)
        for number in range(4):
            Image.new("L", (8, 8), 20 * number).save(Path("photos", name, f"{number}.png"))
    data = zoo.open_dataset("photos", (8, 8, 1))
    count = write_predictions(trained, Path("p.csv"), _with_classes(data, trained))
    table = rows("p.csv")
    assert len(table) == count
    assert all(Path(row["file"]).is_file() for row in table)


def _with_classes(data: Dataset, run: zoo.Run) -> Dataset:
    return zoo.Dataset("photos", data.train, data.test, run.classes)


def test_numbers_have_a_column_each(tiny: Dataset) -> None:
    targets = np.stack([np.arange(48), np.arange(48) ** 2], 1).astype(np.float32)
    split = zoo.Split(tiny.train.inputs.reshape(48, -1), targets)
    data = zoo.Dataset("numbers", split, split)
    options = {"task": "regression", "units": [2], "epochs": 1, "progress": False}
    run = zoo.train("mlp", data=data, **options)
    write_predictions(run, Path("p.csv"), data)
    row = rows("p.csv")[3]
    assert list(row) == ["example", "target_1", "target_2", "prediction_1", "prediction_2"]
    assert (row["target_1"], row["target_2"]) == ("3.0", "9.0")


def test_what_cannot_be_written_is_refused(trained: zoo.Run, tiny: Dataset) -> None:
    parts: dict[str, Any] = {"encoder": lambda *_, **__: ()}
    with pytest.raises(zoo.UsageError, match=r"\.csv or \.parquet\. Received: p\.txt"):
        write_predictions(trained, Path("p.txt"), tiny)
    with pytest.raises(zoo.UsageError, match="neither classes nor numbers; its parts are encoder"):
        prediction_columns(parts, tiny)
