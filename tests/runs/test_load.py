from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo
from zoo.data.dataset import Dataset


def test_a_catalog_model_is_built_without_its_data() -> None:
    model = zoo.create("mlp.mnist")
    assert (model.input_shape, model.output_shape) == ((None, 28, 28, 1), (None, 10))


def test_an_architecture_is_built_from_settings_alone() -> None:
    model = zoo.create("mlp", input_shape=(5, 1, 1), classes=["a", "b"], units=[3])
    assert model.count_params() == (5 * 3 + 3) + (3 * 2 + 2)


def test_what_data_would_decide_must_be_given() -> None:
    with pytest.raises(zoo.SettingError, match="mlp needs input_shape"):
        zoo.create("mlp", classes=3)
    with pytest.raises(zoo.SettingError, match="mlp needs classes"):
        zoo.create("mlp", input_shape=(3,))


@pytest.mark.parametrize(
    ("name", "settings", "problem"),
    [
        ("mlpp", {}, "Did you mean mlp"),
        ("mlp.digts", {}, "Did you mean mlp.digits"),
        ("mlp.digits", {"unit": [3]}, "Did you mean units"),
        ("mlp.digits", {"units": [0]}, "integer above 0"),
        ("mlp.digits", {"units": [10**7, 10**7]}, "GiB of memory"),
    ],
)
def test_wrong_names_and_settings_are_refused(name: str, settings: Any, problem: str) -> None:
    with pytest.raises(zoo.UsageError, match=problem):
        zoo.create(name, **settings)


def test_a_run_opens_as_the_model_that_was_trained(trained: zoo.Run, tiny: Dataset) -> None:
    model = zoo.load(trained)
    again = zoo.load(str(trained.path))
    inputs = tiny.test.inputs
    assert np.array_equal(model.predict(inputs, verbose=0), again.predict(inputs, verbose=0))


def test_evaluate_repeats_what_the_run_says(trained: zoo.Run, tiny: Dataset) -> None:
    assert zoo.evaluate(trained, tiny) == trained.metrics


def test_evaluate_takes_other_data_that_fits_and_no_other(trained: zoo.Run, tiny: Dataset) -> None:
    other = Dataset("other", tiny.train, tiny.test.take(slice(5)), tiny.classes)
    assert zoo.evaluate(trained, other)["accuracy"] in {n / 5 for n in range(6)}
    wrong = zoo.Split(np.zeros((4, 9, 9, 1), "float32"), np.arange(4) % 2)
    with pytest.raises(zoo.DataError, match="does not fit"):
        zoo.evaluate(trained, Dataset("wrong", wrong, wrong, ("a", "b")))


def test_a_run_without_data_of_its_own_asks_for_some(trained: zoo.Run) -> None:
    with pytest.raises(zoo.UsageError, match="trained on data in memory"):
        zoo.evaluate(trained)


def test_apply_names_a_class_for_each_item(trained: zoo.Run, tiny: Dataset) -> None:
    answers = zoo.apply(trained, list(tiny.test.inputs[:3]))
    assert [set(answer) for answer in answers] == [{"item", "class", "probability", "top"}] * 3
    assert all(answer["class"] in (tiny.classes or ()) for answer in answers)


def test_an_unfinished_run_says_how_to_go_on(trained: zoo.Run, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes((trained.path / "run.json").read_bytes())
    with pytest.raises(zoo.RunError, match=r"no trained weights yet .* --resume"):
        zoo.load(tmp_path)


def test_weights_of_another_model_are_refused(trained: zoo.Run, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes((trained.path / "run.json").read_bytes())
    zoo.create("mlp", input_shape=(5,), classes=2).save_weights(tmp_path / "model.weights.h5")
    with pytest.raises(zoo.RunError, match="does not fit the model"):
        zoo.load(tmp_path)
    (tmp_path / "model.weights.h5").write_text("no weights at all")
    with pytest.raises(zoo.ZooError, match=r"model\.weights\.h5"):
        zoo.load(tmp_path)


def test_describe_tells_what_a_model_is() -> None:
    described = zoo.describe("mlp.guide-functional")
    assert described.parameters == 55_050
    assert described.architecture == "mlp"
    assert described.parts["classifier"].inputs[0].shape == ("batch", 28, 28, 1)
    units = next(setting for setting in described.settings if setting.name == "units")
    assert (units.value, units.default) == ((64, 64), (512, 512))
    assert all(setting.meaning and setting.type for setting in described.settings)


def test_describe_does_not_guess_what_data_decides() -> None:
    described = zoo.describe("cnn")
    assert (described.parameters, described.parts) == (None, {})


def test_describe_ends_as_plain_data() -> None:
    import json

    assert json.loads(json.dumps(zoo.describe("cnn.digits").to_json()))["name"] == "cnn.digits"
