"""The examples in docstrings, which the reference shows: `-m long tests/test_docstring_examples.py`."""

import doctest
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest
from pydantic import PositiveInt

import zoo
from tests import readme_desk
from zoo.interpret.classifier import open_classifier
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
ROOT = Path(__file__).parents[1]
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(ROOT.glob("zoo/**/*.py"))
    if ">>>" in path.read_text("utf-8")
]
SHORTER = {  # arguments that make a training short
    "train": {"epochs": 1},
    "train_seeds": {"epochs": 1},
    "sweep": {"epochs": 3, "trials": 2},
}


class OutputChecker(doctest.OutputChecker):
    """Compare only where an example shows what comes out."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return not want or super().check_output(want, got, optionflags)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, an export and the files that the examples name."""
    folder = tmp_path_factory.mktemp("desk")
    readme_desk.set_up(folder)
    for name in ("cnn.digits", "cnn.digits-2"):
        zoo.train("cnn.digits", epochs=1, out=folder / "runs" / name)
    zoo.export(folder / "runs" / "cnn.digits", ["onnx"])
    np.savez(folder / "mine.npz", x=np.eye(40, 5, dtype="float32"), y=np.arange(40) % 2)
    return folder


def names_for(module: str) -> dict[str, Any]:
    """Return what the examples of a module use and do not make."""
    images = zoo.open_dataset("digits").test.inputs[:4]
    names: dict[str, Any] = {"zoo": zoo, "np": np, "keras": keras, "images": images}
    if module == "zoo.config":
        names["PositiveInt"] = PositiveInt
    if module.startswith("zoo.data."):
        model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
        model.add(keras.layers.Dense(10, "softmax"))
        model.compile("sgd", "sparse_categorical_crossentropy")
        config = registry().get("mlp").defaults().model_copy(update={"epochs": 1})
        names |= {"data": zoo.open_dataset("digits"), "config": config}
        names |= {"model": model, "callbacks": []}
    if module == "zoo.inference.parts":
        names["parts"] = zoo.open("vae.digits").parts
    if module.startswith("zoo.interpret."):
        names["model"] = names["network"] = zoo.load("weights:cnn.digits")
        names["image"] = zoo.open_dataset("mnist").test.inputs[0]
        names["open_classifier"] = open_classifier
    if module == "zoo.io.results":
        names["code"] = np.zeros(3)
    if module == "zoo.exporters.checker":
        names["folder"] = Path("runs/cnn.digits/export")
    return names


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(
    name: str, desk: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(desk)
    monkeypatch.setenv("ZOO_WEIGHTS", str(ROOT / "weights" / "keras_zoo_weights"))
    catalog.cache_clear()
    for function, arguments in SHORTER.items():
        shorten(monkeypatch, function, arguments)
    if name == "zoo.testing.harness.parametrize":
        register_my_net(desk, monkeypatch, request)
    module = importlib.import_module(name)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(OutputChecker(), verbose=False, optionflags=flags)
    messages: list[str] = []
    for test in doctest.DocTestFinder().find(module, globs=vars(module) | names_for(name)):
        runner.run(test, out=messages.append)
    assert runner.tries
    assert not runner.failures, "".join(messages)


def shorten(monkeypatch: pytest.MonkeyPatch, name: str, arguments: dict[str, Any]) -> None:
    """Let a function of the zoo train for a short time."""
    function = getattr(zoo, name)
    monkeypatch.setattr(zoo, name, lambda *args, **given: function(*args, **{**given, **arguments}))


def register_my_net(
    desk: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Register the architecture my-net, the perceptron under another name."""
    hooks = "apply, build, defaults, evaluate, export, preview, train"
    (desk / "zoo_my_net.py").write_text(f'"""My net."""\nfrom zoo_mlp import {hooks}\n')
    monkeypatch.syspath_prepend(desk)
    module: ModuleType = importlib.import_module("zoo_my_net")
    request.getfixturevalue("registered")(module)
