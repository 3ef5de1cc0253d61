"""Image files are brought to the form of a data set's images, and it is said what was done."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

import zoo
from zoo.data.arrays import Array
from zoo.data.inputs import read_input
from zoo.errors import DataError
from zoo.inference.form_reader import FormReader, form_notes, read_in_form
from zoo.inference.image_form import ImageForm, bring_to_form, image_form

SIZE = (28, 28)
USUAL: dict[str, Any] = {"ground": 0, "ink": 255, "box": (80, 60, 200, 250)}
MNIST = ImageForm(20 / 28, "mass", 0.085)
THINGS = ImageForm(1.0)


def seven(
    side: int = 280,
    box: tuple[int, int, int, int] = (80, 40, 200, 240),
    width: int = 36,
    **colours: int,
) -> Image.Image:
    """Draw a 7 into a box (left, top, right, bottom)."""
    image = Image.new("L", (side, side), colours.get("ground", 255))
    left, top, right, bottom = box
    line = [(left, top), (right, top), ((left + right) // 2, bottom)]
    ImageDraw.Draw(image).line(line, fill=colours.get("ink", 0), width=width, joint="curve")
    return image


def form_of(image: Image.Image, form: ImageForm = MNIST) -> tuple[Array, str]:
    found = bring_to_form(image, SIZE, form)
    assert found is not None
    return found


def test_a_dark_drawing_anywhere_becomes_a_digit_of_mnist() -> None:
    for image in (
        seven(),
        seven(box=(200, 200, 240, 260), width=6),
        seven(600, (50, 50, 530, 550), 60),
        seven().convert("RGBA"),
        seven().resize((280, 200)),
    ):
        pixels, words = form_of(image)
        assert words.startswith("inverted, ")
        assert words.endswith("scaled to 20 of 28 pixels and centred")
        assert pixels.shape == (28, 28, 1)
        assert (pixels.dtype.name, float(pixels.max())) == ("float32", 1.0)
        rows, columns = (np.flatnonzero((pixels[..., 0] > 0.3).any(axis)) for axis in (1, 0))
        assert 19 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 20
        mass = pixels[..., 0] / pixels.sum()
        middle = [(mass.sum(axis) * np.arange(28)).sum() for axis in (1, 0)]
        assert np.allclose(middle, 13.5, atol=0.8)


def test_thin_and_faint_strokes_become_as_wide_and_as_bright_as_in_the_data() -> None:
    pixels, words = form_of(seven(600, (150, 100, 450, 500), 6))
    assert words == "inverted, strokes widened, scaled to 20 of 28 pixels and centred"
    assert 1.5 <= pixels[14:20].sum(1).mean() <= 3.5  # pixels across the stem
    pencil, _ = form_of(seven(ground=200, ink=150))
    assert np.abs(pencil - form_of(seven())[0]).max() < 0.05
    assert form_of(seven(ground=0, ink=100))[1].startswith("contrast raised, ")
    assert form_of(seven(ground=60, ink=255))[1].startswith("ground made black, ")


def test_an_image_in_the_form_of_the_data_stays_as_it_is() -> None:
    assert bring_to_form(seven(**USUAL), SIZE, MNIST) is None
    wide = seven(**USUAL).crop((0, 30, 280, 270))
    assert form_of(wide)[1] == "scaled to 20 of 28 pixels and centred"
    exact = seven(**USUAL).resize(SIZE)
    assert bring_to_form(exact, SIZE, MNIST) is None
    pixels, words = form_of(Image.eval(exact, lambda value: 255 - value))
    assert words == "inverted"
    assert np.array_equal(np.rint(pixels[..., 0] * 255), np.asarray(exact))


def test_white_ink_on_nothing_is_seen() -> None:
    drawing = Image.new("RGBA", (280, 280), (255, 255, 255, 0))
    drawing.putalpha(seven(**USUAL))
    for image in (drawing, drawing.resize(SIZE)):
        pixels, words = form_of(image)
        assert words.startswith("laid on black")
        assert pixels.max() > 0.9 > 0.3 > pixels.mean()


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 5), (40, 40)])
def test_photographs_noise_and_blank_images_stay_as_they_are(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    assert bring_to_form(Image.new("L", size, 200), SIZE, MNIST) is None
    if min(size) > 2:
        assert bring_to_form(Image.fromarray(noise), SIZE, MNIST) is None


def test_a_thing_on_white_is_inverted_and_fills_the_image() -> None:
    product = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(product).rectangle((100, 50, 160, 170), fill=(120, 120, 120))
    pixels, words = form_of(product, THINGS)
    assert words == "inverted, scaled to 28 of 28 pixels and centred"
    assert np.flatnonzero(pixels[..., 0].any(1)).tolist() == list(range(28))
    assert pixels.max() == pytest.approx(135 / 255, abs=0.01)


@pytest.mark.parametrize("name", ["digits", "mnist", "fashion-mnist"])
def test_no_image_of_the_data_is_changed(name: str) -> None:
    try:
        images = zoo.open_dataset(name).test.take(slice(500)).inputs
    except DataError as reason:
        pytest.skip(str(reason))
    form = image_form(name)
    assert form is not None
    for each in np.rint(255 * images[..., 0]).astype(np.uint8):
        assert bring_to_form(Image.fromarray(each), each.shape[::-1], form) is None


def test_a_reader_notes_what_it_does_and_data_without_a_form_has_none() -> None:
    for at in range(7):
        seven().save(f"{at}.png")
    seven(**USUAL).save("usual.png")

    def read(item: Any) -> Any:
        return read_input(item, (28, 28, 1))

    reader = read_in_form(read, "mnist")
    assert isinstance(reader, FormReader)
    plain = read("usual.png")
    assert np.array_equal(reader("usual.png"), plain)
    assert reader(plain) is not None
    assert form_notes(reader) == []
    for at in range(7):
        assert reader(Path(f"{at}.png")).max() == 1
    notes = form_notes(reader)
    assert notes[0] == (
        "0.png: inverted, scaled to 20 of 28 pixels and centred, as the images of mnist are"
    )
    assert notes[5:] == ["2 more images brought to this form"]
    assert form_notes(reader) == []
    with pytest.raises(DataError, match=r"There is no file gone\.png"):
        reader("gone.png")
    assert read_in_form(read, "gunpoint") is read
    assert read_in_form(read, None) is read
    assert form_notes(read) == []
    assert read("0.png").mean() > 0.5  # nothing is changed outside of a reader
