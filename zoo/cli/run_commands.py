"""The commands that use runs: `zoo evaluate`, `zoo apply`, `zoo runs` and `zoo compare`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo.cli.options import as_json, complete_run, import_backend
from zoo.cli.output import Command, print_json
from zoo.cli.process.stops import exit_code
from zoo.errors import UsageError, ZooError

if TYPE_CHECKING:
    from zoo.runs.run import Run

with_runtime = click.option(
    "--with",
    "runtime",
    metavar="RUNTIME",
    default="keras",
    help="keras; or onnx: the run's exported files in ONNX Runtime. If there are none, it is exported first.",
)


@click.command(cls=Command)
@click.argument("run", shell_complete=complete_run)
@click.option("--data", help="Measure on this data instead of the run's own test split.")
@click.option("--batch-size", type=int, help="Examples that are computed at a time.")
@click.option(
    "--predictions",
    type=click.Path(path_type=Path),
    help="Write a row for each example into this .csv or .parquet file: truth, prediction, probabilities.",
)
@with_runtime
@as_json
def evaluate(
    run: str,
    data: str | None,
    batch_size: int | None,
    predictions: Path | None,
    runtime: str,
    as_json: bool,
) -> None:
    """Measure a run's model on the test split.

    A run whose training ended before it was measured becomes finished.
    """
    from zoo.cli.checks.item_checks import check_data
    from zoo.runs.run import Run

    opened = Run.open(run)
    check_data(data)
    before = opened.state
    _prepare_runtime(opened, runtime, keras=True)
    from zoo.cli import render
    from zoo.runs.evaluation import measure

    options: dict[str, Any] = {"batch_size": batch_size, "runtime": runtime}
    with render.show_status(f"measuring {opened}"):
        measurement = measure(opened, data, predictions=predictions, **options)
    if opened.state != before:
        render.err.print(f"{opened.path} is finished now.", markup=False, soft_wrap=True)
    if as_json:
        counts = {"examples": measurement.examples, "examples_by_measure": measurement.counts}
        return print_json({**measurement.metrics, **counts})
    render.show_measurement(measurement)
    if predictions:
        render.err.print(f"predictions in {predictions}", markup=False, soft_wrap=True)


@click.command(cls=Command)
@click.argument("run", shell_complete=complete_run)
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The folder for pictures and arrays among the results; with --workers, for all results.",
)
@with_runtime
@click.option(
    "--workers", type=int, help="Processes of Ray Data, for many items: the results become Parquet."
)
@click.option(
    "--address", help="With --workers: a cluster of Ray, HOST:PORT, ray://HOST:PORT or auto."
)
@click.option("--part-size", type=int, help="With --workers: items of one Parquet file.")
@as_json
def apply(
    run: str, items: tuple[str, ...], out: Path | None, runtime: str, as_json: bool, **bulk: Any
) -> None:
    """Apply a run's model to your own files.

    ITEM is a file, or what else the model takes. A folder stands for the files in it, and a .ts or .csv
    file for its series. With --workers, ITEM may be s3://BUCKET/FOLDER; the exported files compute, and a
    command that was killed goes on when it is given again.
    """
    from zoo.cli.checks.item_checks import check_items
    from zoo.runs.run import Run

    opened = Run.open(run)
    if bulk["workers"] is not None:
        return _apply_with_workers(opened, items, out, as_json, bulk)
    if wrong := [name for name, value in bulk.items() if value is not None]:
        raise UsageError(f"--{wrong[0].replace('_', '-')} needs --workers.")
    check_items(items)
    _prepare_runtime(opened, runtime, keras=runtime == "keras")
    from zoo.cli import render
    from zoo.runs import predict

    results, faults = predict.apply_to_files(opened, items, out, render.track_items, runtime)
    render.show_item_results(results, faults, as_json)


def _apply_with_workers(
    run: Run, items: tuple[str, ...], out: Path | None, as_json: bool, options: dict[str, Any]
) -> None:
    """Apply a run's model with workers of Ray Data."""
    from zoo.compute.ray_cluster import check_ray

    check_ray()
    _announce_export(run)
    from zoo.cli.workers.bulk_tables import apply_with_workers, show_bulk_result
    from zoo.inference.image_form import image_form

    source = run.record["dataset"].get("source")
    if image_form(source):
        click.echo(f"Image files are brought to the form of the images of {source}.", err=True)

    try:
        result = apply_with_workers(run, items, out, **options)
    except KeyboardInterrupt as error:
        click.echo("Stopped. The same command goes on with the parts that are missing.", err=True)
        sys.exit(exit_code(error))
    show_bulk_result(result, as_json)


def _prepare_runtime(run: Run, runtime: str, *, keras: bool) -> None:
    """Import Keras if it is needed, and say so where a run has to be exported first.

    Args:
        run: the run.
        runtime: that the user asks for.
        keras: whether Keras is needed anyway.
    """
    from zoo.runs.predictors import check_runtime, predictor_module

    check_runtime(runtime)
    if runtime == "onnx":
        _announce_export(run)
    if keras or predictor_module(run) is None:
        import_backend()


def _announce_export(run: Run) -> None:
    """Say so where a run has to be exported first."""
    from zoo.runs.predictors import needs_export

    if problem := needs_export(run):
        click.echo(f"{problem}: exporting and verifying first.", err=True)


@click.command(cls=Command)
@as_json
def runs(as_json: bool) -> None:
    """List the runs below ./runs (or ZOO_RUNS)."""
    from zoo.runs.run import list_runs

    found = list_runs()
    if as_json:
        return print_json(
            [{"path": str(run.path), **run.record, **_measures(run)} for run in found]
        )
    from zoo.cli import render

    render.show_runs(found)


def _measures(run: Run) -> dict[str, Any]:
    """Return the metrics of a run, or why they cannot be read."""
    try:
        return {"metrics": run.metrics}
    except ZooError as error:
        return {"metrics": {}, "problem": str(error)}


@click.command(cls=Command)
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...", shell_complete=complete_run)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Draw the curves of the runs into this .png file.",
)
@as_json
def compare(runs: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Show the settings in which runs differ, and their results."""
    from zoo.cli import render
    from zoo.runs import comparison
    from zoo.runs.run import Run

    opened = [Run.open(run) for run in runs]
    found = comparison.compare(opened)
    if out is not None:
        from zoo.io import pictures

        curves = comparison.plot_curves(opened)
        out = pictures.save(curves, out.with_suffix("") if out.suffix == ".png" else out)
    if as_json:
        return print_json(found.to_json())
    render.show_comparison(found)
    if out is not None:
        render.err.print(f"curves in {out}", markup=False)


COMMANDS = (evaluate, apply, runs, compare)
