"""The checks of an extension: every hook that it wraps passes results and errors through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.config import Config
from zoo.data.dataset import Dataset
from zoo.entry_points import EXTENSIONS, EntryPointGroup
from zoo.errors import PluginError, UsageError
from zoo.inference.keras_parts import KerasParts
from zoo.registry.architecture import Architecture
from zoo.registry.architectures import Registry
from zoo.registry.hookspecs import EVENTS, OPTIONAL, REQUIRED, hookimpl
from zoo.registry.run_info import RunInfo
from zoo.runs.recipe import resolve_with_data
from zoo.testing.architecture.tasks import few_examples
from zoo.testing.outcome import SkipCheck, require
from zoo.testing.runner import Check

if TYPE_CHECKING:
    import keras

__all__ = ["CHECKS", "ExtensionSubject"]

ARCHITECTURE = "mlp"  # the one whose hooks are wrapped
SETTINGS = {"units": (4,), "epochs": 2, "batch_size": 8}
SEED = 1


class ExtensionSubject:
    """One extension, and what the hooks of a small network return with it and without it.

    Args:
        name: of the extension.
        folder: an empty one, for the runs.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder

    @property
    def module(self) -> ModuleType:
        """The extension's module."""
        return EntryPointGroup(EXTENSIONS).load(self.name)

    @cached_property
    def hooks(self) -> tuple[str, ...]:
        """The hooks that it wraps, and the events that it takes."""
        return tuple(
            hook
            for hook in (*REQUIRED, *OPTIONAL, *EVENTS)
            if hasattr(self.module, hook) and hasattr(getattr(self.module, hook), "zoo_impl")
        )

    def architecture(self, extended: bool) -> Architecture:
        """Return the small network's hooks, with the extension around them or without any."""
        return Registry(extensions=[self.name] if extended else ()).get(ARCHITECTURE)

    @cached_property
    def data(self) -> Dataset:
        """A few digits."""
        return few_examples("digits").at(SEED)

    @cached_property
    def config(self) -> Config:
        """The settings of the small network, with what the data decides."""
        return resolve_with_data(ARCHITECTURE, SETTINGS, self.data).config

    def run(self, name: str) -> RunInfo:
        """Return a new run's folder, with nothing in it."""
        path = self.folder / name
        path.mkdir(exist_ok=True)
        return RunInfo(path, f"{ARCHITECTURE}.digits", ARCHITECTURE, SEED)

    def results(self, extended: bool, run: RunInfo | None) -> dict[str, Any]:
        """Call each hook of the small network once; return what it gives, in a form to compare."""
        from zoo.compute.seeds import set_random_seed

        architecture, config, data = self.architecture(extended), self.config, self.data
        set_random_seed(SEED)
        model = architecture.build(config)
        history = architecture.train(model, config, data, [], run)
        parts = KerasParts(lambda: architecture.export(model, config))
        inputs = list(data.test.inputs[:2])
        return {
            "defaults": architecture.defaults(),
            "build": [tuple(weight.shape) for weight in model.weights],
            "train": (history.history["loss"], _values(model)),
            "export": sorted(architecture.export(model, config)),
            "evaluate": architecture.evaluate(model, config, data, parts, None, run),
            "preview": sorted(architecture.preview(model, config, data, run)),
            "apply": architecture.apply(model, config, inputs, inputs, parts),
        }

    @cached_property
    def plain_results(self) -> dict[str, Any]:
        """What the hooks return without the extension."""
        return self.results(False, None)


def check_members(subject: ExtensionSubject) -> None:
    """It is loaded, wraps at least one hook or takes an event, and says in its docstring what it does."""
    manager = Registry(extensions=[subject.name])
    manager.get(ARCHITECTURE)
    require((subject.module.__doc__ or "").strip(), "The module has no docstring.")
    require(
        subject.hooks,
        f"It wraps no hook and takes no event. Hooks: {', '.join((*REQUIRED, *OPTIONAL, *EVENTS))}.",
    )


def check_results(subject: ExtensionSubject) -> None:
    """Every hook returns with the extension what it returns without it: the same bits."""
    extended = subject.results(True, subject.run("with"))
    for hook, expected in subject.plain_results.items():
        require(
            _same(extended[hook], expected),
            f"{hook}() returns something else with the extension: a wrapper ends in "
            "`result = yield` and `return result`, and draws no random number of Keras.",
        )


def check_without_run(subject: ExtensionSubject) -> None:
    """Hooks work where there is no run: `run` is None for a model in memory."""
    extended = subject.results(True, None)
    require(
        _same(extended["evaluate"], subject.plain_results["evaluate"]),
        "evaluate() returns something else where there is no run.",
    )


def check_errors(subject: ExtensionSubject) -> None:
    """An error of the architecture comes through as it is, in each hook that is wrapped."""
    wrapped = [hook for hook in subject.hooks if hook not in EVENTS]
    if not wrapped:
        raise SkipCheck("it wraps no hook")
    for hook in wrapped:
        for error in (UsageError("a check"), KeyboardInterrupt("a check")):
            _check_error(subject, hook, error)


def _check_error(subject: ExtensionSubject, hook: str, error: BaseException) -> None:
    """Raise an error in one hook, with the extension around it; the same error must come out."""
    config, run = subject.config, subject.run(f"{hook}-{type(error).__name__}")
    arguments: dict[str, tuple[Any, ...]] = {
        "defaults": (),
        "build": (config,),
        "train": (None, config, subject.data, [], run),
        "export": (None, config),
        "evaluate": (None, config, subject.data, {}, None, run),
        "preview": (None, config, subject.data, run),
        "read_item": (config, None),
        "apply": (None, config, [], []),
    }
    try:
        registry = Registry(extensions=[subject.name])
        architecture = registry.register(_broken_plugin(hook, error), "broken")  # calls defaults()
        getattr(architecture, hook)(*arguments[hook])
    except type(error):
        return
    except PluginError as other:
        require(False, f"{hook}() raised {type(error).__name__}, and this came out: {other}")
    require(False, f"{hook}() raised {type(error).__name__}, and the extension kept the error.")


def check_events(subject: ExtensionSubject) -> None:
    """The events of a finished run and of an export are taken without an error."""
    if not set(EVENTS) & set(subject.hooks):
        raise SkipCheck("it takes no event")
    architecture, run = subject.architecture(True), subject.run("events")
    (run.path / "export").mkdir(exist_ok=True)
    (run.path / "export" / "report.json").write_text("{}", "utf-8")
    architecture.notify("on_run_end", run=run, config=subject.config, metrics={"accuracy": 0.5})
    architecture.notify("on_export_end", run=run, folder=run.path / "export")


def _broken_plugin(hook: str, error: BaseException) -> ModuleType:
    """Return the small network as a plug-in, with one hook that raises."""

    def broken() -> None:
        raise error

    module = ModuleType("zoo_broken_by_a_check")
    own = vars(Registry(extensions=()).get(ARCHITECTURE).plugin)
    hooks = {name: own[name] for name in (*REQUIRED, *OPTIONAL) if name in own}
    vars(module).update({**hooks, hook: hookimpl(broken)})
    return module


def _values(model: keras.Model) -> list[Any]:
    return [np.asarray(value) for value in model.get_weights()]


def _same(one: Any, other: Any) -> bool:
    """Return whether two results are equal, arrays bit for bit."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other, equal_nan=True))
    if isinstance(one, Sequence) and isinstance(other, Sequence) and not isinstance(one, str):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


LOADED = ("members",)
CHECKS: Mapping[str, Check] = {
    "members": Check(check_members, fast=True),
    "results": Check(check_results, LOADED),
    "without-run": Check(check_without_run, ("members", "results")),
    "errors": Check(check_errors, LOADED),
    "events": Check(check_events, LOADED, fast=True),
}
