"""What computes in this process is told truly, and a run is resumed with the same or not at all."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import zoo
from zoo.compute import kernels
from zoo.data.dataset import Dataset
from zoo.errors import RunError, SettingError

Shell = Callable[..., tuple[int, str, str]]
SMALL: dict[str, Any] = {"units": [4], "epochs": 2}
IN_FORCE = """
import json, os, sys
{before}
import zoo
from zoo.compute.kernels import compute_in_force, use_threads
{after}
print(json.dumps(compute_in_force()))
"""


def in_force(before: str = "", after: str = "", **variables: str) -> dict[str, Any]:
    """Return what is in force in a new Python."""
    clean = {k: v for k, v in os.environ.items() if k != "TF_ENABLE_ONEDNN_OPTS"}
    done = subprocess.run(
        [sys.executable, "-c", IN_FORCE.format(before=before, after=after)],
        env={**clean, **variables},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_onednn_and_threads_are_set_before_tensorflow_computes() -> None:
    found = in_force(after="use_threads(1)", KERAS_BACKEND="tensorflow")
    assert (found["backend"], found["onednn"], found["threads"]) == ("tensorflow", True, 1)
    assert found["processor"]


def test_what_the_user_has_set_is_in_force_and_told() -> None:
    variables = {"TF_ENABLE_ONEDNN_OPTS": "0", "TF_NUM_INTRAOP_THREADS": "3"}
    found = in_force(KERAS_BACKEND="tensorflow", **variables)
    assert (found["onednn"], found["threads"]) == (False, 3)


def test_a_variable_that_comes_too_late_is_not_told_as_in_force() -> None:
    late = "import tensorflow; os.environ['TF_ENABLE_ONEDNN_OPTS'] = '1'"
    found = in_force(before=late, KERAS_BACKEND="tensorflow", TF_ENABLE_ONEDNN_OPTS="0")
    assert found["onednn"] is False


def test_threads_of_jax_are_set_before_it_computes() -> None:
    pytest.importorskip("jax")
    found = in_force(after="use_threads(1)", KERAS_BACKEND="jax")
    assert (found["backend"], found["onednn"], found["threads"]) == ("jax", None, 1)


def test_threads_are_refused_once_the_backend_computes(trained: zoo.Run) -> None:
    zoo.load(trained)
    backend = kernels.compute_in_force()["backend"]
    kernels.use_threads(None)
    kernels.use_threads(0)
    kernels.use_threads(kernels.thread_count(backend))
    with pytest.raises(SettingError, match="threads=77 cannot be set"):
        kernels.use_threads(77)


def test_run_json_has_what_was_in_force(trained: zoo.Run) -> None:
    compute = dict(trained.record["compute"])
    assert compute.pop("xla") is False
    assert compute.pop("xla_reason") == "auto: the training is short"
    assert compute == kernels.compute_in_force()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"onednn": not kernels.uses_onednn()}, "TF_ENABLE_ONEDNN_OPTS="),
        ({"threads": 77}, "was started with 77 threads"),
    ],
)
def test_a_run_is_not_resumed_with_other_kernels(
    tiny: Dataset, changes: dict[str, Any], message: str
) -> None:
    run = zoo.train("mlp", data=tiny, out="run", **SMALL)
    run.update(state="interrupted", compute={**run.record["compute"], **changes})
    with pytest.raises(RunError, match=message):
        zoo.train("mlp", data=tiny, out="run", resume=True)
    run.weights.unlink()
    run.update(compute={**run.record["compute"], "backend": "another"})
    assert zoo.train("mlp", data=tiny, out="run", resume=True).state == "finished"


def test_a_run_of_an_older_version_is_resumed(tiny: Dataset) -> None:
    run = zoo.train("mlp", data=tiny, out="run", **SMALL)
    record = {name: value for name, value in run.record.items() if name != "compute"}
    run.write_record({**record, "state": "interrupted"})
    run.weights.unlink()
    assert zoo.train("mlp", data=tiny, out="run", resume=True).record["compute"]["threads"]


def test_the_shell_resumes_with_the_kernels_of_the_run(tiny: Dataset) -> None:
    """In a new process whose defaults are others: oneDNN off and one thread come from run.json."""

    def train(*words: str, **variables: str) -> None:
        clean = {k: v for k, v in os.environ.items() if k != "TF_ENABLE_ONEDNN_OPTS"}
        command = [sys.executable, "-m", "zoo", "train", "mlp.digits", "--out", "run", *words]
        done = subprocess.run(command, env={**clean, **variables}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    settings = ["--set", "units=[4]", "--set", "epochs=1"]
    train(
        *settings, KERAS_BACKEND="tensorflow", TF_ENABLE_ONEDNN_OPTS="0", TF_NUM_INTRAOP_THREADS="1"
    )
    run = zoo.Run.open("run")
    assert (run.record["compute"]["onednn"], run.record["compute"]["threads"]) == (False, 1)
    run.weights.unlink()
    (Path("run") / "checkpoint" / "state.npz").unlink()
    run.update(state="interrupted")
    train("--resume")
    again = zoo.Run.open("run").record
    assert again["state"] == "finished"
    assert (again["compute"]["onednn"], again["compute"]["threads"]) == (False, 1)
