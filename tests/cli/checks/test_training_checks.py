"""What needs no Keras is refused before Keras is imported, and the line on the data comes first."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import zoo
from benchmarks import own_data
from tests.conftest import Shell

SPACE = ("--space", "dropout=uniform(0,0.5)", "--workers", "2")
WATCH = """
import sys, zoo.cli.options
def stop(): print("BACKEND", file=sys.stderr, flush=True); raise SystemExit(9)
zoo.cli.options.import_backend.__code__ = stop.__code__
from zoo.cli.main import main
sys.argv = ["zoo", *sys.argv[1:]]
main()
"""


def run_until_backend(*words: object) -> tuple[int, str]:
    """Run a command in a new process, which stops where it would import Keras; return its code and stderr."""
    command = [sys.executable, "-c", WATCH, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train", "cnn", "--data", "nowhere"), "There is no dataset, file or folder 'nowhere'"),
        (("train", "cnn", "--data", "empty"), "must hold a folder for each class"),
        (("train", "cnn", "--data", "broken.npz"), "broken.npz"),
        (("train", "cnn.digits", "--set", "epochs=many"), "The setting 'epochs'"),
        (("sweep", "cnn", *SPACE, "--data", "nowhere"), "no dataset, file or folder 'nowhere'"),
        (("sweep", "cnn.digits", *SPACE, "--set", "epochs=many"), "The setting 'epochs'"),
        (("sweep", "cnn.digits", *SPACE, "--metric", "accuracy"), "Did you mean val_accuracy?"),
        (("sweep", "cnn.digits", *SPACE, "--trials", "0"), "trials must be a whole number"),
        (("train", "cnn.digits", "--from", "nowhere"), "There is no run 'nowhere'"),
        (("train", "cnn.digits", "--out", "taken"), "holds a run already"),
        (
            ("evaluate", "taken", "--data", "nowhere"),
            "There is no dataset, file or folder 'nowhere'",
        ),
        (("apply", "taken", "nowhere.png"), "There is no file nowhere.png"),
        (("explain", "taken", "nowhere.png", "--out", "why"), "There is no file nowhere.png"),
        (("explain", "nothing", "seven.png", "--out", "why"), "nothing"),
        (("gallery", "taken", "--range", "255"), "such as 0..255"),
        (
            ("gallery", "taken", "--data", "nowhere"),
            "There is no dataset, file or folder 'nowhere'",
        ),
        (("export", "nothing"), "nothing"),
    ],
)
def test_a_refusal_comes_before_keras(
    words: tuple[str, ...], message: str, trained: zoo.Run, tmp_path: Path
) -> None:
    import shutil

    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.npz").write_bytes(b"no zip")
    shutil.copytree(trained.path, tmp_path / "taken")
    code, err = run_until_backend(*words)
    assert "BACKEND" not in err
    assert message in err
    assert code in (1, 2)


def test_the_data_is_shown_before_keras(tmp_path: Path) -> None:
    own_data.write_odd(tmp_path / "odd")
    code, err = run_until_backend("train", "cnn", "--data", "odd")
    assert code == 9
    line = "data: 24 images, 2 classes; 20 to train on, 4 held out; scaled and padded with black to 48 x 55"
    assert err.splitlines()[0] == line
    assert run_until_backend("train", "cnn.digits")[1].startswith("data: digits, 10 classes")


def test_a_training_shows_data_once_and_the_model(shell: Shell) -> None:
    np.savez("rows.npz", x=np.random.default_rng(0).random((40, 3)), y=np.arange(40) % 2)
    code, _, err = shell("train", "mlp", "--data", "rows.npz", "--set", "epochs=1")
    assert code == 0
    assert err.count("data: 40 rows of numbers, 2 classes; 32 to train on, 8 held out") == 1
    assert "parameters; CPU, " in err
    assert "threads" in err or "thread" in err
