from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.io import pictures
from zoo.io.confusion_matrix import plot_confusion_matrix
from zoo.io.plots.sheets import plot_sheet

CHANCE = np.random.default_rng(0)
ROW = {"epoch": 1.0, "seconds": 0.1, "loss": 2.0, "accuracy": 0.5}


def check_nothing_is_cut_off(figure: Any) -> Any:
    """Check that something is drawn and that nothing of it touches the edge; give the pixels."""
    pixels = np.asarray(pictures.to_image(figure).convert("L"))
    assert pixels.min() < 100
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 255).all()
    return pixels


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, bool])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3)])
def test_an_array_becomes_an_image_and_comes_back(dtype: Any, shape: tuple[int, ...]) -> None:
    pixels = CHANCE.integers(0, 256, shape).astype(np.uint8)
    given = pixels > 127 if dtype is bool else pixels if dtype is np.uint8 else pixels / dtype(255)
    path = pictures.save(given, Path("out/deep/a"))
    assert path == Path("out/deep/a.png")
    expected = (pixels > 127) * np.uint8(255) if dtype is bool else pixels
    np.testing.assert_array_equal(
        np.asarray(Image.open(path)), expected.reshape(shape[:2] + shape[2:] * (shape[-1] == 3))
    )


def test_floats_beyond_the_range_are_cut() -> None:
    image = pictures.to_image(np.array([[-3.0, 0.5, 7.0]]))
    assert np.asarray(image).tolist() == [[0, 128, 255]]


def test_an_image_and_a_figure_are_saved_as_they_are() -> None:
    grey = Image.new("L", (4, 3), 77)
    with Image.open(pictures.save(grey, Path("grey"))) as saved:
        assert saved.tobytes() == grey.tobytes()
    with Image.open(pictures.save(pictures.figure(2, 1), Path("figure"))) as saved:
        assert saved.size == (2 * pictures.DPI, pictures.DPI)


def test_a_name_with_dots_keeps_them() -> None:
    assert pictures.save(np.zeros((2, 2)), Path("photo.v2-sharp")).name == "photo.v2-sharp.png"


def test_frames_become_an_animation() -> None:
    frames = [np.full((4, 4), level) for level in (0.0, 0.5, 1.0)]
    path = pictures.save(frames, Path("moving"))
    with Image.open(path) as animation:
        assert (path.name, animation.n_frames, animation.info["duration"]) == ("moving.gif", 3, 150)
        levels = []
        for at in range(3):
            animation.seek(at)
            levels.append(animation.convert("L").getpixel((0, 0)))
    assert levels == [0, 128, 255]


def test_a_disk_that_refuses_is_told_in_a_sentence() -> None:
    Path("file").touch()
    with pytest.raises(zoo.WriteError, match="Cannot write file"):
        pictures.save(np.zeros((2, 2)), Path("file/a"))


@pytest.mark.parametrize("count", [1, 4, 5])
def test_a_grid_holds_every_image_in_reading_order(count: int) -> None:
    images = CHANCE.integers(0, 255, (count, 3, 4, 3)).astype(np.uint8)
    sheet = pictures.image_grid(images, columns=3)
    rows = -(-count // 3)
    assert sheet.shape == (rows * 4 - 1, 14, 3)
    for at, image in enumerate(images):
        top, left = at // 3 * 4, at % 3 * 5
        np.testing.assert_array_equal(sheet[top : top + 3, left : left + 4], image)
    assert (sheet[:3, 4] == 255).all()
    assert pictures.image_grid(images / np.float32(255)).dtype == np.float32


def test_curves_show_training_and_validation_together() -> None:
    history = [
        {**ROW, "epoch": at, "val_loss": 2.5 - at, "loss": 2.0 - at} for at in (1.0, 2.0, 3.0)
    ]
    drawn = pictures.plot_history(history, "a note")
    assert drawn.get_supxlabel() == "a note"
    assert [axes.get_title() for axes in drawn.axes] == ["loss", "accuracy"]
    lines = {line.get_label(): line.get_ydata() for line in drawn.axes[0].lines}
    assert list(lines["training"]) == [1, 0, -1]
    assert list(lines["validation"]) == [1.5, 0.5, -0.5]
    check_nothing_is_cut_off(drawn)


@pytest.mark.parametrize("epochs", [1, 2, 9, 400])
def test_epochs_are_whole_numbers(epochs: int) -> None:
    drawn = pictures.plot_history([{**ROW, "epoch": float(at + 1)} for at in range(epochs)])
    check_nothing_is_cut_off(drawn)
    labels = [label.get_text() for label in drawn.axes[0].get_xticklabels()]
    assert all(label.lstrip("\N{MINUS SIGN}").isdigit() for label in labels)
    assert epochs > 9 or labels == [f"{at + 1}" for at in range(epochs)]


def test_many_measures_stand_in_rows() -> None:
    names = [f"a_measure_{at}" for at in range(11)]
    drawn = pictures.plot_history(
        [dict.fromkeys(names, 1.0) | {"epoch": float(at)} for at in range(3)]
    )
    assert [axes.get_title() for axes in drawn.axes] == names
    assert pictures.to_image(drawn).width < 2000
    check_nothing_is_cut_off(drawn)


def test_measures_that_come_later_or_only_in_validation_are_drawn() -> None:
    drawn = pictures.plot_history([ROW, {**ROW, "epoch": 2.0, "val_only": 1.0, "late": 3.0}])
    titles = [axes.get_title() for axes in drawn.axes]
    assert titles == ["loss", "accuracy", "val_only", "late"]


LONG = ["a very long name of a class indeed", "$x_1$ and $y$", "猫 🐈", "no", "{percent}%", "a_b^c"]


def test_names_of_any_script_and_sign_are_drawn_without_a_word_on_the_shell() -> None:
    check_nothing_is_cut_off(plot_confusion_matrix(np.eye(6, dtype=int), LONG))
    check_nothing_is_cut_off(pictures.plot_images([np.zeros((4, 4))] * 6, LONG))
    check_nothing_is_cut_off(pictures.plot_history([{"epoch": 1.0, name: 1.0} for name in LONG]))


@pytest.mark.parametrize("count", [1, 6, 13])
@pytest.mark.parametrize("shape", [(8, 8, 1), (20, 30, 3), (30, 10, 1)])
def test_captions_stand_over_their_images(count: int, shape: tuple[int, ...]) -> None:
    captions = [f"a longish name…, {at}%\nis another name…" for at in range(count)]
    images = list(CHANCE.random((count, *shape)))
    drawn = pictures.plot_images(images, captions)
    check_nothing_is_cut_off(drawn)
    assert [axes.get_title() for axes in drawn.axes] == captions
    rows: dict[int, list[Any]] = {}
    for axes in drawn.axes:
        title, image = axes.title.get_window_extent(), axes.get_window_extent()
        assert title.y0 >= image.y1 - 1
        rows.setdefault(round(image.y0), []).append(title)
    for titles in rows.values():
        assert all(one.x1 <= other.x0 for one, other in pairwise(titles))
    assert len(rows) == -(-count // 6)
    assert pictures.to_image(drawn).width == int(1.5 * min(count, 6) * pictures.DPI)


def test_a_grey_image_is_shown_from_black_to_white() -> None:
    drawn = pictures.plot_images([np.full((4, 4, 1), 0.5)], ["half"])
    pixels = np.asarray(pictures.to_image(drawn).convert("L"))
    assert abs(int(pixels[pixels.shape[0] // 2, pixels.shape[1] // 2]) - 128) <= 1


def test_long_texts_are_shortened() -> None:
    assert pictures.shorten("twelve chars", 12) == "twelve chars"
    assert pictures.shorten("twelve chars", 11) == "twelve cha…"


def test_small_images_are_enlarged_and_large_ones_left() -> None:
    small = np.arange(12.0).reshape(1, 3, 4, 1)
    large = pictures.enlarge(small, 9)
    assert large.shape == (1, 9, 12, 1)
    np.testing.assert_array_equal(large[:, ::3, ::3], small)
    assert pictures.enlarge(large, 5).shape == large.shape


def test_curves_of_one_title_share_a_panel() -> None:
    drawn = pictures.plot_curves({"loss": {"a": ([1, 2], [3, 4]), "b": ([1], [5])}, "mse": {}})
    assert [axes.get_title() for axes in drawn.axes] == ["loss", "mse"]
    assert {line.get_label(): list(line.get_ydata()) for line in drawn.axes[0].lines} == {
        "a": [3, 4],
        "b": [5],
    }


@pytest.mark.parametrize("shape", [(40, 60, 1), (40, 60, 3)])
def test_a_sheet_keeps_its_pixels_beside_title_and_labels(shape: tuple[int, ...]) -> None:
    pixels = CHANCE.integers(0, 256, shape).astype(np.uint8)
    figure = plot_sheet(pixels, "What is seen,\nin two lines", ("above", "below"), ("a", "b", "c"))
    drawn = np.asarray(pictures.to_image(figure))
    wanted = np.broadcast_to(pixels, (40, 60, 3))
    windows = np.lib.stride_tricks.sliding_window_view(drawn, (40, 60, 3))[:, :, 0]
    assert (windows == wanted).all((2, 3, 4)).sum() == 1
    texts = [text.get_text() for text in [*figure.texts, *figure.axes[0].texts]]
    assert texts == ["What is seen,\nin two lines", "above", "below", "a", "b", "c"]
    check_nothing_is_cut_off(figure)


def test_a_title_has_room() -> None:
    title = "A title that is longer than the only picture below it is wide"
    check_nothing_is_cut_off(pictures.plot_images([np.zeros((4, 4))], ["one"], title=title))
    check_nothing_is_cut_off(pictures.plot_series([np.zeros((4, 1))], ["one"], title=title))


def test_wide_images_leave_no_gaps() -> None:
    wide = pictures.plot_images([np.zeros((4, 16))] * 4, ["a"] * 4, columns=2)
    assert wide.get_figheight() < wide.get_figwidth() / 2
