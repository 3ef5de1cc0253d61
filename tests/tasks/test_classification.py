import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import accuracy_score, f1_score, recall_score

import zoo
from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.tasks import classification

CHANCE = np.random.default_rng(0)


def dataset(truth: Any, names: Any, shape: tuple[int, ...] = (4, 4, 1)) -> Dataset:
    """Give a test split of these labels; the training split has every class."""
    numbers = np.arange(len(names))
    train = Split(CHANCE.random((len(names), *shape)), numbers)
    return Dataset("fake", train, Split(CHANCE.random((len(truth), *shape)), truth), tuple(names))


def sure(said: Any, classes: int) -> Any:
    """Give the probabilities of a model that is 90% sure of what it says."""
    rest = 0.1 / (classes - 1)
    return np.where(np.eye(classes)[np.asarray(said)] == 1, 0.9, rest)


def test_measures_are_those_computed_by_hand() -> None:
    truth, said = [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2]
    found = classification.classification_metrics(sure(said, 3), dataset(truth, "abc"))
    # precision 2/2, 1/2, 1/2 and recall 2/3, 1/2, 1/1 give F1 of 4/5, 1/2, 2/3
    assert found == pytest.approx(
        {
            "accuracy": 4 / 6,
            "macro_f1": (4 / 5 + 1 / 2 + 2 / 3) / 3,
            "calibration_error": 0.9 - 4 / 6,
            "recall_a": 2 / 3,
            "recall_b": 1 / 2,
            "recall_c": 1,
        }
    )


@pytest.mark.parametrize("classes", [2, 10, 30, 31, 100])
def test_measures_are_scikit_learns(classes: int) -> None:
    truth, said = CHANCE.integers(0, classes, (2, 500))
    names = [f"class {at}" for at in range(classes)]
    found = classification.classification_metrics(sure(said, classes), dataset(truth, names))
    assert found["accuracy"] == accuracy_score(truth, said)
    assert found["macro_f1"] == pytest.approx(f1_score(truth, said, average="macro"))
    recalls = [value for name, value in found.items() if name.startswith("recall_")]
    assert recalls == (recall_score(truth, said, average=None).tolist() if classes <= 30 else [])
    assert all(isinstance(value, float) and math.isfinite(value) for value in found.values())


def test_a_class_that_does_not_occur_has_no_recall_and_spoils_no_mean() -> None:
    found = classification.classification_metrics(
        sure([0, 0, 1, 1], 4), dataset([0, 0, 1, 1], "abcd")
    )
    assert found.pop("calibration_error") == pytest.approx(0.1)
    assert found == {"accuracy": 1, "macro_f1": 1, "recall_a": 1, "recall_b": 1}


def test_a_class_that_does_not_occur_and_is_claimed_costs_f1() -> None:
    found = classification.classification_metrics(
        sure([0, 0, 1, 2], 4), dataset([0, 0, 1, 1], "abcd")
    )
    assert found["macro_f1"] == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert "recall_c" not in found


def test_a_model_that_is_always_wrong_has_zeros() -> None:
    found = classification.classification_metrics(
        sure([1, 1, 0], 2), dataset([0, 0, 1], ("no", "yes"))
    )
    assert found.pop("calibration_error") == pytest.approx(0.9)
    assert set(found.values()) == {0.0}


def test_top_5_counts_the_truth_among_the_five_most_probable() -> None:
    probabilities = np.tile(np.arange(7) / 21, (4, 1))
    assert (
        classification.classification_metrics(probabilities, dataset([6, 2, 1, 0], "abcdefg"))[
            "top_5"
        ]
        == 0.5
    )
    assert "top_5" not in classification.classification_metrics(
        probabilities[:1, :5], dataset([4], "abcde")
    )


def test_the_reliability_and_the_filters_are_drawn(trained: zoo.Run) -> None:
    assert {"reliability", "filters"} <= {path.stem for path in trained.pictures}


def test_data_without_labels_cannot_be_measured() -> None:
    split = Split(np.zeros((3, 2)))
    with pytest.raises(zoo.DataError, match="nameless has no labels; a classifier cannot"):
        classification.classification_metrics(sure([0, 1, 0], 2), Dataset("nameless", split, split))


def test_the_confusion_matrix_counts_truth_by_row() -> None:
    drawn = classification.plot_results(sure([0, 1, 1, 1], 3), dataset([0, 0, 0, 1], "abc"))
    shown = {text.get_position(): text.get_text() for text in drawn["confusion"].axes[0].texts}
    assert shown == {(0, 0): "1", (1, 0): "2", (1, 1): "1"}


def test_the_surest_mistakes_come_first_with_what_the_model_thought() -> None:
    data = dataset([0, 1, 2, 0], ("ant", "bee", "x" * 40))
    probabilities = np.array([[0.2, 0.5, 0.3], [0, 1, 0], [0.99, 0, 0.01], [0.1, 0.2, 0.7]])
    axes = classification.plot_results(probabilities, data)["mistakes"].axes
    titles = [one.get_title() for one in axes]
    assert titles == [f"ant, 99%\nis {'x' * 14}…", f"{'x' * 14}…, 70%\nis ant", "bee, 50%\nis ant"]
    shown = axes[0].images[0].get_array()
    np.testing.assert_allclose(shown, data.test.inputs[2, ..., 0], rtol=1e-6)


@pytest.mark.parametrize("shape", [(4, 4, 3), (4, 4, 1)])
def test_no_more_than_24_mistakes_are_shown(shape: tuple[int, ...]) -> None:
    data = dataset(np.zeros(40, int), ("no", "yes"), shape)
    assert len(classification.plot_results(sure([1] * 40, 2), data)["mistakes"].axes) == 24


def test_a_perfect_model_has_no_picture_of_mistakes() -> None:
    assert classification.plot_results(sure([0, 1], 2), dataset([0, 1], "ab")).keys() == {
        "confusion",
        "reliability",
    }


@pytest.mark.parametrize("shape", [(5,), (4, 4, 7), (3, 3, 3, 4)])
def test_what_is_no_image_is_not_shown_as_one(shape: tuple[int, ...]) -> None:
    drawn = classification.plot_results(sure([1, 0], 2), dataset([0, 1], "ab", shape))
    assert drawn.keys() == {"confusion", "reliability"}


def test_the_loss_is_the_cross_entropy_of_the_logits() -> None:
    logits = CHANCE.normal(size=(6, 4)).astype(np.float32) * 5
    labels = CHANCE.integers(0, 4, 6)
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    for smoothing in (0.0, 0.1):
        truth = (1 - smoothing) * np.eye(4)[labels] + smoothing / 4
        expected = -(truth * np.log(chances)).sum(1)
        loss = classification.cross_entropy(4, smoothing)(labels, logits)
        np.testing.assert_allclose(loss, expected, rtol=1e-4, atol=1e-6)
    sure_mistake = classification.cross_entropy(2)(np.array([0]), np.array([[0.0, 500.0]]))
    assert float(sure_mistake[0]) == 500


class Brightest:
    """A model of (height, width, 1) that says which of the three thirds of an image is brightest."""

    @staticmethod
    def make(shape: tuple[int | None, ...]) -> keras.Model:
        inputs = keras.Input(shape)
        x = keras.layers.Flatten()(inputs)
        x = keras.layers.Dense(3, use_bias=False)(x)
        model = keras.Model(inputs, keras.layers.Softmax()(x))
        third = math.prod(size or 0 for size in shape) // 3
        model.layers[2].set_weights([np.repeat(np.eye(3, dtype=np.float32), third, 0)])
        return model


NAMES = ("top", "middle", "bottom")


@pytest.fixture(scope="module")
def grey() -> keras.Model:
    return Brightest.make((6, 4, 1))


def lit(third: int) -> Any:
    pixels = np.zeros((6, 4), np.uint8)
    pixels[2 * third : 2 * third + 2] = 255
    return pixels


def predictions(model: keras.Model, items: Any) -> Any:
    answers = classification.class_predictions(model, items, NAMES)
    for answer in answers:
        assert sum(answer["top"].values()) == pytest.approx(1, abs=1e-5)
        assert max(answer["top"], key=answer["top"].get) == answer["class"]
        assert answer["probability"] == answer["top"][answer["class"]]
    return answers


def test_image_files_of_every_mode_and_size_are_classified(grey: keras.Model) -> None:
    image = Image.fromarray(lit(1))
    image.save("a.png")
    image.convert("RGB").save("b.bmp")
    image.convert("RGBA").save("c.png")
    image.resize((400, 600), 0).convert("CMYK").save("d.jpg")
    image.resize((8, 6), 0).save("e.gif")
    Image.fromarray(lit(1) * np.uint16(257)).save("f.png")
    names = ["a.png", "b.bmp", Path("c.png"), "d.jpg", "e.gif", "f.png"]
    answers = predictions(grey, names)
    assert [answer["class"] for answer in answers] == ["middle"] * 6
    assert [answer["item"] for answer in answers] == [str(name) for name in names]


def test_an_inverted_photograph_gets_another_answer_and_no_error(grey: keras.Model) -> None:
    Image.fromarray(255 - lit(1)).save("a.png")
    answer = predictions(grey, ["a.png"])[0]
    assert answer["class"] != "middle"
    assert answer["top"]["middle"] < 0.01


def test_arrays_are_classified_whatever_they_are_in(grey: keras.Model) -> None:
    for third, name in enumerate(NAMES):
        np.save(f"{name}.npy", lit(third))
    np.save("float.NPY.npy", lit(2)[..., None] / 255)
    items = [
        "top.npy",
        lit(1),
        lit(1)[..., None] / 255.0,
        (lit(2) == 255).tolist(),
        "float.NPY.npy",
    ]
    answers = predictions(grey, items)
    assert [answer["class"] for answer in answers] == [
        "top",
        "middle",
        "middle",
        "bottom",
        "bottom",
    ]
    assert answers[1]["item"] == "array (6, 4)"


def test_vectors_are_classified() -> None:
    model = Brightest.make((3,))
    np.save("a.npy", np.array([0, 5, -5], np.float32))
    answers = predictions(model, ["a.npy", [0, 0, 9]])
    assert [answer["class"] for answer in answers] == ["middle", "bottom"]


def test_at_most_five_classes_are_named() -> None:
    model = keras.Sequential([keras.Input((7,)), keras.layers.Softmax()])
    answer = classification.class_predictions(model, [np.arange(7.0)], list("abcdefg"))[0]
    assert list(answer["top"]) == ["g", "f", "e", "d", "c"]


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("gone.png", "There is no file gone.png"),
        ("gone.npy", r"gone\.npy: it cannot be read as an array: .*No such file"),
        ("text.png", "text.png is not an image"),
        ("text.npy", r"text\.npy: it cannot be read as an array"),
        ("empty.npy", r"empty\.npy: it cannot be read as an array"),
        ("object.npy", r"object\.npy: it holds Python objects"),
        ("zip.npy", r"zip\.npy: it is an \.npz; save one array"),
        ("huge.npy", r"huge\.npy: it cannot be read as an array"),
        (
            "wide.npy",
            r"wide\.npy: The model takes arrays of shape \(6, 4, 1\). Received: shape \(4, 6, 1\)",
        ),
        ("nan.npy", r"nan\.npy: The array holds a value that is not a finite number"),
        ("bright.npy", r"bright\.npy: The array holds images with values from 0 to 255"),
        ("scalar.npy", r"scalar\.npy: .*Received: shape \(\)"),
    ],
)
def test_items_that_cannot_be_read_are_named(grey: keras.Model, item: str, problem: str) -> None:
    Path("text.png").write_text("hello")
    Path("text.npy").write_text("hello")
    Path("empty.npy").touch()
    np.save("object.npy", np.array([None]))
    with open("zip.npy", "wb") as file:
        np.savez(file, a=lit(0))
    with open("huge.npy", "wb") as file:  # a header that declares 4 TB, and nothing behind it
        fields = {"descr": "|u1", "fortran_order": False, "shape": (10**6, 2 * 10**6)}
        np.lib.format.write_array_header_1_0(file, fields)
    np.save("wide.npy", lit(0).T)
    np.save("nan.npy", lit(0) * np.nan)
    np.save("bright.npy", lit(0) * 1.0)
    np.save("scalar.npy", np.float32(1))
    with pytest.raises(zoo.DataError, match=problem):
        classification.class_predictions(grey, [item], NAMES)


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("a.png", r"a\.png: the model takes arrays of shape \(3,\), each in an \.npy file"),
        ([1, 2], r"takes arrays of shape \(3,\). Received: shape \(2,\)"),
        ([[1, 2, 3]], r"Received: shape \(1, 3\)"),
        (["x", "y", "z"], "must hold numbers"),
        ([[1], [2, 3]], "must all have one shape"),
    ],
)
def test_a_model_of_vectors_says_what_it_takes(item: Any, problem: str) -> None:
    Image.new("L", (3, 3)).save("a.png")
    with pytest.raises(zoo.DataError, match=problem):
        classification.class_predictions(Brightest.make((3,)), [item], NAMES)


def test_a_trained_models_pictures_can_be_seen(trained: zoo.Run) -> None:
    for path in trained.pictures:
        with Image.open(path) as image:
            assert np.asarray(image.convert("L")).std() > 10, path
    assert {path.stem for path in trained.pictures} == {
        "confusion", "curve", "filters", "mistakes", "reliability",
    }  # fmt: skip


def test_auroc_of_two_classes_counts_the_pairs_in_the_right_order() -> None:
    scores = np.array([0.1, 0.4, 0.35, 0.8])
    probabilities = np.stack([1 - scores, scores], 1)
    found = classification.classification_metrics(probabilities, dataset([0, 0, 1, 1], "ab"))
    assert found["auroc"] == pytest.approx(3 / 4)
    one_class = classification.classification_metrics(probabilities, dataset([1] * 4, "ab"))
    assert "auroc" not in one_class
