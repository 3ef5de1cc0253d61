"""Folders as people have them: photographs of all sizes, hidden files, links, a broken one in the middle."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.data.load import open_dataset

COLOURS = {"red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255)}


def put(path: str, size: tuple[int, int] = (8, 8), mode: str = "RGB", **options: Any) -> None:
    """Write an image of the colour that its class is called after."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    colour = next((COLOURS[part] for part in Path(path).parts if part in COLOURS), (99, 99, 99))
    Image.new("RGB", size, colour).convert(mode).save(path, **options)


def three(root: str = "mine", count: int = 5, **options: Any) -> None:
    for name in COLOURS:
        for at in range(count):
            put(f"{root}/{name}/{at}.png", **options)


def check_colours(data: zoo.Dataset) -> None:
    """Check that each label is that of the colour in the image."""
    assert data.classes == ("blue", "green", "red")
    for split in (data.train, data.test):
        shown = split.inputs.mean((1, 2)).argmax(-1)  # 0 is red
        assert (shown == 2 - np.array(split.targets)).all()


def refused(problem: str, architecture: str = "cnn", **settings: Any) -> None:
    """Check that a training ends in one sentence, before it began."""
    before = set(Path().iterdir())
    with pytest.raises(zoo.UsageError, match=problem) as caught:
        zoo.train(architecture, data="mine", **settings)
    assert "\n" not in str(caught.value)
    assert set(Path().iterdir()) == before


def test_a_fifth_of_each_class_is_held_out() -> None:
    three()
    data = open_dataset("mine")
    check_colours(data)
    assert (len(data.train), len(data.test), data.input_shape) == (12, 3, (8, 8, 3))
    assert data.preprocessing == "uint8 / 255"


@pytest.mark.parametrize("test", ["test", "val"])
def test_train_and_test_folders_are_kept(test: str) -> None:
    three("mine/train", 4)
    three(f"mine/{test}", 2)
    data = open_dataset("mine")
    check_colours(data)
    assert (len(data.train), len(data.test)) == (12, 6)


def test_test_comes_before_val_and_train_may_be_alone() -> None:
    three("mine/train")
    assert len(open_dataset("mine").train) == 12
    three("mine/val", 1)
    three("mine/test", 2)
    assert len(open_dataset("mine").test) == 6


@pytest.mark.parametrize(
    ("train", "test"), [("Train", "Test"), ("training", "validation"), ("train", "valid")]
)
def test_splits_have_names_of_many_kinds(train: str, test: str) -> None:
    three(f"mine/{train}")
    three(f"mine/{test}", 2)
    data = open_dataset("mine")
    check_colours(data)
    assert (len(data.train), len(data.test)) == (15, 6)


def test_a_folder_around_the_classes_is_looked_into(caplog: pytest.LogCaptureFixture) -> None:
    three("mine/dataset")
    with caplog.at_level("INFO", "zoo"):
        check_colours(open_dataset("mine"))
    assert "reading mine/dataset, the only folder in mine" in caplog.text


def test_a_single_class_stays_one() -> None:
    put("mine/only/0.png")
    put("mine/only/1.png")
    assert open_dataset("mine").classes == ("only",)


def test_training_may_be_a_class() -> None:
    put("mine/training/0.png")
    put("mine/training/1.png")
    put("mine/racing/0.png")
    assert open_dataset("mine").classes == ("racing", "training")


def test_a_split_that_is_not_read_is_named(caplog: pytest.LogCaptureFixture) -> None:
    three("mine/train")
    three("mine/val", 1)
    three("mine/test", 2)
    with caplog.at_level("INFO", "zoo"):
        open_dataset("mine")
    assert "mine/val is not read: the test split is mine/test." in caplog.text


def test_images_may_lie_deeper_and_be_called_anything() -> None:
    three()
    put("mine/red/2024/março/ein Bild.JPG")
    put("mine/red/2024/猫 🐈.webp")
    put("mine/green/a.b.c.gif")
    data = open_dataset("mine")
    check_colours(data)
    assert len(data.train) + len(data.test) == 18


def test_what_is_hidden_or_no_image_is_passed_over() -> None:
    three()
    for junk in (".DS_Store", "red/Thumbs.db", "red/._0.png", "blue/notes.txt", ".git/a.png"):
        Path("mine", junk).parent.mkdir(exist_ok=True)
        Path("mine", junk).write_bytes(b"\0\5\x16\7")
    put("mine/.ipynb_checkpoints/0.png")
    put("mine/red/.thumbnails/0.png")
    put("mine/__MACOSX/0.png")
    Path("mine/red/folder.png").mkdir()
    data = open_dataset("mine")
    check_colours(data)
    assert len(data.train) + len(data.test) == 15


def test_every_mode_gives_the_picture_that_a_viewer_shows() -> None:
    three()
    for mode in ("RGBA", "P", "CMYK", "YCbCr"):
        put(f"mine/red/{mode}.tif", mode=mode)
    put("mine/blue/rgba.png", mode="RGBA")
    check_colours(open_dataset("mine"))


def test_grey_images_have_one_channel_and_grey_among_colours_has_three() -> None:
    for at, mode in enumerate(["L", "1", "LA", "I;16", "P"]):
        image = Image.new("L", (8, 8), 255)
        image = Image.fromarray(np.full((8, 8), 65535, np.uint16)) if mode == "I;16" else image
        Path(f"mine/{at % 2}").mkdir(parents=True, exist_ok=True)
        (image if mode == "I;16" else image.convert(mode)).save(f"mine/{at % 2}/{mode[0]}{at}.png")
    data = open_dataset("mine")
    assert data.input_shape == (8, 8, 1)
    assert (data.train.stored == 255).all()
    put("mine/0/red.png")
    data = open_dataset("mine")
    assert data.input_shape == (8, 8, 3)
    assert data.preprocessing == "uint8 / 255"


def test_mixed_sizes_become_their_median_scaled_to_cover_and_cut() -> None:
    three(count=2, size=(10, 20))
    three(count=5, size=(30, 24))
    data = open_dataset("mine", resize="crop")
    assert data.input_shape == (24, 30, 3)
    put("mine/red/large.png", (300, 400))
    check_colours(open_dataset("mine", resize="crop"))
    found = open_dataset("mine", resize="crop").preprocessing
    assert found == "scaled and cut to 24 x 30, uint8 / 255"
    padded = open_dataset("mine").preprocessing
    assert padded == "scaled and padded with black to 24 x 30, uint8 / 255"


@pytest.mark.parametrize(
    ("sizes", "shape"),
    [
        ([(481, 321)] * 4 + [(321, 481)] * 2, (43, 64, 3)),
        ([(4000, 10)] * 4 + [(4000, 11)] * 2, (1, 64, 3)),
        ([(200, 150)] * 6, (48, 64, 3)),
        ([(120, 90)] * 6, (90, 120, 3)),  # small ones of one size stay as they are
    ],
)
def test_photographs_are_made_small_where_they_are_large_or_of_mixed_sizes(
    sizes: Any, shape: Any
) -> None:
    for at, size in enumerate(sizes):
        put(f"mine/{('red', 'blue')[at % 2]}/{at}.png", size)
    assert open_dataset("mine").input_shape == shape


def test_images_that_stand_upright_by_exif_alone_are_measured_upright() -> None:
    exif = Image.Exif()
    exif[0x112] = 6
    for name in ("red", "blue"):
        put(f"mine/{name}/lying.jpg", (20, 10), exif=exif)
        put(f"mine/{name}/standing.jpg", (10, 20))
    data = open_dataset("mine")
    assert (data.input_shape, data.preprocessing) == ((20, 10, 3), "uint8 / 255")


def test_the_setting_decides_size_and_channels() -> None:
    three(size=(10, 12))
    assert open_dataset("mine", (6, 5, 1)).input_shape == (6, 5, 1)
    assert open_dataset("mine", (None, 5, 3)).input_shape == (12, 5, 3)
    assert open_dataset("mine", (6, 5, 4)).train.stored[..., 3].min() == 255
    refused(
        r"shape \(height, width, 1 or 3 or 4\). Received: input_shape \(7,\)",
        "mlp",
        input_shape=[7],
    )
    refused("Received: input_shape", input_shape=[8, 8, 2])


def test_photographs_of_all_sizes_train_a_cnn_and_it_takes_the_users_own_files() -> None:
    for at in range(8):
        for name in COLOURS:
            put(f"mine/{name}/{at}.jpg", (40 + 7 * at, 60 - 5 * at))
    plain = {"filters": [8], "normalization": "none", "dropout": 0, "head_dropout": 0}
    run = zoo.train("cnn", data="mine", epochs=20, batch_size=6, learning_rate=0.01, **plain)
    assert run.record["config"]["classes"] == ["blue", "green", "red"]
    assert run.record["config"]["input_shape"] == [42, 64, 3]
    done = run.record["dataset"]["preprocessing"]
    assert done == "scaled and padded with black to 42 x 64, uint8 / 255"
    assert run.metrics["accuracy"] == 1
    put("new/red/huge.png", (900, 300), mode="RGBA")
    put("new/blue/tiny.bmp", (3, 5))
    answers = zoo.apply(run, ["new/red/huge.png", "new/blue/tiny.bmp"])
    assert [answer["class"] for answer in answers] == ["red", "blue"]
    assert zoo.evaluate(run) == run.metrics


def test_a_model_of_any_size_learns_from_photographs_of_all_sizes() -> None:
    three(count=2, size=(10, 20))
    three(count=5, size=(30, 24))
    run = zoo.train("cnn", data="mine", input_shape=[None, None, 3], filters=[2], epochs=1)
    assert run.record["config"]["input_shape"] == [None, None, 3]
    put("mine.png", (41, 17))
    assert len(zoo.apply(run, ["mine.png"])) == 1


@pytest.mark.parametrize("name", ["broken.png", "text.jpg", "empty.png", "gone.png", "loop.png"])
def test_one_bad_file_in_the_middle_is_named(name: str) -> None:
    three()
    path = Path("mine/green", name)
    if name == "broken.png":
        noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3))
        Image.fromarray(noise.astype(np.uint8)).save(path)
        path.write_bytes(path.read_bytes()[:-60])
    elif name == "gone.png":
        path.symlink_to("nowhere.png")
    elif name == "loop.png":
        path.symlink_to("loop.png")
    else:
        path.write_text("hello" if name == "text.jpg" else "")
    refused(name)


def test_a_decompression_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    three()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 400)
    put("mine/red/large.png", (28, 28))  # over the warning, which is for nobody to read
    assert len(open_dataset("mine").train) == 13
    put("mine/red/bomb.png", (30, 30))
    refused(r"bomb\.png was not opened: it has too many pixels.*decompression bomb")


@pytest.mark.parametrize("root", ["mine", "mine/train"])
def test_a_single_class_is_refused(root: str) -> None:
    for at in range(3):
        put(f"{root}/red/{at}.png")
    refused(r"a single class \(red\)")


def test_an_empty_class_is_named() -> None:
    three()
    Path("mine/violet/deep").mkdir(parents=True)
    refused("There is no image in .*mine/violet. Remove it if it is no class")


def test_a_folder_without_images_is_told_what_to_hold() -> None:
    Path("mine/a").mkdir(parents=True)
    refused("must hold a folder for each class, with images in it")
    shutil.rmtree("mine/a")
    refused("must hold a folder for each class")


def test_a_test_folder_without_images_or_with_another_class_is_refused() -> None:
    three("mine/train")
    Path("mine/test").mkdir()
    refused(r"There is no image under .*mine/test. Expected: \.bmp")
    put("mine/test/violet/0.png")
    refused("mine/test/violet is a class that training lacks. Its classes: blue, green, red")


def test_a_test_folder_may_lack_a_class() -> None:
    three("mine/train")
    put("mine/test/red/0.png")
    assert open_dataset("mine").test.targets.tolist() == [2]


def test_a_class_of_one_image_is_learnt_from() -> None:
    three()
    put("mine/violet/only.png")
    data = open_dataset("mine")
    assert np.bincount(data.train.targets).tolist() == [4, 4, 4, 1]
    shutil.rmtree("mine")
    put("mine/red/only.png")
    put("mine/blue/only.png")
    refused("At least 2 examples of one class are needed")


def test_images_without_folders_have_no_labels() -> None:
    for at in range(5):
        put(f"mine/{at}.png")
    data = open_dataset("mine")
    assert (data.classes, data.train.targets, len(data.train), len(data.test)) == (None, None, 4, 1)
    refused("mine has no labels, and the model is a classifier")
    put("mine/train/0.png")
    put("mine/train/1.png")
    put("mine/val/0.png")
    assert [len(split) for split in (open_dataset("mine").train, open_dataset("mine").test)] == [
        2,
        1,
    ]


def test_links_to_images_and_classes_are_followed_and_loops_are_not() -> None:
    three("real")
    Path("mine").mkdir()
    for name in COLOURS:
        Path("mine", name).symlink_to(Path("real", name).resolve())
    Path("mine/up").symlink_to("..")
    Path("mine/self").symlink_to(".")
    Path("real/red/again").symlink_to("..")
    Path("real/red/link.png").symlink_to("0.png")
    data = open_dataset("mine")
    check_colours(data)
    assert len(data.train) + len(data.test) == 16


def test_names_that_no_terminal_can_print_are_refused() -> None:
    three()
    shutil.copytree("mine/red", b"mine/bad\xff".decode("utf-8", "surrogateescape"))
    refused("a name that cannot be printed")


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder that everybody reaches, and a process that is nobody there."""
    folder = Path(tempfile.mkdtemp(prefix="zoo-nobody-", dir="/tmp"))
    folder.chmod(0o755)
    here = Path.cwd()
    os.chdir(folder)
    yield folder
    os.seteuid(0)
    os.chdir(here)
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
@pytest.mark.parametrize("path", ["mine", "mine/red", "mine/red/2.png"])
def test_what_may_not_be_read_is_named(nobody: Path, path: str) -> None:
    three()
    Path(path).chmod(0)
    os.seteuid(65534)
    with pytest.raises(zoo.DataError, match=f"{path} cannot be read: Permission denied"):
        open_dataset("mine")
