"""The matrix of parts, formats and runtimes: its rows, what got worse, and docs/portability.md."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

GOOD = ("equal", "approximate")
RANKS = {"equal": 3, "approximate": 3, "not run": 2, "refused": 1, "different": 0}
INTRODUCTION = """\
# What runs where

Made by `python benchmarks/portability.py`: {parts} parts of {models} models with shipped weights, in every
format and runtime. Each file is run on the same inputs as the Keras model, in batches of several sizes.
*Equal* means: the same names, shapes and dtypes, and |a - b| <= 1e-5 + 1e-4 |b|, or less where an output
varies little. R is the largest difference from Keras in float64, divided by that of Keras in float32: near 1
it is rounding. Core ML runs on macOS only: its programs are written and compared with the model by their
inputs, outputs, weights and activations, and are not run.
"""
COLUMNS = (
    "format",
    "runtime",
    "equal",
    "different",
    "refused",
    "largest difference",
    "R: median, largest",
)
TIMES = """\
## Start and latency

Made by `python benchmarks/portability.py --times`, on {machine}. *Start* is from the import of a Python
package to the first output of one example; for a program, from the opening of the file. *Call* is the median
of {calls} calls after it.
"""
CALLS = 30  # timed calls of one file

Row = dict[str, Any]


def key_of(row: Row) -> str:
    return f"{row['part']} {row['format']} {row['runtime']}"


def place_of(row: Row) -> tuple[str, ...]:
    """Return where a row stands: by model, part, format and runtime."""
    return model_of(row), row["part"], row["format"], row["runtime"]


def model_of(row: Row) -> str:
    return str(row["part"].partition(":")[0])


def architecture_of(row: Row) -> str:
    return model_of(row).partition(".")[0]


def worse_verdicts(rows: Iterable[Row], before: Mapping[str, Row]) -> list[str]:
    """Return a line for each verdict that got worse, in each runtime where a file is not written now."""
    return [
        f"{key_of(old)}: {old['verdict']} before, now {row['verdict']}: {row['problem']}"
        for row in rows
        for old in earlier_rows(row, before)
        if RANKS[row["verdict"]] < RANKS[old["verdict"]]
    ]


def earlier_rows(row: Row, before: Mapping[str, Row]) -> list[Row]:
    """Return the earlier row of a file in a runtime; for a file without a runtime, those of all runtimes."""
    if row["runtime"]:
        return [before[key_of(row)]] if key_of(row) in before else []
    file = row["part"], row["format"]
    return [old for old in before.values() if (old["part"], old["format"]) == file]


def replace_rows(before: Mapping[str, Row], rows: Sequence[Row]) -> dict[str, Row]:
    """Return the rows of earlier commands with those of one model in their places.

    What an earlier command measured of a file and runtime stays. A row of a file that was not written
    goes where the file is written now, and the other way round.
    """
    models = {model_of(row) for row in rows}
    made = {(row["format"], row["runtime"]) for row in rows}
    formats = {row["format"] for row in rows}
    kept = {
        key: row
        for key, row in before.items()
        if model_of(row) not in models
        or row["format"] not in formats
        or (row["runtime"] and (row["format"], row["runtime"]) not in made)
    }
    times = ("start", "call", "machine")
    new = {}
    for row in rows:
        old = before.get(key_of(row), {}) if row["verdict"] in GOOD else {}
        new[key_of(row)] = {name: old[name] for name in times if name in old} | row
    return dict(sorted((kept | new).items(), key=lambda item: place_of(item[1])))


def page(rows: Sequence[Row]) -> str:
    """Return the text of docs/portability.md."""
    parts = unique(row["part"] for row in rows)
    models = unique(map(model_of, rows))
    lines = INTRODUCTION.format(models=len(models), parts=len(parts)).splitlines()
    sections = (
        summary_lines(rows),
        architecture_lines(rows),
        not_equal_lines(rows),
        time_lines(rows),
        size_lines(rows, parts),
    )
    for section in sections:
        lines += ["", *section] if section else []
    return "\n".join(lines) + "\n"


def unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Return the lines of a table in Markdown."""
    lines = [f"| {' | '.join(header)} |", "|---" * len(header) + "|"]
    return lines + [f"| {' | '.join(map(str, cells))} |" for cells in rows]


def pairs_of(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return each format with each of its runtimes, the empty one where no runtime is on this machine."""
    pairs = {(row["format"], row["runtime"]) for row in rows}
    run = {name for name, runtime in pairs if runtime}
    return sorted(pair for pair in pairs if pair[1] or pair[0] not in run)


def rows_of_pair(rows: Sequence[Row], pair: tuple[str, str]) -> list[Row]:
    """Return the rows of a format in a runtime, with those of files that could not be written."""
    return [row for row in rows if row["format"] == pair[0] and row["runtime"] in ("", pair[1])]


def summary_lines(rows: Sequence[Row]) -> list[str]:
    return table(
        COLUMNS, (summary_cells(pair, rows_of_pair(rows, pair)) for pair in pairs_of(rows))
    )


def summary_cells(pair: tuple[str, str], rows: Sequence[Row]) -> list[str]:
    kinds = [row["verdict"] for row in rows]
    if not pair[1]:
        written = f"not run here; written: {kinds.count('not run')} of {len(rows)}"
        return [pair[0], "none", written, "", str(kinds.count("refused")), "", ""]
    good = [row for row in rows if row["verdict"] in GOOD]
    versions = sorted({row["version"] for row in good if " " in row["version"]})
    differences = [row["difference"] for row in good if row["difference"] is not None]
    ratios = [row["ratio"] for row in good if row["ratio"] is not None]
    return [
        pair[0],
        f"{pair[1]} ({versions[-1]})" if versions else pair[1],
        f"{len(good)} of {len(rows)}",
        str(kinds.count("different")),
        str(kinds.count("refused")),
        f"{max(differences):.1e}" if differences else "",
        f"{statistics.median(ratios):.2g}, {max(ratios):.2g}" if ratios else "",
    ]


def architecture_lines(rows: Sequence[Row]) -> list[str]:
    """Return the table of equal parts by runtime and architecture."""
    names = unique(map(architecture_of, rows))
    header = ["format", "runtime", *names]
    return [
        "## By architecture",
        "",
        "Parts that are equal, of those that were tried; for Core ML, those that were written.",
        "",
        *table(header, (architecture_cells(pair, rows, names) for pair in pairs_of(rows))),
    ]


def architecture_cells(
    pair: tuple[str, str], rows: Sequence[Row], names: Sequence[str]
) -> Iterator[str]:
    yield pair[0]
    yield pair[1] or "none"
    chosen = rows_of_pair(rows, pair)
    right = GOOD if pair[1] else ("not run",)
    for name in names:
        verdicts = [row["verdict"] for row in chosen if architecture_of(row) == name]
        yield f"{sum(each in right for each in verdicts)} of {len(verdicts)}" if verdicts else ""


def not_equal_lines(rows: Sequence[Row]) -> list[str]:
    """Return the table of what is not equal, the parts with one reason in one row."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        if row["verdict"] not in (*GOOD, "not run"):
            why = row["problem"].replace("|", "\\|")
            key = (row["format"], row["runtime"] or "not written", row["verdict"], why)
            groups.setdefault(key, []).append(row["part"])
    if not groups:
        return []
    cells = ([", ".join(parts), *key] for key, parts in groups.items())
    header = ("part", "format", "runtime", "verdict", "why")
    return ["## What is not equal", "", *table(header, cells)]


def time_lines(rows: Sequence[Row]) -> list[str]:
    """Return the table of start and latency, a column for each part that was measured; empty without any."""
    timed = [row for row in rows if row.get("call") is not None]
    if not timed:
        return []
    parts, machines = unique(row["part"] for row in timed), {row["machine"] for row in timed}
    times = {(row["part"], row["format"], row["runtime"]): row for row in timed}
    cells = [
        [*pair, *(time_cell(times.get((part, *pair))) for part in parts)]
        for pair in pairs_of(timed)
    ]
    header = ("format", "runtime", *parts)
    text = TIMES.format(machine="; ".join(sorted(machines)), calls=CALLS)
    return [*text.splitlines(), "", *table(header, cells)]


def time_cell(row: Row | None) -> str:
    return f"{row['start']:.2f} s, {1000 * row['call']:.2f} ms" if row else ""


def size_lines(rows: Sequence[Row], parts: Sequence[str]) -> list[str]:
    """Return the table of the files' sizes."""
    formats = sorted({row["format"] for row in rows})
    sizes = {(row["part"], row["format"]): row["bytes"] for row in rows}
    cells = ([part, *(size_cell(sizes.get((part, name), 0)) for name in formats)] for part in parts)
    return ["## Sizes in KiB", "", *table(["part", *formats], cells)]


def size_cell(size: int) -> str:
    return f"{size / 1024:,.0f}" if size else ""
