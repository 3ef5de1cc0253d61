"""`zoo train`: train a model, show how it goes, and export it afterwards."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from zoo.cli.export_commands import KEY_FILE, check_signing, export_source, parse_formats
from zoo.cli.options import as_json, check_model_name, complete_model, complete_run, import_backend
from zoo.cli.output import Command, print_json
from zoo.cli.process.stops import exit_code
from zoo.cli.settings import open_run_file, with_settings
from zoo.cli.workers import trainers
from zoo.environment import set_backend
from zoo.errors import UsageError

if TYPE_CHECKING:
    from zoo.exporters.report import Report
    from zoo.runs.run import Run
    from zoo.runs.training import TrainedModel
    from zoo.runs.workers.plan import WorkerPlan

CHECKED = ("data", "out", "from_run", "force")  # options that `check_training` looks at


@click.command(cls=Command)
@click.argument("name", shell_complete=complete_model, callback=open_run_file, is_eager=True)
@with_settings
@click.option(
    "--data",
    help="A dataset's name, tfds:NAME, an .npz, .ts or .csv file, or a folder of images.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The folder of the run; runs/NAME if not given."
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="The seed of all random numbers."
)
@click.option(
    "--seeds",
    type=int,
    help="Train once with each of so many seeds, from --seed on, and show the mean of each metric.",
)
@click.option(
    "--from",
    "from_run",
    metavar="RUN",
    shell_complete=complete_run,
    help="Start from the weights of a run, or of a model of the catalog. See the setting freeze, too.",
)
@click.option(
    "--workers",
    type=int,
    help="Train with so many processes on JAX; each gets a share of each batch.",
)
@click.option(
    "--address",
    metavar="ADDRESS",
    help="Run the workers on a Ray cluster: auto, HOST:6379, ray://HOST:10001.",
)
@click.option(
    "--slurm", is_flag=True, help="This process is one of the tasks that srun has started."
)
@click.option("--resume", is_flag=True, help="Continue the unfinished run.")
@click.option("--force", is_flag=True, help="Replace the run in that folder.")
@click.option(
    "--tensorboard", is_flag=True, help="Write logs for TensorBoard into RUN/tensorboard."
)
@click.option(
    "--export", "formats", metavar="FORMATS", help="Export the model afterwards: keras,h5,..."
)
@click.option("--opset", type=int, help="The opset of ONNX files; 17 if not given.")
@click.option("--sign", type=KEY_FILE, help="Sign the export with this private key, a PEM file.")
@as_json
def train(
    name: str,
    settings: tuple[str, ...],
    seeds: int | None,
    workers: int | None,
    address: str | None,
    slurm: bool,
    resume: bool,
    tensorboard: bool,
    formats: str | None,
    opset: int | None,
    sign: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Train a model of the catalog, or an architecture on --data.

    NAME may also be a run file, such as run.toml, with the model, these options and [settings]. What is
    given here comes first.
    """
    from zoo.cli.checks.training_checks import check_training
    from zoo.cli.settings import parse_setting, run_file_settings

    overrides = run_file_settings() | dict(parse_setting(text) for text in settings)
    names = parse_formats(formats, opset) if formats is not None else []
    check_signing(sign, names)
    check_model_name(name)
    plan = trainers.plan_workers(workers, address, slurm)
    follows = plan is not None and plan.follows
    if not resume and not follows:
        check_training(name, overrides, **{key: options[key] for key in CHECKED})
    if seeds is not None:
        _check_repeated(names, tensorboard, workers)
        return _train_seeds(name, seeds, overrides, as_json, resume=resume, **options)
    if plan is not None and follows:
        return trainers.follow_first_task(
            plan, name, overrides, data=options["data"], resume=resume, from_run=options["from_run"]
        )
    options["tensorboard"] = tensorboard
    trained = _train_once(plan, name, overrides, resume=resume, **options)
    report = _export(trained, names, opset, sign) if names else None
    _show_results(trained.run, report, as_json)


def _train_once(
    plan: WorkerPlan | None, name: str, settings: dict[str, Any], *, resume: bool, **options: Any
) -> TrainedModel:
    """Train one run and show it; where a signal stops it, show how to go on, and exit."""
    run_to_resume = _prepare_to_resume(name, options["out"]) if resume else None
    if plan is None and run_to_resume is not None:
        plan = trainers.recorded_plan(run_to_resume)
    if plan is not None:
        set_backend("jax")
    import_backend()
    from zoo.cli import render

    train_run = trainers.train_function(plan)
    options |= {"resume": run_to_resume or False, "progress": render.progress()}
    try:
        trained = train_run(name, settings, **options)
    except KeyboardInterrupt as error:
        _stop(name, options["out"], exit_code(error))
    render.show_run(trained.run)
    return trained


def _export(
    trained: TrainedModel, formats: list[str], opset: int | None, sign: Path | None
) -> Report:
    """Export a model that was just trained, without opening its run again."""
    from zoo.exporters.sources import Source

    run = trained.run
    source = Source("run", str(run.path), trained.model, trained.recipe, run)
    return export_source(source, formats, None, opset, sign=sign)


def _show_results(run: Run, report: Report | None, as_json: bool) -> None:
    """Print a run and its export as JSON, or show the export; the run is shown already."""
    from zoo.cli import render

    if as_json:
        exported = report.to_json() if report else None
        results = {"metrics": run.metrics, "examples": run.examples}
        print_json({"run": str(run.path), **results, "export": exported})
    elif report:
        render.show_report(report)


def _prepare_to_resume(name: str, out: Path | None) -> Run:
    """Return the run to go on with, after the environment is set as it was when the run was started."""
    from zoo.compute.kernels import prepare_to_resume
    from zoo.runs.run_directory import find_unfinished_run

    run = find_unfinished_run(name, out)
    prepare_to_resume(run.record.get("compute", {}))
    return run


def _check_repeated(formats: list[str], tensorboard: bool, workers: int | None) -> None:
    """Refuse options that belong to a single run."""
    if formats or tensorboard or workers is not None:
        option = "--export" if formats else "--tensorboard" if tensorboard else "--workers"
        raise UsageError(f"{option} is for a single run. Leave it out, or leave out --seeds.")


def _train_seeds(
    name: str, seeds: int, settings: dict[str, Any], as_json: bool, **options: Any
) -> None:
    """Train with several seeds, and show the mean and the interval of each metric."""
    import_backend()
    from zoo.cli import render
    from zoo.runs.repeats import train_seeds

    try:
        repeats = train_seeds(name, seeds, progress=render.progress(), **options, **settings)
    except KeyboardInterrupt as error:
        where = f" --out {options['out']}" if options["out"] else ""
        click.echo(
            f"Stopped. Go on with: zoo train {name} --seeds {seeds}{where} --resume", err=True
        )
        sys.exit(exit_code(error))
    print_json(repeats.to_json()) if as_json else render.show_repeats(repeats)


def _stop(name: str, out: Path | None, code: int) -> NoReturn:
    """Show how to go on with the run that Ctrl-C or another signal left, and exit."""
    from zoo.runs.run_directory import find_unfinished_run

    try:
        run = find_unfinished_run(name, out)
    except UsageError:
        click.echo("Error: Stopped before training began; nothing was written.", err=True)
        sys.exit(code)
    click.echo(
        f"Stopped after {len(run.history)} whole epochs. Go on with: "
        f"zoo train {name} --out {run.path} --resume",
        err=True,
    )
    sys.exit(code)
