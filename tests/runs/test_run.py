import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import zoo
from tests.conftest import forget_installed
from zoo.data.dataset import Dataset
from zoo.runs.run import Run, list_runs
from zoo.runs.run_directory import create_run, find_unfinished_run

RECORD = {"name": "mlp", "architecture": "mlp", "config": {}, "dataset": {}, "state": "training"}


def create(name: str = "mlp", state: str = "training") -> Run:
    return create_run(name, None, False, {**RECORD, "name": name, "state": state})


def test_a_second_run_of_a_name_gets_a_number() -> None:
    assert [create().path.name for _ in range(3)] == ["mlp", "mlp-2", "mlp-3"]


def test_a_run_is_found_by_name_and_by_path(tmp_path: Path) -> None:
    run = create()
    assert Run.open("mlp").path == run.path
    assert Run.open(tmp_path / "runs" / "mlp").name == "mlp"
    assert Run.open(run) is run


def test_a_path_may_be_text() -> None:
    path = create().path
    run = zoo.Run(str(path))
    assert run == zoo.Run(path)
    assert repr(run) == f"Run({str(path)!r})"
    assert run.weights == path / "model.weights.h5"
    assert (run.name, run.history, run.metrics, run.pictures) == ("mlp", [], {}, [])
    with pytest.raises(zoo.RunError, match=r"nowhere"):
        _ = zoo.Run("nowhere").record


def test_runs_lie_where_zoo_runs_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_RUNS", str(tmp_path / "elsewhere"))
    assert create().path == tmp_path / "elsewhere" / "mlp"
    assert [run.name for run in list_runs()] == ["mlp"]


def test_an_unknown_run_is_answered_with_the_nearest() -> None:
    create("cnn.digits")
    with pytest.raises(zoo.UnknownName, match=r"no run 'cnn\.digit'.*cnn\.digits"):
        Run.open("cnn.digit")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "no record of a run"),
        ("null", "no record of a run"),
        ('{"name": 3}', "'architecture' is missing"),
        (json.dumps({**RECORD, "state": "gone"}), "the state must be one of"),
        (json.dumps({key: RECORD[key] for key in ("name", "architecture", "config")}), "'dataset'"),
        ("[" * 100_000, "was not opened: nested lists"),
        ('"\\ud800', "cannot be read"),
    ],
)
def test_a_broken_record_is_refused_and_hurts_no_other_run(content: str, problem: str) -> None:
    create("cnn")
    broken = create()
    (broken.path / "run.json").write_text(content)
    with pytest.raises((zoo.RunError, zoo.UnsafeFile), match=problem):
        Run.open("mlp")
    assert [run.name for run in list_runs()] == ["cnn"]


def test_a_record_that_is_no_text_is_refused() -> None:
    (create().path / "run.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(zoo.RunError, match="cannot be read"):
        Run.open("mlp")


def test_out_that_holds_a_run_is_kept_unless_forced(tmp_path: Path) -> None:
    out = tmp_path / "here"
    run = create_run("mlp", out, False, RECORD)
    (run.path / "metrics.json").write_text('{"accuracy": 1.0}')
    with pytest.raises(zoo.RunError, match=r"holds a run already.*--resume.*--force"):
        create_run("mlp", out, False, RECORD)
    assert run.metrics == {"accuracy": 1.0}
    assert create_run("mlp", out, True, RECORD).metrics == {}


def test_force_replaces_the_first_run_of_a_name_and_no_other() -> None:
    create()
    create()
    assert create_run("mlp", None, True, RECORD).path.name == "mlp"
    assert [run.path.name for run in list_runs()] == ["mlp", "mlp-2"]


def test_out_that_holds_something_else_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    for force in (False, True):
        with pytest.raises(zoo.RunError, match="exists and is no run"):
            create_run("mlp", tmp_path, force, RECORD)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_out_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(zoo.RunError, match="exists and is no run"):
        create_run("mlp", tmp_path / "file", False, RECORD)


@pytest.mark.parametrize("out", ["/proc/zoo/run", "/dev/null/run"])
def test_a_place_that_cannot_be_written_is_told_in_a_sentence(out: str) -> None:
    with pytest.raises(zoo.WriteError, match=f"Cannot write {out}"):
        create_run("mlp", Path(out), False, RECORD)


def test_two_processes_cannot_train_into_one_run() -> None:
    run = create()
    with (
        run.lock(),
        pytest.raises(zoo.RunError, match="Another process is training"),
        Run(run.path).lock(),
    ):
        pass
    with Run(run.path).lock():
        pass


def test_force_waits_for_nobody_and_kills_nothing() -> None:
    run = create()
    with run.lock(), pytest.raises(zoo.RunError, match="Another process is training"):
        create_run("mlp", run.path, True, RECORD)
    assert run.state == "training"


def test_the_latest_unfinished_run_is_the_one_to_resume() -> None:
    earlier, latest = create(state="interrupted"), create(state="failed")
    os.utime(earlier.path / "run.json", (1, 1))  # both may be written in one tick of the clock
    create(state="finished")
    assert find_unfinished_run("mlp", None).path == latest.path
    with pytest.raises(zoo.RunError, match="no unfinished run of cnn"):
        find_unfinished_run("cnn", None)


def test_a_finished_run_cannot_be_resumed() -> None:
    with pytest.raises(zoo.RunError, match="is finished"):
        find_unfinished_run("mlp", create(state="finished").path)


def test_the_history_is_read_as_it_was_written() -> None:
    run = create()
    rows = [{"epoch": 1.0, "loss": 0.5}, {"epoch": 2.0, "loss": 0.25, "val_loss": 1.0}]
    run.write_history(rows)
    assert run.history == rows


def test_a_finished_run_holds_what_the_design_says(trained: zoo.Run, tiny: Dataset) -> None:
    present = {str(path.relative_to(trained.path)) for path in trained.path.rglob("*")}
    assert present >= {
        "run.json",
        "history.csv",
        "checkpoint/state.npz",
        "model.weights.h5",
        "metrics.json",
        "pictures/curve.png",
        "pictures/confusion.png",
    }
    record = trained.record
    assert record["dataset"]["fingerprint"] == tiny.fingerprint
    assert record["dataset"]["preprocessing"] == tiny.preprocessing
    assert record["config"]["classes"] == list(tiny.classes or ())
    assert record["config"]["input_shape"] == [8, 8, 1]
    assert (record["seed"], record["backend"], record["state"]) == (3, "tensorflow", "finished")
    assert {"python", "keras", "keras-zoo", "numpy"} <= record["versions"].keys()
    assert not [path for path in present if path.startswith(".zoo-")]


def test_a_replaced_run_comes_back_if_the_new_one_is_refused() -> None:
    old = create(state="finished")
    (old.path / "metrics.json").write_text('{"accuracy": 1.0}')
    new = create_run("mlp", None, True, RECORD)
    assert new.path == old.path
    assert new.metrics == {}
    with new.lock():
        new.clear()
    assert Run.open("mlp").metrics == {"accuracy": 1.0}
    assert [item.name for item in new.path.parent.iterdir()] == ["mlp"]


def test_a_replaced_run_comes_back_if_the_training_refuses_its_data(
    register: Callable[..., Any], tiny: Dataset
) -> None:
    def refuse(**_: Any) -> None:
        raise zoo.DataError("These examples do not fit.")

    register()
    zoo.train("stranger", data=tiny, units=[2], epochs=1, out="run")
    weights = Path("run/model.weights.h5").read_bytes()
    forget_installed()
    register(train=lambda model, config, data, callbacks: refuse())
    with pytest.raises(zoo.DataError):
        zoo.train("stranger", data=tiny, units=[2], epochs=1, out="run", force=True)
    assert Path("run/model.weights.h5").read_bytes() == weights
    forget_installed()
    register()
    zoo.train("stranger", data=tiny, units=[3], epochs=1, out="run", force=True)
    assert Run.open("run").config["units"] == [3]
    assert [item.name for item in Path().iterdir()] == ["run"]
