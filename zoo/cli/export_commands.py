"""The commands of exported files: `zoo export` and `zoo verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo.cli.options import as_json, complete_run, import_backend
from zoo.cli.output import Command, print_json
from zoo.errors import ExportError, UsageError

if TYPE_CHECKING:
    from zoo.exporters.report import Report


@click.command(cls=Command)
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", shell_complete=complete_run)
@click.option(
    "--to", "formats", default="keras,h5,saved-model,onnx", show_default=True, help="Formats."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The folder, with one below it for each of several RUNs; RUN/export if not given.",
)
@click.option("--opset", type=int, help="The opset of ONNX files; 17 if not given.")
@as_json
def export(
    runs: tuple[str, ...], formats: str, out: Path | None, opset: int | None, as_json: bool
) -> None:
    """Export every part of each RUN, and prove each file equal.

    RUN is a run, one part of it (vae.mnist:encoder), a .keras or .h5 file, or a name of
    keras.applications. Of several RUNs, one that fails does not stop the others.
    """
    names = parse_formats(formats, opset)
    if len(runs) > 1:
        return _export_many(runs, names, out, opset, as_json)
    from zoo.exporters.locations import find_source

    source = find_source(runs[0])  # an unknown name is refused before Keras is imported
    start_backend(names)
    report = export_source(source, names, out, opset)
    if as_json:
        return print_json(report.to_json())
    from zoo.cli import render

    render.show_report(report)


def _export_many(
    runs: tuple[str, ...], names: list[str], out: Path | None, opset: int | None, as_json: bool
) -> None:
    from zoo.cli import render

    start_backend(names)
    from zoo.exporters.batch import export_many

    with render.show_status(f"exporting to {', '.join(names)}") as status:
        outcomes = export_many(
            runs,
            names,
            out=out,
            opset=opset,
            progress=lambda name: status.update(f"exporting {name} to {', '.join(names)}"),
        )
    if as_json:
        print_json([outcome.to_json() for outcome in outcomes])
    else:
        render.show_exports(outcomes)
    if failed := [outcome.source for outcome in outcomes if not outcome.ok]:
        raise ExportError(f"{len(failed)} of {len(outcomes)} exports failed: {', '.join(failed)}.")


def start_backend(formats: list[str]) -> None:
    """Import Keras; the processes that will open the files import their runtimes meanwhile."""
    from zoo.environment import keras_backend

    if keras_backend() in (None, "tensorflow"):
        from zoo.exporters.checker import start_processes
        from zoo.runtimes.group import own_runtime

        start_processes(list(map(own_runtime, formats)))
    import_backend()


@click.command(cls=Command)
@click.argument("folder", type=click.Path(path_type=Path))
@as_json
def verify(folder: Path, as_json: bool) -> None:
    """Check exported files again: their bytes and their outputs."""
    from zoo.exporters import api

    report = api.verify(folder)
    if as_json:
        return print_json(report.to_json())
    from zoo.cli import render

    render.show_report(report)


def parse_formats(text: str, opset: int | None) -> list[str]:
    """Split a list of formats, and check them and the opset before anything long begins.

    Raises:
        UsageError: the list is empty, a format has no such name, or the opset is out of range.
    """
    from zoo.entry_points import FORMATS, EntryPointGroup
    from zoo.exporters.formats.onnx import check_opset

    known = EntryPointGroup(FORMATS)
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(f"Name at least one format: {', '.join(known.names())}.")
    for name in names:
        known.entry(name)
    check_opset(opset)
    return names


def export_source(source: Any, formats: list[str], out: Path | None, opset: int | None) -> Report:
    """Export a model, and show on a terminal that something is being done.

    Args:
        source: what `zoo.export` takes.
        formats: names of formats.
        out: the folder; the run's `export` if None.
        opset: of the ONNX files; 17 if None.
    """
    from zoo.cli import render
    from zoo.exporters import api

    message = f"exporting to {', '.join(formats)}, and checking each in its own runtime"
    with render.show_status(message):
        return api.export(source, formats, out=out, opset=opset)


COMMANDS = (export, verify)
