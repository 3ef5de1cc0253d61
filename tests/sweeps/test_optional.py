"""Ray, Optuna and PyArrow are imported where workers or a sweep are asked for, and nowhere else."""

from __future__ import annotations

import pytest

from tests.test_imports import imported_by

OPTIONAL = {"ray", "optuna", "pyarrow", "pandas"}


@pytest.mark.parametrize(
    "code",
    [
        "import zoo",
        "from zoo.cli.main import zoo; zoo(['list'], standalone_mode=False)",
        "from zoo.cli.main import zoo; [zoo([each, '-h'], standalone_mode=False) for each in zoo.commands]",
        "import zoo.sweeps.sweep, zoo.bulk.bulk, zoo.cli.workers.bulk_tables",
    ],
)
def test_nothing_imports_them_unasked(code: str) -> None:
    assert not imported_by(code) & OPTIONAL
