"""The contract as named checks, the same for our architectures and for anybody's.

tests/test_contract.py runs them over every architecture, `zoo check NAME` over one. Each check takes
a Subject, which trains the architecture once on a few real digits (or on the offline dataset of its
first catalog entry), and raises AssertionError or a ZooError with what is wrong.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from zoo.config import WithoutData, field_description, validate_config
from zoo.data.dataset import Dataset, empty_dataset, has_no_data
from zoo.data.load import open_dataset
from zoo.errors import UnknownName, ZooError, format_error
from zoo.exporters.api import FORMATS_BY_DEFAULT, export, verify
from zoo.exporters.parts import prepare_part
from zoo.exporters.probes import draw_probes
from zoo.io import pictures
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog
from zoo.runs.load import load, load_run_model
from zoo.runs.progress import Progress
from zoo.runs.recipe import Recipe, resolve_with_data
from zoo.runs.run import Run
from zoo.runs.training import train

EXAMPLES, HELD_OUT, BATCH, SEED = 40, 20, 8, 1
STEPS = 5  # an epoch, where there is no data
ON_JAX = ("build", "train", "round-trip")


class Subject:
    """One architecture with a tiny task: few examples, one epoch, small batches."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.model_name, settings, source = _task(name)
        self.data = few(source)
        self.settings = {**settings, "epochs": 1, "batch_size": BATCH, "validation": 0.0}

    def items(self) -> list[Any]:
        """Two inputs to apply the model to: test examples, or without data what its part takes."""
        if not has_no_data(self.data):
            return list(self.data.test.inputs[:2])
        model = load(self.run)
        parts = self.recipe.architecture.export(model, self.recipe.config)
        given, *_ = draw_probes(prepare_part("part", next(iter(parts.values()))))
        return list(next(iter(given.inputs.values()))[:2])

    @cached_property
    def recipe(self) -> Recipe:
        """The resolved config, with the tiny data."""
        return resolve_with_data(self.model_name, self.settings, self.data)

    @cached_property
    def run(self) -> Run:
        """A run of one epoch."""
        return self.trained("trained")

    def trained(self, where: str, **options: Any) -> Run:
        """Train once more, into a folder of its own."""
        settings = {**self.settings, **options.pop("settings", {})}
        return train(
            self.model_name,
            data=self.data,
            out=self.folder / where,
            seed=SEED,
            **options,
            **settings,
        )


def check_config(subject: Subject) -> None:
    """Defaults are frozen, survive JSON, refuse the unknown, and every setting has a meaning."""
    config = subject.recipe.architecture.defaults()
    assert validate_config(type(config), json.loads(config.model_dump_json())) == config, (
        "defaults() does not come back from JSON as it was"
    )
    assert config.model_config.get("frozen"), "the config is not frozen"
    assert config.model_config.get("extra") == "forbid", "the config takes unknown settings"
    for name in type(config).model_fields:
        assert field_description(type(config), name), (
            f"the setting {name!r} has no meaning: write a string under it"
        )


def check_build(subject: Subject) -> None:
    """The same config builds the same variables in the same order."""
    first, second = subject.recipe.build_model(), subject.recipe.build_model()
    shapes = [[tuple(variable.shape) for variable in model.variables] for model in (first, second)]
    assert shapes[0], "the model has no variables"
    assert shapes[0] == shapes[1], "two builds of one config differ in their variables"


def check_train(subject: Subject) -> None:
    """An epoch changes the weights, and its loss is a finite number."""
    import keras

    after, chosen = load_weights(subject.run), subject.recipe
    keras.utils.set_random_seed(SEED)
    before = chosen.architecture.build(chosen.config).get_weights()
    assert any((a != b).any() for a, b in zip(before, after, strict=True)), "no weight changed"
    assert all(np.isfinite(array).all() for array in after), "a weight is not finite"
    history = subject.run.history
    assert len(history) == 1, f"history.csv has {len(history)} rows for one epoch"
    assert np.isfinite(history[0]["loss"]), "the loss is not finite"


def check_round_trip(subject: Subject) -> None:
    """A run's model, rebuilt from config and weights, computes the same twice."""
    (_, first), (chosen, second) = load_run_model(subject.run), load_run_model(subject.run)
    parts = [chosen.architecture.export(model, chosen.config) for model in (first, second)]
    assert parts[0].keys() == parts[1].keys(), "export() names other parts the second time"
    for role in parts[0]:
        one, two = (draw_probes(prepare_part(role, made[role])) for made in parts)
        for a, b in zip(one, two, strict=True):
            for name in a.outputs:
                assert np.array_equal(a.outputs[name], b.outputs[name], equal_nan=True), (
                    f"{role}.{name} differs after the weights were loaded again"
                )


def check_determinism(subject: Subject) -> None:
    """The same seed trains the same bits."""
    _same_weights(subject.run, subject.trained("again"), "two trainings with one seed differ")


def check_resume(subject: Subject) -> None:
    """A training stopped within its second epoch ends with the bits of one left alone."""
    two = {"settings": {"epochs": 2}}
    whole = subject.trained("whole", **two)
    stopped = False
    try:
        subject.trained("stopped", progress=_Stopper(), **two)
    except KeyboardInterrupt:
        stopped = True
    assert stopped, "train() does not pass the callbacks to model.fit"
    resumed = subject.trained("stopped", resume=True, **two)
    _same_weights(whole, resumed, "a resumed training ends with other weights")


def check_use(subject: Subject) -> None:
    """What evaluate, preview and apply give is finite, visible and complete."""
    chosen, model = load_run_model(subject.run, subject.data)
    metrics = chosen.architecture.evaluate(model, chosen.config, subject.data)
    assert all(np.isfinite(value) for value in metrics.values()), f"not finite: {metrics}"
    for name, picture in chosen.architecture.preview(model, chosen.config, subject.data).items():
        frames = picture if isinstance(picture, list | tuple) else [picture]
        pixels = np.asarray(pictures.to_image(frames[0]).convert("L"))
        assert pixels.min() != pixels.max(), f"the picture {name!r} is of one colour"
    if chosen.architecture.has("apply"):
        items = subject.items()
        assert len(chosen.architecture.apply(model, chosen.config, items)) == 2


def check_export(subject: Subject) -> None:
    """Every part passes the gate in every format."""
    report = export(subject.run, FORMATS_BY_DEFAULT, out=subject.folder / "shipped")
    assert report.ok


def check_reopen(subject: Subject) -> None:
    """The files run without the plug-in, or the report names the package that they need."""
    folder = subject.folder / "shipped"
    if not folder.exists():
        export(subject.run, FORMATS_BY_DEFAULT, out=folder)
    assert verify(folder).ok


def check_jax(subject: Subject) -> None:
    """Built, trained and loaded on JAX."""
    if not find_spec("jax"):
        raise Skipped("jax is not installed: pip install keras-zoo[jax]")
    if subject.recipe.architecture.package == "this process":
        raise Skipped("another process cannot see an architecture that was registered by hand")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "zoo.testing", subject.name, *ON_JAX],
        env={**os.environ, "KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr[-600:]).strip()


CHECKS: Mapping[str, Callable[[Subject], None]] = {
    "config": check_config,
    "build": check_build,
    "train": check_train,
    "round-trip": check_round_trip,
    "determinism": check_determinism,
    "resume": check_resume,
    "use": check_use,
    "export": check_export,
    "reopen": check_reopen,
    "jax": check_jax,
}


class Skipped(Exception):
    """A check that cannot be made here, with the reason."""


@dataclass(frozen=True)
class Outcome:
    """What came of one check."""

    check: str
    verdict: str
    detail: str
    seconds: float


def outcomes(name: str, checks: Sequence[str] = tuple(CHECKS)) -> Iterator[Outcome]:
    """Make the checks on one architecture, one after the other.

    Raises:
        UnknownName: there is no such model, architecture or check.
        PluginError: it cannot even be registered.

    Example:
        >>> [outcome.check for outcome in outcomes("mlp") if outcome.verdict == "failed"]
        []
    """
    for check in checks:
        if check not in CHECKS:
            raise UnknownName("check", check, CHECKS)
    with tempfile.TemporaryDirectory(prefix="zoo-check-") as folder:
        subject = Subject(name, Path(folder))
        for check in checks:
            started = time.perf_counter()
            verdict, detail = _verdict(CHECKS[check], subject)
            yield Outcome(check, verdict, detail, round(time.perf_counter() - started, 1))


def _verdict(check: Callable[[Subject], None], subject: Subject) -> tuple[str, str]:
    try:
        check(subject)
    except Skipped as reason:
        return "skipped", str(reason)
    except (AssertionError, ZooError) as error:
        return "failed", str(error)
    except Exception as error:  # a plug-in's model or config may raise anything when it is used
        return "failed", format_error(error)
    return "passed", ""


def few(source: str | None) -> Dataset:
    """Take a few examples of a dataset; nothing where there is none."""
    if source is None:
        return empty_dataset()
    full = open_dataset(source)
    return Dataset(
        full.name,
        full.train.take(slice(EXAMPLES)),
        full.test.take(slice(HELD_OUT)),
        full.classes,
        full.preprocessing,
    )


def _task(name: str) -> tuple[str, dict[str, Any], str | None]:
    """Choose the model to check: the one named, or the architecture's first on bundled data."""
    if name not in registry().names():
        entry = catalog().get(name)
        return name, _settings(entry.architecture), entry.dataset or _source(entry.architecture)
    if _source(name) is None:
        return name, _settings(name), None
    offline = [entry for entry in catalog().find(f"{name}.*") if entry.dataset == "digits"]
    return (offline[0].name if offline else name), {}, "digits"


def _source(architecture: str) -> str | None:
    """Say what an architecture is checked with where its catalog entry names no dataset."""
    return None if _settings(architecture) else "digits"


def _settings(architecture: str) -> dict[str, Any]:
    """Give the settings of a short training without data."""
    dataless = isinstance(registry().get(architecture).defaults(), WithoutData)
    return {"steps_per_epoch": STEPS} if dataless else {}


def load_weights(run: Run) -> list[Any]:
    """Give a run's weights as arrays."""
    return list(load(run).get_weights())


def _same_weights(one: Run, other: Run, problem: str) -> None:
    pairs = zip(load_weights(one), load_weights(other), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs), problem


class _Stopper(Progress):
    """Press Ctrl-C at the second step of the second epoch, or at its only one."""

    def __init__(self) -> None:
        self.steps = 0
        self.last = 2
        self.current = 0

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        """Note the epoch."""
        self.current, self.steps, self.last = epoch, 0, min(2, steps)

    def step(self, logs: Mapping[str, float]) -> None:
        """Stop here."""
        self.steps += 1
        if self.current == 1 and self.steps == self.last:
            raise KeyboardInterrupt


def main(name: str, checks: Sequence[str]) -> int:
    """Make some checks, say which failed, and count them."""
    failed = [outcome for outcome in outcomes(name, checks) if outcome.verdict == "failed"]
    for outcome in failed:
        print(f"{outcome.check}: {outcome.detail}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
