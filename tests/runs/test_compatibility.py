from typing import Any

import numpy as np
import pytest

import zoo
from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.runs.compatibility import check_fit
from zoo.tasks import classification


class Config(classification.ClassifierConfig):
    input_shape: tuple[int | None, ...] | None = None


def data(classes: Any = ("cat", "dog"), targets: Any = (0, 1)) -> Dataset:
    split = Split(np.array([np.zeros((8, 8, 3)), np.ones((8, 8, 3))]), targets)
    return Dataset("pets", split, split, classes)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"input_shape": (8, 8, 3)},
        {"input_shape": (None, None, 3)},
        {"classes": 2},
        {"classes": ("cat", "dog")},
    ],
)
def test_what_fits_is_taken(settings: dict[str, Any]) -> None:
    check_fit(data(), Config(**settings))
    check_fit(data(), zoo.Config())


def test_bare_numbers_may_stand_for_any_classes() -> None:
    check_fit(data(("0", "1")), Config(classes=("cat", "dog")))


@pytest.mark.parametrize(
    ("given", "settings", "problem"),
    [
        (
            data(),
            {"input_shape": (8, 8, 1)},
            r"has the shape \(8, 8, 3\); the model takes \(8, 8, 1\)",
        ),
        (
            data(),
            {"input_shape": (None, 3)},
            r"the model takes \(any, 3\) \(the setting input_shape\)",
        ),
        (data(), {"classes": 3}, r"2 classes \(cat, dog\), and the setting classes has 3"),
        (data(), {"classes": ("dog", "cat")}, "classes are cat, dog, and the model's are dog, cat"),
        (data(None, None), {}, "no labels, and the model is a classifier.* called class, label"),
        (data(None, (0.5, 1)), {}, r"pets has targets of float64, \(2,\)"),
        (data(("cat",), (0, 0)), {}, r"a single class \(cat\). Expected: two or more"),
    ],
)
def test_what_does_not_fit_is_refused_with_both_sizes(
    given: Dataset, settings: dict[str, Any], problem: str
) -> None:
    with pytest.raises(zoo.DataError, match=problem):
        check_fit(given, Config(**settings))


def test_data_that_does_not_fit_leaves_no_run_behind(tmp_path: Any) -> None:
    for settings in ({"input_shape": (9, 8, 3)}, {"classes": 3}):
        with pytest.raises(zoo.DataError, match="does not fit"):
            zoo.train("cnn", data=data(), **settings)
    with pytest.raises(zoo.DataError, match="no labels"):
        zoo.train("mlp", data=data(None, None))
    assert not list(tmp_path.iterdir())
