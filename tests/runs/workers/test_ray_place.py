"""Workers on a Ray cluster of local nodes; one node is killed in mid-training."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.runs.workers.conftest import CNN, Train, command, losses, run_command
from tests.runs.workers.test_training import wait_for_epoch
from zoo.runs.run import Run

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
pytest.importorskip("ray", reason="keras-zoo[ray] is not installed")
EPOCHS = 150


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head without processors, and two nodes with one each."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    cluster.nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    cluster.wait_for_nodes()
    yield cluster
    cluster.shutdown()


def test_a_killed_node_is_replaced_and_nothing_is_lost_or_done_twice(
    cluster: Any, tmp_path: Path, digits_file: Path, train_on_workers: Train
) -> None:
    settings = (*CNN, f"epochs={EPOCHS}", "threads=1")
    options = ("--workers", "2", "--address", cluster.address)
    words = command("cnn", digits_file, tmp_path / "run", *options, settings=settings)
    with subprocess.Popen(
        words,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for_epoch(tmp_path / "run", 3, process)
        cluster.add_node(num_cpus=1)
        cluster.remove_node(cluster.nodes[0], allow_graceful=False)
        shown, errors = process.communicate(timeout=400)
    assert process.returncode == 0, errors
    run = Run(tmp_path / "run")
    assert json.loads(shown)["run"] == str(run.path)
    assert run.record["workers"] == {"count": 2, "place": "ray", "restarts": 1}
    assert [row["epoch"] for row in run.history] == list(range(1, EPOCHS + 1))
    whole = train_on_workers("cnn", 2, settings)
    np.testing.assert_array_equal(losses(run), losses(whole))
    assert run.metrics == whole.metrics


def test_a_cluster_that_is_too_small_or_not_there_is_refused(
    cluster: Any, tmp_path: Path, digits_file: Path
) -> None:
    for address, count, message in (
        (cluster.address, "3", "has 2 processors. 3 workers of 1 threads need 3"),
        ("127.0.0.1:1", "2", "There is no Ray cluster at 127.0.0.1:1"),
    ):
        options = ("--workers", count, "--address", address)
        done = run_command(command("cnn", digits_file, tmp_path / "run", *options, settings=CNN))
        assert done.returncode == 2, done.stderr
        assert message in done.stderr
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "run").exists()
