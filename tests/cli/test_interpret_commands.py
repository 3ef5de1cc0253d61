"""The commands that look into a network, typed."""

import json
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.data.dataset import Dataset

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def net() -> str:
    """A network for 8 x 8 grey images, as net.keras."""
    keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(2, 3, activation="softplus", name="strokes"),  # none is ever dead
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    ).save("net.keras")
    pixels = np.random.default_rng(0).integers(0, 255, (30, 20), np.uint8)
    Image.fromarray(pixels).save("photo.png")
    return "net.keras"


def test_explain_writes_a_picture_for_each_file_and_tells_the_broken_one(
    shell: Shell, net: str
) -> None:
    Path("folder").mkdir()
    Image.open("photo.png").save("folder/a.png")
    Path("folder/b.png").write_bytes(b"no image")
    code, out, err = shell("explain", net, "photo.png", "folder", "--out", "seen")
    assert code == 1
    assert "1 of 3 items failed" in err
    assert "b.png is not an image" in err
    assert sorted(path.name for path in Path("seen").iterdir()) == [
        "a-explained.png",
        "photo-explained.png",
    ]
    assert "photo.png" in out
    assert np.asarray(Image.open("seen/photo-explained.png")).std() > 5


def test_explain_takes_a_class_and_a_method(shell: Shell, net: str) -> None:
    words = ["--out", "seen", "--method", "integrated", "--class", "2", "--json"]
    code, out, _ = shell("explain", net, "photo.png", *words)
    (row,) = json.loads(out)
    assert code == 0
    assert {"item", "class", "probability", "picture"} <= row.keys()
    assert row["class"] == "2" or row["explained"] == "2"


def test_show_lists_layers_of_files_models_and_parts(shell: Shell, net: str) -> None:
    out = shell("show", net, "--layers")[1]
    assert "3 layers, 29 parameters" in out
    assert "(6, 6, 2)" in out
    parts = json.loads(shell("show", "vae.mnist", "--layers", "--json")[1])
    assert {"encoder", "decoder"} <= parts.keys()
    rows = json.loads(shell("show", "cnn.digits", "--layers", "--json")[1])["model"]
    assert rows[0]["name"] == "conv2d"
    assert rows[-1]["shape"] == [10]
    assert sum(row["parameters"] for row in rows) == zoo.create("cnn.digits").count_params()


def test_gallery_writes_its_page(shell: Shell, net: str, tiny: Dataset) -> None:
    arrays = {
        f"{kind}_{part}": values
        for part, split in (("train", tiny.train), ("test", tiny.test))
        for kind, values in (("x", split.stored), ("y", split.targets))
    }
    np.savez("tiny.npz", **arrays)
    words = ["--layers", "strok*", "--data", "tiny.npz", "--steps", "4", "--out", "page.html"]
    code, out, err = shell("gallery", net, *words)
    assert code == 0, err
    assert "strokes" in out
    assert "page.html" in out
    assert (
        "zoo gallery net.keras --layers &#39;strok*&#39; --data tiny.npz"
        in Path("page.html").read_text()
    )
    told = json.loads(shell("gallery", net, *words, "--json")[1])
    assert [len(layer["channels"]) for layer in told["layers"]] == [2]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("explain net.keras photo.png", "Missing option '--out'"),
        ("explain net.keras photo.png --out o --class 7", "no class '7'"),
        ("explain net.keras photo.png --out o --method gradcm", "Did you mean gradcam"),
        ("explain net.keras photo.png --out o --layer stroks", "Did you mean strokes"),
        ("explain net.keras no.png --out o", "There is no file no.png"),
        ("explain nothing photo.png --out o", "There is no run, .keras or .h5 file"),
        ("gallery net.keras --layers stroks", "Did you mean strokes"),
        ("gallery net.keras --steps 0", "steps must be at least 1"),
        ("show cnn.digts --layers", "Did you mean cnn.digits"),
        ("show no.keras --layers", "no such .keras file"),
        ("explian net.keras", "Did you mean explain"),
    ],
)
def test_wrong_words_are_answered_in_a_line_or_two(
    shell: Shell, net: str, command: str, answer: str
) -> None:
    code, out, err = shell(*command.split())
    assert answer in err
    assert (code, out) == (2, "")
    assert 1 <= len(err.splitlines()) <= 2
    assert not Path("o").exists()
    assert not Path("gallery.html").exists()
