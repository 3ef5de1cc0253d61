"""Arrays and DataFrames in memory become data sets, or are named for what they are."""

from typing import Any

import numpy as np
import pandas
import pytest

import zoo
from zoo.data.tables.memory import dataset_from_memory

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.random((20, 6, 6, 1), np.float32), np.arange(20) % 2


@pytest.mark.parametrize(
    ("data", "counts"),
    [
        ((X, Y), (16, 4)),
        ([X, Y], (16, 4)),
        ((X[:12], Y[:12], X[12:], Y[12:]), (12, 8)),
        (((X[:12], Y[:12]), (X[12:], Y[12:])), (12, 8)),
        ({"x": X, "y": Y}, (16, 4)),
        ({"x_train": X[:12], "y_train": Y[:12], "x_test": X[12:], "y_test": Y[12:]}, (12, 8)),
        ((X, ["cat", "dog"] * 10), (16, 4)),
        ((X, pandas.Series(["cat", "dog"] * 10)), (16, 4)),
    ],
)
def test_arrays_are_divided(data: Any, counts: tuple[int, int]) -> None:
    dataset = dataset_from_memory(data)
    assert (len(dataset.train), len(dataset.test)) == counts
    assert dataset.input_shape == (6, 6, 1)
    assert dataset.classes in (("0", "1"), ("cat", "dog"))


def test_an_array_alone_has_no_labels() -> None:
    dataset = dataset_from_memory(X)
    assert (dataset.classes, len(dataset.train)) == (None, 16)


def test_all_is_measured_where_nothing_is_held_out() -> None:
    dataset = dataset_from_memory((X, Y), hold_out=False)
    assert dataset.test is dataset.train
    assert len(dataset.test) == 20


def frame(**columns: Any) -> pandas.DataFrame:
    return pandas.DataFrame({"height": RANDOM.random(20), "width": np.arange(20)} | columns)


def test_a_table_has_a_feature_in_each_column() -> None:
    dataset = dataset_from_memory(frame(Label=["cat", "dog"] * 10))
    assert (dataset.input_shape, dataset.classes) == ((2,), ("cat", "dog"))
    numbers = dataset_from_memory(frame(target=RANDOM.random(20)))
    assert (numbers.classes, numbers.outputs) == (None, 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            frame(),
            r"columns height, width. Expected: one of them called class, label, .*species or y",
        ),
        (frame(y=Y, name=["a"] * 20), r"column name of the DataFrame holds no numbers"),
        (frame(y=Y, day=pandas.date_range("2020", periods=20)), r"column day .* dates or times"),
        (
            frame(y=Y, gap=[np.nan] * 20),
            r"column gap of the DataFrame has no finite number in row 0",
        ),
        (
            frame(y=Y, gap=pandas.array([1, None] * 10, "Int64")),
            r"column gap of the DataFrame has no finite number in row 1",
        ),
        (frame(y=["a", None] * 10), r"column y of the DataFrame has no value in row 1. Fill it"),
        (frame(y=pandas.array([0, None] * 10, "Int64")), r"y in the DataFrame .* example 1"),
        (frame(y=["a", 1] * 10), r"column y of the DataFrame must hold numbers, or names"),
        (pandas.DataFrame(X[:, 0, :3, 0], columns=["a", "a", "y"]), r"2 columns .* are called a"),
        (frame(y=Y, wave=np.ones(20) * 1j), r"column wave .* It holds complex numbers"),
        (frame(y=Y, day=["2020-01-01"] * 20), r"column day .* to float: '2020-01-01'"),
        (pandas.DataFrame({"y": Y}), r"no column but y"),
        ((X, Y, X), r"data must be \(x, y\).* Received: 3 values"),
        (42, r"data must be \(x, y\).* Received: int"),
        ((X, Y[:5]), r"20 examples in x and 5 labels in y"),
        ((255 * X, Y), r"values from .* Divide them by 255"),
        ((X, [{}] * 20), r"y must hold numbers, or names of classes"),
    ],
)
def test_what_is_wrong_is_named(data: Any, message: str) -> None:
    with pytest.raises(zoo.ZooError, match=message):
        dataset_from_memory(data)


def test_apply_takes_the_rows_of_a_table() -> None:
    table = frame(y=["cat", "dog"] * 10)
    run = zoo.train("mlp", data=table, epochs=1, units=[2])
    answers = zoo.apply(run, table[["height", "width"]])
    assert {answer["class"] for answer in answers} <= {"cat", "dog"}
    assert len(answers) == 20


def test_a_run_on_arrays_is_measured_resumed_and_says_what_it_needs() -> None:
    names = np.array(["cat", "dog"])[Y]
    run = zoo.train("mlp", data=(X, names), epochs=1, units=[2])
    assert run.classes == ("cat", "dog")
    assert zoo.evaluate(run, (X[:5], names[:5])).keys() >= {"accuracy"}
    assert zoo.evaluate(run, (X[:5], Y[:5])) == zoo.evaluate(run, (X[:5], names[:5]))
    with pytest.raises(zoo.DataError, match="class cow, which the model does not know"):
        zoo.evaluate(run, (X[:2], ["cow", "dog"]))
    with pytest.raises(zoo.UsageError, match=r"trained on data in memory.*data=\(x, y\)"):
        zoo.evaluate(run)
    run.update(state="interrupted")
    run.weights.unlink()
    again = zoo.train("mlp", data=(X, names), resume=True)
    assert (again.path, again.state) == (run.path, "finished")
