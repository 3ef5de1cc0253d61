"""The HTML of pages, and the content security policy that forbids everything from elsewhere.

Names and texts are escaped by the template. Scripts and styles are the program's alone: by their address, or
by their SHA-256 where they are inside the HTML.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from zoo.io.printable import printable

__all__ = ["render_index", "render_one_file", "render_page"]

_ALWAYS = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src 'self' blob: data:"
_FROM_FILES = (
    "script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; worker-src 'self'"
)


def render_page(content: Mapping[str, Any], assets: str, home: str | None) -> str:
    """Return the page of one model.

    Args:
        content: of page.json.
        assets: the address of the folder with the assets.
        home: the address of the index, or None.
    """
    words, view = _words(content), f"view.{content['view']}.js"
    return _render("page.html", **words, **_files(assets), view=view, home=home)


def render_index(models: Sequence[Mapping[str, Any]], assets: str) -> str:
    """Return the index of several models.

    Args:
        models: what site.json says about each (zoo/pages/site.py).
        assets: the address of the folder with the assets.
    """
    return _render(
        "index.html",
        **_files(assets),
        view=None,
        kind="index",
        title="Models",
        heading="Models",
        lead="Trained networks that run in your browser. Each page proves first that it computes what Keras "
        "computes.",
        home=None,
        crumb="zoo",
        models=models,
    )


def render_one_file(
    content: Mapping[str, Any], program: str, style: str, icon: bytes, files: Mapping[str, str]
) -> str:
    """Return one HTML that holds a model's page with all its files.

    Args:
        content: of page.json.
        program: the script of the view, and app.js.
        style: app.css.
        icon: icon.svg.
        files: base64 of each packed file, by its path.
    """
    program = program.replace("</script", r"<\/script").replace("<!--", r"<\!--")
    policy = (
        f"{_ALWAYS}; script-src '{_sha256(program)}' 'wasm-unsafe-eval'; style-src '{_sha256(style)}'; "
        "connect-src blob:; worker-src blob:"
    )
    return _render(
        "page.html",
        **_words(content),
        assets="",
        policy=policy,
        icon=f"data:image/svg+xml;base64,{base64.b64encode(icon).decode()}",
        style=style,
        program=program,
        inline=list(files.items()),
        view=None,
        home=None,
    )


def _words(content: Mapping[str, Any]) -> dict[str, str]:
    name = printable(str(content["name"]))
    return {
        "kind": "model",
        "title": f"{name} in your browser",
        "heading": name,
        "lead": printable(str(content["summary"])),
        "crumb": "zoo",
    }


def _files(assets: str) -> dict[str, Any]:
    """Return what a page has whose files are beside it."""
    return {
        "assets": assets,
        "policy": f"{_ALWAYS}; {_FROM_FILES}",
        "icon": f"{assets}icon.svg",
        "style": None,
        "program": None,
        "inline": (),
    }


def _render(template: str, **values: Any) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values, version=version("keras-zoo"))


def _sha256(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
