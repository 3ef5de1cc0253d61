"""Compare runs: the settings that differ, the metrics, and the curves in one picture."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import UsageError, ZooError
from zoo.io.tables.shown_table import Rows, ShownTable, short_value
from zoo.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure


NO_VALIDATION = "no validation curve: validation=0 trains on every training example"
COMPUTE = ("onednn", "xla", "threads", "processor")  # of run.json's `compute`


@dataclass(frozen=True, repr=False)
class Comparison(ShownTable):
    """How runs differ; each value is a tuple with one entry for each run, None where it has none.

    `examples` are the numbers of test examples of each result.
    """

    runs: tuple[str, ...]
    settings: dict[str, tuple[Any, ...]]
    results: dict[str, tuple[float | None, ...]]
    examples: dict[str, tuple[int | None, ...]] = field(default_factory=dict)

    def _title_and_rows(self) -> tuple[str, Rows]:
        settings = [
            (name, *(short_value(value) for value in values))
            for name, values in self.settings.items()
        ]
        title = f"{len(self.runs)} runs: the settings that differ, and the results"
        return title, [("", *self.runs), *settings, *self.result_rows()]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        values = {"settings": self.settings, "results": self.results, "examples": self.examples}
        return {"runs": self.runs, **values}

    def result_rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the name and the values of each result, then the number of test examples of each run.

        A result that is taken on fewer examples has their number behind it: 0.97 (36).
        """
        most = [
            max(filter(None, each), default=0) for each in zip(*self.examples.values(), strict=True)
        ]
        most = most or [0] * len(self.runs)
        for name, values in self.results.items():
            counts = self.examples.get(name, most)
            triples = zip(values, counts, most, strict=True)
            yield name, *(_result_cell(*triple) for triple in triples)
        if any(most):
            yield "test examples", *(f"{count:,}" if count else "" for count in most)


def compare(runs: Sequence[str | Path | Run]) -> Comparison:
    """Compare the settings and the metrics of runs.

    Args:
        runs: two or more runs, their paths or their names.

    Returns:
        The names of the runs, the settings in which they differ, and all metrics.

    Raises:
        UsageError: there are fewer than two runs, or there is no such run.

    Example:
        >>> zoo.compare(["cnn.digits", "cnn.digits-2"]).settings
    """
    opened = [Run.open(run) for run in runs]
    if len(opened) < 2:
        raise UsageError(f"Name at least two runs to compare. Received: {len(opened)}")
    settings = {
        name: values
        for name, values in _columns([_facts(run) for run in opened]).items()
        if any(value != values[0] for value in values)
    }
    results = _columns([_readable_metrics(run) for run in opened])
    return Comparison(_names(opened), settings, results, _columns([run.examples for run in opened]))


def plot_run(run: Run) -> Figure:
    """Plot the history of a run; without a validation curve, the picture says why there is none."""
    from zoo.io import pictures

    history, has_data = run.history, "training" in run.record.get("counts", {})
    has_validation = any(name.startswith("val_") for row in history for name in row)
    holds_nothing_out = run.record["config"].get("validation") == 0
    note = NO_VALIDATION if has_data and holds_nothing_out and not has_validation else ""
    return pictures.plot_history(history, note)


def plot_curves(runs: Sequence[str | Path | Run]) -> Figure:
    """Plot the history of runs: one panel for each loss and metric, one line for each run."""
    from zoo.io import pictures

    opened = [Run.open(run) for run in runs]
    histories = {
        name: _readable_history(run) for name, run in zip(_names(opened), opened, strict=True)
    }
    columns = [name for rows in histories.values() for row in rows for name in row]
    measures = [name for name in dict.fromkeys(columns) if name not in pictures.NO_CURVES]
    return pictures.plot_curves(
        {
            measure: {name: pictures.curve(rows, measure) for name, rows in histories.items()}
            for measure in measures
        }
    )


def _result_cell(value: float | None, count: int | None, most: int) -> str:
    """Return a result, and the number of its examples in brackets if it is not `most`."""
    if value is None:
        return ""
    return f"{value:.5g} ({count:,})" if count and count != most else f"{value:.5g}"


def _readable_metrics(run: Run) -> dict[str, float]:
    """Return the metrics of a run; none where they cannot be read, with a warning."""
    try:
        return run.metrics
    except ZooError as error:
        warnings.warn(str(error), stacklevel=3)
        return {}


def _readable_history(run: Run) -> list[dict[str, float]]:
    """Return the history of a run; no rows where it cannot be read, with a warning."""
    try:
        return run.history
    except ZooError as error:
        warnings.warn(str(error), stacklevel=3)
        return []


def _facts(run: Run) -> dict[str, Any]:
    """Return what a run is made from: its model, its data, its seed, each setting, and what computed it."""
    record = run.record
    dataset, compute = record["dataset"], record.get("compute", {})
    return {
        "model": run.name,
        "data": dataset.get("source"),
        "fingerprint": str(dataset.get("fingerprint"))[:12],
        "seed": record.get("seed"),
        "backend": record.get("backend"),
        **record["config"],
        **{f"compute.{name}": compute.get(name) for name in COMPUTE},
    }


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: tuple(row.get(name) for row in rows) for name in names}


def _names(runs: Sequence[Run]) -> tuple[str, ...]:
    """Return the name of each run's folder, or its whole path where two folders have one name.

    The weights of the catalog are weights:NAME.
    """
    folders = [run.path.name for run in runs]
    return tuple(
        name if folders.count(name) == 1 and not run.shipped else str(run)
        for name, run in zip(folders, runs, strict=True)
    )
