"""The command `zoo page`: trained models as pages for the browser."""

from __future__ import annotations

from pathlib import Path

import click

from zoo.cli.export_commands import start_backend
from zoo.cli.options import as_json, complete_run
from zoo.cli.output import Command, print_json, print_result


@click.command(cls=Command)
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", shell_complete=complete_run)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("site"),
    show_default=True,
    help="The folder, or with --one-file the HTML file.",
)
@click.option(
    "--one-file", is_flag=True, help="Write one HTML that holds everything and needs no server."
)
@click.option(
    "--open",
    "opens",
    is_flag=True,
    help="Open the browser. A folder is served on this machine alone, until Ctrl-C.",
)
@as_json
def page(runs: tuple[str, ...], out: Path, one_file: bool, opens: bool, as_json: bool) -> None:
    """Write pages that run each RUN in the visitor's browser.

    The parts are exported as ONNX and proved first, unless there is a verified export. The page runs the
    export's own tests in the browser, and shows whether it computes what Keras computes. Of several RUNs,
    there is an index too.

    RUN is a run, a model of the catalog with weights, or a .keras or .h5 file.
    """
    from zoo.exporters.locations import find_source
    from zoo.pages.assets import assets_folder
    from zoo.pages.model import needs_export
    from zoo.pages.site import check_target

    check_target(out, one_file)
    assets_folder()
    locations = [find_source(run) for run in runs]
    if any(map(needs_export, locations)):
        start_backend(["onnx"])
    from zoo.cli import render
    from zoo.pages.api import page as write_page

    with render.show_status("making pages") as status:
        path = write_page(
            *locations,
            out=out,
            one_file=one_file,
            progress=lambda name: status.update(f"making the page of {name}"),
        )
    if as_json:
        print_json({"page": str(path), "models": list(runs)})
    else:
        print_result(str(path))
    if opens:
        from zoo.pages.server import open_file, serve_page

        if one_file:
            open_file(path)
        else:
            serve_page(path, lambda address: click.echo(f"{address} (Ctrl-C ends it)", err=True))
