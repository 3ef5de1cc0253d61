"""A run whose weights are NaN or infinite is neither measured nor trained from; it can be opened."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

import zoo
from tests.shipped import NAME, ship
from zoo.config import Config
from zoo.data.dataset import Dataset
from zoo.registry.architecture import Architecture
from zoo.runs.load import load_finite_model


def change_first(run: zoo.Run, value: float | None, dtype: str = "float32") -> zoo.Run:
    """Write the first matrix of a run's weights again, all of one value, or as it is in another dtype."""
    with h5py.File(run.weights, "a") as file:
        names: list[str] = []
        file.visititems(
            lambda name, item: names.append(name) if getattr(item, "ndim", 0) == 2 else None
        )
        old = file[names[0]][...]
        del file[names[0]]
        file[names[0]] = old.astype(dtype) if value is None else np.full_like(old, value)
    return run


@pytest.fixture
def copy(trained: zoo.Run, tmp_path: Path) -> zoo.Run:
    shutil.copytree(trained.path, tmp_path / "runs" / "bad")
    return zoo.Run(tmp_path / "runs" / "bad")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_it_is_not_measured(copy: zoo.Run, tiny: Dataset, value: float) -> None:
    change_first(copy, value)
    with pytest.raises(zoo.RunError, match=r"model\.weights\.h5 holds NaN .* in dense/kernel"):
        zoo.evaluate(copy, tiny)
    assert zoo.load(copy).count_params() > 0


def test_a_training_from_it_leaves_nothing(copy: zoo.Run, tiny: Dataset, tmp_path: Path) -> None:
    change_first(copy, np.nan)
    with pytest.raises(zoo.RunError, match="holds NaN or infinite numbers"):
        zoo.train("mlp", data=tiny, from_run=copy, epochs=1, out=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_training_from_broken_weights_leaves_nothing(
    copy: zoo.Run, tiny: Dataset, tmp_path: Path
) -> None:
    copy.weights.write_bytes(copy.weights.read_bytes()[:3000])
    with pytest.raises(zoo.UnsafeFile, match="is broken"):
        zoo.train("mlp", data=tiny, from_run=copy, epochs=1, out=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_weights_of_the_catalog_are_named(
    copy: zoo.Run, tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship(change_first(copy, np.nan), tmp_path / "files")
    monkeypatch.setenv("ZOO_WEIGHTS", str(tmp_path / "files"))
    with pytest.raises(zoo.RunError, match=rf"{NAME} holds NaN"):
        zoo.evaluate(NAME, tiny)


def test_half_precision_is_measured_and_trained_from(copy: zoo.Run, tiny: Dataset) -> None:
    before = zoo.evaluate(copy, tiny)
    change_first(copy, None, "float16")
    assert zoo.evaluate(copy, tiny)["accuracy"] == pytest.approx(before["accuracy"], abs=0.1)
    assert zoo.train("mlp", data=tiny, from_run=copy, epochs=1).state == "finished"


def test_values_that_the_architecture_starts_with_are_no_fault(
    copy: zoo.Run, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a mask of minus infinity that is kept as a weight."""
    change_first(copy, -np.inf)
    build = Architecture.build

    def with_mask(architecture: Architecture, config: Config) -> keras.Model:
        model = build(architecture, config)
        model.weights[0].assign(np.full(model.weights[0].shape, -np.inf))
        return model

    monkeypatch.setattr(Architecture, "build", with_mask)
    assert load_finite_model(copy, tiny)[1].count_params() > 0
