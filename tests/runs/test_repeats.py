"""One model with several seeds: ordinary runs, an interval for each metric, and an exact resume."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo
from tests.conftest import Shell
from zoo.data.dataset import Dataset
from zoo.runs.progress import Progress
from zoo.runs.repeats import interval

SMALL: dict[str, Any] = {"units": [4], "epochs": 1, "batch_size": 16}


@pytest.fixture(autouse=True)
def without_pictures(register: Callable[..., Any]) -> None:
    """Train `stranger`, a perceptron without pictures, which take longer than its training."""
    register(preview=None)


class Stopped(Progress):
    """Press Ctrl-C when an epoch begins for the n-th time."""

    def __init__(self, count: int) -> None:
        self.left = count

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_the_interval_is_students() -> None:
    found = interval([1.0, 2.0, 3.0, 4.0])
    reach = 3.182446 * math.sqrt(5 / 3) / 2  # t of 3 degrees of freedom, from a table
    assert (found.mean, found.values) == (2.5, (1.0, 2.0, 3.0, 4.0))
    assert (found.low, found.high) == pytest.approx((2.5 - reach, 2.5 + reach), rel=1e-6)


def test_each_seed_is_an_ordinary_run_and_the_file_has_the_intervals(tiny: Dataset) -> None:
    repeats = zoo.train_seeds("stranger", 2, data=tiny, seed=4, **SMALL)
    names = ["stranger-seed4", "stranger-seed5"]
    assert [run.path for run in repeats.runs] == [Path("runs") / name for name in names]
    alone = zoo.train("stranger", data=tiny, out="alone", seed=5, **SMALL)
    pairs = zip(
        zoo.load("stranger-seed5").get_weights(), zoo.load(alone).get_weights(), strict=True
    )
    assert all(np.array_equal(one, other) for one, other in pairs)
    written = json.loads(Path("runs/stranger-seeds.json").read_text("utf-8"))
    accuracies = [run.metrics["accuracy"] for run in repeats.runs]
    assert written["runs"] == names
    title, head, *rows = repr(repeats).splitlines()
    assert title == "stranger with 2 seeds, in runs/stranger-seeds.json"
    assert (head.split()[:2], len(rows)) == (["measure", "mean"], len(repeats.metrics))
    assert written["metrics"]["accuracy"]["values"] == accuracies
    assert written["metrics"]["accuracy"]["mean"] == pytest.approx(np.mean(accuracies))
    with pytest.raises(zoo.RunError, match=r"holds a run already.*--resume"):
        zoo.train_seeds("stranger", 2, data=tiny, seed=5, **SMALL)
    # a third seed joins the first two, with their settings
    more = zoo.train_seeds("stranger", 3, data=tiny, seed=4, resume=True)
    assert [run.config["units"] for run in more.runs] == [[4]] * 3
    assert more.metrics["accuracy"].values[:2] == repeats.metrics["accuracy"].values


def test_what_was_stopped_goes_on_and_with_force_begins_anew(tiny: Dataset) -> None:
    with pytest.raises(KeyboardInterrupt):
        zoo.train_seeds("stranger", 2, data=tiny, progress=Stopped(2), **SMALL)
    first, second = (zoo.Run.open(f"stranger-seed{seed}") for seed in (0, 1))
    assert (first.state, second.state) == ("finished", "interrupted")
    assert not Path("runs/stranger-seeds.json").exists()
    with pytest.raises(zoo.SettingError, match="started with units"):
        zoo.train_seeds("stranger", 2, data=tiny, resume=True, units=[5])
    before = first.weights.stat().st_mtime_ns
    resumed = zoo.train_seeds("stranger", 2, data=tiny, resume=True)
    assert [run.state for run in resumed.runs] == ["finished"] * 2
    assert first.weights.stat().st_mtime_ns == before
    forced = zoo.train_seeds("stranger", 2, data=tiny, force=True, **SMALL | {"units": [6]})
    assert [run.config["units"] for run in forced.runs] == [[6], [6]]


def test_what_cannot_be_repeated_is_refused(tiny: Dataset) -> None:
    with pytest.raises(zoo.UsageError, match="at least 2 seeds"):
        zoo.train_seeds("stranger", 1, data=tiny)
    with pytest.raises(zoo.UsageError, match="At most 1,000 seeds"):
        zoo.train_seeds("stranger", 10**30, data=tiny)
    with pytest.raises(zoo.RunError, match="no run of stranger with one of these seeds"):
        zoo.train_seeds("stranger", 2, data=tiny, resume=True)
    run = zoo.train("stranger", data=tiny, out="runs/stranger-seed0", **SMALL)
    shutil.copytree(run.path, "runs/stranger-seed1")
    zoo.Run.open("stranger-seed1").update(config={**run.config, "units": [5]})
    with pytest.raises(zoo.RunError, match="differ in units"):
        zoo.train_seeds("stranger", 2, data=tiny, resume=True)


def test_the_shell_shows_a_table(shell: Shell) -> None:
    words = ("--set", "epochs=1", "--set", "units=[4]", "--set", "batch_size=1437")
    code, out, message = shell("train", "mlp.digits", "--seeds", 2, *words)
    lines = out.splitlines()
    assert code == 0, message
    assert " ".join(lines[0].split()) == "measure mean 95 % interval seed 0 seed 1"
    assert lines[1].startswith("accuracy")
    assert lines[-1] == "in runs/mlp.digits-seeds.json"
    code, out, _ = shell("train", "mlp.digits", "--seeds", 2, "--resume", "--json")
    assert (code, json.loads(out)["seeds"]) == (0, [0, 1])
    code, _, message = shell("train", "mlp.digits", "--seeds", 2, "--tensorboard")
    assert (code, "--tensorboard is for a single run" in message) == (2, True)
