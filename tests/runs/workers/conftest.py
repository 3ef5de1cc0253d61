"""A few digits in a file that other processes can open, and trainings on workers from the shell."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from zoo.data.dataset import Dataset
from zoo.runs.run import Run

CNN = (
    "filters=[4]",
    "convolutions=1",
    "shift=0.1",
    "dropout=0.2",
    "batch_size=12",
    "validation=0.2",
)
GAN = (
    "generator_filters=[8,4]",
    "discriminator_filters=[4,8]",
    "latent_dim=4",
    "batch_size=12",
    "spectral_norm=true",
    "discriminator_steps=2",
    "evaluation_images=20",
)
DEBLUR = (
    "blur_kernel_size=3",
    "blur_kernels=8",
    "crop=8",
    "generator_filters=[4,6]",
    "blocks=1",
    "discriminator_filters=[4,6]",
    "batch_size=12",
)

Train = Callable[..., Run]


@pytest.fixture(scope="session")
def digits_file(tmp_path_factory: pytest.TempPathFactory, tiny: Dataset) -> Path:
    """48 + 24 digits in an .npz: at validation=0.2, 38 to train on and 10 to validate on."""
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    np.savez(
        path,
        x_train=tiny.train.stored,
        y_train=tiny.train.targets,
        x_test=tiny.test.stored,
        y_test=tiny.test.targets,
    )
    return path


def command(
    name: str, data: Path, out: Path, *options: str, settings: tuple[str, ...]
) -> list[str]:
    """Return `zoo train` as a command."""
    sets = [part for setting in settings for part in ("--set", setting)]
    words = ["train", name, "--data", str(data), "--out", str(out), "--json"]
    return [sys.executable, "-m", "zoo", *words, *sets, *options]


def run_command(words: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command on JAX, with the zoo's own messages alone."""
    environment = {**os.environ, "KERAS_BACKEND": "jax", **variables}
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=280)


@pytest.fixture(scope="session")
def train_on_workers(tmp_path_factory: pytest.TempPathFactory, digits_file: Path) -> Train:
    """Return the function that trains a model with so many workers; each training happens once."""
    runs: dict[Any, Run] = {}

    def train(name: str, workers: int, settings: tuple[str, ...], *options: str) -> Run:
        key = (name, workers, settings, options)
        if key not in runs:
            out = tmp_path_factory.mktemp("workers") / "run"
            more = ("--workers", str(workers), *options)
            done = run_command(command(name, digits_file, out, *more, settings=settings))
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["run"] == str(out)
            runs[key] = Run(out)
        return runs[key]

    return train


def losses(run: Run) -> np.ndarray[Any, Any]:
    """Return the losses and measures of all epochs, without the seconds."""
    return np.array([[v for k, v in row.items() if k != "seconds"] for row in run.history])


def workers_of(process: subprocess.Popen[Any]) -> list[psutil.Process]:
    """Return the worker processes of a command."""
    with_worker = "zoo.runs.workers.worker"
    return [
        each for each in psutil.Process(process.pid).children() if with_worker in each.cmdline()
    ]


def wait_for_epoch(run: Path, epoch: int, process: subprocess.Popen[Any]) -> None:
    """Wait until an epoch is in the history of a run."""
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        history = run / "history.csv"
        if history.exists() and len(history.read_text().splitlines()) > epoch:
            return
        time.sleep(0.02)
    pytest.fail(f"no epoch {epoch}; exit code {process.poll()}")
