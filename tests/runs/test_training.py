import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from zoo.data.dataset import Dataset
from zoo.runs.progress import Progress

SMALL = {"filters": [4], "convolutions": 1, "epochs": 3, "batch_size": 16, "dropout": 0.3}


def weights(run: zoo.Run) -> list[Any]:
    return zoo.load(run).get_weights()


def same(one: zoo.Run, other: zoo.Run) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


class Interrupted(Progress):
    """Press Ctrl-C at one step of one epoch, both from 0."""

    def __init__(self, epoch: int, step: int) -> None:
        self.wanted, self.now = (epoch, step), [-1, -1]

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        self.now = [epoch, -1]

    def step(self, logs: Mapping[str, float]) -> None:
        self.now[1] += 1
        if tuple(self.now) == self.wanted:
            raise KeyboardInterrupt


@contextmanager
def no_space_beyond(size: int) -> Iterator[None]:
    """Make the kernel refuse to let any file grow beyond a size, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_a_training_stopped_in_mid_epoch_ends_with_the_same_bits(tiny: Dataset) -> None:
    whole = zoo.train("cnn", data=tiny, out="whole", seed=5, **SMALL)
    with pytest.raises(KeyboardInterrupt):
        zoo.train("cnn", data=tiny, out="cut", seed=5, progress=Interrupted(1, 1), **SMALL)
    cut = zoo.Run.open("cut")
    assert (cut.state, len(cut.history), cut.weights.exists()) == ("interrupted", 1, False)
    resumed = zoo.train("cnn", data=tiny, out="cut", resume=True)
    assert same(whole, resumed)
    strip = [{k: v for k, v in row.items() if k != "seconds"} for row in whole.history]
    assert [{k: v for k, v in row.items() if k != "seconds"} for row in resumed.history] == strip


def test_stopped_before_the_first_epoch_ended_it_starts_anew(tiny: Dataset) -> None:
    with pytest.raises(KeyboardInterrupt):
        zoo.train("mlp", data=tiny, out="cut", progress=Interrupted(0, 0), units=[4], epochs=1)
    run = zoo.train("mlp", data=tiny, out="cut", resume=True)
    assert same(run, zoo.train("mlp", data=tiny, out="whole", units=[4], epochs=1))


def test_stopped_between_the_last_epoch_and_the_weights_it_only_finishes(
    tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = zoo.train("mlp", data=tiny, out="whole", units=[4], epochs=2)
    cut = zoo.train("mlp", data=tiny, out="cut", units=[4], epochs=2)
    cut.weights.unlink()
    cut.update(state="interrupted")
    assert same(whole, zoo.train("mlp", data=tiny, out="cut", resume=True))


def test_seeds_decide_the_bits(tiny: Dataset) -> None:
    one, two = (
        zoo.train("mlp", data=tiny, seed=seed, units=[4], dropout=0.5, epochs=1) for seed in (1, 2)
    )
    again = zoo.train("mlp", data=tiny, seed=1, units=[4], dropout=0.5, epochs=1)
    assert same(one, again)
    assert not same(one, two)
    assert [one.path.name, two.path.name, again.path.name] == ["mlp", "mlp-2", "mlp-3"]


def test_a_resumed_run_cannot_be_changed(tiny: Dataset) -> None:
    with pytest.raises(KeyboardInterrupt):
        zoo.train("mlp", data=tiny, out="cut", progress=Interrupted(1, 0), units=[4], epochs=2)
    resume: dict[str, Any] = {"out": "cut", "resume": True}
    with pytest.raises(zoo.SettingError, match="started with units"):
        zoo.train("mlp", data=tiny, units=[5], **resume)
    with pytest.raises(zoo.RunError, match="data of cut has changed"):
        zoo.train("mlp", data=_relabelled(tiny), **resume)
    with pytest.raises(zoo.RunError, match="a run of mlp, not of cnn"):
        zoo.train("cnn", data=tiny, **resume)
    assert zoo.train("mlp", data=tiny, units=[4], **resume).state == "finished"


def _relabelled(data: Dataset) -> Dataset:
    targets = np.array(data.train.targets)
    targets[0] = (targets[0] + 1) % 10
    return Dataset(data.name, zoo.Split(data.train.stored, targets), data.test, data.classes)


def test_a_checkpoint_of_another_model_is_refused(tiny: Dataset) -> None:
    for out, units in (("one", [4]), ("two", [5])):
        with pytest.raises(KeyboardInterrupt):
            zoo.train("mlp", data=tiny, out=out, progress=Interrupted(1, 0), units=units, epochs=2)
    os.replace("two/checkpoint/state.npz", "one/checkpoint/state.npz")
    with pytest.raises(zoo.RunError, match="another version of the model"):
        zoo.train("mlp", data=tiny, out="one", resume=True)


def test_a_loss_that_is_no_number_stops_the_training_and_says_where(tiny: Dataset) -> None:
    with pytest.raises(zoo.TrainingError, match=r"step \d+ .*learning_rate=1e\+29"):
        zoo.train("mlp", data=tiny, out="wild", optimizer="sgd", learning_rate=1e30, batch_size=8)
    run = zoo.Run.open("wild")
    assert run.state == "failed"
    assert not run.weights.exists()


def test_what_does_not_fit_leaves_no_run_behind(tiny: Dataset) -> None:
    for wrong in ({"classes": 3}, {"input_shape": [9, 9, 1]}, {"filters": [2] * 9}, {"no": 1}):
        with pytest.raises(zoo.UsageError):
            zoo.train("cnn", data=tiny, **wrong)
    with pytest.raises(zoo.UsageError, match="seed"):
        zoo.train("cnn", data=tiny, seed=-1)
    assert not Path("runs").exists()


@pytest.mark.parametrize("limit", [8_000, 150_000], ids=["in the checkpoint", "in the weights"])
def test_no_space_left_is_told_and_nothing_half_written_stays(tiny: Dataset, limit: int) -> None:
    settings = {"units": [600], "optimizer": "sgd", "epochs": 1}
    with (
        no_space_beyond(limit),
        pytest.raises(zoo.WriteError, match=r"Cannot write .*File too large"),
    ):
        zoo.train("mlp", data=tiny, out="full", **settings)
    left = {path.name for path in Path("full").rglob("*") if path.is_file()}
    assert left <= {"run.json", ".lock", "history.csv"}
    assert json.loads(Path("full/run.json").read_text())["state"] == "failed"
    assert zoo.train("mlp", data=tiny, out="full", resume=True).state == "finished"


def test_a_run_that_another_process_trains_into_is_left_alone(tiny: Dataset) -> None:
    with pytest.raises(KeyboardInterrupt):
        zoo.train("mlp", data=tiny, out="cut", progress=Interrupted(1, 0), units=[4], epochs=2)
    with (
        zoo.Run.open("cut").lock(),
        pytest.raises(zoo.RunError, match="Another process is training"),
    ):
        zoo.train("mlp", data=tiny, out="cut", resume=True)


def test_a_validation_part_is_watched_and_not_learnt_from(tiny: Dataset) -> None:
    run = zoo.train("mlp", data=tiny, units=[4], epochs=2, validation=0.25)
    assert all(np.isfinite(row["val_loss"]) for row in run.history)


KILLED_SETTINGS: dict[str, Any] = {
    "filters": [4], "convolutions": 1, "epochs": 8, "batch_size": 16, "dropout": 0.3,
}  # fmt: skip
KILLED = [f"{name}={value}" for name, value in KILLED_SETTINGS.items()]


@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=pytest.mark.long)])
def test_killed_and_resumed_it_ends_with_the_same_bits(backend: str) -> None:
    """With dropout and batch normalisation in the model, killed by the system at any moment."""
    if backend == "jax":
        pytest.importorskip("jax")
    command = [sys.executable, "-m", "zoo", "train", "cnn.digits", "--out"]
    settings = [word for setting in KILLED for word in ("--set", setting)]
    environment = {**os.environ, "KERAS_BACKEND": backend}

    def train(out: str, *more: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*command, out, *more], env=environment, stderr=subprocess.DEVNULL)

    killed = train("cut", *settings)
    wait_for_epochs(Path("cut/history.csv"), 2, killed)
    killed.kill()
    assert killed.wait() == -signal.SIGKILL
    assert zoo.Run.open("cut").state == "training"
    if backend == keras.backend.backend():  # another process, too, and it has started already
        zoo.train("cnn.digits", out="whole", **KILLED_SETTINGS)
        zoo.train("cnn.digits", out="cut", resume=True)
    else:
        assert train("whole", *settings).wait() == 0
        assert train("cut", "--resume").wait() == 0
    assert same(zoo.Run.open("whole"), zoo.Run.open("cut"))


@pytest.fixture
def listening() -> Iterator[None]:
    """Let children hear Ctrl-C even if we were started in the background, where a shell turns it off."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("listening")
def test_ctrl_c_leaves_a_resumable_run_and_says_how_to_go_on() -> None:
    settings = [word for setting in [*KILLED, "epochs=500"] for word in ("--set", setting)]
    process = subprocess.Popen(
        [sys.executable, "-m", "zoo", "train", "cnn.digits", "--out", "cut", *settings],
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_epochs(Path("cut/history.csv"), 1, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "zoo train cnn.digits --out cut --resume" in said
    assert "Traceback" not in said
    assert zoo.Run.open("cut").state == "interrupted"
    done = len(zoo.Run.open("cut").history)
    with pytest.raises(KeyboardInterrupt):
        zoo.train("cnn.digits", out="cut", resume=True, progress=Interrupted(done + 1, 0))
    assert len(zoo.Run.open("cut").history) == done + 1


def wait_for_epochs(history: Path, count: int, process: subprocess.Popen[Any]) -> None:
    """Wait until so many whole epochs are written, and a little of the next has been seen."""
    for _ in range(3600):
        assert process.poll() is None, "the training ended before it was stopped"
        if history.exists() and len(history.read_text().splitlines()) > count:
            time.sleep(0.05)
            return
        time.sleep(0.05)
    raise AssertionError("the training wrote no history within three minutes")
