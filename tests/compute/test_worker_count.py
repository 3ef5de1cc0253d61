"""How many workers one machine takes; a cluster is not asked."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from zoo.compute import worker_count
from zoo.compute.ray_cluster import check_workers
from zoo.errors import UsageError
from zoo.runs.workers.plan import plan_workers


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_count, "core_count", lambda: 2)
    monkeypatch.delitem(sys.modules, "ray", raising=False)


def test_one_machine_takes_four_workers_a_core() -> None:
    check_workers(8, None)
    for check in (lambda: check_workers(9, None), lambda: plan_workers(9)):
        with pytest.raises(UsageError, match=r"has 2 cores: it takes at most 8 workers.* 9"):
            check()


def test_a_cluster_takes_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    check_workers(9, "auto")
    assert plan_workers(9, "auto").count == 9
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: True))
    check_workers(9, None)  # the caller has joined one
