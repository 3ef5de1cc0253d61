import numpy as np
import pytest

from zoo.tasks import latent

CHANCE = np.random.default_rng(0)
LABELS = np.arange(60) % 3
APART = LABELS[:, None] * 10.0 + CHANCE.standard_normal((60, 8))


def test_codes_are_drawn_by_pca_and_by_tsne_in_the_colour_of_their_class() -> None:
    drawn = latent.plot_latent_space(APART, LABELS, ("a", "b", "c"))
    assert [axes.get_title().split(",")[0] for axes in drawn.axes] == ["PCA", "t-SNE"]
    for axes in drawn.axes:
        assert [len(dots.get_offsets()) for dots in axes.collections] == [20, 20, 20]
        centres = [np.asarray(dots.get_offsets()).mean(0) for dots in axes.collections]
        spread = np.asarray(axes.collections[0].get_offsets()).std(0).max()
        assert np.abs(centres[0] - centres[2]).max() > 3 * spread
    assert [text.get_text() for text in drawn.legends[0].get_texts()] == ["a", "b", "c"]


def test_the_same_codes_give_the_same_map() -> None:
    one, other = (latent.embed_tsne(APART) for _ in range(2))
    assert one.keys() == other.keys()
    np.testing.assert_array_equal(*(next(iter(made.values())) for made in (one, other)))


def test_two_numbers_are_drawn_as_they_are() -> None:
    codes = CHANCE.standard_normal((12, 2))
    drawn = latent.plot_latent_space(codes)
    np.testing.assert_allclose(drawn.axes[0].collections[0].get_offsets(), codes)
    assert (drawn.axes[0].get_xlabel(), drawn.axes[0].get_ylabel()) == ("code 1", "code 2")
    assert not drawn.legends


@pytest.mark.parametrize("shape", [(3, 4), (20, 1), (9, 2, 2, 4)])
def test_few_codes_and_codes_of_any_shape_are_drawn(shape: tuple[int, ...]) -> None:
    drawn = latent.plot_latent_space(
        CHANCE.standard_normal(shape), np.zeros(shape[0], int), ("a", "b")
    )
    assert len(drawn.axes) == (1 if shape[0] < 5 else 2)
    assert len(drawn.axes[0].collections[0].get_offsets()) == shape[0]


def test_codes_that_are_all_alike_are_one_point() -> None:
    drawn = latent.plot_latent_space(np.ones((30, 4)))
    assert len(drawn.axes) == 1
    assert not np.asarray(drawn.axes[0].collections[0].get_offsets()).any()


@pytest.mark.parametrize("count", [15, 40])
def test_many_classes_are_coloured_too(count: int) -> None:
    labels = np.arange(80) % count
    drawn = latent.plot_latent_space(
        CHANCE.standard_normal((80, 5)), labels, list(map(str, range(count)))
    )
    assert len(drawn.axes[0].collections) == (count if count <= 20 else 1)


def test_no_more_than_a_thousand_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latent, "MOST", 10)
    drawn = latent.plot_latent_space(APART, LABELS, ("a", "b", "c"))
    assert sum(len(dots.get_offsets()) for dots in drawn.axes[1].collections) == 10
