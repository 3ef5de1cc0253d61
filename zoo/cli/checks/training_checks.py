"""`zoo train` before Keras is imported: what needs no Keras is refused at once, and the data is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from zoo.data.load import dataset_info, prefetch_dataset
from zoo.data.readers import tfds
from zoo.descriptions.completion import find_settings
from zoo.entry_points import ARCHITECTURES, DATASETS, EntryPointGroup
from zoo.errors import RunError, UnknownName
from zoo.io.console import quiet_logger

# settings of every architecture whose types no architecture widens
_COMMON = ("epochs", "batch_size", "validation", "early_stopping", "compile", "threads", "resize")


def check_training(
    name: str,
    settings: Mapping[str, Any],
    data: str | None,
    out: Path | None,
    from_run: str | None,
    force: bool,
) -> None:
    """Refuse a training that cannot begin, and show its data in a line.

    Args:
        name: of the model; it is known.
        settings: those that the user gives.
        data: the source that the user names; None is the catalog's.
        out: the folder of the run.
        from_run: the run whose weights the training starts from.
        force: whether a run in that folder is replaced.

    Raises:
        UnknownName: there is no such setting, data or run.
        SettingError: a common setting is of the wrong type or out of range.
        RunError: there is a run in the folder already.
        DataError: the data cannot be read.
    """
    check_settings(name, settings)
    if not force:
        _check_free(out)
    if from_run is not None:
        from zoo.runs.run import Run

        with quiet_logger("zoo"):  # the training says where the weights come from
            Run.open(from_run)
    show_data(name, settings, data, reads=from_run is None)


def check_settings(name: str, settings: Mapping[str, Any], searched: Iterable[str] = ()) -> None:
    """Refuse settings as far as that needs no Keras: unknown ones if the cache has the model's settings.

    Args:
        name: of the model; it is known.
        settings: those that the user gives.
        searched: names of settings whose values a sweep chooses.

    Raises:
        UnknownName: there is no such setting.
        SettingError: a common setting is of the wrong type or out of range.
    """
    from zoo.config import Config, validate_config

    known = [setting.name for setting in find_settings(name, build=False)]
    for key in (*settings, *searched) if known else ():
        if key not in known:
            raise UnknownName("setting", key, known)
    validate_config(Config, {key: settings[key] for key in _COMMON if key in settings})


def show_data(
    name: str, settings: Mapping[str, Any], data: str | None, *, reads: bool = True
) -> None:
    """Show the data of a training in a line.

    Args:
        name: of the model; it is known.
        settings: those that the user gives.
        data: the source that the user names; None is the catalog's.
        reads: whether files are read; not where a run decides how.

    Raises:
        UnknownName: there is no such data.
        DataError: the data cannot be read.
    """
    source, usual = _catalog_choice(name)
    if (source := data or source) is not None:
        _show_source(source, {**usual, **settings}, reads)


def _check_free(out: Path | None) -> None:
    if out is not None and (out.expanduser() / "run.json").exists():
        raise RunError(
            f"{out} holds a run already. Go on with it (--resume), replace it (--force), or give another "
            "--out."
        )


def _catalog_choice(name: str) -> tuple[str | None, dict[str, Any]]:
    """Return the data source and the settings of a model of the catalog; an architecture has none."""
    if name in EntryPointGroup(ARCHITECTURES).names():
        return None, {}
    from zoo.registry.catalog import catalog

    entry = catalog().get(name)
    return entry.dataset, dict(entry.settings)


def _show_source(source: str, settings: Mapping[str, Any], reads: bool) -> None:
    """Show in a line what data holds: a file is read, a named dataset declares it.

    Args:
        source: a name, a file or a folder.
        settings: of the model.
        reads: whether files are read; not where a run decides how.
    """
    if source in EntryPointGroup(DATASETS):
        info = dataset_info(source)
        classes = f", {len(info.classes)} classes" if info.classes else ""
        click.echo(f"data: {source}{classes}; {info.input_shape}", err=True)
        return
    if source.startswith(tfds.PREFIX) or not reads:
        return
    from zoo.cli import render
    from zoo.runs.start.summary import announce_data

    shape = settings.get("input_shape")
    shape = tuple(shape) if isinstance(shape, list | tuple) else None
    with render.show_status(f"reading {source}"):
        dataset = prefetch_dataset(source, shape, settings.get("resize", "pad"))
    announce_data(dataset)
