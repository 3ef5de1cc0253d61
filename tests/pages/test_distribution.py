"""The distribution keras-zoo-web: the built files, an entry point, and no code."""

import shutil
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from zoo.pages.assets import ASSETS

WEB = Path(__file__).parents[2] / "web"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of web/ with small files in place of the built ones."""
    folder = tmp_path / "web"
    folder.mkdir()
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copyfile(WEB / name, folder / name)
    (folder / "keras_zoo_web").mkdir()
    for name in ASSETS:
        (folder / "keras_zoo_web" / name).write_text(name)
    return folder


def test_the_wheel_holds_the_built_files_alone(checkout: Path, tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(checkout)).build(directory=str(tmp_path / "out"))
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (points,) = [name for name in names if name.endswith("entry_points.txt")]
        assert b"[zoo.web]\nkeras-zoo-web = keras_zoo_web" in archive.read(points)
    files = {name for name in names if ".dist-info/" not in name}
    assert files == {f"keras_zoo_web/{name}" for name in ASSETS}


def test_without_npm_the_build_says_what_it_needs(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "keras_zoo_web" / "LICENSES.txt").unlink()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match=r"built with npm: install Node"):
        list(WheelBuilder(str(checkout)).build(directory=str(tmp_path / "out")))
