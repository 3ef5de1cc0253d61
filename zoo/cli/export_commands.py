"""The commands of exported files: `zoo export`, `zoo verify` and `zoo runtimes`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo.cli.options import as_json, complete_run, import_backend
from zoo.cli.output import Command, print_json
from zoo.errors import ExportError, UsageError

if TYPE_CHECKING:
    from zoo.exporters.report import Report

KEY_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(cls=Command)
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", shell_complete=complete_run)
@click.option(
    "--to",
    "formats",
    default="keras,h5,saved-model,onnx",
    show_default=True,
    help="Formats, with commas between them. Others: litert, openvino, coreml, dl4j, onnx-fp16, onnx-int8.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The folder, with one below it for each of several RUNs; RUN/export if not given.",
)
@click.option("--opset", type=int, help="The opset of ONNX files; 17 if not given.")
@click.option("--batch", type=click.IntRange(1), help="Fix the size of the batch in every file.")
@click.option(
    "--runs-in",
    default="",
    help="Runtimes to prove the files in, beside their own, such as java,browser; or all.",
)
@click.option("--sign", type=KEY_FILE, help="Sign the folder with this private key, a PEM file.")
@click.option(
    "--untrained",
    is_flag=True,
    help="Build a model of the catalog or a network of keras.applications with random weights.",
)
@as_json
def export(
    runs: tuple[str, ...],
    formats: str,
    out: Path | None,
    opset: int | None,
    batch: int | None,
    runs_in: str,
    sign: Path | None,
    untrained: bool,
    as_json: bool,
) -> None:
    """Export every part of each RUN, and prove each file equal.

    Each file is run in the runtime of its format, and in those of --runs-in that read it. One that is not
    installed is named, and the export goes on. `zoo runtimes` lists all of them.

    RUN is a run, one part of it (vae.mnist:encoder), a .keras or .h5 file, or a name of
    keras.applications. Of several RUNs, one that fails does not stop the others.
    """
    names, runtimes = parse_formats(formats, opset), parse_names(runs_in)
    if len(runs) > 1:
        options = {"out": out, "opset": opset, "batch": batch, "sign": sign, "untrained": untrained}
        return _export_many(runs, names, runtimes, as_json, **options)
    from zoo.exporters.locations import find_source, find_untrained

    find = find_untrained if untrained else find_source
    source = find(runs[0])  # an unknown name is refused before Keras is imported
    start_backend(names, runtimes)
    report = export_source(source, names, out, opset, runtimes, sign, batch, untrained)
    if as_json:
        return print_json(report.to_json())
    from zoo.cli import render

    render.show_report(report)


def _export_many(
    runs: tuple[str, ...],
    names: list[str],
    runtimes: list[str],
    as_json: bool,
    **options: Any,
) -> None:
    from zoo.cli import render

    start_backend(names, runtimes)
    from zoo.exporters.batch import export_many

    with render.show_status(f"exporting to {', '.join(names)}") as status:
        outcomes = export_many(
            runs,
            names,
            runs_in=runtimes,
            **options,
            progress=lambda name: status.update(f"exporting {name} to {', '.join(names)}"),
        )
    if as_json:
        print_json([outcome.to_json() for outcome in outcomes])
    else:
        render.show_exports(outcomes)
    if failed := [outcome.source for outcome in outcomes if not outcome.ok]:
        raise ExportError(f"{len(failed)} of {len(outcomes)} exports failed: {', '.join(failed)}.")


def start_backend(formats: list[str], runtimes: Sequence[str] = ()) -> None:
    """Import Keras; the processes that will open the files import their runtimes meanwhile.

    Raises:
        UsageError: there is no such runtime, or it reads none of the formats.
    """
    from zoo.environment import keras_backend
    from zoo.exporters.proof.plan import plan_runtimes

    plan = plan_runtimes(formats, runtimes)
    if keras_backend() in (None, "tensorflow"):
        from zoo.exporters.checker import start_processes

        start_processes(plan.python)
    import_backend()


@click.command(cls=Command)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--in", "runs_in", default="", help="Runtimes to run the files in, or all.")
@click.option("--key", type=KEY_FILE, help="Require a signature of this public key, a PEM file.")
@as_json
def verify(folder: Path, runs_in: str, key: Path | None, as_json: bool) -> None:
    """Check exported files again: their bytes and their outputs.

    The files are run in the runtimes of their formats, or in those of --in. They may come from anybody:
    their operators are checked first, and they are opened without rights (docs/security.md).
    """
    from zoo.exporters import api

    report = api.verify(folder, runs_in=parse_names(runs_in), key=key)
    if as_json:
        return print_json(report.to_json())
    from zoo.cli import render

    render.show_report(report)


@click.command(cls=Command)
@as_json
def runtimes(as_json: bool) -> None:
    """List the runtimes of exported files, and what to install for those that are missing."""
    from zoo.cli import render
    from zoo.runtimes.group import list_runtimes

    states = list_runtimes()
    if as_json:
        return print_json([state.to_json() for state in states])
    render.show_runtimes(states)


def parse_names(text: str) -> list[str]:
    """Split a list of names with commas between them."""
    return [name.strip() for name in text.split(",") if name.strip()]


def parse_formats(text: str, opset: int | None) -> list[str]:
    """Split a list of formats, and check them and the opset before anything long begins.

    Raises:
        UsageError: the list is empty, a format has no such name, or the opset is out of range.
    """
    from zoo.entry_points import FORMATS, EntryPointGroup
    from zoo.exporters.onnx_graph.opsets import check_opset

    known = EntryPointGroup(FORMATS)
    names = parse_names(text)
    if not names:
        raise UsageError(f"Name at least one format: {', '.join(known.names())}.")
    for name in names:
        known.entry(name)
    check_opset(opset)
    return names


def export_source(
    source: Any,
    formats: list[str],
    out: Path | None,
    opset: int | None,
    runs_in: Sequence[str] = (),
    sign: Path | None = None,
    batch: int | None = None,
    untrained: bool = False,
) -> Report:
    """Export a model, and show on a terminal that something is being done.

    Args:
        source: what `zoo.export` takes.
        formats: names of formats.
        out: the folder; the run's `export` if None.
        opset: of the ONNX files; 17 if None.
        runs_in: names of runtimes beside the formats' own.
        sign: the private key that the folder is signed with, if it is signed.
        batch: the size of the batch in every file; free if None.
        untrained: whether a network of keras.applications is built with random weights.
    """
    from zoo.cli import render
    from zoo.exporters import api

    message = f"exporting to {', '.join(formats)}, and checking each in its own runtime"
    with render.show_status(message):
        return api.export(
            source,
            formats,
            out=out,
            opset=opset,
            batch=batch,
            runs_in=runs_in,
            sign=sign,
            untrained=untrained,
        )


def check_signing(sign: Path | None, formats: Sequence[str]) -> None:
    """Refuse a key that cannot sign, or that has nothing to sign, before anything long begins.

    Raises:
        UsageError: it is no private key, or nothing is exported.
    """
    if sign is None:
        return
    if not formats:
        raise UsageError("--sign signs an export, and nothing is exported. Add --export FORMATS.")
    from zoo.exporters.trust.signature import check_private_key

    check_private_key(sign)


COMMANDS = (export, verify, runtimes)
