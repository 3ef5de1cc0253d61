"""What commands show: tables and verdicts on standard output, progress on standard error, by rich."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.progress import track

from zoo.cli.output import print_json, result_stream
from zoo.errors import DataError, ZooError
from zoo.io.console import SafeConsole, make_table
from zoo.io.printable import printable
from zoo.io.tables.shown_table import short_value
from zoo.runs.files.measures import example_count, measures_line
from zoo.runs.progress import ConsoleProgress

if TYPE_CHECKING:
    from zoo.exporters.batch import ExportOutcome
    from zoo.exporters.report import Report
    from zoo.runs.comparison import Comparison
    from zoo.runs.evaluation import Measurement
    from zoo.runs.repeats import Repeats
    from zoo.runs.run import Run
    from zoo.runtimes.group import RuntimeState
    from zoo.testing import Outcome

PIPED_WIDTH = 10_000  # letters of a line in a file or a pipe: nothing is wrapped there
MOST_MEASURES = 3  # of the task, for an approximate file

err = SafeConsole(stderr=True, highlight=False)


def print_rich(*objects: Any, **options: Any) -> None:
    """Print tables or lines as results, on standard output; a file or a pipe gets unwrapped lines."""
    stream = result_stream()
    width = None if stream.isatty() else PIPED_WIDTH
    console = SafeConsole(file=stream, highlight=False, soft_wrap=True, width=width)
    with console.capture() as capture:
        console.print(*objects, **options)
    stream.write(re.sub(r" +$", "", capture.get(), flags=re.MULTILINE))


def progress() -> ConsoleProgress:
    """Return what shows a training: a bar on a terminal, else a line for each epoch."""
    return ConsoleProgress(err)


def show_status(message: str) -> AbstractContextManager[Any]:
    """Show that something is being done, on a terminal."""
    return err.status(escape(printable(message)))


def track_items(items: Sequence[Any]) -> Iterable[Any]:
    """Return the items; on a terminal, a bar shows how many are done."""
    return track(items, console=err, transient=True, disable=not err.is_terminal)


def show_run(run: Run) -> None:
    """Show the first measures of a run, and where its pictures are."""
    err.print(f"[bold]{escape(str(run.path))}[/]  {measures_line(run)}", soft_wrap=True)
    if names := ", ".join(path.name for path in run.pictures):
        err.print(f"pictures in {run.path / 'pictures'}: {names}", markup=False, soft_wrap=True)


def show_repeats(repeats: Repeats) -> None:
    """Show the mean of each metric, its interval, and its value with each seed."""
    seeds = [str(run.record["seed"]) for run in repeats.runs]
    table = make_table("measure", "mean", "95 % interval", *(f"seed {seed}" for seed in seeds))
    for name, each in repeats.metrics.items():
        values = (f"{value:.5g}" for value in each.values)
        ends = f"{each.low:.5g} to {each.high:.5g}"
        table.add_row(name, f"{each.mean:.5g}", ends, *values)
    print_rich(table)
    if count := example_count(repeats.runs[0], repeats.metrics):
        print_rich(f"each on {count}", markup=False)
    print_rich(f"in {repeats.path}", markup=False)


def show_measurement(measurement: Measurement) -> None:
    """Show every measure, and on how many examples of which data it was taken."""
    table = make_table("measure", "value", *["examples"] * bool(measurement.counts))
    for name, value in measurement.metrics.items():
        count = f"{measurement.counts[name]:,}" if name in measurement.counts else ""
        table.add_row(name, f"{value:.5g}", *[count] * bool(measurement.counts))
    print_rich(table)
    if measurement.examples:
        examples = f"{measurement.examples:,} examples of {measurement.dataset}"
        print_rich(f"measured on {examples}", markup=False)


def show_report(report: Report) -> None:
    """Show each part in each format and runtime: its size, the largest difference, R, the verdict."""
    columns = ("part", "format", "size", "largest difference", "R", "verdict", "checked with")
    table = make_table(*columns)
    for file in report.files:
        size = f"{file.bytes / 1024:,.0f} KiB"
        rows: list[Any] = [(each, each.version or each.runtime) for each in file.verdicts]
        for each, runtime in rows or [(file, file.runtime)]:
            numbers = [_show_number(each.difference, ".1e"), _show_number(each.ratio, ".2g")]
            if each.nrmse is not None:  # R says nothing of an approximate file
                numbers[1] = f"NRMSE {each.nrmse:.2g}"
            table.add_row(file.part, file.format, size, *numbers, each.verdict, runtime)
            size = ""
    print_rich(table)
    for name, line in report.missing.items():
        err.print(f"{name} is not available: {line}", markup=False, soft_wrap=True)
    for name, tolerance in {file.format: file.tolerance for file in report.files}.items():
        if tolerance:
            print_rich(f"{name} {tolerance}", markup=False)
    for name, measures in {file.format: file.measures for file in report.files}.items():
        if measures:
            print_rich(f"{name}: {', '.join(map(str, measures[:MOST_MEASURES]))}", markup=False)
    print_rich(f"in {report.folder}", markup=False)


def _show_number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def show_runtimes(states: Sequence[RuntimeState]) -> None:
    """Show each runtime: the formats that it reads, its version, or what is missing."""
    table = make_table("runtime", "reads", "state")
    for state in states:
        table.add_row(state.name, ", ".join(state.formats), state.missing or state.version)
    print_rich(table)


def show_exports(outcomes: Sequence[ExportOutcome]) -> None:
    """Show the results of the export of many models: a line for each, and the errors below."""
    table = make_table("model", "files", "largest difference", "verdict", "folder")
    for outcome in outcomes:
        report = outcome.report
        files = report.files if report else ()
        largest = max((file.difference or 0.0 for file in files), default=None)
        table.add_row(
            outcome.source,
            str(len(files)),
            "" if largest is None else f"{largest:.1e}",
            outcome.verdict,
            str(report.folder) if report else "",
        )
    print_rich(table)
    for outcome in outcomes:
        if outcome.error:
            err.print(f"{outcome.source}: {outcome.error}", markup=False, soft_wrap=True)


def show_comparison(found: Comparison) -> None:
    """Show what differs between runs, one column a run."""
    table = make_table("", *found.runs)
    for name, values in found.settings.items():
        table.add_row(name, *(short_value(value) for value in values))
    if found.settings and found.results:
        table.add_section()
    for row in found.result_rows():
        table.add_row(*row)
    print_rich(table)


def show_runs(runs: Sequence[Run]) -> None:
    """Show each run: its model, its state, its epochs and its first measures."""
    table = make_table("run", "model", "state", "epochs", "measures")
    faults = []
    for run in runs:
        epochs, measures = "?", ""
        try:
            epochs = f"{len(run.history)}/{run.record['config'].get('epochs', '?')}"
            measures = measures_line(run)
        except ZooError as error:
            faults.append(str(error))
            measures = "cannot be read"
        table.add_row(run.path.name, run.name, run.state, epochs, measures)
    print_rich(table)
    for fault in faults:
        err.print(fault, markup=False, soft_wrap=True)
    for run in (run for run in runs if run.state == "trained"):
        problem = f"{run.path.name} is not measured yet: zoo evaluate {run.path}"
        err.print(problem, markup=False, soft_wrap=True)


def show_item_results(
    results: Sequence[dict[str, Any]], faults: Sequence[str], as_json: bool
) -> None:
    """Show the results of some files, and end with an error where some could not be read.

    Args:
        results: one row for each file that was read.
        faults: one sentence for each file that was not.
        as_json: print JSON instead of a table.

    Raises:
        DataError: no file could be read.
        ZooError: some files could not be read.
    """
    if as_json:
        print_json(results)
    elif results:
        show_results(results)
    if faults and not results:
        raise DataError("\n".join(faults))
    if faults:
        raise ZooError(
            f"{len(faults)} of {len(results) + len(faults)} items failed:\n" + "\n".join(faults)
        )


def show_results(results: Sequence[Mapping[str, Any]]) -> None:
    """Show one row for each item, without values that are dictionaries; items may have different values."""
    pairs = ((key, value) for result in results for key, value in result.items())
    names = dict.fromkeys(key for key, value in pairs if not isinstance(value, dict))
    table = make_table(*names)
    for result in results:
        table.add_row(*(_cell(result.get(name, "")) for name in names))
    print_rich(table)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value.name if isinstance(value, Path) and not value.parent.name else str(value)


def show_outcome(outcome: Outcome) -> None:
    """Show one check of the contract."""
    colour = {"passed": "green", "failed": "red", "skipped": "yellow"}[outcome.verdict]
    print_rich(
        f"[{colour}]{outcome.verdict:>8}[/]  {outcome.check:<12} {outcome.seconds:>6.1f} s", end=""
    )
    print_rich(f"  {outcome.detail}" if outcome.detail else "", markup=False)
