"""`zoo apply --workers`: the progress with the time left, and the results."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from zoo.bulk.bulk import BulkProgress, BulkResult, apply_in_bulk
from zoo.cli import render
from zoo.cli.output import print_json
from zoo.errors import UsageError
from zoo.runs.run import Run

LINE_SECONDS = 30.0  # between two lines, where there is no terminal


class ShowItems(BulkProgress):
    """A bar on a terminal, else a line every half minute: items, broken ones, items a second, time left."""

    def __init__(self) -> None:
        self._bar = Bar(
            TextColumn("items"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[broken]}"),
            TextColumn("left"), TimeRemainingColumn(elapsed_when_finished=True),
            console=render.err, transient=True, disable=not render.err.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=None, broken="")
        self._items = self._before = self._done = self._broken = 0
        self._start = self._line = time.monotonic()
        self._is_first = True  # the next part

    def __enter__(self) -> ShowItems:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def start(self, items: int, done: int) -> None:
        """Show how many items there are, and how many are done already."""
        self._items = items
        self._before = self._done = done
        self._start = self._line = time.monotonic()
        self._bar.update(self._task, total=items, completed=done)
        if done:
            self._print(f"{done:,} of {items:,} items are there already")

    def add(self, items: int, broken: int) -> None:
        """Count a part."""
        self._done, self._broken, now = self._done + items, self._broken + broken, time.monotonic()
        text = f"{self._broken:,} broken" if self._broken else ""
        self._bar.update(self._task, completed=self._done, broken=text)
        if self._is_first:  # the time before it is that of the start of Ray
            self._is_first, self._before, self._start = False, self._done, now
        elif not render.err.is_terminal and now - self._line > LINE_SECONDS:
            self._line = now
            rate = (self._done - self._before) / max(now - self._start, 1e-9)
            left = (self._items - self._done) / rate
            self._print(
                f"{self._done:,} of {self._items:,} items, {self._broken:,} broken, "
                f"{_rate_text(rate)} items/s, {left:,.0f} s left"
            )

    def _print(self, text: str) -> None:
        render.err.print(text, markup=False, soft_wrap=True)


def apply_with_workers(
    run: Run, items: tuple[str, ...], out: Path | None, **options: Any
) -> BulkResult:
    """Apply a run's model to many items, and show the progress.

    Args:
        run: the run.
        items: files, folders and addresses.
        out: the folder of the results.
        **options: of `apply_in_bulk`.

    Raises:
        UsageError: there is no folder.
    """
    if out is None:
        raise UsageError(
            "--workers writes the results as Parquet. Give a folder for them: --out DIR"
        )
    with ShowItems() as progress:
        return apply_in_bulk(run, items, out, progress=progress, **options)


def _rate_text(rate: float) -> str:
    """Return items in a second as a text; slow ones, such as large photographs, with two digits."""
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


def show_bulk_result(result: BulkResult, as_json: bool) -> None:
    """Show how many items were computed, and the first of those that could not be."""
    if as_json:
        return print_json(vars(result))
    rate = f", {_rate_text(result.computed / result.seconds)} items/s" if result.computed else ""
    before = result.items - result.computed
    there = f" ({before:,} were there already)" if before else ""
    render.print_rich(
        f"{result.items:,} items{there}, {result.broken:,} broken, {result.seconds:.1f} s{rate}",
        markup=False,
    )
    render.print_rich(f"results in {result.folder / 'results'}", markup=False)
    if result.broken:
        for item, error in result.first_broken:
            render.err.print(
                error if item in error else f"{item}: {error}", markup=False, soft_wrap=True
            )
        render.err.print(
            f"all of them: {result.folder / 'broken.csv'}", markup=False, soft_wrap=True
        )
