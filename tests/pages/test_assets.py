"""Where the built assets are: a checkout, or a distribution with an entry point; else how to get them."""

from pathlib import Path

import pytest

from tests.conftest import Install
from zoo.entry_points import WEB
from zoo.errors import UsageError
from zoo.pages import assets, views


def test_assets_come_from_an_installed_distribution(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "_CHECKOUT", tmp_path / "nowhere" / "keras_zoo_web")
    files = {f"some_web/{name}": "x" for name in assets.ASSETS}
    site = install("some-web", files, {WEB: "some-web = some_web"})
    assert assets.assets_folder() == site / "some_web"


def test_without_assets_the_message_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "_CHECKOUT", tmp_path / "web" / "keras_zoo_web")
    with pytest.raises(UsageError, match=r"pip install \./web"):
        assets.assets_folder()
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "package.json").touch()
    with pytest.raises(UsageError, match=r"npm ci && npm run build"):
        assets.assets_folder()


def test_a_half_built_folder_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "web" / "keras_zoo_web"
    folder.mkdir(parents=True)
    (folder / "app.js").touch()
    monkeypatch.setattr(assets, "_CHECKOUT", folder)
    with pytest.raises(UsageError):
        assets.assets_folder()


def test_every_view_has_its_script() -> None:
    assert sorted(views.VIEWS) == sorted(assets.VIEWS)
    sources = Path(__file__).parents[2] / "web" / "src" / "views"
    assert {path.stem for path in sources.glob("*.ts")} == set(assets.VIEWS)
