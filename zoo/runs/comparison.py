"""Runs side by side: the settings that differ, the results, and the curves in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.errors import UsageError
from zoo.io import pictures
from zoo.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ABSENT = None


@dataclass(frozen=True)
class Comparison:
    """What distinguishes some runs; each value is a tuple with one entry a run."""

    runs: tuple[str, ...]
    settings: dict[str, tuple[Any, ...]]
    results: dict[str, tuple[float | None, ...]]

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {"runs": self.runs, "settings": self.settings, "results": self.results}


def compare(runs: Sequence[str | Path | Run]) -> Comparison:
    """Find the settings that differ between runs, and lay their measures side by side.

    Raises:
        UsageError: there are fewer than two runs, or there is no such run.

    Example:
        >>> zoo.compare(["cnn.digits", "cnn.digits-2"]).settings
    """
    opened = [Run.open(run) for run in runs]
    if len(opened) < 2:
        raise UsageError(f"Name at least two runs to compare. Received: {len(opened)}")
    facts = [_facts(run) for run in opened]
    settings = {
        name: values
        for name, values in _side_by_side(facts).items()
        if any(value != values[0] for value in values)
    }
    return Comparison(_names(opened), settings, _side_by_side([run.metrics for run in opened]))


def curves(runs: Sequence[str | Path | Run]) -> Figure:
    """Draw each measure of the training in a panel of its own, one line a run."""
    opened = [Run.open(run) for run in runs]
    measures = dict.fromkeys(
        name
        for run in opened
        for row in run.history
        for name in row
        if name not in ("epoch", "seconds")
    )
    columns = min(4, max(1, len(measures)))
    rows = max(1, -(-len(measures) // columns))
    drawn = pictures.figure(4.2 * columns, 3.2 * rows)
    for at, measure in enumerate(measures):
        axes = drawn.add_subplot(rows, columns, at + 1)
        for name, run in zip(_names(opened), opened, strict=True):
            epochs = [row["epoch"] for row in run.history]
            values = [row.get(measure, np.nan) for row in run.history]
            axes.plot(epochs, values, marker="." if len(epochs) < 40 else "", label=name)
        axes.set_title(measure, parse_math=False)
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7)
    return drawn


def _facts(run: Run) -> dict[str, Any]:
    """Lay a run's record flat: its model, its data, its seed and each setting."""
    record = run.record
    dataset = record["dataset"]
    return {
        "model": run.name,
        "data": dataset.get("source"),
        "fingerprint": str(dataset["fingerprint"])[:12],
        "seed": record["seed"],
        "backend": record.get("backend"),
        **record["config"],
    }


def _side_by_side(rows: Sequence[dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: tuple(row.get(name, ABSENT) for row in rows) for name in names}


def _names(runs: Sequence[Run]) -> tuple[str, ...]:
    """Call each run by its folder, or by its whole path where two folders are called alike."""
    short = [run.path.name for run in runs]
    return tuple(
        name if short.count(name) == 1 else str(run.path)
        for name, run in zip(short, runs, strict=True)
    )
