"""Signals: SIGTERM and SIGHUP leave what Ctrl-C leaves, and the run goes on from there."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from zoo.cli.process.stops import Stopped, exit_code

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")


def state() -> str:
    path = Path("run/run.json")
    return str(json.loads(path.read_text())["state"]) if path.exists() else ""


def test_sigterm_leaves_a_run_that_is_resumed() -> None:
    command = [sys.executable, "-m", "zoo", "train", "mlp.digits", "--out", "run"]
    process = subprocess.Popen(
        [*command, "--set", "epochs=5000"], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not Path("run/checkpoint/state.npz").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    _, message = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert state() == "interrupted"
    assert "Go on with: zoo train mlp.digits --out run --resume" in message
    assert "Traceback" not in message
    assert not list(Path("run").glob(".zoo-*"))


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_before_anything_begins_ends_quietly(name: str) -> None:
    code = f"""
import os, signal, sys
from zoo.cli import catalog_commands, main
def stop(**_): os.kill(os.getpid(), signal.{name})
main.zoo.commands["list"].callback = stop
sys.argv = ["zoo", "list"]
main.main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 128 + getattr(signal, name)
    assert done.stderr.strip().splitlines()[-1] == "Error: Stopped."
    assert "Traceback" not in done.stderr


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    code = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
from zoo.cli import main
main.zoo.commands["list"].callback = lambda **_: os.kill(os.getpid(), signal.SIGHUP)
sys.argv = ["zoo", "list"]
main.main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_exit_code_is_the_signals() -> None:
    assert exit_code(KeyboardInterrupt()) == 130
    assert exit_code(Stopped(15)) == 143
    abort = click.Abort()
    abort.__cause__ = Stopped(1)
    assert exit_code(abort) == 129
