"""A new run: its record, and its directory, which the user names or which is free below ./runs."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zoo.compute.distribution import own_rank
from zoo.data.dataset import has_no_data
from zoo.environment import runs_folder
from zoo.errors import RunError, SettingError, UsageError
from zoo.io.atomic import disk_errors, make_directory
from zoo.io.recovery import remove_left_over, set_aside
from zoo.registry.run_info import RunInfo
from zoo.runs.compatibility import check_training_settings
from zoo.runs.files.command import train_command
from zoo.runs.recipe import Recipe, has_own_data, recipe_from_run, resolve
from zoo.runs.run import Run, list_runs
from zoo.runs.start.amounts import warn_of_few_steps
from zoo.runs.start.summary import log_start

_PACKAGES = ("keras-zoo", "keras", "tensorflow", "jax", "numpy")
_LARGEST_SEED = 2**31 - 1


def new_record(
    recipe: Recipe, seed: int, settings: Mapping[str, Any] | None = None, start: Run | None = None
) -> dict[str, Any]:
    """Return the content of run.json at the start of a training.

    Args:
        recipe: with its data.
        seed: of all random numbers.
        settings: those that the user gives.
        start: the run whose weights the training starts from.

    Raises:
        UsageError: the seed is out of range, or settings do not fit the data.
    """
    data = recipe.load_data()
    check_training_settings(data, recipe.config)
    if not 0 <= seed <= _LARGEST_SEED:
        raise UsageError(f"A seed is a whole number from 0 to {_LARGEST_SEED}. Received: {seed}")
    log_start(data, recipe.parameters, recipe.source is None)
    warn_of_few_steps(recipe.config, data)
    return {
        "name": recipe.name,
        **_request(recipe, seed, settings or {}, start),
        "architecture": recipe.architecture.name,
        "package": recipe.architecture.package,
        "config": recipe.config.model_dump(mode="json"),
        "dataset": {
            "source": recipe.source,
            "fingerprint": data.fingerprint,
            "input_shape": list(data.input_shape),
            "classes": list(data.classes) if data.classes else None,
            "preprocessing": data.preprocessing,
        },
        "counts": _counts(recipe),
        "seed": seed,
        "versions": _installed_versions(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "state": "training",
    }


def _request(
    recipe: Recipe, seed: int, settings: Mapping[str, Any], start: Run | None
) -> dict[str, Any]:
    """Return the command that trains a run, and the settings that differ from the model's."""
    model, config = resolve(recipe.name, {}), recipe.config.model_dump(mode="json")
    usual = {} if start else model.config.model_dump(mode="json")
    changed = {
        key: config[key] for key in settings if key in config and config[key] != usual.get(key)
    }
    source = None if recipe.source == model.source else recipe.source
    in_memory = recipe.source is None and not has_no_data(recipe.load_data())
    command = train_command(
        recipe.name,
        changed,
        data="?" if in_memory else source,  # data that only Python has
        start=str(start) if start else None,
        seed=seed,
    )
    return {"command": command, "changed": changed}


def _counts(recipe: Recipe) -> dict[str, int]:
    """Return how many examples a run is trained, validated and measured on, and its parameters."""
    data, counts = recipe.load_data(), {}
    if not has_no_data(data):
        held_out = data.validation_size(recipe.config)
        counts = {"training": len(data.train) - held_out, "validation": held_out}
        counts["test"] = len(data.test)
    return counts if recipe.parameters is None else counts | {"parameters": recipe.parameters}


def run_info(run: Run) -> RunInfo:
    """Return what the hooks learn of a run."""
    record = run.record
    seed, resumed = int(record.get("seed", 0)), bool(record.get("resumed"))
    return RunInfo(run.path, run.name, str(record["architecture"]), seed, resumed, own_rank())


def _installed_versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def create_run(name: str, out: Path | None, force: bool, record: Mapping[str, Any]) -> Run:
    """Create a run's directory with its run.json. A run that is there is replaced only with `force`.

    That run is moved aside. It comes back if the new one is cleared, and `drop_replaced` removes it.

    Args:
        name: the model's name; without `out` the directory is runs/NAME, or runs/NAME-2 and so on.
        out: the directory; it must be new, empty, or with `force` a run.
        force: replace the run at `out`, or at runs/NAME.
        record: the content of run.json.

    Raises:
        RunError: `out` holds something else, or a run and `force` is not set.
        WriteError: the disk refuses.
    """
    remove_left_over(out.expanduser().parent if out else runs_folder())
    run = Run(_claim(out, force) if out else _next_free(name, force))
    with run.lock():
        run.write_record(record)
    return run


def _claim(path: Path, force: bool) -> Path:
    """Return the directory that a user names, once it is there and empty."""
    path = path.expanduser()
    if (path / "run.json").exists():
        if not force:
            raise RunError(
                f"{path} holds a run already. Go on with it (--resume), replace it (--force), or give "
                "another --out."
            )
        _set_run_aside(path)
    elif path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RunError(f"{path} exists and is no run. Give a new or an empty directory.")
    make_directory(path)
    return path


def _next_free(name: str, force: bool) -> Path:
    """Create the first directory of runs/NAME, runs/NAME-2, ... that is free."""
    first = runs_folder() / name
    if force and (first / "run.json").exists():
        _set_run_aside(first)
    make_directory(first.parent)
    number = 1
    while True:
        path = first if number == 1 else first.with_name(f"{name}-{number}")
        with disk_errors(path):
            try:
                path.mkdir()
                return path
            except FileExistsError:
                if force and number == 1 and not any(path.glob("[!.]*")):
                    return path
        number += 1


def _set_run_aside(path: Path) -> None:
    """Move a run aside, unless another process trains into it; where that is not possible, remove it."""
    with Run(path).lock():
        pass
    try:
        set_aside(path)
    except OSError:  # the folder is a mount point, or the one around it is read-only
        remove_run(path)


def remove_run(path: Path) -> None:
    """Remove a run, unless another process trains into it."""
    run = Run(path)
    with run.lock():
        run.clear()


def find_unfinished_run(name: str, out: Path | None) -> Run:
    """Return the run to go on with: `out`, or the latest unfinished one of that name.

    Raises:
        RunError: there is none, or it is finished.
    """
    if out is not None:
        run = Run.open(out, weights=False)
        if run.state == "finished":
            raise RunError(f"{run.path} is finished. Train another, or replace it with --force.")
        return run
    unfinished = [run for run in list_runs() if run.name == name and run.state != "finished"]
    if not unfinished:
        raise RunError(f"There is no unfinished run of {name} in {runs_folder()}/ to resume.")
    return max(unfinished, key=lambda run: (run.path / "run.json").stat().st_mtime)


def recipe_to_resume(run: Run, name: str, data: Any, settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe of a run to resume, and refuse anything that would change it.

    Args:
        run: the run.
        name: of the model that is trained.
        data: its data, or None for the run's own.
        settings: those that the user gives; each must be the run's.

    Raises:
        RunError: the run is of another model, or its data has changed.
        SettingError: a setting differs.
    """
    if run.name != name:
        raise RunError(f"{run.path} is a run of {run.name}, not of {name}.")
    recipe = dataclasses.replace(recipe_from_run(run, data), download=True)  # as a new training
    for key, value in settings.items():
        if recipe.config.replace(**{key: value}) != recipe.config:
            raise SettingError(
                f"{run.path} was started with {key}={getattr(recipe.config, key)!r}; a resumed run "
                f"cannot change it. Received: {value!r}"
            )
    if not has_own_data(run, recipe):
        raise RunError(f"The data of {run.path} has changed since it was started.")
    return recipe
