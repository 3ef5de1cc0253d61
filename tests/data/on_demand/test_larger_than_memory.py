"""Examples on demand: an exact resume, workers that share them, and memory that does not grow with them."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import zoo
from tests.runs.test_training import Interrupted, same
from tests.runs.workers.conftest import command, losses, run_command
from zoo.data.load import open_dataset
from zoo.data.on_demand import parquet_files
from zoo.data.on_demand.examples import OnDemand
from zoo.data.readers import image_folder, parquet

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
SOURCES = ("folder", "parquet")
MANY = 50_000
STREAM = """
import json, sys
import psutil, zoo
from zoo.data.on_demand import parquet_files
parquet_files.WINDOW_BYTES = 8 * 2**20
data = zoo.open_dataset(sys.argv[1], hold_out=False)
stream = iter(data.fit_arguments(zoo.Config(epochs=1, batch_size=100))["x"])
rss = []
for step in range(len(data.train) // 100):
    next(stream)
    rss.append(psutil.Process().memory_info().rss / 2**20)
print(json.dumps([len(data.train), data.train.stored.shape, rss]))
"""


def png(pixels: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def write(source: str, folder: Path, images: list[bytes]) -> Path:
    """Write images of two classes in turn, as a folder or as a Parquet file."""
    if source == "parquet":
        table = pa.table({"image": images, "label": [at % 2 for at in range(len(images))]})
        pq.write_table(table, folder / "images.parquet", row_group_size=max(1, len(images) // 50))
        return folder / "images.parquet"
    for name in "ab":
        (folder / source / name).mkdir(parents=True)
    for at, content in enumerate(images):
        (folder / source / "ab"[at % 2] / f"{at:05}.png").write_bytes(content)
    return folder / source


def random_images(count: int, shape: tuple[int, ...]) -> list[bytes]:
    random = np.random.default_rng(0)
    return [png(random.integers(0, 256, shape, np.uint8) // (1 + at % 2)) for at in range(count)]


@pytest.mark.parametrize("source", SOURCES)
def test_a_training_stopped_in_mid_epoch_ends_with_the_same_bits(
    tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for reader in (image_folder, parquet):
        monkeypatch.setattr(reader, "LAZY_BYTES", 0)
    monkeypatch.setattr(parquet_files, "WINDOW_BYTES", 1000)
    data = write(source, tmp_path, random_images(60, (8, 8, 3)))
    assert isinstance(open_dataset(data).train.stored, OnDemand)
    settings: dict[str, Any] = {"filters": [4], "epochs": 3, "batch_size": 8, "shift": 0.1}
    whole = zoo.train("cnn", data=data, out="whole", **settings)
    with pytest.raises(KeyboardInterrupt):
        zoo.train("cnn", data=data, out="cut", progress=Interrupted(1, 2), **settings)
    assert same(whole, zoo.train("cnn", data=data, out="cut", resume=True))


@pytest.mark.parametrize("source", SOURCES)
def test_workers_share_what_they_read(tmp_path: Path, source: str) -> None:
    images = random_images(90, (600, 600, 3))  # 97 MB of pixels: too many for memory
    data = write(source, tmp_path, images)
    settings = ("filters=[2]", "convolutions=1", "batch_size=6", "epochs=2", "threads=1")
    runs = []
    for workers in ("1", "2"):
        out = tmp_path / f"run-{workers}"
        done = run_command(command("cnn", data, out, "--workers", workers, settings=settings))
        assert done.returncode == 0, done.stderr
        runs.append(zoo.Run(out))
    np.testing.assert_allclose(losses(runs[1]), losses(runs[0]), atol=1e-4)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """50,000 images in each source: 147 MiB of pixels."""
    folder = tmp_path_factory.mktemp("many")
    images = random_images(500, (32, 32, 3)) * (MANY // 500)
    return {source: write(source, folder, images) for source in SOURCES}


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.parametrize("source", SOURCES)
def test_memory_does_not_grow_while_an_epoch_is_read(
    many: dict[str, Path], source: str, backend: str
) -> None:
    words = [sys.executable, "-c", STREAM, str(many[source])]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    count, shape, rss = json.loads(done.stdout)
    assert (count, shape) == (MANY, [MANY, 32, 32, 3])
    fifth = len(rss) // 5
    assert max(rss[-fifth:]) - max(rss[:fifth]) < 40
