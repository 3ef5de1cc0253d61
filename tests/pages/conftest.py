"""One exported run for all tests of pages, and assets that need no Node."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import zoo
from zoo.pages import api, assets, site


@pytest.fixture(scope="session")
def exported(trained: zoo.Run, tmp_path_factory: pytest.TempPathFactory) -> zoo.Run:
    """A copy of the small perceptron's run with a verified export; read it, do not change it."""
    folder = tmp_path_factory.mktemp("exported") / "run"
    shutil.copytree(trained.path, folder)
    zoo.export(folder, ["onnx"])
    return zoo.Run.open(folder)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with small files in place of the built assets."""
    folder = tmp_path / "stand-in"
    folder.mkdir()
    for name in assets.ASSETS:
        (folder / name).write_text(f"/* {name} </script> */")
    for module in (api, assets, site):
        monkeypatch.setattr(module, "assets_folder", lambda: folder)
    return folder
