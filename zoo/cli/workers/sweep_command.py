"""The command `zoo sweep`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from zoo.cli.options import as_json, check_model_name, complete_model, import_backend
from zoo.cli.output import Command
from zoo.cli.process.stops import exit_code
from zoo.errors import UsageError

if TYPE_CHECKING:
    from zoo.sweeps.results import Sweep

_DIRECTIONS = {"max": "Larger values are better.", "min": "Smaller values are better."}


@click.command(cls=Command)
@click.argument("name", required=False, shell_complete=complete_model)
@click.option(
    "--space",
    "space",
    multiple=True,
    metavar="SETTING=RANGE",
    help="What to search: learning_rate=log(1e-4,1e-2), dropout=uniform(0,0.5), or a list of choices.",
)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of all trials."
)
@click.option("--data", metavar="DATA", help="The data of all trials, as for zoo train.")
@click.option("--trials", type=int, help="How many trials; 20 if not given.")
@click.option("--metric", help="A measure of the validation; val_loss if not given.")
@click.option("--max", "direction", flag_value="max", help=_DIRECTIONS["max"])
@click.option("--min", "direction", flag_value="min", help=_DIRECTIONS["min"])
@click.option(
    "--seed", type=int, help="Of the choice of settings, and of each trial; 0 if not given."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The folder; runs/NAME-sweep if not given."
)
@click.option("--pruner", help="Stop bad trials early: asha (if not given), hyperband or none.")
@click.option("--grace", type=int, help="Epochs before which no trial is stopped.")
@click.option("--workers", type=int, help="Trials at once, on workers of Ray.")
@click.option("--address", help="A cluster of Ray: HOST:PORT, ray://HOST:PORT or auto.")
@click.option(
    "--window",
    type=int,
    help="Trials that may be unknown when the next is chosen; 1, or four for each worker.",
)
@click.option(
    "--resume", is_flag=True, help="Go on with the sweep; --trials may be another number."
)
@click.option(
    "--show",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Show a sweep, also while it runs, and draw its pictures.",
)
@as_json
def sweep(name: str | None, show: Path | None, resume: bool, as_json: bool, **options: Any) -> None:
    """Search the settings of a model. Optuna chooses them; only the validation counts.

    NAME is a model of the catalog, an architecture, or a TOML file with the same options. Each trial is an
    ordinary run. The best one is measured on the test split, once.
    """
    from zoo.sweeps.journal import check_optuna

    check_optuna()
    from zoo.cli.workers.trial_tables import show_sweep

    given = {key: value for key, value in options.items() if value not in (None, ())}
    if show is not None:
        _refuse(given | ({"NAME": name} if name else {}), (), "--show DIR shows a sweep")
        return show_sweep(_open(show), as_json)
    if resume:
        _refuse(
            given, ("trials", "workers", "address", "out"), "--resume goes on as the sweep began"
        )
        found = _resume(name, given)
    else:
        found = _begin(name, given)
    show_sweep(found, as_json)


def _refuse(given: dict[str, Any], allowed: tuple[str, ...], reason: str) -> None:
    if wrong := [key for key in given if key not in allowed]:
        named = {"settings": "--set", "direction": f"--{given.get('direction')}", "NAME": "NAME"}
        shown = named.get(wrong[0], f"--{wrong[0]}")
        raise UsageError(f"{reason}: leave out {shown}.")


def _begin(name: str | None, given: dict[str, Any]) -> Sweep:
    """Begin a sweep with the options of the shell and of the file."""
    from zoo.cli.settings import parse_setting

    if name is None:
        raise UsageError("Name a model, an architecture or a TOML file: zoo sweep NAME --space ...")
    arguments = _file_arguments(name)
    names = _entry_names(name, arguments)
    spaces = _parse_spaces(given.pop("space", ()))
    settings = dict(parse_setting(text) for text in given.pop("settings", ()))
    model = str(arguments.pop("name"))
    check_model_name(model)
    space = arguments.pop("space", {}) | spaces
    settings = arguments.pop("settings", {}) | settings
    _check_settings(settings)
    options = {**arguments, **given}
    from zoo.cli.checks.training_checks import check_settings, show_data
    from zoo.cli.workers.trial_tables import ShowTrials
    from zoo.sweeps.engines import check_engine, started_workers
    from zoo.sweeps.search import check_options
    from zoo.sweeps.space import parse_space
    from zoo.sweeps.sweep import begin_sweep, new_search

    parse_space(space)
    out, address = options.pop("out", None), options.pop("address", None)
    workers, progress = options.get("workers"), ShowTrials()
    check_engine(workers, address)
    check_options(**options)
    check_settings(model, settings, space)
    show_data(model, settings, options.get("data"))
    before = _find(model, out)
    try:
        with started_workers(workers, address, settings):
            import_backend()
            with progress:
                search = replace(new_search(model, space, settings, **options), file=names)
                return begin_sweep(search, out, workers, address, progress)
    except KeyboardInterrupt as error:
        found = _find(model, out)
        _stop(None if found == before else found, exit_code(error))


def _parse_spaces(texts: Sequence[str]) -> dict[str, Any]:
    from zoo.cli.settings import parse_setting

    spaces: dict[str, Any] = {}
    for text in texts:
        name, space = parse_setting(text, "--space")
        if name in spaces:
            raise UsageError(f"--space has the setting {name!r} twice. Leave one of them out.")
        spaces[name] = space
    return spaces


def _check_settings(settings: Iterable[str]) -> None:
    """Refuse settings that have the name of an argument of `zoo.sweep`."""
    from zoo.config import RESERVED
    from zoo.sweeps.files.toml_file import OPTIONS

    if taken := [name for name in settings if name in (*OPTIONS, *RESERVED)]:
        raise UsageError(
            f"{taken[0]!r} is no setting of a model but an option of its own: see zoo sweep --help"
        )


def _file_arguments(name: str) -> dict[str, Any]:
    if not name.endswith(".toml"):
        return {"name": name}
    from zoo.sweeps.files.toml_file import read_toml

    return read_toml(Path(name))


def _entry_names(name: str, entries: dict[str, Any]) -> list[str]:
    """Return the names of the entries of a file; none if it is a model that is named."""
    if not name.endswith(".toml"):
        return []
    from zoo.sweeps.files.toml_file import entry_names

    return entry_names(entries)


def _resume(name: str | None, given: dict[str, Any]) -> Sweep:
    """Go on with a sweep; of a file, the folder, the workers and more trials count."""
    from zoo.cli.workers.trial_tables import ShowTrials
    from zoo.sweeps.files.folders import find_sweep
    from zoo.sweeps.files.search_file import read_search
    from zoo.sweeps.files.toml_file import check_unchanged
    from zoo.sweeps.sweep import resume_sweep

    file = {} if name is None else _file_arguments(name)
    model = file.get("name")
    folder = find_sweep(model, given.pop("out", file.get("out")))
    search = read_search(folder)
    if model is not None and model != search.name:
        raise UsageError(f"{folder} is a sweep of {search.name}, not of {model}.")
    if name is not None and name.endswith(".toml"):
        check_unchanged(Path(name), file, search, folder)
    options: dict[str, Any] = {key: file[key] for key in ("workers", "address") if key in file}
    options |= {"trials": max(search.trials, file.get("trials", 0))} | given
    import_backend()
    progress = ShowTrials()
    try:
        with progress:
            return resume_sweep(folder, progress=progress, **options)
    except KeyboardInterrupt as error:
        _stop(folder, exit_code(error))


def _find(name: str, out: str | Path | None) -> Path | None:
    """Return the folder of a sweep; None if there is none."""
    from zoo.sweeps.files.folders import find_sweep
    from zoo.sweeps.search import FILE

    try:
        folder = find_sweep(name, out)
    except UsageError:
        return None
    return folder if (folder / FILE).is_file() else None


def _stop(folder: Path | None, code: int) -> NoReturn:
    """Show how to go on with a sweep that was stopped."""
    if folder is None:
        click.echo("Error: Stopped before the sweep began; nothing was written.", err=True)
        sys.exit(code)
    click.echo(f"Stopped. Go on with: zoo sweep --resume --out {folder}", err=True)
    sys.exit(code)


def _open(folder: Path) -> Sweep:
    """Return a sweep, with new pictures."""
    from zoo.sweeps.files.folders import find_sweep
    from zoo.sweeps.plots import save_pictures
    from zoo.sweeps.results import open_sweep

    found = open_sweep(find_sweep(None, folder))
    save_pictures(found)
    return found
