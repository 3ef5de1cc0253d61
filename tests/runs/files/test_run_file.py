"""Run files in TOML, and what run.json says of the training."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import zoo
from zoo.data.dataset import Dataset
from zoo.runs.files.command import train_command
from zoo.runs.files.run_file import read_run_file

Shell = Callable[..., tuple[int, str, str]]
FILE = """
model = "mlp.digits"
seed = 4
out = "mine"
export = ["keras"]

[settings]
units = [4]
epochs = 1
"""


def test_a_run_file_is_trained_and_the_shell_comes_first(shell: Shell) -> None:
    Path("run.toml").write_text(FILE)
    code, out, err = shell("train", "run.toml", "--set", "batch_size=500", "--seed", "5", "--json")
    assert code == 0, err
    run = zoo.Run.open("mine")
    assert json.loads(out)["export"]["verdict"] == "equal"
    assert (run.record["seed"], run.config["units"], run.config["batch_size"]) == (5, [4], 500)
    assert run.record["changed"] == {"units": [4], "epochs": 1, "batch_size": 500}
    assert run.record["command"] == (
        "zoo train mlp.digits --set units=4 --set epochs=1 --set batch_size=500 --seed 5"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("seed = 1", 'names no model. Expected: model = "cnn.digits"'),
        ('model = "mlp"\nsed = 1', "no option 'sed'. Did you mean seed"),
        ('model = "mlp"\nseed = "1"', "seed must be a whole number. Received: '1'"),
        ('model = "mlp"\nseed = true', "seed must be a whole number"),
        ('model = "mlp"\nsettings = 1', "settings must be a table"),
        ('model = "mlp"\nmodel = 1', "cannot be read"),
        ("a" + ".a" * 1000 + " = 1", "nested"),
        ('model = "mlp"\nout = "a\\u0000b"', "out must be a text without a zero"),
    ],
)
def test_a_broken_run_file_is_refused(text: str, problem: str) -> None:
    Path("run.toml").write_text(text)
    with pytest.raises(zoo.ZooError, match=problem.replace("(", r"\(")):
        read_run_file(Path("run.toml"))


def test_the_settings_of_a_run_file_are_checked(shell: Shell) -> None:
    Path("run.toml").write_text('model = "mlp.digits"\n[settings]\nunit = [4]\n')
    code, _, err = shell("train", "run.toml")
    assert (code, "Did you mean units" in err) == (2, True)
    code, _, err = shell("train", "none.toml")
    assert (code, "none.toml cannot be read: No such file" in err) == (2, True)


def test_run_json_counts_and_names_the_device(trained: zoo.Run, tiny: Dataset) -> None:
    record = trained.record
    assert record["counts"] == {
        "training": len(tiny.train) - record["counts"]["validation"],
        "validation": round(record["config"]["validation"] * len(tiny.train)),
        "test": len(tiny.test),
        "parameters": 610,
    }
    assert record["compute"]["device"]
    assert record["command"].endswith("--data '?' --seed 3")
    assert record["changed"] == {"units": [8], "epochs": 2, "batch_size": 16}


def test_a_command_can_be_typed() -> None:
    settings: dict[str, Any] = {"freeze": ["conv2d*"], "residual": True, "stem_filters": None}
    command = train_command("cnn", settings, data="my photos", start="cnn.digits", seed=2)
    assert command == (
        "zoo train cnn --set 'freeze=conv2d*' --set residual=true --set stem_filters=none "
        "--data 'my photos' --from cnn.digits --seed 2"
    )
