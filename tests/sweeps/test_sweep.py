"""A sweep in this process: ordinary runs, one winner that is measured, and an exact resume."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Shell
from tests.sweeps.conftest import SETTINGS, SPACE, Small, outcomes
from zoo.data.dataset import Dataset
from zoo.errors import RunError, SettingError, TrainingError, UsageError
from zoo.runs.run import Run
from zoo.sweeps.progress import SweepProgress
from zoo.sweeps.results import Sweep, TrialRow, open_sweep
from zoo.sweeps.sweep import resume_sweep, sweep


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, small: Small) -> Sweep:
    """A sweep that nothing interrupts, and that is looked at meanwhile; do not change it."""
    folder = tmp_path_factory.mktemp("sweeps") / "whole"

    class Looks(SweepProgress):
        def end(self, row: TrialRow) -> None:
            assert open_sweep(folder).rows[row.number] == row

    return small(folder, progress=Looks())


def test_trials_are_ordinary_runs_and_only_the_winner_is_measured(whole: Sweep) -> None:
    assert len(whole.rows) == 5
    best = whole.best
    assert best is not None
    assert best.value == min(row.value or 0 for row in whole.rows if row.state == "finished")
    title, head, first, *_ = repr(whole).splitlines()
    assert title.endswith(": 5 trials")
    assert head.split() == ["trial", "state", "epochs", whole.search.metric, *SPACE]
    assert first.split()[:2] == [str(best.number), "finished"]
    for row in whole.rows:
        run = Run(row.run)
        states = {"finished": "trained", "stopped": "interrupted"}
        assert run.state == ("finished" if row is best else states[row.state])
        assert bool(run.metrics) == (row.number == best.number)
        assert run.record["seed"] == 0
        assert all(run.config[name] == row.settings[name] for name in SPACE)
    assert {path.stem for path in (whole.folder / "pictures").iterdir()} >= {"best", "parallel"}


def test_a_stopped_trial_is_resumable_and_some_are_stopped(whole: Sweep) -> None:
    stopped = [row for row in whole.rows if row.state == "stopped"]
    assert stopped
    assert all(
        row.epochs < SETTINGS["epochs"] and Run(row.run).checkpoint.exists() for row in stopped
    )


def interrupt(number: int) -> SweepProgress:
    """Press Ctrl-C when a trial begins."""

    class Impatient(SweepProgress):
        def begin(self, begun: int) -> None:
            if begun == number:
                raise KeyboardInterrupt

    return Impatient()


def test_a_sweep_that_is_stopped_ends_as_the_one_that_is_not(whole: Sweep, small: Small) -> None:
    with pytest.raises(KeyboardInterrupt):
        small(Path("stopped"), trials=2, progress=interrupt(1))
    assert [row.state for row in open_sweep("stopped").rows] == ["finished", "unfinished"]
    first = Path("stopped", "trial-000", "history.csv").stat().st_mtime_ns
    with pytest.raises(UsageError, match="has 2 trials already"):
        resume_sweep("stopped", trials=1)
    found = resume_sweep("stopped", trials=3)
    assert outcomes(found) == outcomes(whole)[:3]
    assert Path("stopped", "trial-000", "history.csv").stat().st_mtime_ns == first


def test_a_wrong_metric_is_named_and_leaves_nothing(small: Small) -> None:
    with pytest.raises(UsageError, match=r"no metric 'val_acuracy'. Did you mean val_accuracy"):
        small(Path("out"), metric="val_acuracy")
    assert not Path("out").exists()
    with pytest.raises(UsageError, match=r"Did you mean val_accuracy\?"):
        small(Path("out"), metric="accuracy")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"unit": [8]}, UsageError, "Did you mean units"),
        ({"pruner": "asah"}, UsageError, "Did you mean asha"),
        ({"direction": "up"}, UsageError, "no direction 'up'"),
        ({"trials": 0}, UsageError, "trials must be a whole number from 1"),
        ({"seed": -1}, UsageError, "A seed is"),
        ({"validation": 0.001}, SettingError, "holds out no example"),
        ({"address": "auto"}, UsageError, "needs --workers"),
        ({"workers": 0}, UsageError, "from 1 to"),
        ({"data": "nothing.npz"}, UsageError, "nothing.npz"),
        ({"window": 0}, UsageError, "window must be a whole number from 1"),
        ({"grace": 0}, UsageError, "grace must be a whole number from 1"),
        ({"units": [8]}, SettingError, "'units' is in the space, and has a fixed value"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(
    small: Small, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        small(Path("out"), **options)
    assert not Path("out").exists()


def test_data_in_memory_is_refused(tiny: Dataset) -> None:
    arguments: dict[str, Any] = {"data": tiny, "out": "out"}
    with pytest.raises(UsageError, match="Give its name or its path, not data in memory"):
        sweep("mlp.digits", SPACE, **arguments)
    assert not Path("out").exists()


def test_folders_are_not_mixed_up(whole: Sweep, small: Small) -> None:
    with pytest.raises(RunError, match="holds a sweep already"):
        small(whole.folder)
    Path("full").mkdir()
    Path("full", "file").write_text("")
    with pytest.raises(RunError, match="is no sweep"):
        small(Path("full"))
    with pytest.raises(RunError, match="is no sweep"):
        resume_sweep("full")


def test_without_a_validation_a_share_is_held_out(digits_file: Path) -> None:
    settings = {**SETTINGS, "validation": 0.0, "epochs": 1}
    found = sweep("mlp", SPACE, trials=2, data=digits_file, out="out", **settings)
    assert found.search.settings["validation"] == 0.2
    assert found.search.direction == "min"
    assert found.search.metric == "val_loss"


def test_a_trial_that_cannot_be_built_fails_alone(digits_file: Path) -> None:
    space = {"monitor": ["val_loss", "val_nothing"]}
    found = sweep(
        "mlp",
        space,
        trials=3,
        data=digits_file,
        out="out",
        best_epoch=True,
        **SETTINGS | {"epochs": 1},
    )
    states = {row.settings["monitor"]: row.state for row in found.rows}
    assert states["val_loss"] == "finished"
    assert states.get("val_nothing", "failed") == "failed"


def test_a_sweep_without_a_finished_trial_keeps_the_errors(digits_file: Path) -> None:
    space = {"monitor": ["val_nothing", "val_none"]}
    options: dict[str, Any] = {"best_epoch": True, **SETTINGS, "epochs": 1}
    with pytest.raises(
        TrainingError, match=r"No trial of .* is finished. The last error: monitor="
    ):
        sweep("mlp", space, trials=2, data=digits_file, out="out", **options)
    rows = open_sweep("out").rows
    assert [row.state for row in rows] == ["failed", "failed"]
    assert all("validation has no such measure" in row.error for row in rows)


@pytest.mark.parametrize("begins", [True, False])
def test_a_sweep_of_a_file_that_is_stopped_says_how_to_go_on(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, begins: bool
) -> None:
    def stop(search: Any, out: str, *options: Any) -> None:
        if begins:
            Path(out).mkdir()
            Path(out, "sweep.json").write_text("{}")
        raise KeyboardInterrupt

    monkeypatch.setattr("zoo.sweeps.sweep.begin_sweep", stop)
    Path("sweep.toml").write_text(
        'name = "mlp.digits"\nout = "one"\nspace = {units = [[8], [16]]}\n'
    )
    code, _, err = shell("sweep", "sweep.toml")
    assert code == 130
    assert ("zoo sweep --resume --out one" if begins else "nothing was written") in err


def test_from_the_shell(
    shell: Shell, digits_file: Path, whole: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as where Ray is not installed
    Path("sweep.toml").write_text(
        f'name = "mlp"\ndata = "{digits_file}"\ntrials = 2\nmetric = "val_accuracy"\nout = "one"\n'
        "[space]\nlearning_rate = 'log(1e-3, 1e-1)'\n[settings]\nepochs = 1\n"
    )
    code, out, err = shell("sweep", "sweep.toml", "--set", "batch_size=16")
    assert code == 0, err
    assert "zoo export" in out
    assert "trial   1  finished" in err
    code, out, err = shell("sweep", "sweep.toml", "--resume")
    assert code == 0, err
    assert "best: trial" in out
    code, out, _ = shell("sweep", "--show", "one", "--json")
    shown = json.loads(out)
    assert [trial["number"] for trial in shown["trials"]] == [0, 1]
    assert shown["test"]
    code, out, _ = shell("sweep", "--show", whole.folder)
    assert code == 0
    assert "best: trial" in out


FILE = (
    'name = "mlp.digits"\ntrials = 2\nmetric = "val_loss"\nseed = 1\nout = "one"\n'
    "[space]\nunits = [[4], [8]]\nlearning_rate = 'log(1e-3, 1e-1)'\nbatch_size = 'uniform(8, 32, 8)'\n"
    "[settings]\nepochs = 1\n"
)


@pytest.fixture
def begun(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep of FILE and --set validation=0.3 that was stopped before its first trial."""

    def stop(*arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("zoo.sweeps.sweep.run_here", stop)
        Path("sweep.toml").write_text(FILE)
        code, _, err = shell("sweep", "sweep.toml", "--set", "validation=0.3")
    assert code == 130, err


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("[[4], [8]]", "[[4], [16]]", "units of the space was [[4], [8]] and is [[4], [16]]"),
        ("log(1e-3, 1e-1)", "log(1e-3, 1)", "rate of the space was log(0.001, 0.1) and is log(0.001, 1)"),
        ("units = [[4], [8]]", "", "units of the space was [[4], [8]] and is absent"),
        ("[settings]", "dropout = [0, 0.1]\n[settings]", "dropout of the space was absent and is [0, 0.1]"),
        ("epochs = 1", "epochs = 2", "the setting epochs was 1 and is 2"),
        ("epochs = 1", "epochs = 1\nshift = 0.1", "the setting shift was absent and is 0.1"),
        ("val_loss", "val_accuracy", "metric was 'val_loss' and is 'val_accuracy'"),
        ("seed = 1", "seed = 2", "seed was 1 and is 2"),
        ("epochs = 1", "", "the setting epochs was 1 and is absent"),
        ("seed = 1\n", "", "seed was 1 and is absent"),
        ("seed = 1", 'seed = 1\ndata = "fashion-mnist"', "data was 'digits' and is 'fashion-mnist'"),
    ],
)  # fmt: skip
def test_a_sweep_does_not_go_on_with_a_file_that_has_changed(
    shell: Shell, begun: None, old: str, new: str, difference: str
) -> None:
    before = Path("one/sweep.json").read_bytes()
    Path("sweep.toml").write_text(FILE.replace(old, new))
    code, out, err = shell("sweep", "sweep.toml", "--resume")
    assert (code, out) == (2, "")
    assert "sweep.toml is not what the sweep in one began with: " in err
    assert f"{difference}. Begin another sweep" in err
    assert "zoo sweep --resume --out one" in err
    assert Path("one/sweep.json").read_bytes() == before
    assert not Path("one/trial-000").exists()


def test_a_file_that_lacks_all_but_its_model_is_refused(shell: Shell, begun: None) -> None:
    Path("sweep.toml").write_text('name = "mlp.digits"\n')
    code, _, err = shell("sweep", "sweep.toml", "--resume", "--out", "one")
    assert code == 2
    for name in ("metric", "seed", "units", "learning_rate", "batch_size", "epochs"):
        assert re.search(rf"\b{name}( of the space)? was [^;]* and is absent", err), err
    assert "validation" not in err  # of --set


@pytest.mark.parametrize(
    ("old", "new", "trials", "warning"),
    [
        ("trials = 2", "trials = 3", 3, "does not say: validation=0.3\n"),
        ("trials = 2", "trials = 1", 2, "does not say: validation=0.3, trials=2 instead of 1\n"),
        ("[settings]", "[settings]\nvalidation = 0.3", 2, ""),
    ],
)
def test_a_sweep_goes_on_with_more_trials_of_its_file(
    shell: Shell, begun: None, old: str, new: str, trials: int, warning: str
) -> None:
    Path("sweep.toml").write_text(FILE.replace(old, new).replace('"one"', '"one"\n# a comment'))
    code, _, err = shell("sweep", "sweep.toml", "--resume")
    assert code == 0, err
    assert warning in err
    assert ("does not say" in err) == bool(warning)
    assert len(open_sweep("one").rows) == trials


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["mlp.digit", "--space", "units=8,16"], "Did you mean"),
        (["mlp.digits"], "needs a space"),
        (["mlp.digits", "--space", "units"], "--space takes key=value"),
        (["mlp.digits", "--space", "units=8,16", "--set", "unit=8"], "Did you mean units"),
        (["mlp.digits", "--space", "units=8,16", "--space", "units=8,32"], "'units' twice"),
        (
            ["mlp.digits", "--space", "units=8,16", "--set", "trials=8"],
            "'trials' is no setting of a model",
        ),
        ([], "Name a model"),
        (["nothing.toml"], "nothing.toml cannot be read"),
        (["--show", "nowhere"], "nowhere is no sweep"),
        (["--show", "nowhere", "--trials", "3"], "leave out --trials"),
        (["--resume"], "no sweep"),
        (["--resume", "--space", "units=8,16"], "leave out --space"),
        (["cnn-vis", "--space", "learning_rate=log(1e-3,1e-1)"], "no validation can compare"),
    ],
)
def test_wrong_commands_are_explained(shell: Shell, words: list[str], message: str) -> None:
    code, _, err = shell("sweep", *words)
    assert code == 2
    assert message in err


def test_a_file_with_a_wrong_entry_is_refused(shell: Shell) -> None:
    for text, message in (
        ('name = "mlp"\ntrial = 3\n', "Did you mean trials"),
        ('name = "mlp"\ntrials = "3"\n', "trials must be a whole number"),
        ("trials = 3\n", "names no model"),
        ("name = \n", "is no TOML"),
    ):
        Path("sweep.toml").write_text(text)
        code, _, err = shell("sweep", "sweep.toml")
        assert code == 2
        assert message in err


def test_without_optuna_or_ray_it_says_what_to_install(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, trained: Run
) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name in ("optuna", "ray") else found(name, *rest),
    )
    code, _, err = shell("sweep", "mlp.digits", "--space", "units=8,16")
    assert code == 2
    assert "pip install 'keras-zoo[sweep]'" in err
    Path("a.png").write_bytes(b"")
    code, _, err = shell("apply", trained.path, "a.png", "--workers", "2", "--out", "out")
    assert code == 2
    assert "pip install 'keras-zoo[ray]'" in err
