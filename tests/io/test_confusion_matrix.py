from itertools import pairwise

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix as sklearn_matrix

from tests.io.test_pictures import CHANCE, check_nothing_is_cut_off
from zoo.io import confusion_matrix, pictures
from zoo.io.confusion_matrix import count_confusions, plot_confusion_matrix


@pytest.mark.parametrize(
    "classes",
    [
        list("0123456789"),
        ["no", "yes"],
        ["W" * 40, "i" * 40],
        [f"class {at}" for at in range(25)],
        [f"class number {at}" for at in range(100)],
        [f"class {at}" for at in range(300)],
    ],
    ids=len,
)
def test_a_confusion_matrix_can_be_read(classes: list[str]) -> None:
    count = len(classes)
    matrix = np.eye(count, dtype=int) * 10 + CHANCE.integers(0, 2, (count, count))
    drawn = plot_confusion_matrix(matrix, classes)
    check_nothing_is_cut_off(drawn)
    axes = drawn.axes[0]
    counts = [text.get_text() for text in axes.texts]
    assert counts == (
        [f"{n}" for n in matrix.flat if n] if count <= confusion_matrix.MOST_COUNTED else []
    )
    if count <= confusion_matrix.MOST_NAMED:
        labels = axes.get_yticklabels()
        expected = [pictures.shorten(name, 20) for name in classes]
        assert [label.get_text() for label in labels] == expected
        assert [label.get_text() for label in axes.get_xticklabels()] == expected
        boxes = [label.get_window_extent() for label in labels]
        assert all(lower.y1 <= upper.y0 + 1 for upper, lower in pairwise(boxes))


def test_a_confusion_matrix_of_nothing_is_white() -> None:
    drawn = plot_confusion_matrix(np.zeros((3, 3), int), ("a", "b", "c"))
    assert not drawn.axes[0].texts
    check_nothing_is_cut_off(drawn)


def test_many_classes_are_counted_in_groups() -> None:
    truth, predicted = CHANCE.integers(0, 10_000, (2, 5000))
    matrix = count_confusions(truth, predicted, 10_000)
    assert matrix.shape == (500, 500)
    assert matrix.sum() == 5000
    assert matrix[truth[0] // 20, predicted[0] // 20] >= 1
    drawn = plot_confusion_matrix(matrix, [f"class {at}" for at in range(10_000)])
    assert drawn.axes[0].get_xlabel() == "predicted class, 20 in a row"
    few = count_confusions(truth % 7, predicted % 7, 7)
    np.testing.assert_array_equal(few, sklearn_matrix(truth % 7, predicted % 7, labels=range(7)))
