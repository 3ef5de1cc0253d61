import random
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.data.image_folders import folders_in, images_in
from zoo.data.images import image_size, open_image, read_image, to_array

RAMP = np.linspace(0, 1, 12)[:, None] * np.ones(10)  # black above, white below
GREY = Image.fromarray(np.rint(255 * RAMP).astype(np.uint8))


def of_bits(top: int, dtype: str) -> Image.Image:
    return Image.fromarray((RAMP * top).astype(dtype))


@pytest.mark.parametrize(
    ("image", "name", "channels"),
    [
        (GREY, "a.png", 1),
        (GREY, "a.bmp", 1),
        (GREY, "a.gif", 1),
        (GREY.convert("P"), "a.png", 1),
        (GREY.convert("LA"), "a.png", 1),
        (of_bits(65535, "<u2"), "a.png", 1),
        (of_bits(65535, "<u2"), "a.tif", 1),
        (of_bits(65535, ">u2"), "a.tif", 1),
        (of_bits(65535, "i4"), "a.tif", 1),
        (of_bits(255, "i4"), "a.tiff", 1),
        (of_bits(1, "f4"), "a.tif", 1),
        (of_bits(255, "f4"), "a.tif", 1),
        (GREY.convert("RGB"), "a.png", 3),
        (GREY.convert("RGB"), "a.webp", 3),
        (GREY.convert("RGBA"), "a.png", 3),
        (GREY.convert("CMYK"), "a.tif", 3),
        (GREY.convert("YCbCr"), "a.tif", 3),
        (GREY.convert("RGB"), "A.JPG", 3),
    ],
)
def test_every_mode_shows_the_same_picture(image: Image.Image, name: str, channels: int) -> None:
    path = Path(name)
    image.save(path)
    assert image_size(path) == (12, 10, channels)
    assert to_array(open_image(path), (None, None, None)).shape == (12, 10, channels)
    tolerance = 0.02 if name == "A.JPG" or channels == 3 else 1 / 255
    for wanted in (1, 3, 4):
        pixels = read_image(path, (12, 10, wanted))
        assert pixels.dtype == np.float32
        np.testing.assert_allclose(pixels[..., 0], RAMP, atol=tolerance)
        assert pixels.shape == (12, 10, wanted)


def test_an_image_of_one_bit_is_black_and_white() -> None:
    Image.fromarray(RAMP > 0.5).save("a.png")
    np.testing.assert_array_equal(read_image("a.png", (12, 10, 1))[..., 0], RAMP > 0.5)


@pytest.mark.parametrize(
    ("image", "options"),
    [
        (Image.new("RGBA", (4, 4), (0, 0, 0, 0)), {}),
        (Image.new("LA", (4, 4), (0, 0)), {}),
        (Image.new("L", (4, 4), 7), {"transparency": 7}),
        (Image.new("RGB", (4, 4), (1, 2, 3)), {"transparency": (1, 2, 3)}),
        (Image.new("P", (4, 4), 0), {"transparency": 0}),
        (Image.new("P", (4, 4), 0), {"transparency": b"\0\xff"}),
    ],
)
def test_what_is_transparent_is_white(image: Image.Image, options: Any) -> None:
    image.save("a.png", **options)
    for channels in (1, 3):
        assert (read_image("a.png", (4, 4, channels)) == 1).all()
    assert (read_image("a.png", (4, 4, 4))[..., 3] == 0).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_upright(orientation: int) -> None:
    corner = np.zeros((16, 32), np.uint8)
    corner[:8, :16] = 255  # white in the upper left
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }.get(orientation)  # fmt: skip
    stored = Image.fromarray(corner) if turn is None else Image.fromarray(corner).transpose(turn)
    exif = Image.Exif()
    exif[0x112] = orientation
    stored.save("a.jpg", exif=exif, quality=100)
    assert image_size(Path("a.jpg")) == (16, 32, 1)
    np.testing.assert_allclose(read_image("a.jpg", (None, None, 1))[..., 0], corner / 255, atol=0.1)


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b""])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_broken_metadata_spoils_no_picture(exif: bytes, name: str) -> None:
    GREY.convert("RGB").save(name, exif=exif)
    assert image_size(Path(name))[:2] == (12, 10)
    np.testing.assert_allclose(read_image(name, (12, 10, 1))[..., 0], RAMP, atol=0.03)


def test_an_animation_is_its_first_frame() -> None:
    GREY.save("a.gif", save_all=True, append_images=[Image.new("L", (10, 12))])
    np.testing.assert_allclose(read_image("a.gif", (12, 10, 1))[..., 0], RAMP, atol=1 / 255)


def test_images_are_scaled_to_cover_and_cut_in_the_middle() -> None:
    stripes = np.zeros((10, 30), np.uint8)
    stripes[:, 10:20] = 255
    Image.fromarray(stripes).save("a.png")
    assert (read_image("a.png", (10, 10, 1), "crop") == 1).all()
    assert (read_image("a.png", (20, 20, 1), "crop")[:, 2:-2] == 1).all()
    assert read_image("a.png", (None, 10, 1)).shape == (10, 10, 1)
    assert read_image("a.png", (5, None, 1)).shape == (5, 30, 1)


@pytest.mark.parametrize("shape", [(8, 8, 2), (8, 8, 5), (8, 8), (8,), (8, 8, 8, 1)])
def test_a_model_of_no_images_takes_no_image(shape: tuple[int, ...]) -> None:
    with pytest.raises(zoo.DataError, match=r"\(height, width, 1 or 3 or 4\). The model takes"):
        to_array(GREY, shape)


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        (of_bits(10**9, "i4"), "pixels go from 0 to 1000000000; expected: 0 to 255 or 65535"),
        (Image.fromarray((RAMP - 1).astype("f4")), "pixels go from -1.0 to 0.0; expected: 0 to 1"),
        (Image.fromarray(np.full((3, 3), np.nan, "f4")), "from nan to nan"),
    ],
)
def test_pixels_of_unknown_range_are_refused(image: Image.Image, problem: str) -> None:
    image.save("a.tif")
    with pytest.raises(zoo.DataError, match=rf"a\.tif is a broken image: .*{problem}"):
        open_image(Path("a.tif"))


def test_files_that_are_no_images_are_named() -> None:
    Path("a.png").write_text("hello")
    Path("b.png").mkdir()
    for name, problem in (
        ("a.png", "is not an image that Pillow can read"),
        ("b.png", "is a folder, and was not opened"),
        ("c.png", "There is no file c.png"),
    ):
        for read in (open_image, image_size):
            with pytest.raises(zoo.DataError, match=rf"(?s){problem}"):
                read(Path(name))


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def test_an_image_that_would_unpack_to_gigabytes_is_refused() -> None:
    size = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    Path("bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bomb)
    with pytest.raises(zoo.DataError, match=r"bomb\.png was not opened: .*3600000000 pixels"):
        open_image(Path("bomb.png"))


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.tif", "a.webp", "a.bmp"])
def test_a_damaged_file_is_read_or_refused_and_nothing_else(name: str) -> None:
    path, chance = Path(name), random.Random(0)
    noise = np.random.default_rng(0).integers(0, 256, (12, 10, 3)).astype(np.uint8)
    Image.fromarray(noise).save(path)
    content, refused = path.read_bytes(), 0
    for _ in range(80):
        damaged = bytearray(content[: chance.randrange(1, 2 * len(content))])
        for _ in range(chance.choice([0, 1, 5])):
            damaged[chance.randrange(min(len(damaged), chance.choice([40, 10**6])))] = 255
        path.write_bytes(damaged)
        try:
            assert to_array(open_image(path), (4, 4, 3)).shape == (4, 4, 3)
        except zoo.DataError:
            refused += 1
    assert 15 < refused < 80


def test_arrays_are_taken_as_they_are() -> None:
    np.testing.assert_array_equal(read_image(RAMP, (12, 10, 1))[..., 0], RAMP.astype(np.float32))
    bright = np.full((2, 3, 3), 255, np.uint8)
    assert (read_image(bright, (None, None, 3)) == 1).all()
    assert (read_image([[True, False]], (1, 2, 1))[0, :, 0] == [1, 0]).all()


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (RAMP.T, r"takes arrays of shape \(12, any, 1\). Received: shape \(10, 12, 1\)"),
        (RAMP[0], r"Received: shape \(10,\)"),
        (RAMP[:, :0], r"is empty: its shape is \(12, 0, 1\)"),
        (RAMP * 255, "from 0 to 255. .*Divide them by 255"),
        (np.rint(RAMP * 255).astype(int), "from 0 to 255"),
        (RAMP * np.nan, "The array holds a value that is not a finite number"),
        (RAMP.astype(str), "The array must hold numbers"),
        ([[1, 2], [3]], "must all have one shape"),
        (None, r"Received: shape \(\)"),
    ],
)
def test_other_arrays_are_refused(array: Any, problem: str) -> None:
    with pytest.raises(zoo.DataError, match=problem):
        read_image(array, (12, None, 1))


def test_images_are_listed_in_order_and_hidden_ones_are_not() -> None:
    for name in (
        "b.png",
        "a/z.JPEG",
        "a/.x.png",
        ".h/c.png",
        "a/d/e.tif",
        "n.txt",
        "__MACOSX/f.png",
    ):
        Path("all", name).parent.mkdir(parents=True, exist_ok=True)
        Path("all", name).touch()
    Path("all/a/up").symlink_to("..")
    Path("all/up").symlink_to("..")
    shown = [str(path.relative_to("all")) for path in images_in(Path("all"))]
    assert shown == ["a/d/e.tif", "a/z.JPEG", "b.png"]
    assert images_in(Path("all"), {".txt"}) == [Path("all/n.txt")]
    assert folders_in(Path("all")) == [Path("all/a")]
    with pytest.raises(zoo.DataError, match="nowhere cannot be read: No such file"):
        images_in(Path("nowhere"))
