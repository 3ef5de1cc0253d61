"""One exported run for all tests of pages, and assets that need no Node."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoo.pages import api, assets, site


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
