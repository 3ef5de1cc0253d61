"""How a sweep is shown: a line for each trial that ends, and a table at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from zoo.cli import render
from zoo.cli.output import print_json
from zoo.io.console import make_table
from zoo.io.tables.shown_table import short_value
from zoo.runs.files.measures import measures_line
from zoo.sweeps.progress import SweepProgress

if TYPE_CHECKING:
    from zoo.sweeps.results import Sweep, TrialRow

MOST_ROWS = 30  # of the table of trials


class ShowTrials(SweepProgress):
    """Prints a line for each trial that ends, and on a terminal a bar with the time left."""

    def __init__(self) -> None:
        self._console = render.err
        self._bar = Bar(
            TextColumn("trials"), BarColumn(), MofNCompleteColumn(), TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=render.err, transient=True, disable=not render.err.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> ShowTrials:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def start(self, trials: int, ended: int) -> None:
        """Set the length of the bar."""
        self._bar.update(self._task, total=trials, completed=ended)

    def begin(self, number: int) -> None:
        """Show nothing yet."""

    def end(self, row: TrialRow) -> None:
        """Print a line."""
        self._bar.advance(self._task)
        value = "" if row.value is None else f"{row.value:.4g}"
        epochs = f"{row.epochs} epoch{'' if row.epochs == 1 else 's'}"
        chosen = "  ".join(f"{name} {short_value(each)}" for name, each in row.settings.items())
        self._print(f"trial {row.number:>3}  {row.state:<8} {epochs:>10}  {value:>8}  {chosen}")
        if row.error:
            self._print(f"           {row.error}")

    def lose(self, number: int, reason: str) -> None:
        """Print that a worker is lost."""
        self._print(
            f"trial {number:>3}  its worker is lost; it goes on from its last epoch ({reason})"
        )

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)


def show_sweep(found: Sweep, as_json: bool) -> None:
    """Show the trials, the best first, then the best one and how it is exported."""
    if as_json:
        return print_json(found.to_json())
    search, best = found.search, found.best
    table = make_table("trial", "state", "epochs", search.metric, *search.space, "seconds")
    order = found.ranking
    for row in order[:MOST_ROWS]:
        value = "" if row.value is None else f"{row.value:.5g}"
        cells = [short_value(value) for value in row.settings.values()]
        table.add_row(
            str(row.number), row.state, str(row.epochs), value, *cells, f"{row.seconds:.1f}"
        )
    render.print_rich(table)
    if len(order) > MOST_ROWS:
        render.print_rich(f"and {len(order) - MOST_ROWS} more: --json has all", markup=False)
    for row in found.rows:
        if row.error:
            render.err.print(
                f"trial {row.number} failed: {row.error}", markup=False, soft_wrap=True
            )
    if best is None or best.value is None:
        render.print_rich("No trial is finished.")
    else:
        metrics = found.run.metrics
        test = f"; on the test split: {measures_line(found.run)}" if metrics else ""
        chosen = ", ".join(f"{name}={short_value(each)}" for name, each in best.settings.items())
        text = f"best: trial {best.number} with {chosen}: {search.metric} {best.value:.5g}{test}"
        render.print_rich(text, markup=False)
        render.print_rich(f"Export it: zoo export {best.run} --to onnx", markup=False)
    pictures = sorted(path.name for path in (found.folder / "pictures").glob("*.png"))
    if pictures:
        where = f"pictures in {found.folder / 'pictures'}: {', '.join(pictures)}"
        render.err.print(where, markup=False, soft_wrap=True)
