"""What Ray writes into the terminal of a command: nothing, also where a worker is killed."""

import os
import subprocess
import sys

import psutil
import pytest

from zoo.compute import ray_cluster

pytest.importorskip("ray", reason="keras-zoo[ray] is not installed")

COMMAND = """
import os, signal, tempfile
from zoo.compute.ray_cluster import ray_session

os.environ["RAY_TMPDIR"] = tempfile.mkdtemp()

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
    print(len(os.listdir(os.environ["RAY_TMPDIR"])))
print(os.listdir(os.environ["RAY_TMPDIR"]))
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
    assert done.stdout == "7\nlost\n1\n[]\n"


NICENESS = """
import os
from zoo.compute.ray_cluster import ray_session

before = dict(os.environ)
with ray_session(1, None) as ray:
    niceness = ray.remote(lambda: os.nice(0))
    print(ray.get(niceness.remote()) - os.nice(0))
    names = ("RAY_worker_niceness", "RAY_BACKEND_LOG_LEVEL")
    assert [os.environ.get(name) for name in names] == [before.get(name) for name in names]
"""


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize("users", [None, "3"])
def test_workers_have_the_niceness_of_the_command(
    monkeypatch: pytest.MonkeyPatch, users: str | None
) -> None:
    monkeypatch.delenv("RAY_worker_niceness", raising=False)
    if users:
        monkeypatch.setenv("RAY_worker_niceness", users)
    command = ["nice", "-n", "2", sys.executable, "-c", NICENESS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{users or 0}\n", "")


def test_a_start_that_is_stopped_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import subprocess; subprocess.run(['sleep', '100'])"
    other = subprocess.Popen(["sleep", "100"])  # it is not Ray's
    started: list[psutil.Process] = []

    def stop(*arguments: object) -> None:
        child = psutil.Popen([sys.executable, "-c", code])
        while not child.children():
            assert child.is_running()
        started.extend([child, *child.children()])
        raise KeyboardInterrupt

    monkeypatch.setattr(ray_cluster, "_start", stop)
    with pytest.raises(KeyboardInterrupt):
        ray_cluster.connect(None)
    assert len(psutil.wait_procs(started, timeout=10)[0]) == 2
    assert other.poll() is None
    other.kill()
    other.wait()
