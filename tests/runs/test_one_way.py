"""Each step of a training is done once: how often a model is built, and run.json is read."""

import importlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoo_mlp

import zoo
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset
from zoo.entry_points import ARCHITECTURES
from zoo.runs import evaluation, recipe
from zoo.runs import run as run_module

Shell = Callable[..., tuple[int, str, str]]
SMALL: dict[str, Any] = {"units": [4], "epochs": 1}


@pytest.fixture
def builds(register: Callable[..., Any]) -> list[Any]:
    """The configs that a plug-in called `stranger` is built with, in order."""
    configs: list[Any] = []

    def build(config: Any) -> Any:
        configs.append(config)
        return zoo_mlp.build(config)

    register(build=build)
    return configs


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How often each file of a run is read."""
    counter: Counter[str] = Counter()
    read_record = run_module.read_record

    def count(folder: Path) -> dict[str, Any]:
        counter["run.json"] += 1
        return read_record(folder)

    monkeypatch.setattr(run_module, "read_record", count)
    return counter


@pytest.fixture
def npz(tiny: Dataset) -> str:
    """The tiny digits as a file."""
    arrays = {"x_train": tiny.train.stored, "y_train": tiny.train.targets}
    np.savez("tiny.npz", **arrays, x_test=tiny.test.stored, y_test=tiny.test.targets)
    return "tiny.npz"


def test_a_training_builds_the_model_twice(builds: list[Any], tiny: Dataset) -> None:
    """Once without memory for its weights, to count them, and once to train it."""
    zoo.train("stranger", data=tiny, out="run", **SMALL)
    assert len(builds) == 2
    assert builds[0] == builds[1] == zoo_mlp.Config(**zoo.Run.open("run").record["config"])


COUNTING = """
import zoo
import zoo_mlp
from zoo_mlp import apply, defaults, evaluate, export, preview, train

BUILDS = []


@zoo.hookimpl
def build(config):
    BUILDS.append(config)
    return zoo_mlp.build(config)
"""


def test_a_training_with_an_export_builds_the_model_twice(
    install: Callable[..., Path], npz: str, shell: Shell
) -> None:
    install("zoo-counting", {"zoo_counting.py": COUNTING}, {ARCHITECTURES: "counting=zoo_counting"})
    code, _, err = shell(
        *["train", "counting", "--data", npz, "--out", "run", "--export", "onnx"],
        *["--set", "units=[4]", "--set", "epochs=1"],
    )
    assert code == 0, err
    assert Path("run/export/classifier.onnx").exists()
    assert len(importlib.import_module("zoo_counting").BUILDS) == 2


def test_a_run_is_loaded_with_two_builds(builds: list[Any], tiny: Dataset) -> None:
    zoo.train("stranger", data=tiny, out="run", **SMALL)
    builds.clear()
    zoo.load("run")
    assert len(builds) == 2


def test_a_training_loads_and_measures_its_data_once(
    npz: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, checks = [], []

    def count_loads(source: str, *arguments: Any) -> Dataset:
        sources.append(source)
        return open_dataset(source, *arguments)

    def count_checks(*arguments: Any) -> None:
        checks.append(arguments)

    monkeypatch.setattr(recipe, "open_dataset", count_loads)
    monkeypatch.setattr(recipe, "check_fit", count_checks)
    assert zoo.train("mlp", data=npz, **SMALL).state == "finished"
    assert (len(sources), len(checks)) == (1, 1)


def test_run_json_is_not_read_in_a_new_training(reads: Counter[str], tiny: Dataset) -> None:
    run = zoo.train("mlp", data=tiny, out="run", **SMALL)
    assert reads["run.json"] == 0
    assert zoo.Run.open("run").record == run.record
    assert reads["run.json"] == 1


@pytest.mark.parametrize(
    "words",
    ["evaluate run", "apply run one.npy", "export run --to onnx", "runs", "show run --layers"],
)
def test_run_json_is_read_once_a_command(
    trained: zoo.Run, npz: str, shell: Shell, reads: Counter[str], words: str
) -> None:
    zoo.train("mlp", data=npz, out="runs/run", **SMALL)
    np.save("one.npy", np.zeros((8, 8, 1), np.float32))
    code, _, err = shell(*words.split())
    assert code == 0, err
    assert reads["run.json"] == 1


def test_a_resumed_training_reads_run_json_once(
    npz: str, shell: Shell, reads: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(evaluation, "_positioned_data", stop)
        with pytest.raises(KeyboardInterrupt):
            zoo.train("mlp", data=npz, out="run", **SMALL)
    assert zoo.Run.open("run").state == "trained"
    reads.clear()
    code, _, err = shell("train", "mlp", "--out", "run", "--resume")
    assert code == 0, err
    assert reads["run.json"] == 1


def test_what_a_run_says_is_what_was_written_last(tiny: Dataset) -> None:
    run = zoo.train("mlp", data=tiny, out="run", **SMALL)
    other = zoo.Run.open("run")
    run.update(state="failed")
    assert (run.state, other.state, zoo.Run.open("run").state) == ("failed", "finished", "failed")
