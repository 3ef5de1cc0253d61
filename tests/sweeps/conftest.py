"""A data set in a file, which a sweep and its workers can open, and a small sweep of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zoo.data.dataset import Dataset
from zoo.sweeps.results import Sweep
from zoo.sweeps.sweep import sweep

SPACE: dict[str, Any] = {"learning_rate": "log(1e-3, 1e-1)", "units": [[4], [8], [8, 8]]}
SETTINGS: dict[str, Any] = {"epochs": 3, "batch_size": 16, "validation": 0.25, "threads": 1}


@pytest.fixture(scope="session")
def digits_file(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny digits as an .npz file."""
    path = tmp_path_factory.mktemp("data") / "tiny.npz"
    arrays = {
        "x_train": tiny.train.stored, "y_train": tiny.train.targets,
        "x_test": tiny.test.stored, "y_test": tiny.test.targets,
    }  # fmt: skip
    np.savez(path, **arrays)
    return path


Small = Callable[..., Sweep]


@pytest.fixture
def small(digits_file: Path) -> Small:
    """Run a sweep of five trials of a small perceptron."""

    def run(out: Path, **options: Any) -> Sweep:
        fixed = {
            "trials": 5,
            "metric": "val_accuracy",
            "data": digits_file,
            "window": 4,
            "grace": 1,
        }
        return sweep("mlp", SPACE, out=out, **{**fixed, **SETTINGS, **options})

    return run


def outcomes(found: Sweep) -> list[Any]:
    """Return what must not depend on how a sweep was run."""
    return [(row.state, row.value, row.epochs, row.settings) for row in found.rows]
