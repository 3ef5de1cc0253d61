import numpy as np
import pytest

from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.io import pictures
from zoo.tasks.mistakes import plot_mistakes


def data(*shape: int) -> Dataset:
    inputs = np.random.default_rng(0).random((6, *shape), np.float32)
    split = Split(inputs, np.array([0, 1, 0, 1, 0, 1]))
    return Dataset("made", split, split, ("left", "right"))


WRONG = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9], [0.9, 0.1], [0.4, 0.6]])


@pytest.mark.parametrize("shape", [(20, 2), (8, 8, 1), (8, 8, 3), (4, 4, 4, 1)])
def test_mistakes_of_every_rank_are_drawn(shape: tuple[int, ...]) -> None:
    drawn = plot_mistakes(WRONG, data(*shape))["mistakes"]
    titles = [axes.get_title() for axes in drawn.axes]
    assert titles == ["left, 80%\nis right", "right, 70%\nis left"]
    assert np.asarray(pictures.to_image(drawn)).std() > 5


@pytest.mark.parametrize("shape", [(5,), (8, 8, 7)])
def test_what_nobody_can_look_at_is_not_drawn(shape: tuple[int, ...]) -> None:
    assert plot_mistakes(WRONG, data(*shape)) == {}


def test_nothing_wrong_is_nothing_to_draw() -> None:
    assert plot_mistakes(np.eye(2)[[0, 1, 0, 1, 0, 1]], data(8, 8, 1)) == {}
