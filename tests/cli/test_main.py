"""The commands, typed: what they print, on which stream, and their exit codes."""

import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.cli import main
from zoo.data.dataset import Dataset
from zoo.runs import evaluation
from zoo.runs.evaluation import Measurement

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(trained: zoo.Run, tmp_path: Path) -> zoo.Run:
    """A copy of the trained run, as ./runs/small."""
    return zoo.Run(Path(shutil.copytree(trained.path, tmp_path / "runs" / "small")))


def test_list_shows_the_catalog(shell: Shell) -> None:
    code, out, err = shell("list")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == zoo.list_models()


def test_list_takes_globs_and_tags(shell: Shell) -> None:
    assert {line.split(".")[0] for line in shell("list", "cnn.*")[1].splitlines()} == {"cnn"}
    offline = [line.split()[0] for line in shell("list", "--tag", "offline")[1].splitlines()]
    assert offline == zoo.list_models(tag="offline")
    assert "cnn.digits" in offline
    assert {row["name"] for row in json.loads(shell("list", "--json")[1])} == set(zoo.list_models())


def test_the_summaries_of_the_commands_are_whole(shell: Shell) -> None:
    page = shell("-h")[1]
    assert "..." not in page.partition("Commands:")[2]
    words = " ".join(page.split())
    for command in main.zoo.commands.values():
        assert command.help is not None
        assert " ".join(command.help.partition(".")[0].split()) in words, command.name


def test_a_path_in_a_pipe_is_in_one_line(shell: Shell, run: zoo.Run, tmp_path: Path) -> None:
    deep = tmp_path / "runs" / ("deep-" * 40)
    shutil.copytree(run.path, deep)
    lines = shell("runs")[1].splitlines()
    assert len(lines) == 3
    assert sum(line.startswith(deep.name) for line in lines) == 1
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("lst", "Did you mean list?"),
        ("list xyz.*", "no model 'xyz.*'"),
        ("list --tag imge", "no tag 'imge'. Did you mean image"),
        ("show cnn.digts", "Did you mean cnn.digits"),
        ("train cnn.digts", "Did you mean cnn.digits"),
        ("train cnn.digits --set filtrs=3", "Did you mean filters or stem_filters or jitter?"),
        ("train cnn.digits --set epochs=abc", "Expected: integer above 0. Received: 'abc'"),
        ("train cnn.digits --set epochs=0", "Expected: integer above 0. Received: 0"),
        ("train cnn.digits --set learning_rate=-1", "Expected: number above 0. Received: -1"),
        ("train cnn.digits --set dropout=1.5", "at least 0 and below 1. Received: 1.5"),
        ("train cnn.digits --set normalization=btch", "one of none, batch, group, layer"),
        ("train cnn.digits --set epochs", "key=value"),
        ("train cnn.digits --data no.npz", "no dataset, file or folder 'no.npz'"),
        ("train cnn.digits --export onx", "Did you mean onnx or"),
        ("train cnn.digits --export onnx --opset 9", "from 11 to 21. Received: 9"),
        ("train cnn.digits --seed x", "'x' is not a valid integer"),
        ("train cnn.digits --seed -1", "whole number from 0 to 2147483647"),
        ("train cnn.digits --resume", "no unfinished run of cnn.digits"),
        ("train cnn", "cnn needs data"),
        ("train cnn.digits --set classes=3", "10 classes"),
        ("train", "Missing argument 'NAME'"),
        ("train cnn.digits --sett a=1", "'--set'"),
        ("evaluate smal", "Did you mean small?"),
        ("export small --to onx", "Did you mean onnx or"),
        ("export nothing.keras", "there is no such .keras file"),
        ("verify nowhere", "nowhere holds no export"),
        ("apply small", "Missing argument 'ITEM...'"),
        ("apply small no.png", "There is no file no.png"),
        ("apply small runs/small/checkpoint", "no image (and no .npy) in runs"),
        ("check nothing", "no model 'nothing'"),
    ],
)
def test_wrong_words_are_answered_in_a_line_or_two(
    shell: Shell, run: zoo.Run, command: str, answer: str
) -> None:
    code, out, err = shell(*command.split())
    assert answer in err
    assert code == 2
    assert out == ""
    assert 1 <= len(err.splitlines()) <= 2
    assert sorted(os.listdir("runs")) == ["small"]


def test_a_job_that_fails_ends_with_one(shell: Shell) -> None:
    code, _, err = shell(
        *[
            "train",
            "mlp.digits",
            "--set",
            "optimizer=sgd",
            "--set",
            "learning_rate=1e30",
            "--set",
            "epochs=1",
        ]
    )
    assert code == 1
    assert "The loss became" in err
    code, _, err = shell("train", "cnn.digits", "--out", "/proc/zoo")
    assert (code, "Cannot write /proc/zoo" in err) == (1, True)


def test_train_export_evaluate_apply_and_verify(
    shell: Shell, tiny: Dataset, tmp_path: Path
) -> None:
    np.savez(
        "tiny.npz",
        x_train=tiny.train.stored,
        y_train=tiny.train.targets,
        x_test=tiny.test.stored,
        y_test=tiny.test.targets,
    )
    settings = [f"--set={text}" for text in ("units=[8]", "epochs=2", "batch_size=16")]
    command = ["train", "mlp", "--data", "tiny.npz", *settings, "--export", "onnx", "--out", "mine"]
    code, out, err = shell(*command)
    assert code == 0, err
    assert "classifier" in out
    assert "equal" in out
    assert "epoch   2/2" in err
    metrics = json.loads(shell("evaluate", "mine", "--json")[1])
    mine = zoo.Run.open("mine")
    counts = {"examples": 24, "examples_by_measure": mine.examples}
    assert metrics == {**mine.metrics, **counts}
    Image.fromarray((np.asarray(tiny.test.inputs[0, ..., 0]) * 255).astype("uint8")).save("a.png")
    code, out, _ = shell("apply", "mine", "a.png", "--json")
    assert [answer["item"] for answer in json.loads(out)] == ["a.png"]
    assert json.loads(shell("verify", "mine/export", "--json")[1])["verdict"] == "equal"
    assert shell(*command)[0] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "mine", "tiny.npz"]


def test_a_broken_item_does_not_stop_the_others(shell: Shell, run: zoo.Run) -> None:
    for name in ("a.png", "b.png"):
        Image.new("L", (20, 30), 128).save(name)
    Path("a.png").write_bytes(Path("a.png").read_bytes()[:50])
    code, out, err = shell("apply", "small", "a.png", "b.png")
    assert code == 1
    assert "b.png" in out
    assert "1 of 2 items failed" in err
    assert "a.png" in err


def test_runs_are_listed_with_how_far_they_came(shell: Shell, run: zoo.Run) -> None:
    _, out, _ = shell("runs")
    assert "small" in out
    assert "2/2" in out
    listed = json.loads(shell("runs", "--json")[1])
    assert [(row["name"], row["state"]) for row in listed] == [("mlp", "finished")]


@pytest.mark.filterwarnings("ignore:The data that runs/small is trained on:UserWarning")
def test_a_trained_run_is_completed_by_evaluate(shell: Shell, tiny: Dataset) -> None:
    splits = {"train": tiny.train, "test": tiny.test}
    arrays = {f"x_{name}": split.stored for name, split in splits.items()}
    np.savez("t.npz", **arrays, **{f"y_{name}": split.targets for name, split in splits.items()})
    run = zoo.train("mlp", data="t.npz", out="runs/half", epochs=1, units=[4], batch_size=16)
    (run.path / "metrics.json").unlink()
    zoo.Run(run.path).update(state="trained")
    _, out, err = shell("runs")
    assert "trained" in out
    assert "half is not measured yet: zoo evaluate" in err
    code, out, err = shell("evaluate", "half")
    assert code == 0, err
    assert "runs/half is finished now" in err
    assert re.search(r"measured on 24 examples of .*t\.npz", out)
    assert "finished" in shell("runs")[1]
    np.savez("other.npz", x=tiny.test.stored[:9], y=tiny.test.targets[:9])
    code, out, err = shell("evaluate", "half", "--data", "other.npz")
    assert code == 0, err
    assert re.search(r"measured on 9 examples of .*other\.npz", out)


def test_a_warning_is_shown_in_a_line(
    shell: Shell, run: zoo.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def evaluate(*_: object, **__: object) -> Measurement:
        warnings.warn("The data has changed.", stacklevel=2)
        return Measurement({"accuracy": 1.0}, "data", 3)

    monkeypatch.setattr(evaluation, "measure", evaluate)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        _, out, err = shell("evaluate", "small", "--json")
    assert json.loads(out) == {"accuracy": 1.0, "examples": 3, "examples_by_measure": {}}
    assert err == "Warning: The data has changed.\n"


def test_show_tells_settings_parts_and_parameters(shell: Shell) -> None:
    _, out, _ = shell("show", "mlp.digits")
    for words in (
        "units = [512, 512]",
        "parameters",
        "inputs float32(batch, 8, 8, 1)",
        "Units of",
    ):
        assert words in out
    described = json.loads(shell("show", "mlp.digits", "--json")[1])
    assert described["parameters"] == zoo.create("mlp.digits").count_params()
    assert "depends on the data" in shell("show", "mlp")[1]


def test_plugins_name_their_packages(shell: Shell) -> None:
    rows = json.loads(shell("plugins", "--json")[1])
    assert {"kind", "name", "package", "contract", "module", "state", "reason"} == rows[0].keys()
    assert ("architecture", "cnn", "zoo_cnn") in {
        (row["kind"], row["name"], row["module"]) for row in rows
    }


def test_a_name_that_is_switched_off_is_marked(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_DISABLE", "vae")
    lines = shell("plugins")[1].splitlines()
    marked = [line.split()[1] for line in lines if line.endswith("disabled  by ZOO_DISABLE")]
    assert marked == ["vae"]


def test_a_broken_catalog_is_told_and_hides_nothing_else(shell: Shell) -> None:
    Path("registry.toml").write_text("[broken\n")
    code, out, err = shell("list")
    assert "registry.toml" in err
    assert "line 1" in err
    assert (code, "cnn.digits" in out) in ((0, True), (2, False))


def test_a_pipe_that_closes_early_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m zoo list | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("autoencoder.")
    assert done.stderr == ""
