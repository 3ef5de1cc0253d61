"""An image that is broken before a training on workers, and one that breaks while they train."""

import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.runs.workers.conftest import command, run_command, wait_for_epoch, workers_of
from zoo.runs.run import Run

SETTINGS = (
    "input_shape=[600,600,3]",  # too many pixels for memory, so each worker reads its own images
    "filters=[2]",
    "convolutions=1",
    "batch_size=4",
    "shift=0",
    "rotation=0",
    "zoom=0",
    "epochs=4",
)


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """Write 90 images, and return the command that trains on them with two workers."""
    for at in range(90):
        folder = tmp_path / "data" / "ab"[at % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), at, np.uint8)).save(folder / f"{at}.png")
    out, options = tmp_path / "run", ("--workers", "2")
    return command("cnn", tmp_path / "data", out, *options, settings=SETTINGS)


def cut(image: Path) -> bytes:
    """Cut off an image behind its size, so that no pixel can be read; return what it was."""
    content = image.read_bytes()
    image.write_bytes(content[:45])
    return content


@pytest.mark.long
def test_a_broken_image_is_refused_before_workers_start(tmp_path: Path, words: list[str]) -> None:
    cut(tmp_path / "data" / "a" / "0.png")
    done = run_command(words)
    assert done.returncode == 2
    assert "0.png" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.long
def test_an_image_that_breaks_while_workers_train_ends_all_of_them(
    tmp_path: Path, words: list[str]
) -> None:
    image, out = tmp_path / "data" / "a" / "0.png", tmp_path / "run"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment: dict[str, Any] = {**os.environ, "KERAS_BACKEND": "jax", "TMPDIR": str(scratch)}
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as process:
        wait_for_epoch(out, 1, process)
        workers = workers_of(process)
        content = cut(image)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 2  # of DataError, as without workers
    said = [line for line in errors.splitlines() if line.startswith("Error")]
    assert said == [f"Error: {image} is a broken image: image file is truncated."], errors
    assert "Traceback" not in errors
    assert len(workers) == 2
    assert not any(worker.is_running() for worker in workers)
    assert not list(scratch.glob("zoo-*"))
    kept = {path.name for path in out.rglob("*") if path.is_file()}
    assert kept == {".lock", "run.json", "history.csv", "state.npz"}
    assert Run(out).state == "failed"
    image.write_bytes(content)
    done = run_command([*words[:5], "--out", str(out), "--resume"])
    assert done.returncode == 0, done.stderr
    assert [row["epoch"] for row in Run(out).history] == [1, 2, 3, 4]
