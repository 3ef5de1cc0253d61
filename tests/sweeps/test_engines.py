"""The workers of a sweep import Keras while the sweep itself does, and keep it for their trials."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import pytest

from zoo.sweeps.engines import started_workers

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


def test_one_process_starts_no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # an import would fail
    with started_workers(None, None, {}):
        assert sys.modules["ray"] is None


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize("settings", [{}, {"threads": "two"}])  # what a trial refuses, it refuses
def test_trials_find_keras_imported_in_their_processes(settings: dict[str, Any]) -> None:
    ray = pytest.importorskip("ray", reason="keras-zoo[ray] is not installed")

    def trial() -> tuple[int, bool]:
        time.sleep(0.5)  # so that both workers get one
        return os.getpid(), "zoo.runs.training" in sys.modules and "keras" in sys.modules

    processes = set[int]()
    with started_workers(2, None, settings):
        remote = ray.remote(num_cpus=1)(trial)
        end = time.monotonic() + 120
        while len(processes) < 2 and time.monotonic() < end:
            found = ray.get([remote.remote() for _ in range(2)])
            processes |= {process for process, imported in found if imported}
    assert len(processes) == 2
    assert not ray.is_initialized()
