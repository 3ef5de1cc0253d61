"""What the shell shows: tables, verdicts and progress, drawn by rich on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from zoo.cli.output import print_json, result_stream
from zoo.errors import DataError, ZooError
from zoo.runs.progress import ConsoleProgress, format_logs

if TYPE_CHECKING:
    from zoo.exporters.parts.contract import Tensor
    from zoo.exporters.report import Report
    from zoo.interpret.gallery_html import Gallery
    from zoo.interpret.model_summary import Description
    from zoo.interpret.networks import LayerInfo
    from zoo.runs.comparison import Comparison
    from zoo.runs.run import Run
    from zoo.testing import Outcome

WIDTH = 120  # of what goes to a file or a pipe

err = Console(stderr=True, highlight=False)


def _print(*objects: Any, **options: Any) -> None:
    """Print tables or lines as results, on standard output."""
    stream = result_stream()
    width = None if stream.isatty() else WIDTH
    Console(file=stream, highlight=False, soft_wrap=True, width=width).print(*objects, **options)


def progress() -> ConsoleProgress:
    """Give what shows a training: a bar on a terminal, a line an epoch."""
    return ConsoleProgress(err)


def show_status(message: str) -> AbstractContextManager[Any]:
    """Show that something is being done, on a terminal."""
    return err.status(message)


def track_items(items: Sequence[Any]) -> Iterable[Any]:
    """Show a bar over items, on a terminal."""
    return track(items, console=err, transient=True, disable=not err.is_terminal)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        number = column in ("size", "largest difference", "value", "parameters", "live", "above")
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    return table


def show_description(description: Description) -> None:
    """Show a model: what it is, its parts, its settings."""
    _print(f"[bold]{description.name}[/]  {description.summary}")
    facts = {
        "architecture": f"{description.architecture} ({description.package})",
        "dataset": description.dataset or "give --data",
        "reference": description.reference,
        "results": format_logs(description.results),
        "measured by": description.measured,
        "parameters": "depends on the data"
        if description.parameters is None
        else f"{description.parameters:,}",
    }
    for name, fact in facts.items():
        if fact:
            _print(f"{name:>12}  {fact}", markup=False)
    for role, contract in description.parts.items():
        given, got = (", ".join(map(_tensor, side)) for side in (contract.inputs, contract.outputs))
        _print(f"{'part':>12}  {role}: {given} -> {got}", markup=False)
    for setting in description.settings:
        value, default = (_short(item) for item in (setting.value, setting.default))
        usual = f", {default} by default" if value != default else ""
        _print(f"\n[bold]{setting.name}[/] = {escape(value)}", end="")
        _print(f"  ({setting.type}{usual})\n    {setting.meaning}", markup=False)


def show_layers(parts: Mapping[str, Sequence[LayerInfo]]) -> None:
    """Show each part's layers with their kinds, output shapes and parameters."""
    for part, layers in parts.items():
        total = sum(layer.parameters for layer in layers)
        _print(f"[bold]{escape(part)}[/]  {len(layers)} layers, {total:,} parameters")
        table = _table("layer", "kind", "output", "parameters")
        for layer in layers:
            sizes = ", ".join("any" if size is None else str(size) for size in layer.shape)
            count = f"{layer.parameters:,}" if layer.parameters else ""
            table.add_row(escape(layer.name), layer.kind, f"({sizes})", count)
        _print(table)


def show_gallery(gallery: Gallery) -> None:
    """Show for each layer how many channels live, and how many exceed the best real example."""
    table = _table("layer", "follows", "live", "above", "dead")
    for layer in gallery.layers:
        above = "" if layer.above is None else f"{layer.above:.1%}"
        live = f"{len(layer.channels) - len(layer.dead)}/{len(layer.channels)}"
        dead = ", ".join(map(str, layer.dead))
        table.add_row(escape(layer.layer.name), layer.follows, live, above, dead)
    _print(table)
    _print(f"in {gallery.page}", markup=False)


def _tensor(tensor: Tensor) -> str:
    return f"{tensor.name} {tensor.dtype}({', '.join(map(str, tensor.shape))})"


def _short(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple | list):
        items = ", ".join(map(str, value[:4]))
        return f"[{items}{', ...' if len(value) > 4 else ''}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def show_run(run: Run) -> None:
    """Show what a training came to."""
    err.print(f"[bold]{run.path}[/]  {format_logs(_headline(run.metrics))}")
    if run.pictures:
        names = ", ".join(path.name for path in run.pictures)
        err.print(f"pictures in {run.path / 'pictures'}: {names}", markup=False, soft_wrap=True)


def _headline(metrics: Mapping[str, float]) -> dict[str, float]:
    """Keep the first measures, without families such as a recall for each class."""
    families = Counter(name.partition("_")[0] for name in metrics)
    single = {n: value for n, value in metrics.items() if families[n.partition("_")[0]] < 3}
    return dict(list((single or dict(metrics)).items())[:4])


def show_metrics(metrics: Mapping[str, float]) -> None:
    """Show every measure."""
    table = _table("measure", "value")
    for name, value in metrics.items():
        table.add_row(name, f"{value:.5g}")
    _print(table)


def show_report(report: Report) -> None:
    """Show each part in each format: its size, the largest difference, the verdict."""
    table = _table("part", "format", "size", "largest difference", "verdict", "checked with")
    for file in report.files:
        difference = "" if file.difference is None else f"{file.difference:.1e}"
        table.add_row(
            file.part,
            file.format,
            f"{file.bytes / 1024:,.0f} KiB",
            difference,
            file.verdict,
            file.runtime,
        )
    _print(table)
    _print(f"in {report.folder}", markup=False)


def show_comparison(found: Comparison) -> None:
    """Show what differs between runs, one column a run."""
    table = _table("", *found.runs)
    for name, values in found.settings.items():
        table.add_row(name, *(_short(value) for value in values))
    if found.settings and found.results:
        table.add_section()
    for name, measures in found.results.items():
        table.add_row(name, *("" if value is None else f"{value:.5g}" for value in measures))
    _print(table)


def show_runs(runs: Sequence[Run]) -> None:
    """Show each run with how far it came."""
    table = _table("run", "model", "state", "epochs", "measures")
    for run in runs:
        record = run.record
        epochs = f"{len(run.history)}/{record['config'].get('epochs', '?')}"
        table.add_row(
            run.path.name, run.name, run.state, epochs, format_logs(_headline(run.metrics))
        )
    _print(table)


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
    """Show what apply said of each item."""
    names = [
        key for key in (results[0] if results else {}) if not isinstance(results[0][key], dict)
    ]
    table = _table(*names)
    for result in results:
        table.add_row(*(_cell(result.get(name, "")) for name in names))
    _print(table)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value.name if isinstance(value, Path) and not value.parent.name else str(value)


def show_outcome(outcome: Outcome) -> None:
    """Show one check of the contract."""
    colour = {"passed": "green", "failed": "red", "skipped": "yellow"}[outcome.verdict]
    _print(
        f"[{colour}]{outcome.verdict:>8}[/]  {outcome.check:<12} {outcome.seconds:>6.1f} s", end=""
    )
    _print(f"  {outcome.detail}" if outcome.detail else "", markup=False)
