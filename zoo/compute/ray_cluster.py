"""Ray: a cluster that this process joins, or one of this machine alone that it starts.

Ray is imported here only, when a command asks for workers. On a cluster, the workers get the variables
that the zoo reads; they must see the same files as this process.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from zoo.compute.terminal import hide_raylets, quiet_start, show_raylets
from zoo.compute.worker_count import check_local_workers
from zoo.environment import data_folder, job_variables, shows_tracebacks
from zoo.errors import UsageError, format_error

__all__ = ["check_ray", "check_workers", "connect", "disconnect", "ray_session", "task_resources"]

MOST_WORKERS = 10_000
CONNECT_SECONDS = 10.0
LONGEST_FOLDER = 25  # letters: the path of a socket below has at most 107
_VARIABLES = (
    "ZOO_REGISTRY", "ZOO_DISABLE", "ZOO_PACKAGES", "ZOO_LARGEST_DATA", "ZOO_LIMITS", "ZOO_CACHE",
    "ZOO_WEIGHTS", "ZOO_WEIGHTS_URL", "ZOO_WORKERS_WAIT", "KERAS_HOME", "KERAS_BACKEND",
    "TF_ENABLE_ONEDNN_OPTS", "TF_CPP_MIN_LOG_LEVEL", "TF_DETERMINISTIC_OPS", "XLA_FLAGS", "JAX_PLATFORMS",
)  # fmt: skip
_folders: list[str] = []  # of the cluster that is started here


def check_ray() -> None:
    """Refuse to begin where Ray is not installed.

    Raises:
        UsageError: says how to install it.
    """
    if importlib.util.find_spec("ray") is None:
        raise UsageError(
            "--workers needs Ray, which is not installed. pip install 'keras-zoo[ray]'"
        )


def check_workers(workers: int, address: str | None) -> None:
    """Refuse a number of workers out of range.

    Args:
        workers: how many there are to be.
        address: of a cluster; None is this machine.

    Raises:
        UsageError: says the range.
    """
    if type(workers) is not int or not 1 <= workers <= MOST_WORKERS:
        raise UsageError(
            f"--workers takes a number from 1 to {MOST_WORKERS:,}. Received: {workers}"
        )
    ray = sys.modules.get("ray")
    if address is None and not (ray and ray.is_initialized()):  # the caller's own may be a cluster
        check_local_workers(workers)


@contextmanager
def ray_session(cpus: int, address: str | None, per_task: int = 1) -> Iterator[Any]:
    """Yield the module `ray`, connected to a cluster.

    Args:
        cpus: of the cluster that is started on this machine, where no address is given.
        address: of a cluster: HOST:PORT, ray://HOST:PORT, or auto; None starts one here.
        per_task: processors that one task needs.

    Raises:
        UsageError: Ray is not installed, there is no cluster, or no machine of it has so many processors.
    """
    was_connected = connect(address, cpus)
    import ray

    try:
        if not was_connected:  # the caller's own is not checked
            _check_task_size(per_task)
        yield ray
    finally:
        if not was_connected:
            disconnect()


def connect(address: str | None, cpus: int = 1) -> bool:
    """Connect this process to a cluster; return whether it was connected before.

    Args:
        address: of a cluster: HOST:PORT, ray://HOST:PORT, or auto; None starts one on this machine.
        cpus: of the cluster that is started here.

    Raises:
        UsageError: Ray is not installed, or there is no cluster.
    """
    check_ray()
    _check_reachable(address)
    import ray

    if ray.is_initialized():
        return True
    on_stop, before = signal.getsignal(signal.SIGTERM), set(psutil.Process().children())
    try:
        with quiet_start():
            _start(address, cpus)
    except Exception as error:  # Ray's errors have no common class
        _end_started(before)
        raise _no_cluster(address, error) from error
    except BaseException:  # such as Ctrl-C
        _end_started(before)
        raise
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, on_stop)  # Ray has set a handler of its own
    hide_raylets()
    return False


def _start(address: str | None, cpus: int) -> None:
    """Join a cluster, or start one here, with a folder of its own for 300 kB of logs and sockets."""
    import ray

    common = {"logging_level": logging.ERROR, "log_to_driver": False}
    if address is not None:
        ray.init(address=address, runtime_env={"env_vars": _variables()}, **common)
        return
    usual = os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()
    short = usual if len(usual) <= LONGEST_FOLDER or os.name != "posix" else "/tmp"
    _folders.append(tempfile.mkdtemp(prefix="zoo-ray-", dir=short))
    ray.init("local", num_cpus=cpus, include_dashboard=False, _temp_dir=_folders[-1], **common)


def _end_started(before: set[psutil.Process]) -> None:
    """End all that a start of Ray has left that did not come to its end: Ray leaves its agents.

    Args:
        before: the processes that this one had started before.
    """
    started = []
    for child in set(psutil.Process().children()) - before:
        with suppress(psutil.NoSuchProcess):
            started += [child, *child.children(recursive=True)]
    disconnect()
    for process in started:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def disconnect() -> None:
    """Leave the cluster that `connect` has joined or started."""
    import ray

    ray.shutdown()
    show_raylets()
    while _folders:
        folder = _folders.pop()
        if not shows_tracebacks():  # else the logs may tell what went wrong
            shutil.rmtree(folder, ignore_errors=True)


def task_resources(count: int, threads: int) -> dict[str, float]:
    """Return what Ray reserves for each of some tasks: processors, and a GPU where there is one for each.

    Args:
        count: of the tasks that run at once.
        threads: of each.
    """
    import ray

    gpus = ray.cluster_resources().get("GPU", 0) >= count
    return {"num_cpus": float(threads), "num_gpus": float(gpus)}


def _variables() -> dict[str, str]:
    """Return the variables that workers on other machines need."""
    return {"ZOO_DATA": str(Path(os.path.abspath(data_folder()))), **job_variables(*_VARIABLES)}


def _check_reachable(address: str | None) -> None:
    """Refuse an address where nothing answers, which Ray would try for minutes.

    Raises:
        UsageError: nothing listens there.
    """
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return  # auto, or what Ray itself refuses
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str | None, error: BaseException) -> UsageError:
    if address is None:
        return UsageError(f"Ray cannot be started on this machine: {format_error(error)}")
    start = "Start one with ray start --head; then --address HOST:6379, or ray://HOST:10001 from elsewhere."
    token = "If it asks for a token, set RAY_AUTH_MODE=token here too."
    advice = f"{start} {token}" if address.startswith("ray://") else start
    return UsageError(
        f"There is no Ray cluster at {address} ({format_error(error)[:200]}). {advice}"
    )


def _check_task_size(per_task: int) -> None:
    """Refuse tasks that no machine of the cluster has enough processors for.

    Raises:
        UsageError: says how many the largest one has.
    """
    import ray

    sizes = [node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]]
    if (most := max(sizes, default=0)) < per_task:
        raise UsageError(
            f"A task takes {per_task} processors, and no machine of the cluster has more than {most:g}. "
            "Set threads to a smaller number."
        )
