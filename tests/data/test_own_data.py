"""Data of one's own in every kind is read for what it is; benchmarks/own_data.py trains on each."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from benchmarks import own_data
from zoo.data.images import to_array
from zoo.runs.recipe import resolve
from zoo.runs.start.summary import describe_data

KINDS = list(own_data.kinds(Path()))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_read(kind: str, tmp_path: Path) -> None:
    architecture, make = own_data.kinds(tmp_path)[kind]
    data = resolve(architecture, {}, make()).load_data()
    assert data.classes is not None
    assert len(data.classes) == 2
    expected = 24 if "folder" in kind else 40
    assert len(data.train) + len(data.test) == expected
    assert describe_data(data).startswith(f"{expected} ")


@pytest.mark.parametrize("mode", own_data.MODES)
def test_a_mode_keeps_its_brightness(mode: str, tmp_path: Path) -> None:
    data = zoo.open_dataset(own_data.write_images(tmp_path / "images", mode))
    means = data.train.inputs.mean((1, 2, 3))
    assert data.train.targets is not None
    dark, light = (means[data.train.targets == at].mean() for at in (0, 1))
    assert dark < 0.35
    assert light > 0.65
    assert data.input_shape[-1] == (1 if mode in ("1", "L", "LA", "I;16") else 3)


@pytest.mark.parametrize(
    ("resize", "corner", "middle"), [("pad", 0, 255), ("stretch", 255, 255), ("crop", 255, 255)]
)
def test_an_odd_image_is_padded_stretched_or_cropped(resize: Any, corner: int, middle: int) -> None:
    white = Image.new("L", (40, 10), 255)
    pixels = to_array(white, (20, 20, 1), resize)
    assert pixels.shape == (20, 20, 1)
    assert (pixels[0, 0, 0], pixels[10, 10, 0]) == (corner, middle)


def test_images_of_the_right_proportions_are_the_same_in_each_way() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (30, 60)).astype(np.uint8))
    first, *others = (to_array(noise, (10, 20, 1), resize) for resize in ("pad", "stretch", "crop"))
    for other in others:
        np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("resize", ["pad", "stretch", "crop"])
def test_what_was_done_to_images_is_said_and_done_again(resize: Any, tmp_path: Path) -> None:
    folder = own_data.write_odd(tmp_path / "odd")
    run = zoo.train(
        "mlp", data=folder, epochs=1, units=[32], resize=resize, input_shape=(12, 12, 3)
    )
    words = {
        "pad": "scaled and padded with black",
        "stretch": "stretched",
        "crop": "scaled and cut",
    }
    assert run.record["dataset"]["preprocessing"] == f"{words[resize]} to 12 x 12, uint8 / 255"
    file = folder / "light" / "3.jpg"
    with Image.open(file) as image:
        own = to_array(image, (12, 12, 3), resize)
    (applied,) = zoo.apply(run, [file])
    (given,) = zoo.apply(run, [own])
    assert applied["top"] == given["top"]
    (explained,) = zoo.explain(run, [file], methods=["gradient"])
    np.testing.assert_allclose(explained.input, own / np.float32(255))


def test_a_run_without_the_setting_crops_as_it_was_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # sizes of batches depend on the time that they take, and the last bits on the size
    monkeypatch.setattr("zoo.inference.read_ahead.MOST_ITEMS", 1)
    folder = own_data.write_odd(tmp_path / "odd")
    run = zoo.train("mlp", data=folder, epochs=1, units=[4], resize="crop", input_shape=(12, 12, 3))
    before = zoo.apply(run, [folder])
    config = {key: value for key, value in run.record["config"].items() if key != "resize"}
    run.update(config=config)
    old = zoo.Run.open(run.path)
    assert zoo.apply(old, [folder]) == before
    assert zoo.evaluate(old) == run.metrics


@pytest.mark.parametrize("kind", [".npz", ".txt of UCR", ".csv, long format"])
def test_apply_takes_the_file_that_train_takes(kind: str, tmp_path: Path) -> None:
    _, make = own_data.kinds(tmp_path)[kind]
    file = make()
    run = zoo.train("mlp", data=file, epochs=1, units=[4])
    answers = zoo.apply(run, [file])
    assert len(answers) == 40
    (third,) = zoo.apply(run, [f"{file}:3"])
    assert third["top"].keys() == answers[2]["top"].keys()
    np.testing.assert_allclose(
        list(third["top"].values()), list(answers[2]["top"].values()), rtol=1e-5
    )


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.filterwarnings("ignore:.* is trained on .*:UserWarning")  # all of a file is measured
def test_each_kind_trains_and_applies(tmp_path: Path) -> None:
    rows = list(own_data.measure_kinds(tmp_path))
    assert [row[0] for row in rows] == KINDS


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_drawn_shapes_are_learned_without_settings(tmp_path: Path) -> None:
    accuracies = [float(row[1]) for row in own_data.measure_shapes(tmp_path, 3)]
    assert np.mean(accuracies) >= 0.85
