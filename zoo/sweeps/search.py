"""What a sweep searches, and how: the content of sweep.json. It decides every trial, with the seed.

Trial number k is chosen from the results of the trials 0 ... k - window, and from the settings alone of
those after them. So it does not depend on which trial ends first, on how many run at once, or on a worker
that is lost. Whether a trial is stopped depends on the same results.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import SettingError, UnknownName, UsageError, brief
from zoo.io.atomic import write_json
from zoo.sweeps.space import Space

if TYPE_CHECKING:
    from zoo.config import Config
    from zoo.data.dataset import Dataset

__all__ = [
    "DIRECTIONS", "FILE", "METRIC", "PRUNERS", "TRIALS", "Search", "check_options", "check_validation",
    "metric_direction",
]  # fmt: skip

FILE = "sweep.json"
TRIALS, METRIC = 20, "val_loss"  # by default
DIRECTIONS = ("max", "min")
PRUNERS = ("asha", "hyperband", "none")
FACTOR = 3  # of the trials that reach an epoch of comparison, one in so many goes on
HALVINGS = 2  # epochs of comparison before the last epoch, by default
VALIDATION = 0.2  # share of the training examples, where the settings hold out none
MOST_TRIALS = 100_000
MOST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Search:
    """What a sweep searches, and how.

    Args:
        name: the model's name in the catalog, or its architecture's.
        space: for each setting its range or choices.
        trials: how many.
        metric: a measure of the validation, by its name in history.csv.
        direction: max or min.
        seed: of the choice of settings, and of every trial: all have the same validation examples.
        settings: the settings of all trials that differ from the model's.
        data: where the data comes from; None is the model's own.
        window: how many trials may be unknown when the next one is chosen.
        pruner: asha, hyperband or none: which trials are stopped before their last epoch.
        grace: epochs that no trial is stopped before.
        epochs: of a whole trial.
        file: the entries of the TOML file that the sweep began with, such as settings.epochs.
    """

    name: str
    space: Space
    trials: int
    metric: str
    direction: str
    seed: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    data: str | None = None
    window: int = 1
    pruner: str = "asha"
    grace: int = 1
    epochs: int = 1
    file: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    def write(self, folder: Path) -> None:
        """Write sweep.json."""
        write_json(folder / FILE, self.to_json())

    def check(self) -> None:
        """Refuse numbers out of range, and names that do not exist.

        Raises:
            UsageError: says what was expected and received.
        """
        if self.direction not in DIRECTIONS:
            raise UnknownName("direction", self.direction, DIRECTIONS)
        if self.pruner not in PRUNERS:
            raise UnknownName("pruner", self.pruner, PRUNERS)
        for name, most in (
            ("trials", MOST_TRIALS), ("window", MOST_TRIALS), ("grace", MOST_TRIALS),
        ):  # fmt: skip
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= most:
                raise UsageError(
                    f"{name} must be a whole number from 1 to {most:,}. Received: {brief(value)}"
                )
        if not all(isinstance(name, str) for name in self.file):
            raise UsageError(f"file must be a list of names. Received: {brief(self.file)}")
        if type(self.seed) is not int or not 0 <= self.seed <= MOST_SEED:
            raise UsageError(
                f"A seed is a whole number from 0 to {MOST_SEED}. Received: {brief(self.seed)}"
            )
        if not self.metric.startswith("val_"):
            raise UsageError(
                "A sweep chooses by the validation alone: its metric begins with val_. Did you mean "
                f"val_{self.metric}? Received: {brief(self.metric)}"
            )

    def trial_folder(self, number: int) -> str:
        """Return the name of a trial's run in the folder of the sweep."""
        return f"trial-{number:03}"


def check_options(
    *,
    trials: int = TRIALS,
    metric: str = METRIC,
    direction: str | None = None,
    seed: int = 0,
    window: int | None = None,
    pruner: str = "asha",
    grace: int | None = None,
    **others: Any,
) -> None:
    """Refuse options of `zoo.sweep` that are wrong for every model; that needs no Keras.

    Args:
        trials, metric, direction, seed, window, pruner, grace: as for `zoo.sweep`.
        **others: what depends on the model.

    Raises:
        UsageError: as `Search.check`.
    """
    known = {"window": window, "grace": grace}
    given: dict[str, Any] = {name: n for name, n in known.items() if n is not None}
    Search("", {}, trials, metric, direction or "min", seed, pruner=pruner, **given).check()


def check_validation(data: Dataset, config: Config) -> None:
    """Refuse a share of validation that holds out no example.

    Raises:
        SettingError: says which share would do.
    """
    if not data.validation_size(config):
        raise SettingError(
            f"validation={config.validation:g} holds out no example of {data.name}. Set a larger share: "
            "--set validation=0.2"
        )


def metric_direction(metric: str) -> str:
    """Return whether a measure is better if it is larger (max) or smaller (min), by its name."""
    from zoo.runs.callbacks.best_epoch import LARGER_IS_BETTER  # imports Keras

    return "min" if LARGER_IS_BETTER.isdisjoint(metric.split("_")) else "max"


def first_comparison(epochs: int) -> int:
    """Return the epoch at which trials are compared for the first time, if the user names none."""
    return max(1, round(epochs / int(FACTOR**HALVINGS)))
