from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.data.load import open_dataset


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


@pytest.mark.parametrize("name", ["mine.npy", "mine.tsv", "mine", "mine.npz.bak"])
def test_other_files_are_refused(name: str) -> None:
    Path(name).write_text("1,2,3")
    with pytest.raises(zoo.DataError, match=rf"{name}: only an \.npz file, a \.ts or"):
        open_dataset(name)


def test_a_home_directory_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    np.savez("mine.npz", x=np.zeros((6, 4)), y=[0, 1] * 3)
    assert open_dataset("~/mine.npz").name == str(tmp_path / "mine.npz")
