from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.runs.progress import Progress
from zoo.tasks import regression

CHANCE = np.random.default_rng(0)
TRUTH = np.array([[3.0, -200.0], [0.5, 40.0], [-1.0, 0.0]])
FEW = {"task": "regression", "units": [], "epochs": 60, "batch_size": 16, "learning_rate": 0.03}


def linear(outputs: int = 2, count: int = 128) -> Dataset:
    """Numbers that are linear in the inputs, on scales of their own, around 1000."""
    inputs = CHANCE.normal(5, 3, (count, 3)).astype(np.float32)
    targets = (inputs @ TRUTH[:, :outputs] + 1000).astype(np.float32)
    split = Split(inputs, targets if outputs > 1 else targets[:, 0])
    return Dataset("linear", split, split)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> zoo.Run:
    out = tmp_path_factory.mktemp("regression") / "run"
    return zoo.train("mlp", data=linear(), out=out, seed=1, **FEW)


def test_a_line_is_learnt_in_the_targets_own_units(run: zoo.Run) -> None:
    assert run.metrics["r2"] > 0.999
    model = zoo.load(run)
    inputs = np.array([[5.0, 5.0, 5.0], [6.0, 5.0, 5.0]], np.float32)
    one, other = np.asarray(model(inputs))
    np.testing.assert_allclose(other - one, TRUTH[0], rtol=0.05, atol=0.2)


def test_measures_are_those_of_the_field() -> None:
    found = regression.regression_metrics(
        np.array([[1.0], [2.0], [6.0]]), np.array([[1.0], [2.0], [3.0]])
    )
    assert found == pytest.approx({"rmse": 3**0.5, "mae": 1.0, "r2": 1 - 9 / 2})


def test_answers_are_drawn(run: zoo.Run) -> None:
    with Image.open(run.path / "pictures" / "predictions.png") as image:
        assert np.asarray(image.convert("L")).std() > 10


def test_the_regressor_is_shipped_and_verified(run: zoo.Run) -> None:
    report = zoo.export(run, ["onnx", "keras", "saved-model", "h5"])
    assert report.ok
    assert {file.part for file in report.files} == {"regressor"}


def test_files_are_answered_with_numbers(run: zoo.Run) -> None:
    np.save("one.npy", np.array([5.0, 5.0, 5.0]))
    (answer,) = zoo.apply(run, ["one.npy"])
    assert answer["item"] == "one.npy"
    np.testing.assert_allclose(answer["values"], 1000 + 5 * TRUTH.sum(0), rtol=0.02)


def test_an_interrupted_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    class Stopping(Progress):
        def epoch(self, number: int, logs: Any) -> None:
            if number == 2:
                raise KeyboardInterrupt

    data, few = linear(), {**FEW, "epochs": 4, "validation": 0.2}
    whole = zoo.train("mlp", data=data, out=tmp_path / "whole", seed=1, **few)
    with pytest.raises(KeyboardInterrupt):
        zoo.train("mlp", data=data, out=tmp_path / "cut", seed=1, progress=Stopping(), **few)
    resumed = zoo.train("mlp", data=data, out=tmp_path / "cut", resume=True)
    for one, other in zip(
        zoo.load(whole).get_weights(), zoo.load(resumed).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_numbers_in_an_npz_are_learnt_whole_or_not() -> None:
    data = linear(1)
    for name, targets in (("halves", data.train.targets), ("whole", np.round(data.train.targets))):
        np.savez(f"{name}.npz", x=data.train.stored, y=targets)
        run = zoo.train("mlp", data=f"{name}.npz", out=name, seed=1, **{**FEW, "epochs": 2})
        assert zoo.load(run).output_shape == (None, 1)


@pytest.mark.parametrize(
    ("targets", "settings", "said"),
    [
        (None, {}, "has no targets"),
        (np.zeros((128, 2, 2)), {}, "has no targets"),
        (np.zeros(128), {"outputs": 3}, "1 numbers for each input, and the setting outputs is 3"),
    ],
)
def test_what_holds_no_numbers_is_refused(targets: Any, settings: Any, said: str) -> None:
    inputs = CHANCE.random((128, 3), np.float32)
    data = Dataset("made", Split(inputs, targets), Split(inputs, targets))
    with pytest.raises(zoo.DataError, match=said):
        zoo.train("mlp", data=data, out="never", task="regression", **settings)
    assert not Path("never").exists()


def test_named_classes_are_no_numbers(tiny: Dataset) -> None:
    split = Split(np.zeros((8, 3), np.float32), np.arange(8) % 2)
    data = Dataset("animals", split, split, ("cat", "dog"))
    with pytest.raises(zoo.DataError, match=r"animals has classes \(cat, dog\).*predicts numbers"):
        zoo.train("mlp", data=data, out="never", task="regression")


def test_the_diabetes_of_scikit_learn_is_a_dataset() -> None:
    data = zoo.train("mlp.diabetes", epochs=1).record["dataset"]
    assert data["input_shape"] == [10]
    assert data["classes"] is None


def test_a_regression_can_be_built_before_its_data_is_loaded() -> None:
    assert zoo.create("mlp.diabetes").output_shape == (None, 1)
    with pytest.raises(zoo.SettingError, match="needs outputs"):
        zoo.create("mlp", task="regression", input_shape=(3,))
