"""Where a downloadable dataset is looked for, with MNIST's name and a few pixels of our own."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset
from zoo.data.readers.keras_datasets import load_keras_dataset

LABELS = np.array([0, 9, 4, 4], np.uint8)
PIXELS = np.arange(4 * 28 * 28, dtype=np.uint8).reshape(4, 28, 28)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Keras home, no ZOO_DATA and no network."""

    def refuse() -> None:
        raise Exception("URL fetch failure on https://storage: None -- no network")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", refuse)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("ZOO_DATA", raising=False)
    folder = tmp_path / "keras" / "datasets"
    folder.mkdir(parents=True)
    return folder / "mnist.npz"


def put(path: Path, pixels: Any = PIXELS) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, x_train=pixels, y_train=LABELS, x_test=pixels, y_test=LABELS)


def check(data: Dataset, pixels: Any = PIXELS) -> None:
    assert (data.name, data.input_shape, data.classes) == (
        "mnist",
        (28, 28, 1),
        tuple("0123456789"),
    )
    assert (data.train.stored[..., 0] == pixels).all()
    assert data.test.targets.tolist() == [0, 9, 4, 4]


def test_keras_cache_is_read(cache: Path) -> None:
    put(cache)
    check(open_dataset("mnist"))


def test_keras_cache_lies_in_the_home_directory(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    put(tmp_path / "home" / ".keras" / "datasets" / "mnist.npz")
    check(open_dataset("mnist"))


def test_zoo_data_comes_before_keras_cache(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cache)
    put(tmp_path / "mine" / "mnist.npz", PIXELS[::-1])
    monkeypatch.setenv("ZOO_DATA", str(tmp_path / "mine"))
    check(open_dataset("mnist"), PIXELS[::-1])
    (tmp_path / "mine" / "mnist.npz").unlink()
    check(open_dataset("mnist"))


def test_what_is_not_here_is_downloaded_and_nothing_is_printed_where_json_goes(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def download() -> Any:
        print("Downloading data from https://storage")
        return (PIXELS, LABELS), (PIXELS, LABELS)

    monkeypatch.setattr(keras.datasets.mnist, "load_data", download)
    check(open_dataset("mnist"))
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "Downloading data from https://storage\n")


def test_without_a_file_and_a_network_the_error_says_where_to_put_the_file(
    cache: Path, tmp_path: Path
) -> None:
    with pytest.raises(zoo.DataError, match=r"cannot be downloaded.*no network") as caught:
        zoo.train("mlp.mnist")
    assert f"Put mnist.npz (keys x_train, y_train, x_test, y_test) at {cache}" in str(caught.value)
    assert "ZOO_DATA" in str(caught.value)
    assert not (tmp_path / "runs").exists()


def broken(path: Path) -> None:
    put(path)
    path.write_bytes(path.read_bytes()[:-100])


def lacking(path: Path) -> None:
    np.savez(path, x_train=PIXELS, y_train=LABELS)


def textual(path: Path) -> None:
    path.write_text("<html>404 not found</html>")


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (broken, "is not a whole .npz file.* Remove the file, so that it is downloaded again"),
        (textual, "is not a whole .npz file.* Remove the file"),
        (lacking, "lacks x_test, y_test. Expected: x_train, .* Received: x_train, y_train"),
        (lambda path: put(path, PIXELS[:3]), "has 3 inputs and 4 targets"),
        (lambda path: put(path, PIXELS.astype(float)), "images with values from 0 to 255"),
    ],
)
def test_a_broken_cache_file_is_named_and_kept(cache: Path, spoil: Any, problem: str) -> None:
    spoil(cache)
    held = cache.read_bytes()
    with pytest.raises(zoo.DataError, match=problem):
        open_dataset("mnist")
    assert cache.read_bytes() == held


def test_labels_in_a_column_are_taken(cache: Path) -> None:
    column = LABELS[:, None]  # as keras.datasets.cifar10 has them
    np.savez(cache, x_train=PIXELS, y_train=column, x_test=PIXELS, y_test=column)
    assert load_keras_dataset("mnist", "mnist.npz", tuple("0123456789")).train.targets.shape == (4,)
