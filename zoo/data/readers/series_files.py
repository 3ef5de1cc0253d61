"""Files of time series: .ts, .tsv and .txt of the UCR and UEA archives, and .csv.

A row of a .csv, .tsv or .txt is a series; of a .csv it may be one time step (zoo/data/tables/long_csv.py).
Missing values are interpolated along time, linearly between their neighbours.

aeon and sktime read .ts files too. They bring many dependencies, and their errors do not name the line.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zoo.data.arrays import Array
from zoo.data.tables.cells import Row, blocks, numbers, text_lines
from zoo.data.tables.csv_rows import csv_rows
from zoo.errors import DataError
from zoo.io.foreign.limits import check_limit, limit

__all__ = [
    "SUFFIXES",
    "SUFFIXES_IN_FOLDERS",
    "Series",
    "SeriesBlock",
    "parse_blocks",
    "parse_series",
]

SUFFIXES_IN_FOLDERS = (".ts", ".csv")  # a .txt beside them may be anything
SUFFIXES = (*SUFFIXES_IN_FOLDERS, ".tsv", ".txt")
_log = logging.getLogger("zoo")


@dataclass(frozen=True, slots=True)
class Series:
    """One series: float32 values of shape (time, channels), the text of its label, and its line."""

    values: Array
    label: str | None
    line: int


@dataclass(frozen=True, slots=True)
class SeriesBlock:
    """Series of one shape, one after the other: values of shape (series, time, channels), labels and lines.

    A million objects of their own would be looked at again and again by Python's collector of garbage.
    """

    values: Array
    labels: list[str | None]
    lines: Sequence[int]


def parse_series(path: Path, needs_labels: bool = True, length: int | None = None) -> list[Series]:
    """Return the series of one file, of any lengths, their missing values interpolated.

    Args:
        path: a .ts, .csv, .tsv or .txt file.
        needs_labels: whether a file without labels is refused.
        length: the time steps that a model takes. Where no label is needed, no header of a .csv names
            a class column, and each row has so many columns, all columns are values.

    Raises:
        DataError: a value is no number, a channel has no value, or there is no series.
    """
    return [
        each
        for block in parse_blocks(path, needs_labels, length)
        for each in map(Series, block.values, block.labels, block.lines)
    ]


def parse_blocks(
    path: Path, needs_labels: bool = True, length: int | None = None
) -> list[SeriesBlock]:
    """Return the series of one file in blocks.

    Args:
        path, needs_labels, length: as for `parse_series`.

    Raises:
        DataError: as `parse_series`.
    """
    rows = _ts(path, needs_labels)
    if path.suffix.lower() != ".ts":
        rows = csv_rows(path, None if needs_labels else length)
    file, missing, names = list[SeriesBlock](), 0, dict[str | None, str | None]()
    with np.errstate(over="ignore"):  # what is too large for float32 becomes inf, and is refused
        for block in blocks(rows):
            lines, channels, labels = zip(*block, strict=True)
            values = np.array(channels, np.float64).transpose(0, 2, 1)
            known = np.isfinite(values)
            missing += int(np.count_nonzero(~known))
            _interpolate(path, lines, values, known)
            own = [names.setdefault(label, label) for label in labels]  # one text for each class
            file.append(SeriesBlock(values.astype(np.float32), own, lines))
    if not file:
        raise DataError(f"{path} holds no series.")
    if missing:
        _log.info(
            "%s: %s missing value%s interpolated along time, between the neighbours.",
            path,
            f"{missing:,}",
            " is" if missing == 1 else "s are",
        )
    return file


def _ts(path: Path, needs_labels: bool) -> Iterator[Row]:
    """Yield the rows of a .ts file: channels between colons, the class after the last colon."""
    in_data, labeled, most = False, True, limit("series_channels")
    for line, text in enumerate(map(str.strip, text_lines(path)), 1):
        if not text or text.startswith("#"):
            continue
        if not in_data:
            in_data = text.lower() == "@data"
            labeled &= _header_has_labels(
                f"{path}, line {line}", text.lower().split(), needs_labels
            )
            continue
        channels = text.split(":", most + 1)
        if len(channels) > most + 1:
            check_limit(path, "series_channels", len(channels) - 1, more=True)
        label = channels.pop().strip() if labeled else None
        if not channels:
            raise DataError(
                f"{path}, line {line}: no class stands behind the series, after a colon."
            )
        values = [numbers(channel.split(","), f"{path}, line {line}") for channel in channels]
        if len({len(channel) for channel in values}) > 1:
            lengths = ", ".join(str(len(channel)) for channel in values)
            raise DataError(f"{path}, line {line}: the channels differ in length: {lengths}.")
        yield line, values, label
    if not in_data:
        raise DataError(f"{path} is no .ts file: no line says @data.")


def _header_has_labels(where: str, words: list[str], needs_labels: bool) -> bool:
    """Return whether a line of the header leaves the series their labels.

    Raises:
        DataError: it announces time stamps, or no classes where the labels are needed.
    """
    if words[:2] == ["@timestamps", "true"]:
        raise DataError(
            f"{where}: series with time stamps are not read. Resample them to equal steps."
        )
    if words[:2] == ["@targetlabel", "true"] and not needs_labels:
        return True
    if words[:2] == ["@classlabel", "false"] and not needs_labels:
        return False
    if words[:2] in (["@classlabel", "false"], ["@targetlabel", "true"]):
        raise DataError(f"{where}: the series have no classes.")
    return True


def _interpolate(path: Path, lines: Sequence[int], values: Array, known: Array) -> None:
    """Fill the missing values of each channel along time.

    Args:
        path: the file, for the error message.
        lines: of each series.
        values: of the series, shape (series, time, channels); changed in place.
        known: whether each value is there, of the same shape.
    """
    if not (has_value := known.any(1)).all():
        at, channel = np.argwhere(~has_value)[0]
        raise DataError(f"{path}, line {lines[at]}: channel {channel + 1} has no value at all.")
    gaps = np.flatnonzero(~known.all((1, 2)))
    if gaps.size:
        values[gaps] = _fill(values[gaps], known[gaps])


def _fill(values: Array, known: Array) -> Array:
    """Return values of shape (series, time, channels) as np.interp fills the gaps of each channel."""
    count = values.shape[1]
    steps = np.arange(count)[:, None]
    before = np.maximum.accumulate(np.where(known, steps, -1), 1)
    after = np.minimum.accumulate(np.where(known, steps, count)[:, ::-1], 1)[:, ::-1]
    before, after = np.where(before < 0, after, before), np.where(after == count, before, after)
    low, high = (np.take_along_axis(values, places, 1) for places in (before, after))
    slopes = (high - low) / np.maximum(after - before, 1)
    return np.where(before == after, low, slopes * (steps - before) + low)
