import keras
import numpy as np
import pytest
from keras import layers

from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.io import pictures
from zoo.tasks import plots

CHANCE = np.random.default_rng(0)
LABELS = np.arange(60) % 3
APART = LABELS[:, None] * 10.0 + CHANCE.standard_normal((60, 8))


def data(*shape: int) -> Dataset:
    inputs = np.random.default_rng(0).random((6, *shape), np.float32)
    split = Split(inputs, np.array([0, 1, 0, 1, 0, 1]))
    return Dataset("made", split, split, ("left", "right"))


WRONG = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9], [0.9, 0.1], [0.4, 0.6]])


@pytest.mark.parametrize("shape", [(20, 2), (8, 8, 1), (8, 8, 3), (4, 4, 4, 1)])
def test_mistakes_of_every_rank_are_drawn(shape: tuple[int, ...]) -> None:
    figure = plots.plot_mistakes(WRONG, data(*shape))["mistakes"]
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["left, 80%\nis right", "right, 70%\nis left"]
    assert np.asarray(pictures.to_image(figure)).std() > 5


@pytest.mark.parametrize("shape", [(5,), (8, 8, 7)])
def test_what_nobody_can_look_at_is_not_drawn(shape: tuple[int, ...]) -> None:
    assert plots.plot_mistakes(WRONG, data(*shape)) == {}


def test_nothing_wrong_is_nothing_to_draw() -> None:
    assert plots.plot_mistakes(np.eye(2)[[0, 1, 0, 1, 0, 1]], data(8, 8, 1)) == {}


def model(shape: tuple[int, ...], *stack: keras.Layer) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *stack])


@pytest.mark.parametrize(
    ("shape", "layer", "kernel"),
    [
        ((9, 9, 3), layers.Conv2D(5, 3), (3, 3, 3, 5)),
        ((9, 2), layers.Conv1D(5, 3), (3, 2, 5)),
        ((9, 9, 9, 1), layers.Conv3D(5, 3), (3, 3, 3, 1, 5)),
    ],
)
def test_the_first_filters_are_drawn(
    shape: tuple[int, ...], layer: keras.Layer, kernel: tuple[int, ...]
) -> None:
    made = model(shape, layer)
    found = plots.first_kernel(made)
    assert found is not None
    assert found.shape == kernel
    assert np.asarray(pictures.to_image(plots.plot_filters(made)["filters"])).std() > 5


def test_a_dense_layer_over_images_has_filters_of_their_shape() -> None:
    made = model((4, 5, 1), layers.Flatten(), layers.Dense(7))
    found = plots.first_kernel(made)
    assert found is not None
    assert found.shape == (4, 5, 1, 7)
    np.testing.assert_array_equal(found[1, 2, 0], made.layers[-1].get_weights()[0][7])


@pytest.mark.parametrize(
    "made",
    [
        model((6,), layers.Dense(3)),
        model((6, 6, 1), layers.Conv2D(3, 1)),
        model((6,), layers.ReLU()),
    ],
)
def test_points_have_no_picture(made: keras.Model) -> None:
    assert plots.plot_filters(made) == {}


def test_codes_are_drawn_by_pca_and_by_tsne_in_the_colour_of_their_class() -> None:
    figure = plots.plot_latent_space(APART, LABELS, ("a", "b", "c"))
    assert [axes.get_title().split(",")[0] for axes in figure.axes] == ["PCA", "t-SNE"]
    for axes in figure.axes:
        assert [len(dots.get_offsets()) for dots in axes.collections] == [20, 20, 20]
        centres = [np.asarray(dots.get_offsets()).mean(0) for dots in axes.collections]
        spread = np.asarray(axes.collections[0].get_offsets()).std(0).max()
        assert np.abs(centres[0] - centres[2]).max() > 3 * spread
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b", "c"]


def test_the_same_codes_give_the_same_picture() -> None:
    one, other = (plots.plot_latent_space(APART).axes[1].collections[0] for _ in range(2))
    np.testing.assert_array_equal(one.get_offsets(), other.get_offsets())


def test_two_numbers_are_drawn_as_they_are() -> None:
    codes = CHANCE.standard_normal((12, 2))
    figure = plots.plot_latent_space(codes)
    assert len(figure.axes) == 1  # no t-SNE of what is flat already
    assert figure.get_suptitle() == "The codes of 12 examples, 2 numbers each"
    np.testing.assert_allclose(figure.axes[0].collections[0].get_offsets(), codes)
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("code 1", "code 2")
    assert not figure.legends


@pytest.mark.parametrize("shape", [(3, 4), (20, 1), (9, 2, 2, 4)])
def test_few_codes_and_codes_of_any_shape_are_drawn(shape: tuple[int, ...]) -> None:
    figure = plots.plot_latent_space(
        CHANCE.standard_normal(shape), np.zeros(shape[0], int), ("a", "b")
    )
    assert len(figure.axes) == (1 if shape[0] < 5 else 2)
    assert len(figure.axes[0].collections[0].get_offsets()) == shape[0]


def test_codes_that_are_all_alike_are_one_point() -> None:
    figure = plots.plot_latent_space(np.ones((30, 4)))
    assert len(figure.axes) == 1
    assert not np.asarray(figure.axes[0].collections[0].get_offsets()).any()


@pytest.mark.parametrize("count", [15, 40])
def test_many_classes_are_coloured_too(count: int) -> None:
    labels = np.arange(80) % count
    figure = plots.plot_latent_space(
        CHANCE.standard_normal((80, 5)), labels, list(map(str, range(count)))
    )
    assert len(figure.axes[0].collections) == (count if count <= 20 else 1)


def test_no_more_than_a_thousand_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "MOST_CODES", 10)
    figure = plots.plot_latent_space(APART, LABELS, ("a", "b", "c"))
    assert sum(len(dots.get_offsets()) for dots in figure.axes[1].collections) == 10
