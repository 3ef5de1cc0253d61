"""Who trains together, by the command line and by the environment of Slurm and mpirun."""

import importlib.util
from typing import Any

import pytest

from zoo.errors import UsageError
from zoo.runs.workers import plan
from zoo.runs.workers.plan import Task, cluster_task, first_node, plan_workers

SLURM = {
    "SLURM_PROCID": "1", "SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "4", "SLURM_STEP_ID": "0",
    "SLURM_JOB_ID": "123", "SLURM_STEP_NODELIST": "gpu[03-06],login",
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*plan._SLURM, *plan._MPI, "ZOO_COORDINATOR", "ZOO_WORKERS_WAIT"):
        monkeypatch.delenv(name, raising=False)


def set_all(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, text in variables.items():
        monkeypatch.setenv(name, text)


@pytest.mark.parametrize(
    ("nodes", "first"),
    [
        ("node001", "node001"),
        ("node001,host2", "node001"),
        ("node[001-0015],host2", "node001"),
        ("node[001,007-015],host2", "node001"),
        ("rack1-n[2-3]-ib", "rack1-n2-ib"),
        ("", ""),
    ],
)
def test_the_first_node_of_a_list_of_slurm(nodes: str, first: str) -> None:
    assert first_node(nodes) == first


def test_a_task_of_srun_knows_its_rank_and_the_first_host(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, SLURM)
    task = cluster_task()
    assert task == Task("slurm", 1, 4, f"gpu03:{plan.FIRST_PORT + 123 * 7}")
    assert plan_workers(4, slurm=True).place == "slurm"
    assert plan_workers(4).follows


def test_other_steps_of_a_job_use_another_port(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, SLURM)
    one = cluster_task()
    monkeypatch.setenv("SLURM_STEP_ID", "1")
    assert cluster_task() != one


def test_a_batch_script_of_slurm_is_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {"SLURM_PROCID": "0", "SLURM_NTASKS": "4", "SLURM_JOB_ID": "123"})
    assert cluster_task() is None
    with pytest.raises(UsageError, match="srun --ntasks=2 zoo train NAME --workers 2 --slurm"):
        cluster_task(slurm=True)


@pytest.mark.parametrize(
    ("variables", "coordinator"),
    [
        ({"PMIX_NAMESPACE": "prterun-my-host-4711@1"}, f"my-host:{plan.FIRST_PORT + 4711}"),
        (
            {"OMPI_MCA_orte_hnp_uri": "1531576320.0;tcp://10.96.0.1,10.148.0.1:34911"},
            f"10.96.0.1:{plan.FIRST_PORT + (1531576320 >> 12) % plan.PORTS}",
        ),
        ({}, None),
        ({"ZOO_COORDINATOR": "head:1234"}, "head:1234"),
    ],
)
def test_a_process_of_mpirun(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], coordinator: str | None
) -> None:
    set_all(monkeypatch, {"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2", **variables})
    assert cluster_task() == Task("mpirun", 0, 2, coordinator)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"ZOO_COORDINATOR": "head"}, "ZOO_COORDINATOR must be HOST:PORT. Received: 'head'"),
        ({"OMPI_COMM_WORLD_RANK": "one"}, "OMPI_COMM_WORLD_RANK must be a number. Received: 'one'"),
        ({"ZOO_WORKERS_WAIT": "1.5"}, r"ZOO_WORKERS_WAIT must be a number. Received: '1\.5'"),
        ({"ZOO_WORKERS_WAIT": "0"}, "ZOO_WORKERS_WAIT must be 1 to 1,000,000 seconds. Received: 0"),
    ],
)
def test_a_variable_that_is_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    set_all(monkeypatch, {"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2", **variables})
    with pytest.raises(UsageError, match=message):
        plan_workers(2)


def test_tasks_and_workers_must_be_equally_many(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2"})
    with pytest.raises(UsageError, match="mpirun has started 2 tasks, and --workers is 3"):
        plan_workers(3)


@pytest.mark.parametrize("count", [0, -1, 5000])
def test_a_number_of_workers_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(UsageError, match=f"from 1 to 4096. Received: {count}"):
        plan_workers(count)


@pytest.mark.parametrize(("package", "options"), [("jax", {}), ("ray", {"address": "auto"})])
def test_a_missing_package_is_named(
    monkeypatch: pytest.MonkeyPatch, package: str, options: dict[str, Any]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == package else find(name)
    )
    with pytest.raises(UsageError, match=f"pip install 'keras-zoo\\[{package}\\]'"):
        plan_workers(2, **options)


def test_ray_and_slurm_exclude_each_other() -> None:
    with pytest.raises(UsageError, match="Leave one of them out"):
        plan_workers(2, "auto", slurm=True)
