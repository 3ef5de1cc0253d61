"""Hooks that ask for `run`, and the events of extensions."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import zoo_mlp

import zoo
from tests.conftest import forget_installed, plugin
from zoo.data.dataset import Dataset
from zoo.errors import PluginError
from zoo.registry.architectures import registry
from zoo.runs.progress import Progress

SETTINGS: dict[str, Any] = {"units": [4], "epochs": 2, "batch_size": 16}


@pytest.fixture
def seen() -> Iterator[dict[str, list[Any]]]:
    """Register a plug-in and an extension that write down what they are given."""
    forget_installed()
    found: dict[str, list[Any]] = {}

    def train(model: Any, config: Any, data: Any, callbacks: list[Any], run: Any) -> Any:
        found.setdefault("train", []).append(run)
        return zoo_mlp.train(model, config, data, callbacks)

    def evaluate(parts: Any, data: Any, batch_size: Any, run: Any) -> Any:
        found.setdefault("evaluate", []).append(run)
        return zoo_mlp.evaluate(parts, data, batch_size)

    def preview(model: Any, run: Any) -> Any:
        found.setdefault("preview", []).append(run)
        return {}

    @zoo.hookimpl
    def on_run_end(run: Any, metrics: Any) -> None:
        found.setdefault("on_run_end", []).append((run, metrics))

    @zoo.hookimpl
    def on_export_end(run: Any, folder: Any) -> None:
        found.setdefault("on_export_end", []).append((run, folder))

    extension = ModuleType("zoo_listener")
    vars(extension).update(on_run_end=on_run_end, on_export_end=on_export_end)
    registry().add_extension(extension, "listener")
    registry().register(plugin(train=train, evaluate=evaluate, preview=preview), "stranger")
    yield found
    forget_installed()


def test_hooks_and_events_get_the_run(seen: dict[str, list[Any]], tiny: Dataset) -> None:
    run = zoo.train("stranger", data=tiny, out="mine", seed=5, **SETTINGS)
    expected = zoo.RunInfo(Path("mine"), "stranger", "stranger", 5, resumed=False)
    assert seen["train"] == seen["evaluate"] == seen["preview"] == [expected]
    assert seen["on_run_end"] == [(expected, run.metrics)]
    zoo.export(run, ["keras"])
    assert seen["on_export_end"] == [(expected, Path("mine") / "export")]
    zoo.export(zoo.load(run), ["keras"], out="elsewhere")  # no run, so no event
    assert len(seen["on_export_end"]) == 1


class StopInSecondEpoch(Progress):
    """Ctrl-C in the second epoch."""

    def epoch(self, epoch: int, logs: Any) -> None:
        if epoch == 2:
            raise KeyboardInterrupt


def test_a_resumed_training_says_so(seen: dict[str, list[Any]], tiny: Dataset) -> None:
    settings = {**SETTINGS, "epochs": 3}
    with pytest.raises(KeyboardInterrupt):
        zoo.train("stranger", data=tiny, out="mine", progress=StopInSecondEpoch(), **settings)
    zoo.train("stranger", data=tiny, out="mine", resume=True, **settings)
    assert [run.resumed for run in seen["train"]] == [False, True]
    assert [run.resumed for run, _ in seen["on_run_end"]] == [True]


def test_without_a_run_it_is_none(seen: dict[str, list[Any]], tiny: Dataset) -> None:
    architecture = registry().get("stranger")
    config = architecture.defaults().replace(input_shape=(8, 8, 1), classes=10, units=(2,))
    architecture.preview(architecture.build(config), config, tiny)
    assert seen["preview"] == [None]


def test_an_architecture_may_not_take_events() -> None:
    forget_installed()

    def on_run_end(run: Any) -> None: ...

    module = plugin()
    vars(module)["on_run_end"] = zoo.hookimpl(on_run_end)
    with pytest.raises(PluginError, match=r"implements on_run_end\(\), which is for extensions"):
        registry().register(module, "stranger")
    forget_installed()
