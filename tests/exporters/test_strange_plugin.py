"""A stranger's package: examples/zoo-perceptron, installed beside the zoo, is as good as a built-in."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from tests.conftest import Install
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog
from zoo.runs.predict import apply_to_files
from zoo.testing import CHECKS, outcomes

EXAMPLE = Path(__file__).parents[2] / "examples" / "zoo-perceptron"
SMALL: dict[str, Any] = {"epochs": 2, "batch_size": 16}


@pytest.fixture
def perceptron(install: Install) -> ModuleType:
    """The example, installed as its pyproject.toml says; its module."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]
    folder = EXAMPLE / "zoo_perceptron"
    files = {
        f"{folder.name}/{path.name}": path.read_text("utf-8")
        for path in folder.iterdir()
        if path.is_file()
    }
    points = {
        group: "\n".join(f"{name} = {value}" for name, value in named.items())
        for group, named in project["entry-points"].items()
    }
    install(project["name"], files, points)
    return registry().get("perceptron").plugin


def test_the_wheel_holds_module_catalog_and_entry_point(tmp_path: Path) -> None:
    builder = pytest.importorskip("hatchling.builders.wheel").WheelBuilder(str(EXAMPLE))
    (wheel,) = builder.build(directory=str(tmp_path / "wheels"), versions=["standard"])
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if "dist-info" not in name}
        about = next(name for name in packed.namelist() if name.endswith("entry_points.txt"))
        points = packed.read(about).decode()
    assert names == {"zoo_perceptron/__init__.py", "zoo_perceptron/registry.toml"}
    assert points.split() == [
        *("[zoo.architectures]", "perceptron", "=", "zoo_perceptron"),
        *("[zoo.contract]", "version", "=", "v1"),
    ]


def test_it_is_listed_with_its_package_and_its_model(perceptron: ModuleType) -> None:
    assert "perceptron" in zoo.list_architectures()
    assert zoo.list_models("perceptron.*") == ["perceptron.digits"]
    assert catalog().problems == []
    described = zoo.describe("perceptron.digits")
    assert described.package == "zoo-perceptron 1.0"
    assert described.parameters == 64 * 10 + 10
    (output,) = described.parts["classifier"].outputs
    assert (output.name, output.shape) == ("probabilities", ("batch", 10))


@pytest.mark.usefixtures("drawing")
def test_it_keeps_the_contract(perceptron: ModuleType) -> None:
    checks = [check for check in CHECKS if check != "jax"]
    found = {each.check: (each.verdict, each.detail) for each in outcomes("perceptron", checks)}
    verdict, detail = found.pop("regression")
    assert verdict == "skipped"
    assert "the model is a classifier" in detail
    assert found == dict.fromkeys(set(checks) - {"regression"}, ("passed", ""))


@pytest.mark.long
def test_it_keeps_the_contract_on_jax(perceptron: ModuleType) -> None:
    assert [(each.verdict, each.detail) for each in outcomes("perceptron", ["jax"])] == [
        ("passed", "")
    ]


@pytest.mark.parametrize("loss", ["cross-entropy", "perceptron"])
def test_both_losses_learn_the_digits(perceptron: ModuleType, loss: str) -> None:
    run = zoo.train("perceptron.digits", loss=loss, epochs=15)
    assert run.metrics["accuracy"] > 0.92
    assert (run.path / "pictures" / "templates.png").exists()


def test_rosenblatts_rule_moves_two_templates_by_the_input(perceptron: ModuleType) -> None:
    """After one mistake, W_true gains rate * x, W_winner loses it, and no other template changes."""
    rate, x = 0.25, np.random.default_rng(0).random((1, 4, 1, 1)).astype(np.float32)
    config = perceptron.Config(
        input_shape=(4, 1, 1), classes=("a", "b", "c"), loss="perceptron",
        learning_rate=rate, epochs=1, batch_size=1,
    )  # fmt: skip
    model = perceptron.build(config)
    before = model.get_layer("scores").kernel.numpy()
    winner = int(model.predict(x, verbose=0).argmax())
    true = (winner + 1) % 3
    one = zoo.Split(x, np.array([true]))
    data = zoo.Dataset("one", one, one, ("a", "b", "c"))
    registry().get("perceptron").train(model, config, data, [])
    expected = before.copy()
    expected[:, true] += rate * x.ravel()
    expected[:, winner] -= rate * x.ravel()
    np.testing.assert_allclose(model.get_layer("scores").kernel.numpy(), expected, atol=1e-6)


def test_what_it_ships_runs_where_its_package_is_not(perceptron: ModuleType, tiny: Any) -> None:
    run = zoo.train("perceptron", data=tiny, **SMALL)
    report = zoo.export(run, ["onnx"])  # the contract's check reopen has every format
    assert {file.requires for file in report.files} == {()}
    site = str(Path(str(perceptron.__file__)).parents[1])
    paths = [path for path in os.environ["PYTHONPATH"].split(os.pathsep) if path != site]
    elsewhere = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}

    def typed(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "zoo", *words]
        return subprocess.run(command, env=elsewhere, capture_output=True, text=True, check=False)

    verified = typed("verify", str(run.path / "export"))
    assert verified.returncode == 0, verified.stderr
    evaluated = typed("evaluate", str(run.path))
    assert evaluated.returncode == 2
    assert "needs the architecture 'perceptron' of zoo-perceptron" in evaluated.stderr


def test_it_answers_for_the_users_files(perceptron: ModuleType, tiny: Any) -> None:
    run = zoo.train("perceptron", data=tiny, **SMALL)
    for at, image in enumerate(tiny.test.inputs[:3]):
        Image.fromarray((image[..., 0] * 255).astype(np.uint8)).save(f"{at}.png")
    results, faults = apply_to_files(run, ["0.png", "1.png", "2.png"], None)
    assert faults == []
    assert [result["item"] for result in results] == ["0.png", "1.png", "2.png"]
    for result in results:
        assert result["class"] in tiny.classes
        assert 0.1 <= result["probability"] <= 1
    with pytest.raises(zoo.DataError, match=r"no file no\.png"):
        zoo.apply(run, ["no.png"])


def test_it_takes_inputs_that_are_no_images_and_draws_none(perceptron: ModuleType) -> None:
    generator = np.random.default_rng(0)
    splits = (zoo.Split(generator.random((20, 6)), np.arange(20) % 2) for _ in range(2))
    data = zoo.Dataset("vectors", *splits, classes=("a", "b"))
    run = zoo.train("perceptron", data=data, **SMALL)
    assert [path.name for path in (run.path / "pictures").iterdir()] == ["curve.png"]
    assert len(zoo.apply(run, list(data.test.inputs[:2]))) == 2


DATASET = """
'''Two kinds of noise.'''
import numpy as np, zoo
INPUT_SHAPE, CLASSES = (4,), ("even", "odd")

def load():
    x, y = np.random.default_rng(0).random((20, 4)), np.arange(20) % 2
    return zoo.Dataset("noise", zoo.Split(x, y), zoo.Split(x, y), CLASSES)
"""


def offered(install: Install, code: str) -> None:
    """Install a dataset and a model that is trained on it."""
    files = {
        "zoo_noise/__init__.py": code,
        "zoo_noise/registry.toml": '[mlp.noise]\nsummary = "x"\ndataset = "noise"\n'
        "settings = { units = [2], epochs = 1 }",
    }
    install("zoo-noise", files, {"zoo.datasets": "noise = zoo_noise"})


def test_a_strangers_dataset_is_trained_on_by_name(install: Install) -> None:
    offered(install, DATASET)
    assert zoo.create("mlp.noise").input_shape == (None, 4)
    assert zoo.train("mlp.noise").record["dataset"]["source"] == "noise"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "must declare INPUT_SHAPE, a tuple of sizes, and CLASSES"),
        (DATASET.replace("(4,)", "4"), "must declare INPUT_SHAPE, a tuple of sizes, and CLASSES"),
        (
            DATASET.replace("(4,)", "('a',)"),
            "must declare INPUT_SHAPE, a tuple of sizes, and CLASSES",
        ),
        ("import nowhere", "cannot be imported from zoo_noise: ModuleNotFoundError"),
    ],
)
def test_a_dataset_that_does_not_say_its_shape_is_named(
    install: Install, code: str, said: str
) -> None:
    offered(install, code)
    with pytest.raises(zoo.PluginError, match=r"^The dataset 'noise' of zoo-noise 1\.0 ") as raised:
        zoo.create("mlp.noise")
    assert said in str(raised.value)
    assert zoo.create("mlp.digits").count_params() > 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1 / 0", "failed in load(): ZeroDivisionError: division by zero"),
        ("raise SystemExit(1)", "failed in load(): SystemExit: 1"),
        ("return None", "must return a zoo.Dataset. Received: NoneType"),
        ("raise zoo.DataError('Put it there.')", "Put it there."),
    ],
)
def test_a_dataset_that_cannot_be_loaded_is_named(install: Install, line: str, said: str) -> None:
    offered(install, DATASET.replace("    x, y =", f"    {line}\n    x, y =", 1))
    with pytest.raises(zoo.ZooError) as raised:
        zoo.train("mlp.noise")
    assert str(raised.value).endswith(said)
    assert "noise" in str(raised.value) or isinstance(raised.value, zoo.DataError)
    assert not Path("runs").exists()
