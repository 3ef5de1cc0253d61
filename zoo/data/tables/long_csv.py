"""CSV files in the long format: one time step of one series in each row.

id,time,value,label         or several columns of values, one for each channel; without label,
0,0,1.5,walk                the series have no classes
0,1,1.7,walk
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zoo.data.arrays import Array
from zoo.errors import DataError, brief

__all__ = ["LongLayout", "long_layout", "long_rows"]

ID_NAMES = (
    "id",
    "series",
    "series_id",
    "sample",
    "sample_id",
    "case",
    "case_id",
    "item_id",
    "unit",
)
TIME_NAMES = (
    "time",
    "t",
    "step",
    "timestep",
    "time_step",
    "timestamp",
    "date",
    "datetime",
    "cycle",
)
Row = tuple[int, list[str]]  # the line, and its cells


@dataclass(frozen=True)
class LongLayout:
    """The positions of the columns; `label` is None where there is none."""

    series: int
    time: int
    label: int | None
    channels: tuple[int, ...]


@dataclass
class _Steps:
    """The time steps of one series, as they are read."""

    line: int
    label: str | None
    times: list[str] = field(default_factory=list)
    values: list[list[float]] = field(default_factory=list)


def long_layout(names: Sequence[str], label_names: Sequence[str]) -> LongLayout | None:
    """Return the layout of a header that names a series and a time in each row; None for any other.

    Args:
        names: the header, in small letters.
        label_names: names of a column with classes.
    """
    if "x" in names:  # y stands beside it as a second channel
        label_names = [name for name in label_names if name != "y"]
    series, time, label = (
        next((at for at, name in enumerate(names) if name in known), None)
        for known in (ID_NAMES, TIME_NAMES, label_names)
    )
    if series is None or time is None:
        return None
    channels = tuple(at for at in range(len(names)) if at not in (series, time, label))
    return LongLayout(series, time, label, channels) if channels else None


def long_rows(
    path: Any, layout: LongLayout, rows: Iterable[Row], numbers: Any
) -> Iterator[tuple[int, Array, str | None]]:
    """Yield each series: its first line, its values of shape (time, channels), and its label.

    The steps are in the order of their times where these are numbers, else in that of the file.

    Args:
        path: the file, for messages.
        layout: the positions of the columns.
        rows: the rows after the header.
        numbers: the function from cells and a place to values; a missing one is NaN.

    Raises:
        DataError: a row lacks a column, or a series has two labels.
    """
    found: dict[str, _Steps] = {}
    columns = len(layout.channels) + 2 + (layout.label is not None)
    for line, cells in rows:
        where = f"{path}, line {line}"
        if len(cells) != columns:
            raise DataError(f"{where}: {len(cells)} columns, where the first line has {columns}.")
        name = cells[layout.series].strip()
        label = None if layout.label is None else cells[layout.label].strip()
        steps = found.setdefault(name, _Steps(line, label))
        if steps.label != label:
            raise DataError(
                f"{where}: the series {brief(name)} has the class {brief(label)}, and "
                f"{brief(steps.label)} in line {steps.line}. A series has one class."
            )
        steps.times.append(cells[layout.time].strip())
        steps.values.append(numbers([cells[at] for at in layout.channels], where))
    for steps in found.values():
        yield steps.line, np.array(steps.values, np.float64)[_order(steps.times)], steps.label


def _order(times: Sequence[str]) -> Array:
    """Return the positions of the steps by time; their own order where a time is no number."""
    try:
        return np.argsort(np.array(times, np.float64), kind="stable")
    except ValueError:
        return np.arange(len(times))
