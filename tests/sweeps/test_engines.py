"""What is refused before workers are started, and what they import while the sweep itself does."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import pytest

from tests.conftest import Shell
from zoo.sweeps import engines
from zoo.sweeps.engines import started_workers

SPACE = ("--space", "learning_rate=log(1e-3,1e-1)", "--trials", "2")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@pytest.mark.parametrize(
    "words",
    [
        ("mlp.digits", "--set", "epochs=two"),
        ("mlp.digits", "--data", "digit"),
        ("mlp.digits", "--trials", "0"),
    ],
)
def test_workers_refuse_what_one_process_refuses(
    shell: Shell, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="keras-zoo[ray] is not installed")

    def start(*arguments: Any) -> None:
        raise AssertionError("Ray is started")

    monkeypatch.setattr(engines, "ray_session", start)
    code, _, alone = shell("sweep", *SPACE, *words)
    assert code == 2
    assert shell("sweep", *SPACE, *words, "--workers", "2") == (2, "", alone)


def test_one_process_starts_no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # an import would fail
    with started_workers(None, None, {}):
        assert sys.modules["ray"] is None


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    "settings",  # what a trial refuses, it refuses
    [pytest.param({}, marks=pytest.mark.long), {"threads": "two"}],
)
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
