"""What every test starts from: an empty working directory, a few real digits, one trained run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import zoo
from zoo.catalog import catalog
from zoo.data import Dataset, open_dataset


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty directory, with nothing taken from the user's environment but ZOO_DATA."""
    if "ZOO_DATA" in os.environ:
        monkeypatch.setenv("ZOO_DATA", str(Path(os.environ["ZOO_DATA"]).resolve()))
    for name in ("ZOO_RUNS", "ZOO_REGISTRY", "ZOO_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    catalog.cache_clear()


@pytest.fixture(scope="session")
def tiny() -> Dataset:
    """48 digits to train on, 24 held out."""
    full = open_dataset("digits")
    return Dataset(
        "tiny",
        full.train.take(slice(48)),
        full.test.take(slice(24)),
        full.classes,
        full.preprocessing,
    )


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny: Dataset) -> zoo.Run:
    """A small perceptron's run on the tiny digits; read it, do not change it."""
    out = tmp_path_factory.mktemp("trained") / "run"
    return zoo.train("mlp", data=tiny, out=out, seed=3, widths=[8], epochs=2, batch_size=16)
