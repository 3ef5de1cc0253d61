"""Where the workers of a training run: on this machine, as tasks of Slurm or mpirun, or on a Ray cluster."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from typing import Any, Literal

from zoo import environment
from zoo.compute.worker_count import check_local_workers
from zoo.errors import UsageError

__all__ = ["MOST_WORKERS", "Task", "WorkerPlan", "cluster_task", "plan_workers", "wait_seconds"]

MOST_WORKERS = 4096
WAIT_SECONDS = 1800  # by default: the first task may read large data before it starts
MOST_SECONDS = 10**6
FIRST_PORT, PORTS = 20_000, 10_000  # a job's number chooses one of these ports
_SLURM = ("SLURM_PROCID", "SLURM_NTASKS", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_ID", "SLURM_JOB_ID",
          "SLURM_STEP_NODELIST", "SLURM_NODELIST")  # fmt: skip
_MPI = ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_MCA_orte_hnp_uri", "PMIX_NAMESPACE",
        "PMI_RANK", "PMI_SIZE")  # fmt: skip


@dataclass(frozen=True)
class Task:
    """This process as one of several that Slurm or mpirun has started.

    Args:
        launcher: slurm or mpirun.
        rank: the number of this process, from 0.
        count: of the processes.
        coordinator: HOST:PORT of the process of rank 0; None if the environment does not tell it.
    """

    launcher: Literal["slurm", "mpirun"]
    rank: int
    count: int
    coordinator: str | None


@dataclass(frozen=True)
class WorkerPlan:
    """How many workers train, and where.

    Args:
        count: of the workers.
        address: of the Ray cluster that they run on, or None.
        task: this process among the tasks of Slurm or mpirun, or None.
    """

    count: int
    address: str | None = None
    task: Task | None = None

    @property
    def place(self) -> str:
        """Where the workers run: local, slurm, mpirun or ray."""
        if self.task is not None:
            return self.task.launcher
        return "ray" if self.address is not None else "local"

    @property
    def follows(self) -> bool:
        """Whether this process is a task that follows the one of rank 0, which writes the run."""
        return self.task is not None and self.task.rank > 0


def plan_workers(count: int, address: str | None = None, slurm: bool = False) -> WorkerPlan:
    """Return the plan that a user asks for.

    Args:
        count: of the workers.
        address: of a Ray cluster.
        slurm: whether Slurm must have started this process.

    Raises:
        UsageError: the number is out of range; JAX or Ray is not installed; or the environment is not that of
            as many tasks.
    """
    if not 1 <= count <= MOST_WORKERS:
        raise UsageError(f"--workers is a number from 1 to {MOST_WORKERS}. Received: {count}")
    if importlib.util.find_spec("jax") is None:
        raise UsageError(
            "Several workers train on JAX, which is not installed. pip install 'keras-zoo[jax]'"
        )
    wait_seconds()
    if address is not None:
        if slurm:
            raise UsageError("--address is for Ray and --slurm for Slurm. Leave one of them out.")
        if importlib.util.find_spec("ray") is None:
            raise UsageError(
                "--address needs Ray, which is not installed. pip install 'keras-zoo[ray]'"
            )
        return WorkerPlan(count, address)
    task = cluster_task(slurm)
    if task is not None and task.count != count:
        raise UsageError(
            f"{task.launcher} has started {task.count} tasks, and --workers is {count}. Both must be equal."
        )
    if task is None:
        check_local_workers(count)
    return WorkerPlan(count, None, task)


def wait_seconds() -> int:
    """Return how long the workers wait for each other at the start: ZOO_WORKERS_WAIT, or half an hour.

    Raises:
        UsageError: it is no number of seconds.
    """
    name = "ZOO_WORKERS_WAIT"
    seconds = _number(environment.job_variables(name), name, WAIT_SECONDS)
    if not 1 <= seconds <= MOST_SECONDS:
        raise UsageError(f"{name} must be 1 to {MOST_SECONDS:,} seconds. Received: {seconds}")
    return seconds


def cluster_task(slurm: bool = False) -> Task | None:
    """Return this process as a task of Slurm or mpirun, by its environment; None if it is none.

    In a batch script or a shell of Slurm, before srun, it is none.

    Args:
        slurm: whether it must be a task of Slurm.

    Raises:
        UsageError: it must be, and is not; or a variable is no number.
    """
    variables = environment.job_variables(*_SLURM)
    in_step = "SLURM_PROCID" in variables and _number(variables, "SLURM_STEP_NUM_TASKS", 1) > 1
    if slurm or in_step:
        if "SLURM_PROCID" not in variables or "SLURM_STEP_ID" not in variables:
            raise UsageError(
                "--slurm is for tasks that Slurm starts: srun --ntasks=2 zoo train NAME --workers 2 --slurm"
            )
        return _slurm_task(variables)
    variables = environment.job_variables(*_MPI)
    for name in ("OMPI_COMM_WORLD", "PMI"):
        if _number(variables, f"{name}_SIZE", 1) > 1:
            rank, count = _number(variables, f"{name}_RANK"), _number(variables, f"{name}_SIZE")
            return Task("mpirun", rank, count, _coordinator(*_mpi_host(variables)))
    return None


def _slurm_task(variables: dict[str, str]) -> Task:
    nodes = variables.get("SLURM_STEP_NODELIST") or variables.get("SLURM_NODELIST", "")
    job = _number(variables, "SLURM_JOB_ID", 0) * 7 + _number(variables, "SLURM_STEP_ID", 0)
    count = _number(variables, "SLURM_STEP_NUM_TASKS", _number(variables, "SLURM_NTASKS", 1))
    return Task(
        "slurm", _number(variables, "SLURM_PROCID"), count, _coordinator(first_node(nodes), job)
    )


def first_node(nodes: str) -> str:
    """Return the first node of a list as Slurm writes it: `node[01-03,07],login` is node01."""
    found = re.match(r"([^,\[]*)(?:\[([^\],-]*)[^\]]*\]([^,\[]*))?", nodes)
    return "".join(found.groups("")) if found else ""


def _mpi_host(variables: dict[str, str]) -> tuple[str, int]:
    """Return the host of mpirun and the number of its job; empty if Open MPI does not tell them."""
    if found := re.match(r"prterun-(.+)-(\d+)@", variables.get("PMIX_NAMESPACE", "")):
        return found[1], int(found[2])
    uri = variables.get("OMPI_MCA_orte_hnp_uri", "")
    if found := re.match(r"(\d+)\.\d+;tcp6?://\[?([^,:\]]+)", uri):
        return found[2], int(found[1]) >> 12
    return "", 0


def _coordinator(host: str, job: int) -> str | None:
    """Return HOST:PORT for a job: ZOO_COORDINATOR, or a port by the job's number; None without a host."""
    named = environment.job_variables("ZOO_COORDINATOR").get("ZOO_COORDINATOR")
    if named is not None:
        if not re.fullmatch(r"\S+:\d{1,5}", named):
            raise UsageError(f"ZOO_COORDINATOR must be HOST:PORT. Received: {named!r}")
        return named
    return f"{host}:{FIRST_PORT + job % PORTS}" if host else None


def _number(variables: dict[str, str], name: str, default: int | None = None) -> int:
    text: Any = variables.get(name, default)
    if text is None or not str(text).isdecimal():
        raise UsageError(f"{name} must be a number. Received: {text!r}")
    return int(text)
