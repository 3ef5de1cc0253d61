"""Sweeps and bulk predictions on a cluster of Ray with two nodes of this machine."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

import zoo
from tests.sweeps.conftest import SETTINGS, SPACE, Small, check_alike, outcomes
from zoo.bulk.bulk import BulkProgress, apply_in_bulk
from zoo.compute.ray_cluster import connect, task_resources
from zoo.compute.terminal import quiet_start
from zoo.data.dataset import Dataset
from zoo.errors import RunError, UsageError
from zoo.runs.run import Run
from zoo.sweeps.progress import SweepProgress
from zoo.sweeps.results import TrialRow, open_sweep
from zoo.sweeps.sweep import sweep

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


def start_cluster() -> Any:
    """Start two nodes with a processor each; their workers wait for no other process of the tests."""
    from ray.cluster_utils import Cluster

    with quiet_start():
        cluster = Cluster(
            initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
        )
        cluster.add_node(num_cpus=1)
    return cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        started = start_cluster()
        yield started
        started.shutdown()
        logging.getLogger("ray").handlers.clear()


@pytest.fixture(scope="module")
def scans(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 30 digits, of which two are no images."""
    folder = tmp_path_factory.mktemp("scans")
    pixels = np.concatenate([tiny.train.stored, tiny.test.stored])[:30, ..., 0]
    largest = 255 if pixels.dtype == np.uint8 else 1
    for at, image in enumerate(pixels):
        Image.fromarray((image / largest * 255).astype(np.uint8)).save(folder / f"{at:02}.png")
    for name in ("07.png", "21.png"):
        (folder / name).write_bytes(b"no image")
    return folder


def test_a_cluster_gives_the_sweep_of_one_process(cluster: Any, small: Small) -> None:
    one = small(Path("one"), trials=3)
    two = small(Path("two"), trials=3, workers=2, address=cluster.address)
    check_alike(one, two)
    assert two.best is not None
    for row in two.rows:
        assert bool(Run(row.run).metrics) == (row.number == two.best.number)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_wrong_metric_is_refused_by_workers(cluster: Any, small: Small) -> None:
    wrong = {"workers": 1, "address": cluster.address, "metric": "val_acuracy"}
    with pytest.raises(UsageError, match="Did you mean val_accuracy"):
        small(Path("three"), **wrong)
    assert not Path("three").exists()


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_bulk_prediction_on_a_cluster_is_that_of_apply(
    cluster: Any, exported: Run, scans: Path
) -> None:
    options = {"workers": 2, "address": cluster.address, "part_size": 4}
    result = apply_in_bulk(exported, [str(scans)], Path("out"), **options)
    assert (result.items, result.broken, result.computed) == (30, 2, 30)
    table = pq.read_table("out/results").to_pylist()
    assert [row["item"] for row in table] == [str(path) for path in sorted(scans.iterdir())]
    good = [row for row in table if row["error"] is None]
    expected = zoo.apply(exported, [row["item"] for row in good], runtime="onnx")
    assert [row["class"] for row in good] == [each["class"] for each in expected]
    assert [row["probability"] for row in good] == pytest.approx(
        [each["probability"] for each in expected], abs=1e-6
    )
    assert dict(good[0]["top"]) == pytest.approx(expected[0]["top"], abs=1e-6)
    assert Path("out/broken.csv").read_text().count("no image") <= 2
    before = {path: path.stat().st_mtime_ns for path in Path("out/results").iterdir()}
    Path("out/results/part-00003.parquet").unlink()
    again = apply_in_bulk(exported, [str(scans)], Path("out"), **options)
    assert (again.items, again.broken, again.computed) == (30, 2, 4)
    assert pq.read_table("out/results").to_pylist() == table
    kept = {path: path.stat().st_mtime_ns for path in before if path.stem != "part-00003"}
    assert kept.items() <= before.items()
    (scans / "extra.png").write_bytes((scans / "00.png").read_bytes())
    with pytest.raises(RunError, match="results of 30 other items; 31 are given"):
        apply_in_bulk(exported, [str(scans)], Path("out"), **options)
    (scans / "extra.png").unlink()


def test_where_there_is_no_cluster_it_says_so(small: Small) -> None:
    with pytest.raises(UsageError, match=r"no Ray cluster at 127\.0\.0\.1:1"):
        small(Path("out"), workers=1, address="127.0.0.1:1")
    assert not Path("out").exists()


@pytest.mark.parametrize(("gpus", "each"), [(0, 0), (1, 0), (2, 1), (8, 1)])
def test_a_task_gets_a_gpu_where_there_is_one_for_each(
    monkeypatch: pytest.MonkeyPatch, gpus: int, each: int
) -> None:
    import ray

    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 8.0, "GPU": float(gpus)})
    assert task_resources(2, 3) == {"num_cpus": 3, "num_gpus": each}


def test_ray_that_does_not_start_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    ends: list[bool] = []

    def fail(*arguments: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as Ray sets a handler of its own
        raise ValueError("no room in /dev/shm")

    monkeypatch.setattr(ray, "init", fail)
    monkeypatch.setattr(ray, "shutdown", lambda: ends.append(True))
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(
        UsageError, match=r"cannot be started on this machine: .*no room in /dev/shm"
    ):
        connect(None)
    assert ends == [True]
    assert signal.getsignal(signal.SIGTERM) == handler


class KillsANode(SweepProgress):
    """Kills a node of the cluster once some trials have ended, and starts another one."""

    def __init__(self, cluster: Any, node: Any, after: int) -> None:
        self.cluster, self.node, self.after = cluster, node, after
        self.begun: list[int] = []
        self.lost: list[int] = []
        self.ended: list[int] = []

    def begin(self, number: int) -> None:
        self.begun.append(number)

    def lose(self, number: int, reason: str) -> None:
        self.lost.append(number)

    def end(self, row: TrialRow) -> None:
        self.ended.append(row.number)
        if len(self.ended) == self.after:
            self.cluster.remove_node(self.node, allow_graceful=False)
            self.cluster.add_node(num_cpus=1)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_sweep_survives_a_node_that_is_killed_half_way(digits_file: Path) -> None:
    options: dict[str, Any] = {
        "trials": 16, "metric": "val_loss", "data": digits_file, "grace": 1, "window": 8,
        **SETTINGS, "epochs": 27,
    }  # fmt: skip
    calm = sweep("mlp", SPACE, out="calm", workers=2, **options)
    cluster = start_cluster()
    try:
        node = cluster.list_all_nodes()[-1]
        progress = KillsANode(cluster, node, 8)
        killed = sweep(
            "mlp",
            SPACE,
            out="killed",
            workers=2,
            address=cluster.address,
            progress=progress,
            **options,
        )
    finally:
        cluster.shutdown()
    assert outcomes(killed) == outcomes(calm)
    assert {row.state for row in killed.rows} <= {"finished", "stopped"}
    assert sorted(progress.ended) == list(range(16))
    repeated = [number for number in progress.begun if progress.begun.count(number) > 1]
    assert set(repeated) == set(progress.lost)
    assert killed.best is not None
    assert calm.best is not None
    assert killed.best.number == calm.best.number


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("before", "after_kill"), [(2, 2), (None, None), (2, None)])
def test_a_command_that_is_killed_goes_on(
    digits_file: Path, small: Small, before: int | None, after_kill: int | None
) -> None:
    calm = small(Path("calm"), trials=8, epochs=9, workers=before)
    words = [
        "sweep", "mlp", "--data", str(digits_file), "--out", "killed", "--trials", "8", "--window", "2",
        "--metric", "val_loss", "--grace", "1", *(["--workers", str(before)] if before else []),
        "--space", "learning_rate=log(1e-3, 1e-1)", "--space", "units=[[4], [8], [8, 8]]",
        *(f"--set={name}={value}" for name, value in {**SETTINGS, "epochs": 9}.items()),
    ]  # fmt: skip
    command = [sys.executable, "-m", "zoo", *words]
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL) as process:
        while not (Path("killed/trial-003/run.json")).is_file():
            assert process.poll() is None
            time.sleep(0.2)
        os.killpg(process.pid, signal.SIGKILL)
    ended = {row.number for row in open_sweep("killed").rows if row.state != "unfinished"}
    written = {n: Path(f"killed/trial-{n:03}/history.csv").stat().st_mtime_ns for n in ended}
    more = ["--workers", str(after_kill)] if after_kill else []
    subprocess.run([*command[:4], "--resume", "--out", "killed", *more], check=True)
    found = open_sweep("killed")
    check_alike(found, calm)
    if before == after_kill == 2:  # the same number of threads, so the same bits
        assert outcomes(found) == outcomes(calm)
    again = {n: Path(f"killed/trial-{n:03}/history.csv").stat().st_mtime_ns for n in ended}
    assert again == written


def link_scans(scans: Path, count: int) -> Path:
    """Return a folder of so many names of the 30 scans, in turn."""
    folder, files = Path("many"), sorted(scans.glob("*.png"))
    folder.mkdir()
    for at in range(count):
        os.link(files[at % len(files)], folder / f"{at:05}.png")
    return folder


def check_items(out: Path, folder: Path) -> None:
    """Check that the results have each file of a folder once."""
    rows = pq.read_table(out / "results", columns=["item"]).column("item").to_pylist()
    assert sorted(rows) == sorted(str(path.absolute()) for path in folder.iterdir())


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_bulk_prediction_that_is_killed_goes_on(exported: Run, scans: Path) -> None:
    many = link_scans(scans, 4000)
    command = [
        sys.executable, "-m", "zoo", "apply", str(exported.path), str(many), "--workers", "2",
        "--out", "out", "--part-size", "100", "--json",
    ]  # fmt: skip
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL) as process:
        while len(list(Path("out/results").glob("*.parquet"))) < 5:
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    done = len(list(Path("out/results").glob("*.parquet")))
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(again.stdout)
    assert told["items"] == 4000
    assert told["computed"] <= 4000 - 100 * done
    check_items(Path("out"), many)


class KillsANodeAfterParts(BulkProgress):
    """Kills a node once some parts are written, and notes which parts there are then."""

    def __init__(self, cluster: Any, node: Any, out: Path, after: int) -> None:
        self.cluster, self.node, self.out, self.after = cluster, node, out, after
        self.counts: list[int] = []
        self.written: dict[Path, int] = {}

    def add(self, items: int, broken: int) -> None:
        self.counts.append(items)
        if len(self.counts) == self.after:
            self.cluster.remove_node(self.node, allow_graceful=False)
            self.written = write_times(self.out)


def write_times(out: Path) -> dict[Path, int]:
    """Return when each part was written."""
    return {path: path.stat().st_mtime_ns for path in (out / "results").glob("*.parquet")}


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_bulk_prediction_survives_a_node_that_is_killed(exported: Run, scans: Path) -> None:
    many, cluster, out = link_scans(scans, 6000), start_cluster(), Path("out")
    progress = KillsANodeAfterParts(cluster, cluster.list_all_nodes()[-1], out, 6)
    try:
        result = apply_in_bulk(
            exported, [str(many)], out, workers=2, address=cluster.address, part_size=100, progress=progress
        )  # fmt: skip
    finally:
        cluster.shutdown()
    assert (result.items, result.broken, result.computed) == (6000, 400, 6000)
    assert progress.counts == [100] * 60
    check_items(out, many)
    assert 6 <= len(progress.written) < 60
    assert progress.written.items() <= write_times(out).items()


@pytest.mark.long
def test_pictures_of_a_bulk_prediction_are_those_of_apply(cluster: Any, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    for at in range(7):  # of several sizes and formats, one of them broken
        pixels = random.integers(0, 256, (20 + 4 * (at % 3), 24, 3), np.uint8).repeat(2, 0)
        Image.fromarray(pixels).save(photographs / f"{at}.{('png', 'jpg')[at % 2]}")
    (photographs / "3.jpg").write_bytes(b"no image")
    settings: dict[str, Any] = {
        "blur_kernel_size": 5, "blur_kernels": 8, "crop": 12, "generator_filters": [4, 6], "blocks": 1,
        "discriminator_filters": [4, 6], "batch_size": 4, "epochs": 1,
    }  # fmt: skip
    sharp = zoo.Split(random.integers(0, 256, (12, 20, 24, 3), np.uint8))
    run = zoo.train("deblur-gan", data=zoo.Dataset("blocks", sharp, sharp), out="run", **settings)
    options = {"workers": 2, "address": cluster.address, "part_size": 2}
    result = apply_in_bulk(run, [str(photographs)], Path("out"), **options)
    assert (result.items, result.broken) == (7, 1)
    rows = pq.read_table("out/results").to_pylist()
    assert [row["item"] for row in rows if row["error"]] == [str(photographs / "3.jpg")]
    good = [row for row in rows if row["error"] is None]
    expected = zoo.apply(run, [row["item"] for row in good], runtime="onnx")
    for row, answer in zip(good, expected, strict=True):
        picture = Path(row["edited"])
        assert picture.suffix == Path(row["item"]).suffix
        assert picture.parent.parent == Path("out/pictures").absolute()
        if picture.suffix == ".png":
            np.testing.assert_array_equal(
                np.asarray(Image.open(picture)), np.asarray(answer["edited"])
            )
