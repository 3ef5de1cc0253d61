"""A sweep from its beginning to the measured winner.

FOLDER/sweep.json      what is searched
FOLDER/journal.log     the trials, in Optuna's journal
FOLDER/trial-000/ ...  the runs. All but the winner are trained and not measured
FOLDER/pictures/*.png  the best so far, the importance of each setting, parallel coordinates
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo.compute.kernels import use_threads
from zoo.config import WithoutData
from zoo.errors import RunError, UsageError
from zoo.runs.recipe import Recipe, resolve
from zoo.sweeps.engines import check_engine, measure_winner, run_here, run_on_ray, started_workers
from zoo.sweeps.files.folders import lock_sweep, new_folder
from zoo.sweeps.files.search_file import read_search
from zoo.sweeps.journal import Journal, check_optuna
from zoo.sweeps.plots import save_pictures
from zoo.sweeps.progress import SweepProgress
from zoo.sweeps.results import Sweep, read_sweep
from zoo.sweeps.search import (
    METRIC,
    TRIALS,
    VALIDATION,
    Search,
    check_options,
    check_validation,
    first_comparison,
    metric_direction,
)
from zoo.sweeps.space import check_fixed, check_parameters, parse_space

__all__ = ["begin_sweep", "new_search", "resume_sweep", "sweep"]

AHEAD = 4  # trials for each worker of Ray that may be unknown when the next one is chosen


def sweep(
    name: str,
    space: Mapping[str, Any],
    *,
    trials: int = TRIALS,
    metric: str = METRIC,
    direction: str | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    workers: int | None = None,
    address: str | None = None,
    window: int | None = None,
    pruner: str = "asha",
    grace: int | None = None,
    progress: SweepProgress | None = None,
    **settings: Any,
) -> Sweep:
    """Train a model with many settings, which Optuna chooses from a space, and measure the best one.

    The trials are compared by a measure of the validation. The test split is used once, for the winner.

    Args:
        name: a catalog name, or an architecture, which then needs `data`.
        space: for each setting a text such as "log(1e-4, 1e-2)" or "uniform(0, 0.5)", or a list of choices.
        trials: how many.
        metric: a measure of the validation, by its name in history.csv.
        direction: max or min; by the name of the metric if not given.
        data: where the data comes from; the model's own if not given.
        out: the folder; runs/NAME-sweep if not given, with a number where that is taken.
        seed: of the choice of settings and of every trial, 0 to 2147483647.
        workers: trials that run at once on workers of Ray; None trains them here, one after the other.
        address: of a cluster of Ray; None starts one on this machine.
        window: trials that may be unknown when the next one is chosen: 1, or four for each worker of Ray.
            The same window gives the same sweep on any number of workers.
        pruner: asha, hyperband or none.
        grace: epochs that no trial is stopped before; a ninth of all epochs if not given.
        progress: is informed of each trial.
        **settings: the settings of all trials that differ from the model's.

    Returns:
        The sweep.

    Raises:
        UsageError: a name, a setting, the space or the data is wrong; nothing is written.
        TrainingError: the first trials all fail, or no trial is finished.

    Example:
        >>> zoo.sweep("cnn.digits", {"learning_rate": "log(1e-4, 1e-2)"}, trials=10, epochs=9).best
    """
    check_engine(workers, address)
    options: dict[str, Any] = {
        "trials": trials, "metric": metric, "direction": direction, "seed": seed, "window": window,
        "pruner": pruner, "grace": grace,
    }  # fmt: skip
    check_options(**options)
    with started_workers(workers, address, settings):
        search = new_search(name, space, settings, data=data, workers=workers, **options)
        return begin_sweep(search, out, workers, address, progress)


def new_search(
    name: str,
    space: Mapping[str, Any],
    settings: dict[str, Any],
    *,
    trials: int = TRIALS,
    metric: str = METRIC,
    direction: str | None = None,
    data: str | Path | None = None,
    seed: int = 0,
    workers: int | None = None,
    window: int | None = None,
    pruner: str = "asha",
    grace: int | None = None,
) -> Search:
    """Return what a new sweep searches.

    Args:
        settings: of all trials that differ from the model's.
        name, space, trials, metric, direction, data, seed, workers, window, pruner, grace: as for `sweep`.

    Raises:
        UsageError: a name, a setting, the space or the data is wrong.
    """
    check_optuna()
    check_fixed(space, settings)
    if workers is not None and not settings.get("threads"):
        settings = {**settings, "threads": 1}
    recipe, settings = _resolve(name, settings, data, trains_here=workers is None)
    epochs = int(recipe.config.epochs)
    search = Search(
        name, check_parameters(parse_space(space), recipe.config), trials, metric,
        direction or metric_direction(metric), seed, settings, recipe.source,
        (1 if workers is None else AHEAD * workers) if window is None else window,
        pruner, first_comparison(epochs) if grace is None else grace, epochs,
    )  # fmt: skip
    search.check()
    return search


def begin_sweep(
    search: Search,
    out: str | Path | None = None,
    workers: int | None = None,
    address: str | None = None,
    progress: SweepProgress | None = None,
) -> Sweep:
    """Train the trials of a new sweep in a new folder.

    Args:
        search: what it searches; out, workers, address and progress are as for `sweep`.

    Raises:
        UsageError: no trial can be trained; nothing is left.
        TrainingError: the first trials all fail, or no trial is finished.
    """
    folder = new_folder(search.name, out)
    with lock_sweep(folder):
        search.write(folder)
        try:
            return _run(folder, search, workers, address, progress or SweepProgress())
        except UsageError as error:
            trained = any(folder.glob("trial-*/model.weights.h5"))
            if not trained and not isinstance(error, RunError):
                shutil.rmtree(folder, ignore_errors=True)
            raise


def resume_sweep(
    folder: str | Path,
    *,
    trials: int | None = None,
    workers: int | None = None,
    address: str | None = None,
    progress: SweepProgress | None = None,
) -> Sweep:
    """Go on with a sweep: trials that have ended stay, those that have begun go on from their last epoch.

    Args:
        folder: of the sweep.
        trials: a new number of trials; the sweep's own if not given.
        workers: as for `sweep`; so are `address` and `progress`.

    Returns:
        The sweep.

    Raises:
        RunError: the folder holds no sweep, or another process runs it.
        UsageError: there are more trials than that already.
    """
    check_optuna()
    check_engine(workers, address)
    folder = Path(folder).expanduser().resolve()
    search = read_search(folder)
    with lock_sweep(folder):
        if trials is not None and trials != search.trials:
            begun = len(Journal(folder, search, writes=True).trials())
            if trials < begun:
                raise UsageError(f"{folder} has {begun} trials already. Received: trials={trials}")
            search = dataclasses.replace(search, trials=trials)
            search.check()
            search.write(folder)
        return _run(folder, search, workers, address, progress or SweepProgress())


def _resolve(
    name: str, settings: dict[str, Any], data: str | Path | None, trains_here: bool
) -> tuple[Recipe, dict[str, Any]]:
    """Return the recipe of the trials, with its data, and their settings with a share for validation."""
    recipe = resolve(name, settings, data)
    if isinstance(recipe.config, WithoutData):
        raise UsageError(
            f"{name} learns from no examples, so no validation can compare its trials."
        )
    if recipe.source is None and recipe.data is not None:
        raise UsageError(
            "Trials are trained in any process, and open the data themselves. Give its name or its path, "
            "not data in memory."
        )
    if not recipe.config.validation:
        settings = {**settings, "validation": VALIDATION}
        recipe = resolve(name, settings, data)
    if trains_here:
        use_threads(recipe.config.threads)  # before the data is loaded: that may compute
    recipe = recipe.with_data()
    check_validation(recipe.load_data(), recipe.config)
    return recipe, settings


def _run(
    folder: Path, search: Search, workers: int | None, address: str | None, progress: SweepProgress
) -> Sweep:
    """Train the trials that are missing, measure the winner, and draw the pictures."""
    journal = Journal(folder, search, writes=True)
    ended = sum(trial.state.is_finished() for trial in journal.trials())
    progress.start(search.trials, ended)
    if ended < search.trials and workers is not None:
        run_on_ray(journal, progress, workers, address)
    elif ended < search.trials:
        use_threads(search.settings.get("threads"))  # one that cannot be set fails no trial
        run_here(journal, progress)
    found = read_sweep(journal)
    measure_winner(found)
    save_pictures(found)
    return found
