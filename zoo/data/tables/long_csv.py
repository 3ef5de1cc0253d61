"""CSV files in the long format: one time step of one series in each row.

id,time,value,label         or several columns of values, one for each channel; without label,
0,0,1.5,walk                the series have no classes
0,1,1.7,walk
"""

from __future__ import annotations

from array import array
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
    """The time steps of all series, in the order of the file."""

    lines: list[int] = field(default_factory=list)  # the first of each series
    labels: list[str | None] = field(default_factory=list)  # of each series
    series: array[int] = field(default_factory=lambda: array("q"))  # its number, for each step
    times: list[str] = field(default_factory=list)
    values: array[float] = field(default_factory=lambda: array("d"))  # step by step


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
) -> Iterator[tuple[int, list[list[float]], str | None]]:
    """Yield each series: its first line, the values of each channel, and its label.

    The steps are in the order of their times where these are numbers, else in that of the file.

    Args:
        path: the file, for messages.
        layout: the positions of the columns.
        rows: the rows after the header.
        numbers: the function from cells and a place to values; a missing one is NaN.

    Raises:
        DataError: a row lacks a column, or a series has two labels.
    """
    found: dict[str, int] = {}
    steps = _Steps()
    columns = len(layout.channels) + 2 + (layout.label is not None)
    for line, cells in rows:
        if len(cells) != columns:
            raise DataError(
                f"{path}, line {line}: {len(cells)} columns, where the first line has {columns}."
            )
        name = cells[layout.series].strip()
        label = None if layout.label is None else cells[layout.label].strip()
        number = found.setdefault(name, len(found))
        if number == len(steps.lines):
            steps.lines.append(line)
            steps.labels.append(label)
        elif steps.labels[number] != label:
            raise DataError(
                f"{path}, line {line}: the series {brief(name)} has the class {brief(label)}, and "
                f"{brief(steps.labels[number])} in line {steps.lines[number]}. A series has one class."
            )
        steps.series.append(number)
        steps.times.append(cells[layout.time].strip())
        own = [cells[at] for at in layout.channels]
        try:
            steps.values.extend(list(map(float, own)))
        except ValueError:
            steps.values.extend(numbers(own, f"{path}, line {line}"))
    yield from _series(steps, len(layout.channels))


def _series(steps: _Steps, channels: int) -> Iterator[tuple[int, list[list[float]], str | None]]:
    """Yield the line, the values of each channel, and the label of each series."""
    if not steps.lines:
        return
    values, numbers = np.array(steps.values).reshape(-1, channels), np.array(steps.series)
    times = _as_numbers(steps.times)
    order = np.argsort(numbers, kind="stable") if times is None else np.lexsort((times, numbers))
    values, ends, start = values[order], np.cumsum(np.bincount(numbers)).tolist(), 0
    for end, line, label in zip(ends, steps.lines, steps.labels, strict=True):
        own = values[start:end]
        if times is None and end - start > 1:  # this series alone may have numbers as times
            own_times = _as_numbers([steps.times[at] for at in order[start:end]])
            own = own if own_times is None else own[np.argsort(own_times, kind="stable")]
        yield line, own.T.tolist(), label
        start = end


def _as_numbers(times: Sequence[str]) -> Array | None:
    """Return times as numbers; None where one is none, and the steps are in the order of the file."""
    try:
        return np.array(times, np.float64)
    except ValueError:
        return None
