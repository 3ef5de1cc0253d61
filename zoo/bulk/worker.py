"""A worker: opens the exported model once, and writes the results of one part after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo.bulk.columns import ERROR, ITEM, rows_table
from zoo.bulk.plan import count_part, part_file, write_part
from zoo.bulk.sources import local_files
from zoo.bulk.starts import MOST_KILLS, PartStarts, begin_part
from zoo.errors import DataError, ZooError
from zoo.inference.predictor import Answer, Predictor, iterate_answers
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
                self._write(part, [str(item) for item in row["items"]])
            counts["done"], counts["broken"] = count_part(path)
        except ZooError as error:  # the process of the command raises it
            counts["failure"] = str(error)
        return counts

    def _write(self, part: int, items: Sequence[str]) -> None:
        """Compute a part, and write it."""
        path, starts = part_file(self._out, part), begin_part(self._out, part)
        rows = item_rows(self._open(), items, self._out / "pictures" / path.stem, starts)
        write_part(path, rows_table(rows, self._schema))
        starts.end()

    def _open(self) -> Predictor:
        if self._predictor is None:
            self._predictor = open_predictor(self._run, "onnx")
        return self._predictor


def item_rows(
    predictor: Predictor, items: Sequence[str], pictures: Path, starts: PartStarts | None = None
) -> list[dict[str, Any]]:
    """Return a row for each item: its result, or its error.

    Args:
        predictor: applies the model.
        items: files and addresses.
        pictures: the folder for pictures among the results.
        starts: of the part; where a process was killed before, one item is computed at a time.

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
        names = output_names(paths)
        if starts is not None and starts.item_by_item:
            answers = _iterate_one_by_one(predictor, readable, paths, starts)
        else:
            answers = iterate_answers(predictor, paths)
        for at, path, name, answer in zip(readable, paths, names, answers, strict=True):
            if answer.result is None:
                rows[at][ERROR] = str(answer.error)
            else:
                rows[at] = _save_pictures(answer.result, path, name, pictures) | {ITEM: items[at]}
    return rows


def _iterate_one_by_one(
    predictor: Predictor, numbers: Sequence[int], paths: Sequence[Path], starts: PartStarts
) -> Iterator[Answer]:
    """Yield an answer for each item; one at which the process was killed too often is not computed."""
    for number, path in zip(numbers, paths, strict=True):
        if starts.is_broken(number):
            reason = f"{path} ends the process that reads or computes it, {MOST_KILLS} times by now"
            yield Answer(path, None, DataError(f"{reason}; memory may be short."))
            continue
        starts.keep_item(number)
        yield from iterate_answers(predictor, [path])
    starts.keep_item(None)


def _save_pictures(
    result: Mapping[str, Any], path: Path, name: str, pictures: Path
) -> dict[str, Any]:
    """Return a result with its pictures saved; arrays stay, for the table."""
    arrays = {key: value for key, value in result.items() if isinstance(value, Values)}
    others = {key: value for key, value in result.items() if key not in arrays}
    return arrays | save_result(others, name, pictures, path, {Path(os.path.realpath(path))})
