import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import zoo
from zoo.cli.main import zoo as command
from zoo.data.dataset import Dataset
from zoo.errors import UnknownName, UsageError
from zoo.runs.comparison import compare, plot_run


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory, tiny: Dataset) -> zoo.Run:
    out = tmp_path_factory.mktemp("other") / "wider"
    return zoo.train("mlp", data=tiny, out=out, seed=3, units=[16], epochs=2, batch_size=16)


def test_only_settings_that_differ_are_told(trained: zoo.Run, other: zoo.Run) -> None:
    found = compare([trained, other])
    assert found.settings == {"units": ([8], [16])}
    assert found.runs == ("run", "wider")
    title, head, units, *_ = map(str.split, repr(found).splitlines())
    assert (title[:2], head, units) == (["2", "runs:"], ["run", "wider"], ["units", "[8]", "[16]"])
    assert found.results["accuracy"] == (trained.metrics["accuracy"], other.metrics["accuracy"])


def test_runs_that_were_computed_differently_are_told(trained: zoo.Run, tmp_path: Path) -> None:
    other = zoo.Run(tmp_path / "other")
    other.path.mkdir()
    other.write_record({**trained.record, "compute": {**trained.record["compute"], "xla": True}})
    assert compare([trained, other]).settings == {"compute.xla": (False, True)}


def test_runs_of_one_name_are_told_by_their_paths(trained: zoo.Run) -> None:
    assert compare([trained, trained]).runs == (str(trained.path),) * 2


def test_curves_without_validation_say_why(trained: zoo.Run, tmp_path: Path) -> None:
    run = zoo.Run(tmp_path)
    run.write_record({**trained.record, "config": {**trained.config, "validation": 0.0}})
    run.write_history([{"epoch": 1.0, "loss": 2.0}])
    assert "validation=0" in plot_run(run).get_supxlabel()
    run.write_history([{"epoch": 1.0, "loss": 2.0, "val_loss": 2.0}])
    assert plot_run(run).get_supxlabel() == ""
    assert plot_run(trained).get_supxlabel() == ""


def test_one_run_cannot_be_compared(trained: zoo.Run) -> None:
    with pytest.raises(UsageError, match="at least two"):
        compare([trained])


def test_a_run_that_is_not_there_is_named(trained: zoo.Run) -> None:
    with pytest.raises(UnknownName, match="nowhere"):
        compare([trained, "nowhere"])


@pytest.mark.usefixtures("drawing")
def test_the_command_draws_the_curves_and_prints_json(trained: zoo.Run, other: zoo.Run) -> None:
    arguments = ["compare", str(trained.path), str(other.path), "--out", "both.png", "--json"]
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert json.loads(done.stdout)["settings"] == {"units": [[8], [16]]}
    assert np.asarray(Image.open("both.png")).std() > 5
    assert not Path("both.png.png").exists()


def test_the_command_prints_a_table(trained: zoo.Run, other: zoo.Run) -> None:
    done = CliRunner().invoke(command, ["compare", str(trained.path), str(other.path)])
    assert done.exit_code == 0
    for word in ("units", "accuracy", "wider"):
        assert word in done.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_its_completion(shell: str) -> None:
    done = CliRunner().invoke(command, ["completion", shell])
    assert "_ZOO_COMPLETE" in done.output


def test_names_of_models_and_runs_are_completed(
    monkeypatch: pytest.MonkeyPatch, trained: zoo.Run
) -> None:
    monkeypatch.setenv("ZOO_RUNS", str(trained.path.parent))
    for words, expected in (("zoo train cnn.dig", "cnn.digits"), ("zoo evaluate ru", "run")):
        environment = {"_ZOO_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "2"}
        done = CliRunner().invoke(command, [], prog_name="zoo", env=environment)
        assert f"plain,{expected}" in done.output
