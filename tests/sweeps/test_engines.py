"""What is refused before workers are started: the same, in the same words, as without workers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import zoo
from tests.conftest import Shell
from zoo.sweeps import engines

pytest.importorskip("ray", reason="keras-zoo[ray] is not installed")
SPACE = ("--space", "learning_rate=log(1e-3,1e-1)", "--trials", "2")


@pytest.fixture(autouse=True)
def without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a start of Ray fail the test."""

    def start(*arguments: Any) -> None:
        raise AssertionError("Ray is started")

    monkeypatch.setattr(engines, "ray_session", start)


@pytest.mark.parametrize(
    "words",
    [
        ("mlp.digits", "--set", "unit=8"),
        ("mlp.digits", "--set", "units=eight"),
        ("mlp.digits", "--set", "epochs=two"),
        ("mlp.digits", "--space", "unit=[[4],[8]]"),
        ("mlp.digits", "--space", "units=[[4],[-8]]"),
        ("mlp.digits", "--data", "digit"),
        ("mlp", "--data", "few.npz"),
        ("mlp.digits", "--trials", "0"),
        ("mlp.digits", "--metric", "accuracy"),
        ("mlp.digits", "--metric", "val_acuracy", "--set", "epochs=1"),
        ("mlp.digits", "--out", "taken", "--set", "epochs=1"),
        ("mlp", "--set", "units=8"),
    ],
)
def test_workers_refuse_what_one_process_refuses(shell: Shell, words: tuple[str, ...]) -> None:
    np.savez("few.npz", x=np.zeros((3, 4), np.float32), y=np.array([0, 1, 0]))
    open("taken", "w").close()
    code, _, alone = shell("sweep", *SPACE, *words)
    assert code == 2
    assert shell("sweep", *SPACE, *words, "--workers", "2") == (2, "", alone)


@pytest.mark.parametrize(
    ("model", "metric"), [("mlp", "val_mae"), ("mlp", engines.USUAL_METRICS[0])]
)
def test_a_metric_that_there_is_reaches_the_workers(model: str, metric: str) -> None:
    rows = np.random.default_rng(0).random((40, 3)).astype(np.float32)
    np.savez("rows.npz", x=rows, y=rows.sum(1))
    settings = {"task": "regression", "epochs": 1}
    space = {"units": [[4], [8]]}
    with pytest.raises(AssertionError, match="Ray is started"):
        zoo.sweep(model, space, metric=metric, data="rows.npz", workers=2, **settings)
