"""The predictions of a run for a test split, one row an example: a CSV or a Parquet file.

example        the example's number in the split, from 0
file           its file, where the data is a folder of images
target         the name of its class, or target_1, target_2, ... for numbers
prediction     the most probable class, or prediction_1, ... for numbers
probability    of the most probable class
p_CLASS        the probability of each class
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.dataset import Dataset, has_no_data
from zoo.data.split import Split
from zoo.errors import DataError, UsageError
from zoo.inference.parts import Parts, compute_split
from zoo.io.atomic import atomic_write, make_directory
from zoo.io.printable import spreadsheet_text
from zoo.runs.predictors import open_predictor
from zoo.runs.recipe import recipe_from_run
from zoo.runs.run import Run

__all__ = ["check_table_file", "prediction_columns", "write_predictions"]

SUFFIXES = (".csv", ".parquet")
Columns = Mapping[str, Sequence[Any] | Array]


def check_table_file(path: Path) -> None:
    """Refuse a file that is no table, or that needs a package which is not installed.

    Raises:
        UsageError: says what to do.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"Predictions are written to {' or '.join(SUFFIXES)}. Received: {path}")
    if path.suffix.lower() == ".parquet":
        _parquet()


def write_predictions(
    run: Run,
    path: Path,
    data: str | Path | Dataset | None = None,
    *,
    batch_size: int | None = None,
    runtime: str = "keras",
) -> int:
    """Write what a run's model predicts for the test split of its data, or of other data, into a file.

    Args:
        run: a run with trained weights, of a classifier or of a regression.
        path: ends in .csv or .parquet.
        data: other data than the run's own.
        batch_size: examples that are computed at a time.
        runtime: `keras`, or `onnx` for the run's exported files.

    Returns:
        The number of rows.

    Raises:
        UsageError: the file has another suffix, pyarrow is missing, or the run predicts neither classes
            nor numbers.
        DataError: there is no data.
        WriteError: the disk refuses.
    """
    check_table_file(path)
    examples = recipe_from_run(run, data).load_data().at(int(run.record.get("seed", 0)))
    if has_no_data(examples):
        raise DataError(f"{run} is trained without data. Name some: --data")
    columns = prediction_columns(open_predictor(run, runtime).parts, examples, batch_size)
    make_directory(path.parent)
    with atomic_write(path) as temporary:
        if path.suffix.lower() == ".csv":
            _write_csv(columns, temporary)
        else:
            pyarrow, parquet = _parquet()
            table = {name: list(values) for name, values in columns.items()}
            parquet.write_table(pyarrow.table(table), temporary)
    return len(examples.test)


def prediction_columns(parts: Parts, data: Dataset, batch_size: int | None = None) -> Columns:
    """Return the table as columns by name.

    Args:
        parts: the parts of the model; one of them is a `classifier` or a `regressor`.
        data: its test split is predicted.
        batch_size: examples that are computed at a time.

    Raises:
        UsageError: the model has no such part.
    """
    role = next((role for role in ("classifier", "regressor") if role in parts), None)
    if role is None:
        raise UsageError(
            f"The model predicts neither classes nor numbers; its parts are {', '.join(parts)}. "
            "Call them on arrays: run.predict(array, part=...)."
        )
    outputs = compute_split(parts[role], data.test, batch_size)
    columns: dict[str, Sequence[Any] | Array] = {"example": list(range(len(outputs)))}
    columns |= _files(data.test)
    if role == "classifier" and data.classes:
        return columns | _class_columns(outputs, data.test.targets, data.classes)
    return columns | _number_columns(outputs, data.test.targets)


def _files(split: Split) -> dict[str, Sequence[Any]]:
    """Return the column of the files, where the examples are files."""
    files = split.files or getattr(split.stored, "paths", None)
    return {} if files is None else {"file": [str(file) for file in files]}


def _class_columns(
    probabilities: Array, targets: Array | None, classes: Sequence[str]
) -> dict[str, Sequence[Any] | Array]:
    best = probabilities.argmax(-1)
    truth = {} if targets is None else {"target": [classes[int(label)] for label in targets]}
    shares = {f"p_{name}": _floats(probabilities[:, at]) for at, name in enumerate(classes)}
    return {
        **truth,
        "prediction": [classes[int(label)] for label in best],
        "probability": _floats(probabilities.max(-1)),
        **shares,
    }


def _number_columns(outputs: Array, targets: Array | None) -> dict[str, Sequence[Any] | Array]:
    arrays = (
        {"prediction": outputs} if targets is None else {"target": targets, "prediction": outputs}
    )
    rows = {name: np.asarray(values).reshape(len(outputs), -1) for name, values in arrays.items()}
    return {
        f"{name}_{number}": _floats(column)
        for name, values in rows.items()
        for number, column in enumerate(values.T, 1)
    }


def _floats(values: Array) -> list[float]:
    """Return numbers as Python has them: 0.9 of float32 is 0.9, not 0.8999999761581421."""
    return [float(str(value)) for value in np.asarray(values)]


def _write_csv(columns: Columns, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        writer = csv.writer(file)
        writer.writerow(map(spreadsheet_text, columns))
        for row in zip(*columns.values(), strict=True):
            writer.writerow([spreadsheet_text(x) if isinstance(x, str) else x for x in row])


def _parquet() -> tuple[Any, Any]:
    """Return pyarrow and its module of Parquet.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(
            "Parquet needs pyarrow: pip install 'keras-zoo[parquet]'. Or write a .csv file."
        ) from error
    return pyarrow, parquet
