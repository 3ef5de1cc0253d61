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
SETTINGS: dict[str, Any] = {"epochs": 3, "batch_size": 16, "validation": 0.25}


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


@pytest.fixture(scope="session")
def small(digits_file: Path) -> Small:
    """Run a sweep of a small perceptron, of five trials if not told otherwise."""

    def run(out: Path, **options: Any) -> Sweep:
        fixed = {"trials": 5, "metric": "val_loss", "data": digits_file, "window": 2, "grace": 1}
        return sweep("mlp", SPACE, out=out, **{**fixed, **SETTINGS, **options})

    return run


def outcomes(found: Sweep) -> list[Any]:
    """Return what must not depend on how a sweep was run; two sweeps begin alike."""
    return [(row.state, row.value, row.epochs, row.settings) for row in found.rows]


def check_alike(one: Sweep, other: Sweep) -> None:
    """Check that two sweeps are the same, as far as other threads, which round otherwise, let them be."""
    for a, b in zip(outcomes(one), outcomes(other), strict=True):
        assert (a[0], *a[2:]) == (b[0], *b[2:])
        assert a[1] == pytest.approx(b[1], rel=1e-4)
