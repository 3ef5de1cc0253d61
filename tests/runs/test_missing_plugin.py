"""Runs whose plug-in is gone, or is of another version: the message says which package to install."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo
from zoo.data.dataset import Dataset
from zoo.entry_points import ARCHITECTURES
from zoo.registry.architectures import registry

Shell = Callable[..., tuple[int, str, str]]
SMALL: dict[str, Any] = {"epochs": 1, "batch_size": 16}
TINY = '''
"""A plug-in with one hidden layer."""
import keras
import zoo


class Config(zoo.Config):
    input_shape: tuple[int, int, int] | None = None
    """Sizes."""
    classes: zoo.ClassNames | None = None
    """Names."""
    UNITS: int = 4
    """Units of the hidden layer."""


@zoo.hookimpl
def defaults():
    return Config()


@zoo.hookimpl
def build(config):
    inputs = keras.Input(config.input_shape)
    x = keras.layers.Flatten()(inputs)
    x = keras.layers.Dense(config.UNITS, name="hidden")(x)
    return keras.Model(inputs, keras.layers.Dense(len(config.classes), "softmax", name="top")(x))


@zoo.hookimpl
def train(model, config, data, callbacks):
    model.compile("adam", "sparse_categorical_crossentropy")
    return model.fit(**data.fit_arguments(config), callbacks=callbacks)


@zoo.hookimpl
def evaluate():
    return {"score": 0.5}


@zoo.hookimpl
def export(model):
    return {"classifier": model}
'''


@pytest.fixture
def run(tiny: Dataset, install: Callable[..., Path], tmp_path: Path) -> Path:
    """A run of zoo-tiny 1.0, which is then uninstalled."""
    put(install, TINY)
    path = zoo.train("tiny", data=tiny, out=tmp_path / "run", **SMALL).path
    put(install, TINY, points="")
    return path


def put(install: Callable[..., Path], code: str, points: str = "tiny = zoo_tiny") -> None:
    """Install a version of the plug-in over the last one."""
    import sys

    sys.modules.pop("zoo_tiny", None)
    install("zoo-tiny", {"zoo_tiny.py": code}, {ARCHITECTURES: points})


@pytest.mark.parametrize(
    "words",
    [
        "evaluate run --data digits",
        "apply run one.npy",
        "export run --to onnx",
        "show run --layers",
        "explain run one.npy --out out",
    ],
)
def test_a_run_without_its_plugin_names_the_package(shell: Shell, run: Path, words: str) -> None:
    np.save("one.npy", np.zeros((8, 8, 1), np.float32))
    code, out, err = shell(*words.split())
    assert "run needs the architecture 'tiny' of zoo-tiny 1.0, which is not installed" in err
    assert "pip install 'zoo-tiny==1.0'" in err
    assert (code, out) == (2, "")


def test_a_run_without_its_plugin_is_still_listed(run: Path) -> None:
    with pytest.raises(zoo.RunError, match=r"pip install 'zoo-tiny==1.0'"):
        zoo.load(run)
    assert zoo.Run.open(run).metrics == {"score": 0.5}
    assert zoo.compare([run, run]).settings == {}


def test_a_run_of_an_architecture_registered_by_hand_says_so(
    register: Callable[..., Any], tiny: Dataset
) -> None:
    register()
    run = zoo.train("stranger", data=tiny, out="mine", units=[4], epochs=1)
    registry().unregister("stranger")
    with pytest.raises(zoo.RunError, match=r"of this process, .* register it again"):
        zoo.load(run)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("UNITS: int = 4", "UNITS: int = 4; other: int = 0", None),
        (
            "config.UNITS, name",
            "5, name",
            r"the variable hidden/kernel is of shape \(64, 4\) in the file, and of shape \(64, 5\) in",
        ),
        (
            'name="hidden")(x)',
            'name="hidden")(x); x = keras.layers.Dense(4, name="more")(x)',
            r"the variable more/kernel is of shape \(4, 10\) in the file, and of shape \(4, 4\) in",
        ),
        (
            "x = keras.layers.Dense(config.UNITS",
            'x = keras.layers.Dense(64, use_bias=False, name="less")(x)\n'
            "    x = keras.layers.Dense(config.UNITS",
            r"the variable less/kernel is of shape \(64, 4\) in the file, and of shape \(64, 64\) in",
        ),
        (
            'config.UNITS, name="hidden"',
            'config.UNITS, use_bias=False, name="hidden"',
            r"the file has layers/dense/vars/1 of shape \(4,\), and the model has no such variable",
        ),
        (
            "UNITS",
            "units",
            r"run\.json does not fit the architecture 'tiny' of zoo-tiny 1\.0.*UNITS",
        ),
    ],
)
def test_weights_of_another_version_name_the_first_variable_that_differs(
    run: Path, install: Callable[..., Path], old: str, new: str, problem: str | None
) -> None:
    put(install, TINY.replace(old, new))
    if problem is None:
        assert zoo.load(run).count_params() == 64 * 4 + 4 + 4 * 10 + 10
        return
    with pytest.raises(zoo.RunError, match=problem) as raised:
        zoo.load(run)
    assert "\n" not in str(raised.value)


def test_another_version_is_named(run: Path, install: Callable[..., Path]) -> None:
    put(install, TINY.replace("config.UNITS, name", "5, name"))
    zoo.Run.open(run).update(package="zoo-tiny 0.9")
    with pytest.raises(
        zoo.RunError, match=r"run was made with zoo-tiny 0\.9; zoo-tiny 1\.0 is installed"
    ):
        zoo.load(run)
