"""What we ship: every file is the one of the catalog, and the figures are those that it gives."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

import zoo
from tests.conftest import Shell
from zoo.registry.catalog_reader import Entry
from zoo.weights.archive import unpack_weights, verify_weights

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "weights" / "keras_zoo_weights"


def results_script() -> ModuleType:
    """Load benchmarks/results.py."""
    spec = importlib.util.spec_from_file_location("results", ROOT / "benchmarks" / "results.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RESULTS = results_script()
SHIPPED: list[Entry] = [entry for entry in RESULTS.entries() if entry.weights]


@pytest.fixture(autouse=True)
def from_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the weights from the repository, whatever is installed."""
    monkeypatch.setenv("ZOO_WEIGHTS", str(FOLDER))


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.name)
def test_every_file_is_the_one_of_the_catalog_and_holds_the_model(entry: Entry) -> None:
    assert entry.weights is not None
    verify_weights(FOLDER / entry.weights.file, entry.weights)
    run = zoo.open(f"weights:{entry.name}")
    assert run.record["architecture"] == entry.architecture
    assert run.record["dataset"]["source"] == entry.dataset
    assert run.metrics
    assert set(run.examples) >= {*entry.results} - {"sigma"}, "a number without its examples"


def test_no_file_is_without_an_entry_and_all_are_small() -> None:
    files = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert set(files) == {entry.weights.file for entry in SHIPPED if entry.weights}
    assert sum(files.values()) <= RESULTS.MOST_BYTES


def test_readmes_table_is_that_of_the_catalog() -> None:
    message = "python benchmarks/results.py --write"
    assert RESULTS.old_pages() == [], message


@pytest.mark.parametrize(
    "entry", list(filter(RESULTS.needs_no_files, SHIPPED)), ids=lambda entry: entry.name
)
def test_the_figures_of_the_small_models_are_measured_again(entry: Entry) -> None:
    assert RESULTS.problems(entry) == []


def test_pictures_and_counts_are_renewed_and_the_weights_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, registry = "mlp.diabetes.zip", tmp_path / "registry.toml"
    for source in (FOLDER / file, ROOT / "registry.toml"):
        shutil.copy(source, tmp_path)
    monkeypatch.setattr(RESULTS, "WEIGHTS", tmp_path)
    monkeypatch.setattr(RESULTS, "REGISTRY", registry)
    entry = next(entry for entry in RESULTS.entries() if entry.name == "mlp.diabetes")
    old = zoo.open("weights:mlp.diabetes")
    counts = {"rmse": 88, "r2": 7}
    RESULTS.renew(entry, zoo.open("weights:mlp.diabetes"), counts)
    new = next(entry for entry in RESULTS.entries() if entry.name == "mlp.diabetes")
    assert (new.examples, new.results) == (counts, entry.results)
    run = zoo.Run(tmp_path / "run")
    run.path.mkdir()
    unpack_weights(tmp_path / file, new.weights, run.path)
    assert (run.examples, run.metrics) == (counts, old.metrics)
    assert run.weights.read_bytes() == old.weights.read_bytes()
    assert {each.name for each in run.pictures} >= {each.name for each in old.pictures}


def test_a_difference_beyond_the_tolerance_is_found() -> None:
    assert RESULTS.tolerance(0.9972, 360) == pytest.approx(0.5e-4 + 0.9972e-3 + 1.5 / 360)
    assert RESULTS.tolerance(141.61, 10_000) == pytest.approx(0.005 + 0.14161)
    entry = next(entry for entry in SHIPPED if entry.name == "cnn.digits")
    wrong = {"accuracy": 0.9872, "made_up": 1.0}
    changed = Entry(
        **{**{name: getattr(entry, name) for name in Entry.__slots__}, "results": wrong}
    )
    first, second = RESULTS.problems(changed)
    assert "accuracy is 0.997222; registry.toml shows 0.9872" in first
    assert "evaluate gives no made_up" in second


def test_the_first_answer_comes_from_shipped_weights(shell: Shell) -> None:
    from sklearn.datasets import load_digits

    seven = load_digits().images[7]
    Image.fromarray((seven * 15.9375).astype(np.uint8)).save("seven.png")
    code, out, message = shell("apply", "cnn.digits", "seven.png")
    assert (code, out.splitlines()[1].split()[:2]) == (0, ["seven.png", "7"])
    assert "cnn.digits: the weights of ZOO_WEIGHTS, verified by their hash" in message
    assert zoo.load("cnn.digits").count_params() == zoo.create("cnn.digits").count_params()
