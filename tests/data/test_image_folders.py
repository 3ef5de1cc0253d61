"""What a folder of images holds beside images is named, with its number and the reason."""

import logging
from pathlib import Path

import pytest
from PIL import Image

import zoo
from zoo.data.image_folders import log_left_out
from zoo.data.images import read_image
from zoo.data.inputs import expand_items
from zoo.data.load import open_dataset

KINDS = ".bmp, .gif, .jpeg, .jpg, .png, .tif, .tiff, .webp"


def put(*names: str) -> None:
    """Write images, and empty files of other kinds."""
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() in KINDS.split(", "):
            Image.new("RGB", (8, 8), "red").save(path)
        else:
            path.touch()


@pytest.fixture
def photos(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """A folder of two classes, with five images each, and the messages of the test."""
    put(*(f"photos/{name}/{number}.png" for name in ("cat", "dog") for number in range(5)))
    caplog.set_level("INFO", "zoo")
    return caplog


def test_pictures_of_other_kinds_are_counted_and_warned_of(
    photos: pytest.LogCaptureFixture,
) -> None:
    put("photos/cat/a.heic", "photos/dog/b.HEIC", "photos/dog/deep/c.svg", "photos/cat/d.avif")
    put("photos/cat/e.pdf", "photos/cat/Thumbs.db", "photos/cat/.DS_Store", "photos/dog/._0.png")
    assert len(open_dataset("photos").train) == 8
    (record,) = photos.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        "Warning: 2 .heic, 1 .avif, 1 .pdf and 1 .svg in photos are left out: only "
        f"{KINDS} are read. Save the other pictures as .png or .jpg."
    )


def test_other_files_are_counted_without_a_warning(photos: pytest.LogCaptureFixture) -> None:
    put("photos/LICENSE", "photos/cat/0.txt", "photos/cat/1.txt", "photos/a.of no kind at all")
    open_dataset("photos")
    (record,) = photos.records
    assert record.levelno == logging.INFO
    expected = f"2 .txt and 2 others in photos are left out: only {KINDS} are read."
    assert record.getMessage() == expected


def test_nothing_is_told_where_nothing_is_left_out(photos: pytest.LogCaptureFixture) -> None:
    open_dataset("photos")
    assert not photos.records


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["x/LICENSE"], "1 file in x is left out"),
        (["x/a.txt"], "1 .txt in x is left out"),
        ([f"x/{kind}.{kind}" for kind in "abcdefg"], "and 2 others in x are left out"),
    ],
)
def test_the_sentence_fits_the_number(
    names: list[str], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    put(*names)
    with caplog.at_level("INFO", "zoo"):
        log_left_out(Path("x"), [Path("x")])
    assert words in caplog.text


def test_images_beside_the_classes_are_warned_of(photos: pytest.LogCaptureFixture) -> None:
    put("photos/cover.jpg")
    assert len(open_dataset("photos").train) == 8
    assert photos.messages == [
        "Warning: 1 image beside the folders of the classes, such as photos/cover.jpg, is left out."
    ]


def test_a_folder_beside_the_splits_is_named(caplog: pytest.LogCaptureFixture) -> None:
    for split in ("train", "test", "extra"):
        put(*(f"mine/{split}/{name}/{at}.png" for name in ("a", "b") for at in range(2)))
    put("mine/notes/readme.txt")
    with caplog.at_level("INFO", "zoo"):
        open_dataset("mine")
    assert caplog.messages == ["mine/extra is not read: the training examples are in mine/train."]


def test_linked_classes_are_counted_too(photos: pytest.LogCaptureFixture) -> None:
    put("elsewhere/0.png", "elsewhere/1.png", "elsewhere/2.heic")
    Path("photos/owl").symlink_to(Path("elsewhere").resolve())
    open_dataset("photos")
    assert photos.messages[0].startswith("Warning: 1 .heic in photos is left out")


def test_a_class_of_other_kinds_alone_is_refused_with_its_kinds() -> None:
    put("photos/cat/0.png", "photos/cat/1.png", "photos/dog/a.heic", "photos/dog/b.heic")
    with pytest.raises(zoo.DataError) as caught:
        open_dataset("photos")
    assert str(caught.value) == (
        f"There is no image in photos/dog. It holds 2 .heic: only {KINDS} are read. "
        "Save them as .png or .jpg. Remove it if it is no class."
    )
    with pytest.raises(zoo.DataError, match=r"with images in it\. It holds 2 \.heic: only"):
        open_dataset("photos/dog")


def test_pairs_are_told_of_too(caplog: pytest.LogCaptureFixture) -> None:
    put(*(f"mine/{kind}/{at}.png" for kind in ("blur", "sharp") for at in range(3)))
    put("mine/blur/3.heic")
    with caplog.at_level("INFO", "zoo"):
        open_dataset("pairs:mine")
    assert caplog.messages[0].startswith("Warning: 1 .heic in mine is left out")


def test_apply_tells_what_it_leaves_out_of_a_folder(photos: pytest.LogCaptureFixture) -> None:
    put("photos/cat/a.heic", "photos/cat/b.txt")
    assert len(expand_items(["photos"], (8, 8, 3))) == 10
    (message,) = photos.messages
    assert message.startswith("Warning: 1 .heic and 1 .txt in photos are left out: only .bmp")
    put("empty/a.svg")
    with pytest.raises(
        zoo.UsageError, match=r"no image \(and no \.npy\) in empty\. It holds 1 \.svg: only .*\.npy"
    ):
        expand_items(["empty"], (8, 8, 3))


def test_a_single_picture_of_another_kind_is_refused_with_the_kinds() -> None:
    Path("a.heic").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(zoo.DataError, match=r"Put images into a folder for each class"):
        open_dataset("a.heic")
    with pytest.raises(zoo.DataError, match=r"a\.heic is not an image .* Expected: PNG, JPEG"):
        read_image("a.heic", (8, 8, 3))
