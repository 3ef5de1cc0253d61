"""Whatever people save as .npz: taken as it was meant, or refused before anything is trained."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo
from zoo.data.dataset import Dataset
from zoo.data.inputs import read_input
from zoo.data.load import open_dataset

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1)).astype(np.uint8)
FLOATS = PIXELS / np.float32(255)
LABELS = np.arange(20) % 2


def saved(**arrays: Any) -> Dataset:
    np.savez("mine.npz", **arrays)
    return open_dataset("mine.npz")


def refused(problem: str, **settings: Any) -> None:
    """Check that a training ends in one sentence, before it began."""
    with pytest.raises(zoo.ZooError, match=problem) as caught:
        zoo.train("mlp", data="mine.npz", **settings)
    assert "mine.npz" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in Path().iterdir()] == ["mine.npz"]


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("train_x", "train_y", "test_x", "test_y"),
    ],
)
def test_both_splits_are_found_under_the_usual_names(names: tuple[str, ...]) -> None:
    arrays = (PIXELS, LABELS, PIXELS[:7], LABELS[:7])
    data = saved(**dict(zip(names, arrays, strict=True)))
    assert (data.train.stored == PIXELS).all()
    assert (data.test.targets == LABELS[:7]).all()
    assert data.classes == ("0", "1")
    assert data.preprocessing == "uint8 / 255"


@pytest.mark.parametrize("names", [("x", "y"), ("data", "target"), ("x_train", "y_train")])
def test_a_fifth_is_held_out_of_a_single_split(names: tuple[str, ...]) -> None:
    data = saved(**dict(zip(names, (PIXELS, LABELS), strict=True)))
    assert (len(data.train), len(data.test)) == (16, 4)
    assert np.bincount(data.test.targets).tolist() == [2, 2]
    assert saved(x=PIXELS, y=LABELS).fingerprint == data.fingerprint


def test_labels_may_be_left_out() -> None:
    data = saved(x=PIXELS)
    assert (data.train.targets, data.classes) == (None, None)
    refused("has no labels, and the model is a classifier")


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({}, "lacks x. Expected: x_train, y_train.*Received: nothing"),
        ({"a": PIXELS, "b": LABELS}, "lacks x. .*Received: a, b"),
        ({"x_test": PIXELS, "y_test": LABELS}, "lacks x_train and y_train"),
        ({"x_train": PIXELS, "x_test": PIXELS, "y_test": LABELS}, "lacks y_train"),
        ({"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS}, "lacks y_test"),
        ({"x_train": PIXELS, "y_train": LABELS, "y_test": LABELS}, "lacks x_test"),
        ({"x": PIXELS, "X": PIXELS, "y": LABELS}, "has both x and X"),
    ],
)
def test_what_is_missing_is_named(arrays: dict[str, Any], problem: str) -> None:
    np.savez("mine.npz", **arrays)
    refused(problem)


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        (PIXELS[:5], "5 examples in x and 20 labels in y"),
        (PIXELS[:0], "0 examples in x and 20 labels"),
        (np.where(FLOATS[3] == FLOATS, np.nan, FLOATS), r"x in .*not a finite.*example \d"),
        (np.where(FLOATS > 0.99, np.inf, FLOATS), "not a finite number"),
        (
            FLOATS.astype(np.float64) * 1e300,
            "x in .*as float32, holds a value that is not a finite",
        ),
        (FLOATS.astype(complex), "array of numbers.*complex128"),
        (np.array(["a"] * 20), "array of numbers.*<U1"),
        (np.zeros(20, [("a", "f4")]), "array of numbers"),
        (np.float32(3), r"array of numbers.*float32 of shape \(\)"),
        (FLOATS[:, 0, 0, 0], r"array of numbers.*shape \(20,\)"),
        (PIXELS[:, :0], r"at least one number.*\(16, 0, 8, 1\)"),
        (FLOATS * 255, "values from 0 to 255. Expected: uint8, or floats from 0 to 1. Divide"),
        (FLOATS * 2 - 1, "from -1 to 1.*Scale them"),
        (PIXELS.astype(np.uint16) * 257, "from 0 to 65535.*Scale them"),
        (PIXELS.astype(np.int64) - 5, "from -5 to 250.*Scale them"),
        (PIXELS // 128, "uint8 numbers that are 0 or 1"),
        (PIXELS[:, :, 0, 0] // 128, "uint8 numbers that are 0 or 1"),
        (
            np.repeat(PIXELS, 17, 3),
            r"volumes \(--set input_shape=8,8,17,1\) or images of 17 channels",
        ),
        (PIXELS.transpose(0, 3, 1, 2), r"\(20, 1, 8, 8\). Expected: channels last"),
        (FLOATS[..., 0] - 9, r"series of \(time, channels\).*--set input_shape=8,8"),
    ],
)
def test_inputs_that_would_train_wrongly_are_refused(inputs: Any, problem: str) -> None:
    np.savez("mine.npz", x=inputs, y=LABELS)
    refused(problem)


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        (LABELS[:5], "20 examples in x and 5 labels in y"),
        (LABELS - 1, "y in .*labels from -1 to 0. Expected: 0 to k - 1"),
        (LABELS * 1.0 - 1, "has targets of float64"),
        (LABELS + 10**6, r"labels from 1e\+06 to 1e\+06"),
        (LABELS.astype(np.uint64) + np.uint64(2**63), "labels from"),
        (LABELS * 1e30, "has targets of float64"),
        (np.where(LABELS, np.nan, 0), "y in .*not a finite number, in example 1"),
        (np.where(LABELS, np.inf, 0), "not a finite number"),
        (LABELS + 0.5, r"has targets of float64, \(16,\), and the model is a classifier"),
        (np.eye(3)[LABELS] + 0.1, "has targets of float64"),
        (np.stack([LABELS, LABELS, LABELS], 1), "has targets of int64"),
        (LABELS * 0, "a single class"),
        (np.array(["cat"] * 20), r"a single class \(cat\)"),
        (np.int64(3), r"one label for each input.*shape \(\)"),
        (LABELS.astype("datetime64[D]"), "one label for each input.*datetime64"),
        (LABELS.astype(complex), "one label for each input.*complex128"),
        (np.array([["cat"], ["dog"]])[LABELS][..., None], "one name for each input"),
        (LABELS[:0], "20 examples in x and 0 labels"),
    ],
)
def test_labels_that_name_no_classes_are_refused(labels: Any, problem: str) -> None:
    np.savez("mine.npz", x=PIXELS, y=labels)
    refused(problem)


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({"x_test": PIXELS[:0], "y_test": LABELS[:0]}, "test split .* is empty"),
        ({"x_test": PIXELS, "y_test": LABELS + 1}, "test split .*label 2 in example 1"),
        ({"x_test": PIXELS[:, :4], "y_test": LABELS}, "differ in shape"),
        ({"x_test": FLOATS, "y_test": LABELS}, "differ in dtype"),
        (
            {"x_test": PIXELS, "y_test": LABELS.astype(str)},
            "y_train and y_test .* both hold one name",
        ),
    ],
)
def test_splits_that_do_not_go_together_are_refused(arrays: Any, problem: str) -> None:
    np.savez("mine.npz", x_train=PIXELS, y_train=LABELS, **arrays)
    refused(problem)


def test_a_class_that_only_the_test_split_has_is_named() -> None:
    names = np.array(["cat", "dog"])[LABELS]
    np.savez("mine.npz", x_train=PIXELS, y_train=names, x_test=PIXELS[:1], y_test=["emu"])
    refused("y_test in .* has the class emu, which y_train lacks")


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (LABELS.astype(np.uint8), ("0", "1")),
        (LABELS.astype(">u4"), ("0", "1")),
        (LABELS.astype(np.float32), ("0", "1")),
        (LABELS == 1, ("0", "1")),
        (LABELS[:, None], ("0", "1")),
        (LABELS * 2, ("0", "1", "2")),
        (np.eye(2)[LABELS], ("0", "1")),
        (np.eye(4, dtype=bool)[LABELS], ("0", "1", "2", "3")),
        (np.array(["dog", "élan 猫"])[LABELS], ("dog", "élan 猫")),
        (np.array(["b", "a"])[LABELS][:, None], ("a", "b")),
        (np.array([b"cat", b"dog"])[LABELS], ("cat", "dog")),
    ],
)
def test_labels_of_every_kind_become_numbers(labels: Any, classes: tuple[str, ...]) -> None:
    data = saved(x_train=FLOATS, y_train=labels, x_test=FLOATS, y_test=labels)
    assert data.classes == classes
    assert data.train.targets.dtype == np.int64
    step = 2 if len(classes) == 3 else 1
    expected = (1 - LABELS) if classes == ("a", "b") else LABELS * step
    assert (data.train.targets == expected).all()


@pytest.mark.parametrize("dtype", [np.int16, np.int64, np.uint32])
def test_pixels_in_wider_integers_are_pixels_again(dtype: Any) -> None:
    data = saved(x=PIXELS.astype(dtype), y=LABELS)
    assert data.train.stored.dtype == np.uint8
    assert data.fingerprint == saved(x=PIXELS, y=LABELS).fingerprint


@pytest.mark.parametrize("dtype", [bool, np.float16, np.float64, ">f4"])
def test_pixels_of_other_dtypes_become_float32(dtype: Any) -> None:
    given = (FLOATS > 0.5) if dtype is bool else FLOATS.astype(dtype)
    data = saved(x_train=given, y_train=LABELS, x_test=given, y_test=LABELS)
    assert data.train.stored.dtype == np.float32
    np.testing.assert_array_equal(data.train.stored, given.astype(np.float32))


def test_grey_images_may_lack_their_channel() -> None:
    assert saved(x=PIXELS[..., 0], y=LABELS).input_shape == (8, 8, 1)


@pytest.mark.parametrize(
    ("inputs", "shape"),
    [
        (FLOATS[..., 0] - 9, (8, 8)),  # series
        (FLOATS[:, :, 0, 0], (8, 1)),  # series of one channel
        (np.repeat(PIXELS, 8, 3), (8, 8, 8, 1)),  # grey volumes
        (
            PIXELS[:, None, :, :, 0],
            (1, 8, 8),
        ),  # images of one row and eight channels, if one insists
    ],
)
def test_the_setting_tells_what_the_axes_mean(inputs: Any, shape: tuple[int, ...]) -> None:
    np.savez("mine.npz", x=inputs, y=LABELS)
    assert open_dataset("mine.npz", shape).input_shape == shape


def test_series_train_and_are_read_the_same_way_again() -> None:
    np.savez("mine.npz", x=FLOATS[..., 0] - 9, y=LABELS)
    run = zoo.train("mlp", data="mine.npz", input_shape=[8, 8], units=[2], epochs=1)
    assert run.record["config"]["input_shape"] == [8, 8]
    assert zoo.evaluate(run) == run.metrics


def test_objects_are_never_unpickled() -> None:
    np.savez("mine.npz", x=np.array([PIXELS[0], None], object), y=[0, 1])
    refused("holds Python objects, which run code")


def header(shape: tuple[int, ...]) -> bytes:
    """Give the first bytes of an .npy, of which nothing follows."""
    file = io.BytesIO()
    fields = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, fields)
    return file.getvalue()


def zipped(member: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", member)
    return file.getvalue()


def whole() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, x=PIXELS, y=LABELS)
    return file.getvalue()


def flipped(at: int) -> bytes:
    content = bytearray(whole())
    content[at] ^= 0xFF
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (lambda: b"", "is not a whole .npz file"),
        (lambda: b"x,y\n1,2\n", "is not a whole .npz file"),
        (lambda: whole()[:-50], "is not a whole .npz file"),
        (lambda: flipped(200), "is not a whole .npz file|is a broken .npz file"),
        (lambda: flipped(60), "is a broken .npz file: error: Error -3 while decompressing"),
        (lambda: zipped(header((2, 4)).replace(b"(2, 4)", b"(2, [[")), "is a broken .npz file"),
        (lambda: zipped(b"garbage"), "is a broken .npz file: x in it is no array"),
        (lambda: zipped(header((10**6, 8, 8, 1))), "is a broken .npz file"),
        (lambda: zipped(header((-5, 8, 8, 1))), "is a broken .npz file"),
        (lambda: zipped(header((10**12, 8, 8, 1))), "would unpack to more than 8 GiB"),
    ],
)
def test_broken_files_are_refused(content: Callable[[], bytes], problem: str) -> None:
    Path("mine.npz").write_bytes(content())
    refused(problem)


def test_many_classes_without_an_example_take_a_limit_that_is_raised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    np.savez("few.npz", x=np.zeros((20, 3), np.float32), y=np.array([0, 50_000] * 10))
    with pytest.raises(zoo.UnsafeFile, match=r"49,999 found.*ZOO_LIMITS=empty_classes=49999"):
        zoo.open_dataset("few.npz")
    monkeypatch.setenv("ZOO_LIMITS", "empty_classes=49999")
    classes = zoo.open_dataset("few.npz").classes
    assert classes is not None
    assert len(classes) == 50_001


@pytest.mark.parametrize("shape", [(0, 3), (10**9, 0), (0, 10**15)])
def test_an_item_without_examples_is_refused(shape: tuple[int, ...]) -> None:
    np.savez("empty.npz", x=np.zeros(shape, "f4"))
    with pytest.raises(zoo.DataError, match="holds no example"):
        read_input("empty.npz", (3,))
