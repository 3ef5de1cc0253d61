"""The built assets of pages, from keras-zoo-web: app.js, app.css, icon.svg and ONNX Runtime Web."""

from __future__ import annotations

from pathlib import Path

from zoo.entry_points import WEB, EntryPointGroup
from zoo.errors import UsageError

__all__ = ["ASSETS", "assets_folder"]

ASSETS = ("app.js", "app.css", "icon.svg", "ort.wasm.gz", "LICENSES.txt")
_CHECKOUT = Path(__file__).parents[2] / "web" / "keras_zoo_web"


def assets_folder() -> Path:
    """Return the folder of the built assets: of an installed distribution, or of a built checkout.

    Raises:
        UsageError: there is none; the message says how to get it.
    """
    group = EntryPointGroup(WEB)
    folders = [folder for name in group.names() for folder in group.folders(name)]
    for folder in [_CHECKOUT, *folders]:
        if all((folder / name).is_file() for name in ASSETS):
            return folder
    if (_CHECKOUT.parent / "vite.config.ts").is_file():
        raise UsageError(
            f"The pages are not built. Build them: cd {_CHECKOUT.parent} && npm ci && npm run build"
        )
    raise UsageError(
        "Pages need the distribution keras-zoo-web, which is not installed: pip install keras-zoo-web"
    )
