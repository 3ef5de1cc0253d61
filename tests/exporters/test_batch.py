"""Many exports in one pass: a folder for each, and one that fails does not stop the others."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import zoo
from zoo.exporters.batch import export_many


@pytest.fixture
def files() -> list[str]:
    """Write two models, and a file that is none."""
    for name in ("one", "two"):
        inputs = keras.Input((4,), name="inputs")
        outputs = keras.layers.Dense(3, name="scores")(inputs)
        keras.Model(inputs, outputs).save(f"{name}.keras")
    Path("broken.keras").write_text("nothing")
    return ["one.keras", "broken.keras", "two.keras"]


def test_one_that_fails_does_not_stop_the_others(files: list[str]) -> None:
    seen: list[str] = []
    outcomes = export_many([*files, "nowhere"], ["keras"], out="shipped", progress=seen.append)
    assert [outcome.ok for outcome in outcomes] == [True, False, True, False]
    assert seen == [*files, "nowhere"]
    assert "broken.keras" in str(outcomes[1].error)
    assert isinstance(outcomes[3].error, zoo.errors.UnknownName)
    assert zoo.verify("shipped/one").ok
    assert zoo.verify("shipped/two").ok


def test_two_models_of_one_name_are_refused_before_anything_is_written(files: list[str]) -> None:
    Path("other").mkdir()
    with pytest.raises(zoo.errors.UsageError, match="Two of the models would be written to"):
        export_many(["one.keras", "other/one.keras"], ["keras"], out="shipped")
    assert not Path("shipped").exists()


def test_runs_are_exported_into_folders_of_their_own(trained: zoo.Run, tmp_path: Path) -> None:
    (outcome,) = export_many([f"{trained.path}:classifier"], ["keras"], out=tmp_path / "shipped")
    assert outcome.report is not None
    assert outcome.report.folder == tmp_path / "shipped" / "run-classifier"


def test_the_shell_shows_all_and_exits_with_1(files: list[str]) -> None:
    command = [sys.executable, "-m", "zoo", "export", *files, "--to", "onnx", "--out", "shipped"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == files
    assert "failed" in lines[2]
    assert "Keras cannot open the file" in done.stderr or "model file" in done.stderr
    assert "1 of 3 exports failed: broken.keras." in done.stderr
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert [bool(item["report"]) for item in json.loads(done.stdout)] == [True, False, True]
