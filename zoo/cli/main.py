"""The shell: `zoo list`, `zoo show`, `zoo train`, and what follows from a run.

Nothing heavy is imported before a command needs it. Every ZooError becomes a line or two and its
exit code: 2 for what was asked wrongly, 1 for a job that failed.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from zoo.cli import interpret_commands
from zoo.cli.options import (
    as_json,
    complete_model,
    complete_run,
    import_backend,
    print_json,
    show_item_results,
)
from zoo.environment import shows_tracebacks
from zoo.errors import UnknownName, UsageError, ZooError

if TYPE_CHECKING:
    from zoo.exporters.report import Report
    from zoo.runs.run import Run


class Commands(click.Group):
    """A group that answers a mistyped command with the nearest one."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command, or say which comes nearest."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise UnknownName("command", args[0], self.commands)
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="keras-zoo")
def zoo() -> None:
    """Classic neural architectures by name: train them, and export them proved equal."""


zoo.add_command(interpret_commands.explain)
zoo.add_command(interpret_commands.gallery)


def main() -> NoReturn:
    """Run the command line; never show a traceback for an error of the user's."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        zoo(standalone_mode=False)
    except ZooError as error:
        _fail(str(error), error.exit_code, error)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail("Stopped.", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        gc.freeze()  # collecting what TensorFlow leaves would take a second at exit
    sys.exit(0)


def _fail(message: str, code: int, error: BaseException | None = None) -> NoReturn:
    if error is not None and shows_tracebacks():
        raise error
    click.echo(f"Error: {message}", err=True)
    sys.exit(code)


@zoo.command("list")
@click.argument("pattern", default="*", metavar="[GLOB]")
@click.option("--tag", help="Only models that carry this tag.")
@as_json
def list_command(pattern: str, tag: str | None, as_json: bool) -> None:
    """List the models of the catalog whose name matches GLOB."""
    from zoo.registry.catalog import catalog

    found = catalog().find(pattern, tag)
    for problem in catalog().problems:
        click.echo(f"Warning: a catalog was left out. {problem}", err=True)
    if as_json:
        rows = [
            {"name": e.name, "summary": e.summary, "dataset": e.dataset, "tags": e.tags}
            for e in found
        ]
        return print_json(rows)
    if not found and pattern != "*":
        raise UnknownName("model", pattern, catalog().names())
    width = max((len(entry.name) for entry in found), default=0)
    for entry in found:
        result = next((f"  [{k} {v:.4g}]" for k, v in entry.results.items()), "")
        click.echo(f"{entry.name:<{width}}  {entry.summary}{result}")


@zoo.command()
@click.argument("name", shell_complete=complete_model)
@click.option("--layers", is_flag=True, help="List the layers; of a run or a .keras file too.")
@as_json
def show(name: str, layers: bool, as_json: bool) -> None:
    """Show what a model or an architecture is, and what can be set."""
    if layers:
        return interpret_commands.show_layers(name, as_json)
    import_backend()
    from zoo.interpret.model_summary import describe

    description = describe(name)
    if as_json:
        return print_json(description.to_json())
    from zoo.cli.render import show_description

    show_description(description)


@zoo.command()
@click.argument("name", shell_complete=complete_model)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a setting.")
@click.option(
    "--data",
    help="A dataset's name, tfds:NAME, an .npz, .ts or .csv file, or a folder of images.",
)
@click.option("--out", type=click.Path(path_type=Path), help="The run's directory.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--resume", is_flag=True, help="Go on with the unfinished run.")
@click.option("--force", is_flag=True, help="Replace the run that is there.")
@click.option("--tensorboard", is_flag=True, help="Write RUN/tensorboard for TensorBoard too.")
@click.option("--export", "formats", metavar="FORMATS", help="Export afterwards: keras,h5,...")
@click.option("--opset", type=int, help="Of the ONNX files; 17 if not given.")
@as_json
def train(
    name: str,
    settings: tuple[str, ...],
    data: str | None,
    out: Path | None,
    seed: int,
    resume: bool,
    force: bool,
    tensorboard: bool,
    formats: str | None,
    opset: int | None,
    as_json: bool,
) -> None:
    """Train a model of the catalog, or an architecture on --data."""
    from zoo.config import parse_setting

    chosen = dict(parse_setting(text) for text in settings)
    names = _formats(formats, opset) if formats is not None else []
    _check_name(name)
    import_backend()
    from zoo.cli import render
    from zoo.runs import training

    try:
        run = training.train(
            name,
            data=data,
            out=out,
            seed=seed,
            resume=resume,
            force=force,
            tensorboard=tensorboard,
            progress=render.progress(),
            **chosen,
        )
    except KeyboardInterrupt:
        _stopped(name, out)
    render.show_run(run)
    report = _exported(run.path, names, None, opset) if names else None
    if as_json:
        print_json(
            {
                "run": str(run.path),
                "metrics": run.metrics,
                "export": report.to_json() if report else None,
            }
        )
    elif report:
        render.show_report(report)


@zoo.command()
@click.argument("run", shell_complete=complete_run)
@click.option("--data", help="Other data than the run's own.")
@as_json
def evaluate(run: str, data: str | None, as_json: bool) -> None:
    """Measure a run's model on the test split."""
    opened = _run(run)
    import_backend()
    from zoo.cli import render
    from zoo.runs import load

    metrics = load.evaluate(opened, data)
    if as_json:
        return print_json(metrics)
    render.show_metrics(metrics)


@zoo.command()
@click.argument("run", shell_complete=complete_run)
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@click.option("--out", type=click.Path(path_type=Path), help="Where results that are files go.")
@as_json
def apply(run: str, items: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Use a run's model on your own files; a folder stands for the images in it."""
    opened = _run(run)
    import_backend()
    from zoo.cli import render
    from zoo.runs import predict

    results, faults = predict.apply_to_files(opened, items, out, render.track_items)
    show_item_results(results, faults, as_json)


@zoo.command()
@click.argument("run", shell_complete=complete_run)
@click.option("--to", "formats", default="keras,h5,saved-model,onnx", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="The folder; RUN/export if not given.")
@click.option("--opset", type=int, help="Of the ONNX files; 17 if not given.")
@as_json
def export(run: str, formats: str, out: Path | None, opset: int | None, as_json: bool) -> None:
    """Export every part of RUN (or of a .keras file), each proved equal in its own runtime."""
    names = _formats(formats, opset)
    source: Any = Path(run) if run.endswith(".keras") else _run(run)
    import_backend()
    report = _exported(source, names, out, opset)
    if as_json:
        return print_json(report.to_json())
    from zoo.cli import render

    render.show_report(report)


@zoo.command()
@click.argument("folder", type=click.Path(path_type=Path))
@as_json
def verify(folder: Path, as_json: bool) -> None:
    """Run exported files again: the same bytes, and the same outputs."""
    from zoo.exporters import api

    report = api.verify(folder)
    if as_json:
        return print_json(report.to_json())
    from zoo.cli import render

    render.show_report(report)


@zoo.command()
@as_json
def runs(as_json: bool) -> None:
    """List the runs below ./runs (or ZOO_RUNS)."""
    from zoo.runs.run import list_runs

    found = list_runs()
    if as_json:
        return print_json(
            [{"path": str(run.path), **run.record, "metrics": run.metrics} for run in found]
        )
    from zoo.cli import render

    render.show_runs(found)


@zoo.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...", shell_complete=complete_run)
@click.option("--out", type=click.Path(path_type=Path), help="The picture of the curves, a .png.")
@as_json
def compare(runs: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Show the settings in which runs differ and their results; --out draws their curves."""
    from zoo.cli import render
    from zoo.io import pictures
    from zoo.runs import comparison

    found = comparison.compare(runs)
    if out is not None:
        drawn = comparison.curves(runs)
        out = pictures.save(drawn, out.with_suffix("") if out.suffix == ".png" else out)
    if as_json:
        return print_json(found.to_json())
    render.show_comparison(found)
    if out is not None:
        render.err.print(f"curves in {out}", markup=False)


@zoo.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes SHELL complete commands and names: eval "$(zoo completion bash)"."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(zoo, {}, "zoo", "_ZOO_COMPLETE").source())


@zoo.command()
@click.argument("name", shell_complete=complete_model)
@as_json
def check(name: str, as_json: bool) -> None:
    """Check that an architecture keeps the contract: built, trained, resumed, exported."""
    _check_name(name)
    import_backend()
    from zoo import testing
    from zoo.cli import render

    found = []
    for outcome in testing.outcomes(name):
        found.append(outcome)
        if not as_json:
            render.show_outcome(outcome)
    if as_json:
        print_json([vars(outcome) for outcome in found])
    if failed := [outcome.check for outcome in found if outcome.verdict == "failed"]:
        raise ZooError(f"{name} fails {', '.join(failed)}.")


@zoo.command()
@as_json
def plugins(as_json: bool) -> None:
    """List everything that has a name: architectures, formats, datasets, extensions."""
    from zoo.entry_points import ARCHITECTURES, DATASETS, EXTENSIONS, FORMATS, EntryPointGroup

    rows = [
        row
        for group in (ARCHITECTURES, FORMATS, DATASETS, EXTENSIONS)
        for row in EntryPointGroup(group).rows()
    ]
    if as_json:
        return print_json(rows)
    widths = [max(len(row[key]) for row in rows) for key in ("kind", "name", "package")]
    for row in rows:
        cells = [row[key].ljust(width) for key, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*cells, row["module"]]))


def _formats(text: str, opset: int | None) -> list[str]:
    """Split and check the formats' names, and the opset, before anything long begins."""
    from zoo.entry_points import FORMATS, EntryPointGroup
    from zoo.exporters.formats.onnx import check_opset

    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(
            f"Name at least one format: {', '.join(EntryPointGroup(FORMATS).names())}."
        )
    for name in names:
        EntryPointGroup(FORMATS).entry(name)
    check_opset(opset)
    return names


def _check_name(name: str) -> None:
    """Refuse an unknown model before Keras is imported."""
    from zoo.entry_points import ARCHITECTURES, EntryPointGroup
    from zoo.registry.catalog import catalog

    if name not in EntryPointGroup(ARCHITECTURES).names():
        catalog().get(name)


def _run(reference: str) -> Run:
    from zoo.runs.run import Run

    return Run.open(reference)


def _exported(source: Any, names: list[str], out: Path | None, opset: int | None) -> Report:
    from zoo.cli import render
    from zoo.exporters import api

    with render.show_status(
        f"exporting to {', '.join(names)}, and checking each in its own runtime"
    ):
        return api.export(source, names, out=out, opset=opset)


def _stopped(name: str, out: Path | None) -> NoReturn:
    """Say how to go on with the run that Ctrl-C left."""
    from zoo.runs.run import find_unfinished_run

    try:
        run = find_unfinished_run(name, out)
    except UsageError:
        _fail("Stopped before training began; nothing was written.", 130)
    click.echo(
        f"Stopped after {len(run.history)} whole epochs. Go on with: "
        f"zoo train {name} --out {run.path} --resume",
        err=True,
    )
    sys.exit(130)
