"""zoo.explain: one explanation for each item, with a picture where a folder is given."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import zoo
from zoo.errors import DataError, SettingError, UnknownName
from zoo.interpret.attribution import Explainer
from zoo.interpret.classifier import open_classifier
from zoo.interpret.explain import explain_each

X = np.random.default_rng(0).random((8, 8, 1), np.float32)


@pytest.fixture
def model() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(2, 3, activation="softplus"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def test_a_model_in_memory_is_explained_and_stays_as_it_is(model: keras.Model) -> None:
    names = [layer.name for layer in model.layers]
    (found,) = zoo.explain(model, [X], methods=["gradient"])
    probabilities = model.predict(X[None], verbose=0)[0]
    assert found.predicted == found.explained == str(probabilities.argmax())
    assert found.probability == pytest.approx(probabilities.max(), abs=1e-6)
    assert found.maps.keys() == {"gradient"}
    assert found.picture is None
    assert [layer.name for layer in model.layers] == names
    assert all(weight.trainable for weight in model.weights)


def test_a_notebook_shows_an_explanation_and_prints_it_in_a_line(model: keras.Model) -> None:
    (found,) = zoo.explain(model, [X], methods=["gradient"])
    assert found._repr_png_().startswith(b"\x89PNG")
    assert len(repr(found)) < 200


def test_a_class_is_named_by_number(model: keras.Model) -> None:
    (found,) = zoo.explain(model, [X], methods=["gradient"], class_name=2)
    assert found.explained == "2"
    with pytest.raises(UnknownName, match="no class '3'"):
        zoo.explain(model, [X], class_name=3)


def test_pictures_are_named_after_their_files(model: keras.Model) -> None:
    Path("folder").mkdir()
    for name in ("folder/a.png", "folder/b.png", "a.png"):
        Image.fromarray((X[..., 0] * 255).astype("uint8")).save(name)
    items: list[Any] = ["folder", "a.png", X, X]
    found = zoo.explain(model, items, methods=["gradient"], out="seen")
    assert [each.picture.name for each in found if each.picture] == [
        f"{name}-explained.png" for name in ("a", "b", "a-2", "array", "array-2")
    ]
    assert all(each.picture and each.picture.is_file() for each in found)
    assert [each.item for each in found][:2] == ["folder/a.png", "folder/b.png"]
    (alone,) = zoo.explain(model, "a.png", methods=["gradient"])
    assert "picture" not in alone.to_json()


def test_a_broken_file_is_raised_or_passed_on(model: keras.Model) -> None:
    Path("broken.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"broken\.png"):
        zoo.explain(model, [X, "broken.png"], methods=["gradient"])
    errors: list[DataError] = []
    explainer = Explainer(open_classifier(model))
    items: list[Any] = ["broken.png", X]
    found = list(explain_each(explainer, items, methods=["gradient"], on_error=errors.append))
    assert len(found) == len(errors) == 1


def test_a_runs_classes_have_their_names(trained: zoo.Run) -> None:
    classifier = open_classifier(trained)
    assert classifier.classes == tuple(map(str, range(10)))
    assert classifier.exclusive
    (found,) = zoo.explain(f"{trained.path}:classifier", [X], methods=["gradient"])
    assert found.predicted in classifier.classes
    with pytest.raises(SettingError, match="has no layer with maps"):
        zoo.explain(trained, [X], methods=["gradcam"])


def test_each_series_of_a_file_is_explained() -> None:
    network = keras.Sequential(
        [
            keras.Input((6, 1)),
            layers.Conv1D(2, 3, activation="softplus"),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    Path("two.csv").write_text("1,1,2,3,4,5,6\n2,6,5,4,3,2,1\n")
    found = zoo.explain(network, ["two.csv"], methods=["gradient"], out="seen")
    assert [each.item for each in found] == ["two.csv:1", "two.csv:2"]
    assert sorted(path.name for path in Path("seen").iterdir()) == [
        "two-1-explained.png",
        "two-2-explained.png",
    ]
