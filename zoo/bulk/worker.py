"""A worker: opens the exported model once, and writes the results of one part after the other."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo.bulk.columns import ERROR, ITEM, rows_table
from zoo.bulk.plan import count_part, part_file, write_part
from zoo.bulk.sources import local_files
from zoo.errors import DataError, ZooError
from zoo.inference.predictor import Predictor, iterate_answers
from zoo.inference.saved_results import output_names, save_result
from zoo.io.results import Values
from zoo.runs.predictors import open_predictor
from zoo.runs.run import Run
from zoo.runtimes.python import onnxruntime

__all__ = ["PartWorker", "item_rows"]


class PartWorker:
    """Computes parts; Ray Data makes one in each of its processes.

    Args:
        run: the path or the name of the run.
        out: the folder of the results.
        schema: of the columns.
        threads: of one operation.
    """

    def __init__(self, run: str, out: str, schema: Any, threads: int) -> None:
        onnxruntime.use_threads(threads)
        self._run, self._out, self._schema = Run.open(run), Path(out), schema
        self._predictor: Predictor | None = None

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Write the results of a part, unless they are there; return how many items it has.

        Args:
            row: the number of the `part`, and its `items`.
        """
        part = int(row["part"])
        path = part_file(self._out, part)
        counts: dict[str, Any] = {"part": part, "done": 0, "broken": 0, "failure": ""}
        try:
            if not path.is_file():
                pictures = self._out / "pictures" / path.stem
                rows = item_rows(self._open(), [str(item) for item in row["items"]], pictures)
                write_part(path, rows_table(rows, self._schema))
            counts["done"], counts["broken"] = count_part(path)
        except ZooError as error:  # the process of the command raises it
            counts["failure"] = str(error)
        return counts

    def _open(self) -> Predictor:
        if self._predictor is None:
            self._predictor = open_predictor(self._run, "onnx")
        return self._predictor


def item_rows(predictor: Predictor, items: Sequence[str], pictures: Path) -> list[dict[str, Any]]:
    """Return a row for each item: its result, or its error.

    Args:
        predictor: applies the model.
        items: files and addresses.
        pictures: the folder for pictures among the results.

    Raises:
        ZooError: the architecture cannot be applied.
    """
    rows: list[dict[str, Any]] = [{ITEM: item} for item in items]
    with local_files(items) as files:
        readable = [at for at, file in enumerate(files) if not isinstance(file, DataError)]
        paths = [file for file in files if not isinstance(file, DataError)]
        for at, file in enumerate(files):
            if isinstance(file, DataError):
                rows[at][ERROR] = str(file)
        names, answers = output_names(paths), iterate_answers(predictor, paths)
        for at, path, name, answer in zip(readable, paths, names, answers, strict=True):
            if answer.result is None:
                rows[at][ERROR] = str(answer.error)
            else:
                rows[at] = _save_pictures(answer.result, path, name, pictures) | {ITEM: items[at]}
    return rows


def _save_pictures(
    result: Mapping[str, Any], path: Path, name: str, pictures: Path
) -> dict[str, Any]:
    """Return a result with its pictures saved; arrays stay, for the table."""
    arrays = {key: value for key, value in result.items() if isinstance(value, Values)}
    others = {key: value for key, value in result.items() if key not in arrays}
    return arrays | save_result(others, name, pictures, path, {Path(os.path.realpath(path))})
