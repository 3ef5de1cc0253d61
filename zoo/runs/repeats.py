"""One model trained with several seeds: each training is an ordinary run, and the results get an interval.

FOLDER/NAME-seed0  FOLDER/NAME-seed1  ...   the runs
FOLDER/NAME-seeds.json                      each metric: its mean, its interval and its value in each run

The interval holds the expected metric of a training with a confidence of 95 %, if the values are normally
distributed: mean -+ t s / sqrt(n), with the standard deviation s of the n values and Student's t for n - 1
degrees of freedom (Student 1908).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.dataset import Dataset
from zoo.environment import runs_folder
from zoo.errors import RunError, UsageError, brief
from zoo.io.atomic import make_directory, write_json
from zoo.io.tables.shown_table import Rows, ShownTable
from zoo.runs.display.choice import choose_progress
from zoo.runs.progress import Progress
from zoo.runs.run import Run
from zoo.runs.run_directory import recipe_to_resume, remove_run
from zoo.runs.training import train_model

__all__ = ["Interval", "Repeats", "interval", "train_seeds"]

CONFIDENCE = 0.95
MOST_SEEDS = 1_000


@dataclass(frozen=True)
class Interval:
    """A metric of some runs: its mean, the ends of its interval, and the values in the order of the seeds."""

    mean: float
    low: float
    high: float
    values: tuple[float, ...]


@dataclass(frozen=True, repr=False)
class Repeats(ShownTable):
    """The runs of a model with several seeds, the interval of each metric, and the file that holds them."""

    runs: tuple[Run, ...]
    metrics: dict[str, Interval]
    path: Path

    def _title_and_rows(self) -> tuple[str, Rows]:
        rows = [
            (name, f"{each.mean:.5g}", f"{each.low:.5g} to {each.high:.5g}")
            for name, each in self.metrics.items()
        ]
        title = f"{self.runs[0].name} with {len(self.runs)} seeds, in {self.path}"
        return title, [("measure", "mean", f"{CONFIDENCE:.0%} interval"), *rows]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "model": self.runs[0].name,
            "runs": [run.path.name for run in self.runs],
            "seeds": [run.record["seed"] for run in self.runs],
            "confidence": CONFIDENCE,
            "metrics": {name: asdict(each) for name, each in self.metrics.items()},
            "examples": self.runs[0].examples,
        }


def train_seeds(
    name: str,
    seeds: int = 5,
    *,
    data: str | Path | Dataset | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    resume: bool = False,
    force: bool = False,
    progress: Progress | bool | None = None,
    from_run: str | Path | Run | None = None,
    **settings: Any,
) -> Repeats:
    """Train a model with several seeds, and return the runs with the mean and the interval of each metric.

    Args:
        name: as for `train`; so are `data`, `progress`, `from_run` and the settings.
        seeds: how many, 2 to 1,000.
        out: the folder of the runs; ./runs (or ZOO_RUNS) if not given.
        seed: the first seed; the others follow it.
        resume: keep the runs that are finished, go on with the one that is not, and train those that are
            missing with the same settings. More seeds than before add runs.
        force: remove the runs of these seeds first.
        **settings: the settings that differ from the model's.

    Returns:
        The runs, and an interval for each metric that all of them have.

    Raises:
        RunError: a run of one of the seeds is there already, or there is none to resume; or the runs differ
            in settings or data.
        ZooError: as `train`.

    Example:
        >>> zoo.train_seeds("cnn.digits", 5).metrics["accuracy"].mean
    """
    if seeds < 2:
        raise UsageError(f"An interval takes at least 2 seeds. Received: {seeds}")
    if seeds > MOST_SEEDS:
        raise UsageError(f"At most {MOST_SEEDS:,} seeds are trained. Received: {brief(seeds)}")
    folder = Path(out).expanduser() if out is not None else runs_folder()
    paths = {each: folder / f"{name}-seed{each}" for each in range(seed, seed + seeds)}
    present = [path for path in paths.values() if (path / "run.json").is_file()]
    _check_present(name, present, resume, force)
    make_directory(folder)
    if resume:
        settings, data, from_run = _shared_start(present, name, data, settings)
    else:
        for path in present:  # force, or there is none
            remove_run(path)
    shown = choose_progress(progress)
    for each, path in paths.items():
        _train_one(name, path, settings, data=data, seed=each, progress=shown, from_run=from_run)
    return _summary([Run(path) for path in paths.values()], folder / f"{name}-seeds.json")


def interval(values: Sequence[float]) -> Interval:
    """Return the mean of two or more values with its interval, as the docstring of the module defines it."""
    from scipy.stats import t

    mean, count = float(np.mean(values)), len(values)
    deviation = float(np.std(values, ddof=1))
    reach = float(t.ppf((1 + CONFIDENCE) / 2, count - 1)) * deviation / math.sqrt(count)
    return Interval(mean, mean - reach, mean + reach, tuple(map(float, values)))


def _check_present(name: str, present: Sequence[Path], resume: bool, force: bool) -> None:
    """Refuse to train where runs are in the way, and to resume where there is none."""
    if present and not resume and not force:
        raise RunError(
            f"{present[0]} holds a run already. Complete the runs (--resume), replace them (--force), or "
            "give another --out."
        )
    if resume and not present:
        raise RunError(f"There is no run of {name} with one of these seeds to resume.")


def _shared_start(
    present: Sequence[Path],
    name: str,
    data: str | Path | Dataset | None,
    settings: Mapping[str, Any],
) -> tuple[dict[str, Any], str | Path | Dataset | None, str | None]:
    """Return the settings, the data and the start of runs that are there, for a run with another seed.

    Raises:
        ZooError: one of them was not trained as the caller asks, or its data has changed.
    """
    for run in map(Run, present):
        recipe_to_resume(run, name, data, settings)
    record = Run(present[0]).record
    start = record.get("from", {}).get("run")
    return (
        dict(record.get("changed", record["config"])),
        data or record["dataset"].get("source"),
        start,
    )


def _train_one(name: str, path: Path, settings: Mapping[str, Any], **options: Any) -> None:
    """Train the run of one seed, or go on with it, unless it is finished."""
    if not (path / "run.json").is_file():
        train_model(name, settings, out=path, **options)
    elif (run := Run(path)).state != "finished":
        train_model(name, {}, resume=run, data=options["data"], progress=options["progress"])


def _summary(runs: Sequence[Run], path: Path) -> Repeats:
    """Return the results of finished runs, and write them.

    Raises:
        RunError: the runs differ in settings or data.
    """
    first = runs[0].record
    for run in runs[1:]:
        config, same_data = run.record["config"], first["dataset"] == run.record["dataset"]
        different = [key for key, value in first["config"].items() if config.get(key) != value]
        if different or not same_data:
            raise RunError(
                f"{runs[0]} and {run} differ in {different[0] if different else 'their data'}: "
                "they are not the same training with another seed."
            )
    shared = [key for key in runs[0].metrics if all(key in run.metrics for run in runs)]
    metrics = {key: interval([run.metrics[key] for run in runs]) for key in shared}
    repeats = Repeats(tuple(runs), metrics, path)
    write_json(path, repeats.to_json())
    return repeats
