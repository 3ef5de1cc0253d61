"""The rows of a sweep while it runs."""

from __future__ import annotations

from pathlib import Path

from optuna.trial import TrialState, create_trial

from zoo.io.run_files import write_history
from zoo.sweeps.plots import save_pictures
from zoo.sweeps.results import Sweep, trial_row
from zoo.sweeps.search import Search
from zoo.sweeps.space import parse_space

SPACE = parse_space({"units": [[4], [8]]})


def test_a_trial_that_runs_has_the_epochs_of_its_run(tmp_path: Path) -> None:
    search = Search("mlp", SPACE, 2, "val_loss", "min")
    distributions = {"units": SPACE["units"].distribution()}
    params = {"units": distributions["units"].choices[1]}
    running = create_trial(state=TrialState.RUNNING, params=params, distributions=distributions)
    running.number = 1
    before = trial_row(tmp_path, search, running)
    assert (before.state, before.epochs, before.value) == ("unfinished", 0, None)
    (tmp_path / "trial-001").mkdir()
    rows = [{"epoch": n, "seconds": 1.5, "loss": 1.0, "val_loss": 3.0 - n} for n in (1, 2)]
    write_history(tmp_path / "trial-001", rows)
    row = trial_row(tmp_path, search, running)
    assert (row.state, row.epochs, row.value, row.seconds) == ("unfinished", 2, 1.0, 3.0)
    assert row.settings == {"units": [8]}
    assert save_pictures(Sweep(tmp_path, search, (row,))) == []  # it has no result yet
