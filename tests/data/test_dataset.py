import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import zoo
from zoo.data.dataset import Dataset
from zoo.data.load import dataset_info, open_dataset
from zoo.data.split import Split
from zoo.datasets import digits

PIXELS = np.linspace(0, 1, 6 * 4 * 4, dtype=np.float32).reshape(6, 4, 4, 1)
LABELS = np.array([0, 1, 0, 1, 0, 1])


def made(
    train: Any = PIXELS, targets: Any = LABELS, test: Any = PIXELS, classes: Any = ("a", "b")
) -> Dataset:
    return Dataset("mine", Split(train, targets), Split(test, LABELS), classes)


def changed(array: Any, at: Any, value: float) -> Any:
    copy = np.array(array)
    copy[at] = value
    return copy


def test_lists_become_arrays() -> None:
    data = Dataset("mine", Split([[0.5], [1]], [0, 1]), Split([[0.25]], [1]), ["a", "b"])
    assert data.train.inputs.tolist() == [[0.5], [1]]
    assert data.input_shape == (1,)
    assert data.classes == ("a", "b")


def test_what_became_of_raw_values_is_told() -> None:
    assert made().preprocessing == "as given"
    pixels = (PIXELS * 255).astype(np.uint8)
    data = made(pixels, test=pixels)
    assert data.preprocessing == "uint8 / 255"
    assert data.train.inputs.max() == 1
    assert repr(data) == "Dataset('mine', 6 + 6 of shape (4, 4, 1))"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"train": PIXELS[:0], "targets": []}, "training split of mine is empty"),
        ({"test": PIXELS[:0]}, "test split of mine is empty"),
        ({"train": PIXELS[:, :0]}, r"at least one number.*\(6, 0, 4, 1\)"),
        ({"train": PIXELS[:, 0, 0, 0]}, r"array of examples.*\(6,\)"),
        ({"train": 3.0}, r"array of examples.*\(\)"),
        ({"train": changed(PIXELS, (3, 0, 0), math.nan)}, "not a finite number, in example 3"),
        ({"test": changed(PIXELS, (2, 1, 1), -math.inf)}, "test split.*not a finite.*example 2"),
        ({"train": PIXELS.astype(complex)}, "must hold numbers. Received: complex128"),
        ({"train": np.full((6, 4, 4, 1), None)}, "must hold numbers. Received: object"),
        ({"targets": LABELS[:4]}, "6 inputs and 4 targets"),
        ({"targets": 1}, "6 inputs and a single number as targets"),
        ({"targets": None}, "has no labels, and there are 2 classes"),
        ({"targets": LABELS * 2}, r"label 2 in example 1. Expected: 0 to 1, for 2 classes"),
        ({"targets": LABELS - 1}, r"label -1 in example 0"),
        ({"targets": LABELS.astype(float)}, "one whole number as the label.*float64"),
        ({"targets": np.eye(2)[LABELS]}, r"one whole number.*shape \(6, 2\)"),
        ({"targets": np.array(["a"] * 6)}, "must hold numbers"),
        ({"targets": [0.5, math.nan] * 3, "classes": None}, "not a finite number, in example 1"),
        ({"test": PIXELS[:, :2]}, r"differ in shape: \(4, 4, 1\) for training, \(2, 4, 1\)"),
        ({"test": (PIXELS * 255).astype(np.uint8)}, "differ in dtype: float32 .* uint8"),
        ({"classes": ("a", "a")}, "two classes of one name"),
        ({"train": PIXELS * 255}, "from 0 to 255. Expected: uint8.*Divide them by 255"),
        ({"train": PIXELS * 2 - 1}, "from -1 to 1. Expected.*Scale them"),
        ({"train": (PIXELS * 60000).astype(np.uint16)}, "from 0 to 60000. Expected.*Scale them"),
        ({"train": (PIXELS > 0.5).astype(np.uint8)}, "uint8 numbers that are 0 or 1"),
    ],
)
def test_data_that_nothing_can_be_learnt_from_is_refused(
    arguments: dict[str, Any], problem: str
) -> None:
    with pytest.raises(zoo.DataError, match=problem):
        made(**arguments)


def test_examples_of_different_shapes_are_refused() -> None:
    with pytest.raises(zoo.DataError, match="must all have one shape"):
        Split([[1, 2], [3]])


def test_numbers_that_are_no_images_may_have_any_range() -> None:
    table = np.array([[-1000.0, 7], [3, 1e6]])
    Dataset("table", Split(table), Split(table))
    series = np.full((2, 50, 6), -7.5)
    assert Dataset("series", Split(series), Split(series)).input_shape == (50, 6)


@pytest.mark.parametrize(
    "other",
    [
        made(changed(PIXELS, (5, 3, 3, 0), 0.99)),
        made(targets=changed(LABELS, 0, 1)),
        made(test=changed(PIXELS, (0, 0, 0, 0), 1e-9)),
        made(PIXELS.astype(np.float64)),
        made(PIXELS.reshape(6, 2, 8, 1), test=PIXELS.reshape(6, 2, 8, 1)),
        Dataset("mine", Split(PIXELS), Split(PIXELS)),
    ],
)
def test_the_fingerprint_changes_with_every_pixel_and_label(other: Dataset) -> None:
    assert other.fingerprint != made().fingerprint


def test_the_fingerprint_is_the_datas_alone() -> None:
    swapped = made(PIXELS.astype(">f4"), LABELS.astype(">i8"), np.asfortranarray(PIXELS))
    assert swapped.fingerprint == made().at(7, 3).fingerprint == made().fingerprint


def test_a_dataset_is_opened_by_name_before_any_file_of_that_name() -> None:
    Path("digits").mkdir()
    assert open_dataset("digits").name == "digits"


def test_a_dataset_is_given_back_as_it_is(tiny: Dataset) -> None:
    assert open_dataset(tiny) is tiny


@pytest.mark.parametrize("source", ["digist", "", " ", "no/such.npz", "\0"])
def test_an_unknown_source_is_answered_with_what_there_is(source: str) -> None:
    with pytest.raises(
        zoo.UnknownName, match=r"digits.* --data takes a dataset's name, tfds:NAME, an \.npz"
    ):
        open_dataset(source)


def test_a_source_that_gives_no_dataset_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "load", lambda: SimpleNamespace())
    with pytest.raises(zoo.PluginError, match=r"load\(\) of the dataset 'digits' of keras-zoo .*"):
        open_dataset("digits")


def test_the_facts_of_a_dataset_are_those_of_what_it_loads() -> None:
    known, data = dataset_info("digits"), open_dataset("digits")
    assert (known.input_shape, known.classes) == (data.input_shape, data.classes)
    assert known.summary.startswith("1,797 handwritten digits")


def test_the_train_split_is_divided_as_it_is_fed(tiny: Dataset) -> None:
    config = zoo.Config(validation=0.25, batch_size=4)
    data = tiny.at(seed=5)
    training, validation = data.train_validation_split(config)
    batches = data.fit_arguments(config)["validation_data"]
    assert np.array_equal(validation.inputs, np.concatenate([np.asarray(x) for x, _ in batches]))
    assert (len(training), len(validation)) == (36, 12)
    both = np.concatenate([training.stored, validation.stored])
    assert sorted(map(bytes, both)) == sorted(map(bytes, tiny.train.stored))
