"""Standard output holds results alone, whatever plug-ins print."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np
import pytest

import zoo
from zoo.cli import main
from zoo.cli.main import zoo as group
from zoo.cli.output import Command
from zoo.data.dataset import Dataset

Shell = Callable[..., tuple[int, str, str]]
HOOKS = {
    "defaults": "",
    "build": "config",
    "train": "model, config, data, callbacks",
    "export": "model, config",
    "evaluate": "parts, data, batch_size",
    "preview": "model, config, data",
    "apply": "parts, config, inputs",
}
NOISY = "import os\nimport zoo\nimport zoo_mlp\nprint('NOISE of the import')\n" + "".join(
    f"@zoo.hookimpl\ndef {name}({arguments}):\n"
    f"    print('NOISE of {name}')\n"
    f"    os.system('echo NOISE of a child process')\n"
    f"    return zoo_mlp.{name}({arguments})\n"
    for name, arguments in HOOKS.items()
)


@pytest.fixture
def noisy(install: Callable[..., Path], tiny: Dataset) -> None:
    """A stranger's plug-in that prints at import and in every hook, and a run's data."""
    install("zoo-noisy", {"zoo_noisy.py": NOISY}, {"zoo.architectures": "noisy = zoo_noisy"})
    splits = {"train": tiny.train, "test": tiny.test}
    arrays = {f"x_{name}": split.stored for name, split in splits.items()}
    arrays |= {f"y_{name}": split.targets for name, split in splits.items()}
    np.savez("tiny.npz", **arrays)
    np.save("item.npy", tiny.test.inputs[0])


TRAIN = ["train", "noisy", "--data", "tiny.npz", "--set", "epochs=1", "--set", "units=[4]"]


def test_json_is_valid_though_a_plugin_prints(shell: Shell, noisy: None) -> None:
    printed = []
    for words in (
        ["list"],
        ["show", "noisy"],
        [*TRAIN, "--out", "run"],
        ["evaluate", "run"],
        ["apply", "run", "item.npy"],
        ["runs"],
    ):
        code, out, err = shell(*words, "--json")
        assert code == 0, (words, err)
        assert "NOISE" not in out
        json.loads(out)
        printed.append(err)
    for hook in ("the import", *HOOKS.keys() - {"export"}):
        assert f"NOISE of {hook}" in "".join(printed), hook


def test_child_processes_of_a_plugin_do_not_reach_the_results(noisy: None) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zoo", *TRAIN, "--out", "run", "--export", "keras", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["export"]["verdict"] == "equal"
    assert "NOISE of export" in done.stderr
    assert "NOISE of a child process" in done.stderr
    assert zoo.Run.open("run").state == "finished"


def commands(group: click.Group) -> Iterator[click.Command]:
    for command in group.commands.values():
        if isinstance(command, click.Group):
            yield from commands(command)
        else:
            yield command


def test_every_command_keeps_standard_output_for_results() -> None:
    assert all(isinstance(command, Command) for command in commands(group))


def test_standard_output_is_restored_after_a_command(capfd: pytest.CaptureFixture[str]) -> None:
    @click.command(cls=Command)
    def fail() -> None:
        assert os.path.sameopenfile(1, 2)
        assert sys.stdout is sys.stderr
        raise zoo.ZooError("no")

    with capfd.disabled():  # which gives sys.stdout its descriptor back
        before = os.fstat(1)
        with pytest.raises(zoo.ZooError):
            fail.main([], standalone_mode=False)
        assert os.path.samestat(os.fstat(1), before)


def test_a_handler_of_the_root_logger_says_nothing_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """tf2onnx and others give the root logger a handler while a command runs."""
    heard: list[str] = []
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", lambda record: heard.append(record.getMessage()))
    logging.getLogger().addHandler(handler)
    try:
        main._show_log()
        logging.getLogger("zoo").warning("once")
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger("zoo").propagate = True
    assert (heard, capsys.readouterr().err) == ([], "once\n")
