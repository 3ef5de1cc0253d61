from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import zoo
from tests.conftest import Install
from zoo.data.load import absolute_source, open_dataset


def test_an_npz_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    np.savez("mine.npz", x=np.zeros((6, 4)), y=[0, 1] * 3)
    Path("mine.npz").rename("MINE.NPZ")
    assert open_dataset("MINE.NPZ").input_shape == (4,)
    for at in range(6):
        Path(f"mine/{at % 2}").mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(f"mine/{at % 2}/{at}.png")
    data = open_dataset(tmp_path / "mine")
    assert data.input_shape == (4, 4, 1)
    assert data.name == str(tmp_path / "mine")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("mine.npy", "numpy.savez"),
        ("mine.xlsx", "Save the table as a .csv file."),
        ("mine.zip", "Unpack it."),
        ("mine.JPG", "a folder for each class"),
        ("mine", ""),
        ("mine.npz.bak", ""),
    ],
)
def test_other_files_are_refused(name: str, advice: str) -> None:
    Path(name).write_text("1,2,3")
    with pytest.raises(zoo.DataError, match=rf"{name}: only an \.npz or \.parquet file") as raised:
        open_dataset(name)
    assert advice in str(raised.value)


def test_a_home_directory_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    np.savez("mine.npz", x=np.zeros((6, 4)), y=[0, 1] * 3)
    assert open_dataset("~/mine.npz").name == str(tmp_path / "mine.npz")


def write_series(path: str, count: int) -> None:
    """Write a .csv of series of three steps, of two classes in turn."""
    Path(path).write_text("".join(f"{'ab'[at % 2]},{at},1,2\n" for at in range(count)))


def write_images(folder: str, count: int) -> None:
    for at in range(count):
        Path(f"{folder}/{'ab'[at % 2]}").mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), at).save(f"{folder}/{'ab'[at % 2]}/{at}.png")


def test_without_holding_out_the_test_split_is_all_of_a_source_that_has_none() -> None:
    np.savez("mine.npz", x=np.zeros((10, 4)), y=[0, 1] * 5)
    write_images("mine", 10)
    write_series("mine.csv", 10)
    for source in ("mine.npz", "mine", "mine.csv"):
        assert len(open_dataset(source).test) == 2, source
        whole = open_dataset(source, hold_out=False)
        assert (len(whole.test), len(whole.train)) == (10, 10), source
        np.testing.assert_array_equal(np.sort(whole.test.targets), [0] * 5 + [1] * 5)


def test_without_holding_out_a_source_keeps_its_own_test_split() -> None:
    np.savez("mine.npz", x_train=np.zeros((6, 4)), x_test=np.zeros((3, 4)))
    write_images("mine/train", 6)
    write_images("mine/val", 3)
    write_series("mine_TRAIN.csv", 6)
    write_series("mine_TEST.csv", 3)
    for source in ("mine.npz", "mine", "mine_TRAIN.csv"):
        data = open_dataset(source, hold_out=False)
        assert (len(data.train), len(data.test)) == (6, 3), source


def test_a_single_example_can_be_measured_on() -> None:
    write_series("one.csv", 1)
    assert len(open_dataset("one.csv", hold_out=False).test) == 1
    with pytest.raises(zoo.DataError, match="At least 2 examples"):
        open_dataset("one.csv")


def test_a_source_with_a_path_is_made_absolute(tmp_path: Path) -> None:
    Path("mine").mkdir()
    assert absolute_source("mine") == str(tmp_path / "mine")
    assert absolute_source("pairs:mine") == f"pairs:{tmp_path / 'mine'}"
    for name in ("digits", "tfds:mnist", "gone.npz", "pairs:gone"):
        assert absolute_source(name) == name


LOAD = """'''A data set of a test.'''
import numpy as np
import zoo
INPUT_SHAPE, CLASSES = (4,), ("a", "b")

def load():
    split = zoo.Split(np.zeros((2, 4)), [0, 1])
    return zoo.Dataset("strange", split, split, ("a", "b"))
"""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("(4,), (", "(5,), (", r"declares INPUT_SHAPE \(5\), and load\(\) returned \(4\)"),
        ('("a", "b")\n\n', "None\n\n", r"declares CLASSES None, and load\(\) returned \(a, b\)"),
        (
            '("a", "b")\n\n',
            '"ac"\nOUTPUTS = 2\n\n',
            r"declares CLASSES \(a, c\), and load\(\) returned",
        ),
    ],
)
def test_a_module_that_declares_something_else_than_it_loads_is_refused(
    install: Install, old: str, new: str, problem: str
) -> None:
    assert old in LOAD
    install(
        "zoo-strange",
        {"zoo_strange.py": LOAD.replace(old, new)},
        {"zoo.datasets": "strange = zoo_strange"},
    )
    with pytest.raises(zoo.PluginError, match=f"'strange' of zoo-strange 1.0 {problem}"):
        open_dataset("strange")
    with pytest.raises(zoo.PluginError, match="Correct one of them"):
        open_dataset("strange")
