"""The built assets of pages, from keras-zoo-web: the programs, the styles, and ONNX Runtime Web."""

from __future__ import annotations

from pathlib import Path

from zoo.entry_points import WEB, EntryPointGroup
from zoo.errors import UsageError

__all__ = ["ASSETS", "assets_folder"]

VIEWS = ("classifier", "gallery", "latent", "novelty", "plain", "restore", "samples")
ASSETS = (
    "app.js",
    "app.css",
    "icon.svg",
    "worker.js",
    "ort.wasm.gz",
    "LICENSES.txt",
    *(f"view.{name}.js" for name in VIEWS),
)
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
    if (_CHECKOUT.parent / "package.json").is_file():
        raise UsageError(
            f"The pages are not built. Build them: cd {_CHECKOUT.parent} && npm ci && npm run build"
        )
    raise UsageError(
        "Pages need the distribution keras-zoo-web, which is not installed and is on no package index. In a "
        "checkout of keras-zoo, with Node 20.19 or newer: pip install ./web"
    )
