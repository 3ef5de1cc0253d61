"""Checks of the mechanics: settings, catalog, building, one training, the same bits again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.config import validate_config
from zoo.config_schema import field_description
from zoo.errors import CatalogError
from zoo.registry.catalog_settings import check_catalog_settings
from zoo.runs.load import load_run_model
from zoo.runs.progress import Progress
from zoo.runs.run import Run
from zoo.testing.architecture.subject import EPOCHS, Subject, weights_of
from zoo.testing.architecture.tasks import with_other_test_split
from zoo.testing.outcome import CheckFailure, require

if TYPE_CHECKING:
    import keras


def check_config(subject: Subject) -> None:
    """The defaults are frozen, survive JSON, refuse unknown settings, and every setting has a meaning."""
    config = subject.architecture.defaults()
    kind = type(config)
    require(
        validate_config(kind, json.loads(config.model_dump_json())) == config,
        "defaults() written to JSON and read again is another config: use types that JSON can hold.",
    )
    require(
        config.model_config.get("frozen"), "The config can be changed: leave frozen=True as it is."
    )
    require(
        config.model_config.get("extra") == "forbid",
        "The config accepts unknown settings: leave extra='forbid' as it is.",
    )
    for name in kind.model_fields:
        require(
            field_description(kind, name),
            f"The setting {name!r} has no meaning: write a string under it.",
        )


def check_catalog(subject: Subject) -> None:
    """Every model of the catalog of this architecture has settings that its config accepts."""
    try:
        check_catalog_settings(subject.architecture.name)
    except CatalogError as error:
        raise CheckFailure(" ".join(str(error).splitlines())) from error


def check_build(subject: Subject) -> None:
    """Two builds of one config have the same variables: names, shapes, and order."""
    first, second = (build_in_a_thread(subject) for _ in range(2))
    require(first, "The model has no variables: call it once in build(), or give it an Input.")
    require(
        len(first) == len(second),
        f"Two builds of one config have {len(first)} and {len(second)} variables: build() must "
        "depend on its config alone.",
    )
    for one, other in zip(first, second, strict=True):
        require(
            one == other,
            f"Two builds of one config differ: a variable is {_describe(*one)} in the first build and "
            f"{_describe(*other)} in the second. Weights are saved in this order: build() must make "
            "the same layers under the same names in the same order.",
        )


def check_parts(subject: Subject) -> None:
    """Each part that export() returns has a graph, a role and named outputs."""
    subject.probes(subject.untrained_model)


def check_train(subject: Subject) -> None:
    """A training changes the weights, and its losses are finite numbers."""
    after, history = weights_of(subject.reloaded_model), subject.run.history
    require(
        any(
            (a != b).any() for a, b in zip(weights_of(subject.untrained_model), after, strict=True)
        ),
        "No weight changed in the training: train() must fit the model that it receives.",
    )
    require(
        all(np.isfinite(array).all() for array in after),
        "A weight is not finite after the training.",
    )
    require(
        len(history) == EPOCHS,
        f"history.csv has {len(history)} rows for {EPOCHS} epochs: pass config.epochs and the "
        "callbacks to model.fit, once.",
    )
    require(
        all(np.isfinite(row.get("loss", np.nan)) for row in history),
        "An epoch has no finite 'loss' in its history.",
    )


def check_round_trip(subject: Subject) -> None:
    """A run's model, loaded twice, computes the same bits."""
    first, second = subject.reloaded_probes, subject.probes(load_run_model(subject.run)[1])
    require(first.keys() == second.keys(), "export() names other parts for the same run.")
    for role, probes in first.items():
        for one, other in zip(probes, second[role], strict=True):
            for name, value in one.outputs.items():
                require(
                    np.array_equal(value, other.outputs[name], equal_nan=True),
                    f"The output {name!r} of the part {role!r} differs when the run is loaded again: "
                    "build() or export() draws random numbers that no weight holds.",
                )


def check_determinism(subject: Subject) -> None:
    """Two trainings with one seed end with the same bits."""
    if not same_weights(subject.run, other_test_run(subject)):
        _require_repeatable(subject)


def check_test_split(subject: Subject) -> None:
    """A training does not depend on the test split."""
    require(
        same_weights(subject.run, other_test_run(subject)),
        "A training with another test split ends with other weights: train() must not use "
        "data.test. For validation there is the setting `validation`, which data.fit_arguments reads.",
    )


def check_resume(subject: Subject) -> None:
    """A training that was stopped in its second epoch and resumed ends with the same bits."""
    try:
        subject.train("stopped", progress=SecondEpochStop())
    except KeyboardInterrupt:
        resumed = subject.train("stopped", resume=True)
    else:
        raise CheckFailure("train() does not pass the callbacks to model.fit.")
    same = same_weights(subject.run, resumed)
    if not same:
        _require_repeatable(subject)
    require(
        same,
        "A resumed training ends with other weights than one that was not stopped: whatever the "
        "training changes must be a variable of the model or of its optimizer.",
    )


def _require_repeatable(subject: Subject) -> None:
    """Fail unless a second training with the same seed and data ends with the same weights."""
    require(
        same_weights(subject.run, subject.train("again")),
        "Two trainings with one seed end with other weights: draw every random number with a "
        "keras.random.SeedGenerator of the model, or from data.seed.",
    )


def other_test_run(subject: Subject) -> Run:
    """Return a run with the same seed and another test split; trained on first use."""
    run = Run(subject.folder / "other-test")
    if run.weights.exists():
        return run
    return subject.train("other-test", data=with_other_test_split(subject.data))


def build_in_a_thread(subject: Subject) -> list[tuple[str, tuple[int, ...]]]:
    """Return the path and the shape of each variable, built where Keras' name counters begin at 0."""

    def build() -> list[tuple[str, tuple[int, ...]]]:
        model: keras.Model = subject.architecture.build(subject.config)
        return [(each.path, tuple(each.shape)) for each in model.variables]

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(build).result()


def same_weights(one: Run, other: Run) -> bool:
    """Return whether two runs hold the same weights, to the bit."""
    pairs = zip(*(weights_of(load_run_model(run)[1]) for run in (one, other)), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


class SecondEpochStop(Progress):
    """Stops a training like Ctrl-C: at the second step of the second epoch, or at its only one."""

    def __init__(self) -> None:
        self.steps = 0
        self.last = 2
        self.current = 0

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        """Note the epoch."""
        self.current, self.steps, self.last = epoch, 0, min(2, steps)

    def step(self, logs: Mapping[str, float]) -> None:
        """Count the step, and stop at the last one.

        Raises:
            KeyboardInterrupt: it is the step to stop at.
        """
        self.steps += 1
        if self.current == 1 and self.steps == self.last:
            raise KeyboardInterrupt


def _describe(path: str, shape: Any) -> str:
    return f"{path} of shape {shape}"
