"""Sweeps from strangers: a hostile one is refused in a line, and nothing is written through its links."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hostile.conftest import LIGHT
from tests.hostile.sweep_cases import JOURNAL, REFUSED, SHOWN, honest
from zoo.errors import UnsafeFile
from zoo.sweeps.files.search_file import read_search
from zoo.sweeps.journal import Journal
from zoo.testing.hostile.guard import Outcome
from zoo.testing.hostile.server import Server

Check = Callable[[Outcome], str]
MODULES = (*LIGHT, "optuna.importance", "zoo.sweeps.plots", "zoo.cli.workers.sweep_command")


@pytest.fixture(scope="module")
def shell() -> Iterator[Server]:
    """A process that has imported what shows a sweep."""
    server = Server((*MODULES, "zoo.cli.workers.trial_tables", "matplotlib.figure"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An honest sweep."""
    folder = tmp_path_factory.mktemp("sweep") / "sweep"
    honest(folder)
    return folder


@pytest.fixture
def sweep(whole: Path, tmp_path: Path) -> Path:
    """A copy of the honest sweep, and a folder beside it."""
    (tmp_path / "elsewhere").mkdir()
    return Path(shutil.copytree(whole, tmp_path / "sweep"))


@pytest.mark.parametrize("case", REFUSED)
def test_a_hostile_sweep_is_refused(case: str, sweep: Path, shell: Server, harmless: Check) -> None:
    REFUSED[case](sweep)
    outcome = shell.command("sweep", "--show", "sweep", folder=sweep.parent)
    message = harmless(outcome)
    assert outcome.code in (1, 2), message
    assert message.startswith("Error: "), message
    assert "sweep" in message
    assert len(message) < 1500
    assert not any((sweep.parent / "elsewhere").iterdir())


@pytest.mark.parametrize("case", SHOWN)
def test_an_odd_sweep_is_shown(case: str, sweep: Path, shell: Server, harmless: Check) -> None:
    SHOWN[case](sweep)
    outcome = shell.command("sweep", "--show", "sweep", folder=sweep.parent)
    message = harmless(outcome)
    assert outcome.code == 0, message
    assert "best: trial 0" in message


def test_a_file_elsewhere_is_not_cut_where_a_sweep_goes_on(sweep: Path, tmp_path: Path) -> None:
    search, mine = read_search(sweep), tmp_path / "mine"
    mine.write_bytes(b"first\nsecond")
    (sweep / JOURNAL).unlink()
    (sweep / JOURNAL).symlink_to(mine)
    with pytest.raises(UnsafeFile, match="is a link to a file outside"):
        Journal(sweep, search, writes=True)
    assert mine.read_bytes() == b"first\nsecond"
    mine.unlink()
    with pytest.raises(UnsafeFile, match="is a link to a file outside"):
        Journal(sweep, search, writes=True)
    assert not mine.exists()
