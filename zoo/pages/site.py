"""The folder of pages: the assets once, one page or an index with a page for each model, written at once."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zoo.errors import UsageError
from zoo.io.atomic import (
    atomic_write,
    disk_errors,
    make_directory,
    replace_directory,
    temporary_directory,
)
from zoo.io.foreign.image_file import open_image_file
from zoo.pages.assets import ASSETS, assets_folder
from zoo.pages.card import card_sections, metric_rows, model_summary, write_links
from zoo.pages.files import PageFiles
from zoo.pages.html import render_index, render_one_file, render_page
from zoo.pages.model import PageModel
from zoo.pages.part_tests import write_parts, write_tests
from zoo.pages.picture import write_picture
from zoo.pages.views import find_view

__all__ = ["check_target", "write_one_file", "write_site"]

MARK = "site.json"  # a folder that has it may be replaced
COARSE = 320  # pixels
FIGURES = 2  # metrics of a model in the index
RUNTIME, WORKER, PROGRAM, STYLE, ICON = (
    "ort.wasm.gz",
    "worker.js",
    "app.js",
    "app.css",
    "icon.svg",
)


def check_target(out: Path, one_file: bool) -> Path:
    """Return where pages are written; refuse what holds something else, before anything is computed.

    Args:
        out: a folder; with `one_file` a file, and ".html" is added where it is missing.
        one_file: whether one HTML is written.

    Raises:
        UsageError: `out` is of the wrong kind, or is a folder of something else.
    """
    if one_file:
        out = out if out.suffix in (".html", ".htm") else out.with_name(f"{out.name}.html")
        if out.is_dir():
            raise UsageError(f"{out} is a folder. Give an HTML file: --out {out / 'page.html'}")
        return out
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file. Give a folder, or add --one-file.")
    if out.exists() and any(out.iterdir()) and not (out / MARK).is_file():
        raise UsageError(
            f"{out} is not empty and holds no pages. Give a new or an empty folder: --out DIR"
        )
    return out


def write_site(models: Sequence[tuple[str, PageModel]], out: Path) -> None:
    """Write the pages of models into a folder; an earlier site there is replaced when all is written.

    Args:
        models: each with the name of its folder; of one model, the page is in `out` itself.
        out: the folder.

    Raises:
        UsageError: the assets are not here.
        WriteError: the disk refuses.
    """
    assets = assets_folder()
    make_directory(out.parent)
    with disk_errors(out), temporary_directory(out.parent) as temporary:
        ready = temporary / "site"
        (ready / "assets").mkdir(parents=True)
        for name in ASSETS:
            shutil.copyfile(assets / name, ready / "assets" / name)
        if len(models) == 1:
            content = write_page_files(models[0][1], ready)
            _write_html(ready, render_page(content, "assets/", None))
            entries = [_entry("", models[0][1], content, ready)]
        else:
            entries = []
            for folder, model in models:
                (ready / folder).mkdir()
                content = write_page_files(model, ready / folder)
                _write_html(ready / folder, render_page(content, "../assets/", "../index.html"))
                entries.append(_entry(folder, model, content, ready / folder))
            _write_html(ready, render_index(entries, "assets/"))
        marks = json.dumps({"format": 1, "models": entries}, indent=1, allow_nan=False)
        (ready / MARK).write_text(marks + "\n", "utf-8")
        replace_directory(ready, out)


def write_one_file(model: PageModel, out: Path) -> None:
    """Write one HTML with a model's page, its files and ONNX Runtime Web.

    Raises:
        UsageError: the assets are not here.
        WriteError: the disk refuses.
    """
    assets = assets_folder()
    make_directory(out.parent)
    with disk_errors(out), temporary_directory(out.parent) as temporary:
        folder = temporary / "page"
        folder.mkdir()
        content = write_page_files(model, folder)
        files = {
            path.relative_to(folder).as_posix(): _pack(path.read_bytes())
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        files["ort.wasm"] = base64.b64encode((assets / RUNTIME).read_bytes()).decode()
        files[WORKER] = _pack((assets / WORKER).read_bytes())
        scripts = [assets / f"view.{content['view']}.js", assets / PROGRAM]
        text = render_one_file(
            content,
            "\n".join(path.read_text("utf-8") for path in scripts),
            (assets / STYLE).read_text("utf-8"),
            (assets / ICON).read_bytes(),
            files,
        )
    with atomic_write(out) as path:
        path.write_text(text, "utf-8")


def write_page_files(model: PageModel, folder: Path) -> dict[str, Any]:
    """Write all files of a page but its HTML, and return the content of page.json."""
    files = PageFiles(folder)
    name, view = find_view(model)
    content: dict[str, Any] = {
        "format": 1,
        "name": model.name,
        "summary": model_summary(model),
        "view": name,
        "architecture": model.architecture,
        "classes": list(model.classes) if model.classes else None,
        "resize": model.resize,
        "parts": write_parts(model, files),
        "tolerance": model.report.to_json()["tolerance"],
        "tests": write_tests(model, files),
        "card": card_sections(model),
        "links": write_links(model, files),
        "picture": write_picture(model, files),
        "data": view.data(model, files),
    }
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    (folder / "page.json").write_text(text + "\n", "utf-8")
    return content


def _entry(folder: str, model: PageModel, content: dict[str, Any], place: Path) -> dict[str, Any]:
    """Return what the index and site.json say about a model.

    Args:
        folder: the name of its folder; empty if the page is in the site's own.
        model: the model.
        content: of its page.json.
        place: the folder that has its files now.
    """
    files = [file for file in model.report.files if file.format == "onnx"]
    differences = [file.difference for file in files if file.difference is not None]
    return {
        "name": model.name,
        "folder": folder,
        "summary": content["summary"],
        "view": content["view"],
        "picture": content["picture"],
        "coarse": bool(content["picture"]) and _is_coarse(place / content["picture"]),
        "figures": metric_rows(model.run, FIGURES) if model.run else [],
        "size": _size_text(sum(file.bytes for file in files)),
        "parts": list(content["parts"]),
        "links": content["links"],
        "verdict": model.report.verdict,
        "difference": f"{max(differences, default=0.0):.1e}",
    }


def _is_coarse(path: Path) -> bool:
    """Return whether a picture has so few pixels that each is shown as a square."""
    with open_image_file(path, header_only=True) as image:
        return image.width < COARSE


def _size_text(size: int) -> str:
    return f"{size / 1e3:.0f} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"


def _pack(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def _write_html(folder: Path, text: str) -> None:
    (folder / "index.html").write_text(text, "utf-8")
