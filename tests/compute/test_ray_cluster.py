"""What Ray writes into the terminal of a command: nothing, also where a worker is killed."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("ray", reason="keras-zoo[ray] is not installed")

COMMAND = """
import os, signal
from zoo.compute.ray_cluster import ray_session

def task(end):
    print("of a worker")
    if end:
        os.kill(os.getpid(), signal.SIGKILL)
    return 7

with ray_session(1, None) as ray:
    remote = ray.remote(num_cpus=1, max_retries=0)(task)
    print(ray.get(remote.remote(False)))
    try:
        ray.get(remote.remote(True))
    except ray.exceptions.WorkerCrashedError:
        print("lost")
"""


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_ray_writes_nothing_into_the_terminal() -> None:
    settings = ("RAY_BACKEND_LOG_LEVEL", "RAY_USAGE_STATS_ENABLED", "RAY_DEDUP_LOGS")
    environment = {name: value for name, value in os.environ.items() if name not in settings}
    done = subprocess.run(
        [sys.executable, "-c", COMMAND],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "7\nlost\n"
