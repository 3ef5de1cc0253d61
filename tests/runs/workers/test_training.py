"""Training on workers from the shell: equal results, a lost worker, refusals."""

import json
import os
import signal
import subprocess
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.conftest import Shell
from tests.runs.workers.conftest import (
    CNN,
    DEBLUR,
    GAN,
    Train,
    command,
    losses,
    run_command,
    wait_for_epoch,
    workers_of,
)
from zoo.io.safe_load import read_arrays
from zoo.runs.run import Run
from zoo.runs.workers import plan

ARCHITECTURES = {
    "autoencoder": ("batch_size=12",),
    "dcgan": GAN,
    "deblur-gan": DEBLUR,
    "mlp": ("batch_size=12", "dropout=0.2"),
    "novelty-gan": ("batch_size=6", "normal=3"),
    "vae": ("batch_size=12",),
}
# by launcher: the variable of the rank, the other ones, and the options of the command
LAUNCHERS: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "mpirun": (
        "OMPI_COMM_WORLD_RANK",
        {"OMPI_COMM_WORLD_SIZE": "2", "PMIX_NAMESPACE": "prterun-127.0.0.1-4711@1"},
        (),
    ),
    "slurm": (
        "SLURM_PROCID",
        {
            "SLURM_NTASKS": "2", "SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_ID": "0",
            "SLURM_JOB_ID": "4712", "SLURM_STEP_NODELIST": "localhost", "SLURM_NODELIST": "localhost",
        },
        ("--slurm",),
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, pytest.param(3, marks=pytest.mark.long)])
def test_the_result_does_not_depend_on_the_number_of_workers(
    train_on_workers: Train, workers: int
) -> None:
    settings = (*CNN, "epochs=1")
    alone, together = (train_on_workers("cnn", n, settings) for n in (1, workers))
    np.testing.assert_allclose(losses(together), losses(alone), atol=1e-4)
    assert together.record["workers"]["count"] == workers
    assert together.record["state"] == "finished"
    assert together.metrics.keys() == alone.metrics.keys()


def test_every_architecture_that_learns_from_examples_is_tried() -> None:
    built_in = distribution("keras-zoo").entry_points.select(group="zoo.architectures").names
    assert built_in == {"cnn", "cnn-vis", *ARCHITECTURES}  # cnn is above, cnn-vis is refused


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_every_architecture_gives_the_same_losses(
    train_on_workers: Train, name: str, workers: int
) -> None:
    settings = (*ARCHITECTURES[name], "epochs=1")
    alone, together = (train_on_workers(name, n, settings) for n in (1, workers))
    np.testing.assert_allclose(losses(together), losses(alone), rtol=1e-4, atol=1e-4)
    one, other = (read_arrays(run.checkpoint) for run in (alone, together))
    assert one.keys() == other.keys()  # both optimizers, averaged weights, spectral directions
    for key in one:
        np.testing.assert_allclose(other[key], one[key], rtol=1e-2, atol=1e-3, err_msg=key)


@pytest.mark.long
def test_all_workers_start_again_from_the_checkpoint_when_one_is_killed(
    tmp_path: Path, digits_file: Path
) -> None:
    settings = (*CNN, "epochs=300")
    words = command("cnn", digits_file, tmp_path / "run", "--workers", "2", settings=settings)
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    with subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for_epoch(tmp_path / "run", 2, process)
        victim = workers_of(process)[1]
        victim.kill()
        epochs = len(Run(tmp_path / "run").history)
        wait_for_epoch(tmp_path / "run", epochs + 2, process)
        survivors = workers_of(process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    run = Run(tmp_path / "run")
    assert run.record["workers"]["restarts"] == 1
    assert "Worker 2 of 2 was lost (signal 9). All workers start again from epoch" in errors
    assert run.record["state"] == "interrupted"
    assert [row["epoch"] for row in run.history] == list(range(1, len(run.history) + 1))
    assert not any(each.is_running() for each in survivors)
    assert "Traceback" not in errors


@pytest.mark.long
def test_a_killed_and_resumed_training_ends_with_the_same_bits(
    tmp_path: Path, digits_file: Path, train_on_workers: Train
) -> None:
    settings = (*CNN, "epochs=60")
    whole = train_on_workers("cnn", 2, settings)
    words = command("cnn", digits_file, tmp_path / "run", "--workers", "2", settings=settings)
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for_epoch(tmp_path / "run", 3, process)
        workers = workers_of(process)
        process.kill()
    psutil.wait_procs(workers, timeout=20)
    assert not any(each.is_running() for each in workers)  # none outlives the command
    assert len(Run(tmp_path / "run").history) < 60
    done = run_command([*words[:5], "--out", str(tmp_path / "run"), "--resume"])
    assert done.returncode == 0, done.stderr
    resumed = Run(tmp_path / "run")
    assert resumed.record["workers"]["count"] == 2
    np.testing.assert_array_equal(losses(resumed), losses(whole))
    assert resumed.metrics == whole.metrics


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "cnn",
            ["--workers", "5"],
            "cannot be divided into 5 equal shares. Set batch_size=10 or 15, or",
        ),
        ("cnn", ["--workers", "0"], "--workers is a number from 1 to 4096. Received: 0"),
        ("cnn", ["--workers", "2", "--seeds", "3"], "--workers is for a single run"),
        (
            "cnn",
            ["--workers", "2", "--slurm"],
            "srun --ntasks=2 zoo train NAME --workers 2 --slurm",
        ),
        (
            "cnn",
            ["--address", "auto"],
            "--address says where workers run. Say how many: --workers 2",
        ),
        ("cnn-vis", ["--workers", "2"], "so there is no batch to divide among workers"),
    ],
)
def test_what_workers_cannot_do_is_refused_before_training(
    shell: Shell,
    tmp_path: Path,
    digits_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    options: list[str],
    message: str,
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")  # of this process
    for variable in (*plan._SLURM, *plan._MPI):
        monkeypatch.delenv(variable, raising=False)
    data = [] if name == "cnn-vis" else ["--data", digits_file, "--set", "batch_size=12"]
    code, _, errors = shell("train", name, *data, "--out", tmp_path / "run", *options)
    assert (code, message in errors) == (2, True), errors
    assert not (tmp_path / "run").exists()
    assert "Traceback" not in errors


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("launcher", list(LAUNCHERS))
def test_two_tasks_train_together(
    tmp_path: Path, digits_file: Path, train_on_workers: Train, launcher: str
) -> None:
    settings = (*CNN, "epochs=1")
    rank_name, variables, options = LAUNCHERS[launcher]
    more = ("--workers", "2", *options)
    words = command("cnn", digits_file, tmp_path / "run", *more, settings=settings)
    environment = {**os.environ, "KERAS_BACKEND": "jax", **variables}
    tasks = [
        subprocess.Popen(
            words,
            env={**environment, rank_name: str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (1, 0)
    ]
    follower, first = [task.communicate(timeout=250) for task in tasks]
    assert [task.returncode for task in tasks] == [0, 0], (follower, first)
    assert follower == ("", "")
    assert json.loads(first[0])["run"] == str(tmp_path / "run")
    run = Run(tmp_path / "run")
    assert run.record["workers"] == {"count": 2, "place": launcher}
    np.testing.assert_allclose(losses(run), losses(train_on_workers("cnn", 1, settings)), atol=1e-4)
