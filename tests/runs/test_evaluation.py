"""Runs that are trained but not finished, and what `evaluate` does for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import zoo_mlp

import zoo
from zoo.data.dataset import Dataset
from zoo.entry_points import ARCHITECTURES
from zoo.runs.evaluation import measure
from zoo.runs.predict import evaluate_model

SMALL: dict[str, Any] = {"units": [4], "epochs": 1}
Register = Callable[..., Any]
Shell = Callable[..., tuple[int, str, str]]


class Faulty:
    """A hook that raises until it is repaired."""

    def __init__(self, error: Exception) -> None:
        self.error: Exception | None = error

    def __call__(self, answer: Any) -> Any:
        if self.error is not None:
            raise self.error
        return answer


def train(data: Dataset, **options: Any) -> zoo.Run:
    return zoo.train("stranger", data=data, out="run", **{**SMALL, **options})


@pytest.mark.parametrize("hook", ["evaluate", "preview"])
def test_a_hook_that_fails_leaves_a_trained_run_and_evaluate_completes_it(
    register: Register, tiny: Dataset, hook: str
) -> None:
    faulty, answer = Faulty(KeyError("x")), {"evaluate": {"score": 0.5}, "preview": {}}[hook]
    register(**{hook: lambda model: faulty(answer)})
    with pytest.raises(zoo.PluginError) as raised:
        train(tiny)
    assert "run is trained but not finished" in str(raised.value)
    assert f"{hook}() failed" in str(raised.value)
    assert "KeyError: 'x'" in str(raised.value)
    assert "zoo evaluate run" in str(raised.value)
    assert "\n" not in str(raised.value)
    run = zoo.Run.open("run")
    assert run.state == "trained"
    assert zoo.load(run).count_params() > 0
    faulty.error = None
    metrics = zoo.evaluate("run", tiny)
    finished = zoo.Run.open("run")
    assert (finished.state, finished.metrics) == ("finished", metrics)
    assert "finished" in finished.record
    assert "curve.png" in {path.name for path in finished.pictures}


def test_resume_completes_a_trained_run_without_training(register: Register, tiny: Dataset) -> None:
    faulty, trainings = Faulty(KeyError("x")), []

    def count_trainings(model: Any, config: Any, data: Any, callbacks: Any) -> Any:
        trainings.append(data)
        return zoo_mlp.train(model, config, data, callbacks)

    register(train=count_trainings, evaluate=lambda model: faulty({"score": 0.5}))
    with pytest.raises(zoo.PluginError):
        train(tiny)
    weights = zoo.load("run").get_weights()
    faulty.error = None
    run = train(tiny, resume=True)
    assert (run.state, run.metrics, len(trainings)) == ("finished", {"score": 0.5}, 1)
    for one, other in zip(weights, zoo.load("run").get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_metric_that_is_not_finite_is_refused_in_a_sentence(
    register: Register, tiny: Dataset, value: float
) -> None:
    register(evaluate=lambda: {"good": 1.0, "bad": value})
    with pytest.raises(zoo.PluginError, match=r"must return finite numbers\. Received: {'bad': "):
        train(tiny)
    run = zoo.Run.open("run")
    assert (run.state, run.metrics) == ("trained", {})


@pytest.mark.parametrize("kind", [zoo.SettingError, zoo.DataError, zoo.TrainingError])
def test_an_error_of_the_zoo_in_evaluate_is_a_failed_job(
    register: Register, tiny: Dataset, kind: type[zoo.ZooError]
) -> None:
    register(evaluate=lambda model: Faulty(kind("no"))(None))
    with pytest.raises(zoo.ZooError, match=r"evaluate\(\) failed\. no") as raised:
        train(tiny)
    assert raised.value.exit_code == 1
    assert zoo.Run.open("run").state == "trained"


def test_ctrl_c_in_evaluate_leaves_a_trained_run(register: Register, tiny: Dataset) -> None:
    def stop() -> Any:
        raise KeyboardInterrupt

    register(evaluate=stop)
    with pytest.raises(KeyboardInterrupt):
        train(tiny)
    assert zoo.Run.open("run").state == "trained"


def test_other_data_is_measured_and_finishes_nothing(register: Register, tiny: Dataset) -> None:
    faulty = Faulty(KeyError("x"))
    register(evaluate=lambda model: faulty({"score": 0.5}))
    with pytest.raises(zoo.PluginError):
        train(tiny)
    faulty.error = None
    other = Dataset("other", tiny.train, tiny.test.take(slice(5)), tiny.classes)
    assert zoo.evaluate("run", other) == {"score": 0.5}
    run = zoo.Run.open("run")
    assert (run.state, run.metrics) == ("trained", {})


def test_a_finished_run_is_measured_and_not_changed(trained: zoo.Run, tiny: Dataset) -> None:
    before = (trained.path / "run.json").read_bytes()
    zoo.evaluate(trained, tiny)
    assert (trained.path / "run.json").read_bytes() == before


def test_own_data_that_has_changed_is_told(tiny: Dataset) -> None:
    def save(count: int) -> None:
        np.savez("mine.npz", x=tiny.train.stored[:count], y=tiny.train.targets[:count])

    save(40)
    run = zoo.train("mlp", data="mine.npz", out="run", **SMALL)
    assert zoo.evaluate(run) == run.metrics
    save(48)
    with pytest.warns(UserWarning, match=r"data of run has changed .*mine\.npz"):
        zoo.evaluate(run)


@pytest.mark.parametrize("kind", [zoo.SettingError, zoo.DataError])
def test_what_train_refuses_before_the_first_step_leaves_no_run(
    register: Register, tiny: Dataset, kind: type[zoo.ZooError]
) -> None:
    register(train=lambda model: Faulty(kind("it does not go together"))(None))
    with pytest.raises(kind, match="it does not go together"):
        train(tiny)
    assert not Path("run").exists()
    with pytest.raises(kind, match="it does not go together"):
        zoo.train("stranger", data=tiny, **SMALL)
    assert not list(Path("runs").iterdir())


def test_a_refusal_in_mid_training_leaves_a_failed_run(register: Register, tiny: Dataset) -> None:
    class Refuse(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            raise zoo.DataError("a broken file")

    def train_and_refuse(model: Any, config: Any, data: Any, callbacks: Any) -> Any:
        return zoo_mlp.train(model, config, data, [*callbacks, Refuse()])

    register(train=train_and_refuse)
    with pytest.raises(zoo.DataError, match="a broken file"):
        train(tiny)
    assert zoo.Run.open("run").state == "failed"


@pytest.fixture
def files(tiny: Dataset) -> Dataset:
    """Leave own.npz with both splits, and other.npz with the test examples alone."""
    train, test = tiny.train, tiny.test
    np.savez("other.npz", x=test.stored, y=test.targets)
    np.savez(
        "own.npz", x_train=train.stored, y_train=train.targets,
        x_test=test.stored, y_test=test.targets,
    )  # fmt: skip
    return tiny


def test_a_file_without_a_test_split_is_measured_as_a_whole(files: Dataset) -> None:
    run = zoo.train("mlp", data="own.npz", out="run", **SMALL)
    assert measure(run, "other.npz").examples == 24
    assert zoo.evaluate(run, "other.npz") == zoo.evaluate(run, files) == run.metrics
    assert zoo.evaluate(run, "own.npz") == run.metrics


def test_all_of_a_file_is_compared_with_the_runs_training_examples(
    register: Register, files: Dataset
) -> None:
    register(evaluate=lambda data: {"train": len(data.train), "test": len(data.test)})
    run = zoo.train("stranger", data="own.npz", out="run", **SMALL)
    assert zoo.evaluate(run, "other.npz") == {"train": 48, "test": 24}
    Path("own.npz").unlink()
    with pytest.warns(UserWarning, match=r"run is trained on cannot be opened: .*own\.npz"):
        assert zoo.evaluate(run, "other.npz") == {"train": 24, "test": 24}


def test_the_file_that_a_model_is_trained_on_is_measured_with_a_warning(files: Dataset) -> None:
    run = zoo.train("mlp", data="other.npz", out="run", **SMALL)
    assert zoo.evaluate(run) == run.metrics
    with pytest.warns(UserWarning, match=r"run is trained on .*other\.npz: most of the examples"):
        assert measure(run, "other.npz").examples == 24


FAULTY = """
import os
import zoo
import zoo_mlp
from zoo_mlp import build, defaults, export, preview, train


@zoo.hookimpl
def evaluate(parts, data, batch_size):
    if "REPAIRED" not in os.environ:
        return {"loss": float("nan")}
    return zoo_mlp.evaluate(parts, data, batch_size)
"""


def test_the_shell_says_in_a_line_what_failed_and_how_to_complete_the_run(
    install: Callable[..., Path], shell: Shell, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("zoo-faulty", {"zoo_faulty.py": FAULTY}, {ARCHITECTURES: "faulty = zoo_faulty"})
    np.savez("mine.npz", x=tiny.train.stored, y=tiny.train.targets)
    words = ["train", "faulty", "--data", "mine.npz", "--out", "mine", "--set", "epochs=1"]
    code, out, err = shell(*words, "--export", "onnx")
    assert (code, out) == (1, "")
    (line,) = [line for line in err.splitlines() if line.startswith("Error")]
    assert "mine is trained but not finished: evaluate() failed." in line
    assert "must return finite numbers. Received: {'loss': nan}." in line
    assert line.endswith("Complete the run: zoo evaluate mine")
    assert not Path("mine/export").exists()
    monkeypatch.setenv("REPAIRED", "1")
    assert shell("evaluate", "mine")[0] == 0
    run = zoo.Run.open("mine")
    assert (run.state, run.metrics.keys() >= {"accuracy"}) == ("finished", True)


@pytest.mark.filterwarnings("default:The data of run")
def test_the_shell_shows_a_warning_in_a_line(shell: Shell, tiny: Dataset) -> None:
    np.savez("mine.npz", x=tiny.train.stored, y=tiny.train.targets)
    zoo.train("mlp", data="mine.npz", out="run", **SMALL)
    np.savez("mine.npz", x=tiny.train.stored[:40], y=tiny.train.targets[:40])
    code, _, err = shell("evaluate", "run")
    (line,) = [line for line in err.splitlines() if "mine.npz" in line]
    assert line.startswith("Warning: The data of run has changed")
    assert code == 0


def test_batches_of_any_size_give_the_same_metrics(trained: zoo.Run, tiny: Dataset) -> None:
    for size in (1, 7, 1000):
        assert zoo.evaluate(trained, tiny, batch_size=size) == pytest.approx(
            zoo.evaluate(trained, tiny), abs=1e-6
        )
    with pytest.raises(zoo.UsageError, match=r"from 1 on\. Received: 0"):
        zoo.evaluate(trained, tiny, batch_size=0)


def test_a_hook_that_chooses_its_batches_takes_no_size(register: Any, tiny: Dataset) -> None:
    architecture = register(evaluate=lambda model: {"constant": 1.0})
    config = architecture.defaults().replace(input_shape=(8, 8, 1), classes=10, units=(2,))
    with pytest.raises(zoo.UsageError, match="it takes no batch_size"):
        evaluate_model(architecture, config, architecture.build(config), tiny, batch_size=3)
