"""A new project from the template: complete, in a new folder, or not there at all."""

from __future__ import annotations

import datetime
import getpass
import shutil
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from zoo.entry_points.contract_version import CURRENT
from zoo.errors import UnknownName, UsageError
from zoo.io.atomic import disk_errors, temporary_directory
from zoo.scaffold import copier_template
from zoo.scaffold.names import check_kind, check_name, project_name
from zoo.scaffold.render import render_project

__all__ = ["LICENSES", "create_project", "default_author"]

LICENSES = ("Apache-2.0", "MIT", "BSD-3-Clause", "Proprietary")


def create_project(
    kind: str,
    name: str,
    *,
    license: str = LICENSES[0],
    author: str | None = None,
    out: Path | None = None,
) -> Path:
    """Create a project of a plug-in: it can be installed, trained and checked as it is.

    Args:
        kind: architecture, dataset, format, runtime or extension.
        name: of the plug-in, such as my-net; the project is zoo-my-net, and its module zoo_my_net.
        license: one of LICENSES.
        author: who holds the rights; what git or the system says if not given.
        out: the folder; ./zoo-NAME if not given.

    Returns:
        The folder.

    Raises:
        UnknownName: there is no such kind or licence.
        UsageError: the name is none or is taken, or the folder exists.
        WriteError: the disk refuses.

    Example:
        >>> create_project("architecture", "my-net", license="MIT")
    """
    check_kind(kind)
    check_name(kind, name)
    if license not in LICENSES:
        raise UnknownName("licence", license, LICENSES)
    folder = Path(out) if out is not None else Path(project_name(name))
    if folder.exists() or folder.is_symlink():
        raise UsageError(
            f"{folder} exists already; nothing is overwritten. Name another: --out FOLDER"
        )
    answers = _answers(kind, name, license, author)
    with disk_errors(folder):
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        with temporary_directory(folder.absolute().parent) as draft:
            if find_spec("copier") and shutil.which("git"):
                copier_template.render_with_copier(draft / "project", answers)
            else:
                render_project(draft / "project", answers)
            (draft / "project").rename(folder)
    return folder


def _answers(kind: str, name: str, license: str, author: str | None) -> Mapping[str, Any]:
    """Return the answers to the questions of copier.yml."""
    return {
        "kind": kind,
        "name": name,
        "license": license,
        "author": _plain_text(author or default_author()),
        "year": datetime.date.today().year,
        "contract": CURRENT,
        "floor": ".".join(version("keras-zoo").split(".")[:2]),
    }


def _plain_text(author: str) -> str:
    """Return an author's name that TOML can hold between quotation marks.

    Raises:
        UsageError: it is empty, or has quotation marks or control characters.
    """
    text = author.strip()
    if not text or not text.isprintable() or any(sign in text for sign in '"\\{}'):
        raise UsageError(
            f"An author's name is a line without quotation marks. Received: {author!r}"
        )
    return text


def default_author() -> str:
    """Return the name that git knows, else the name of the user's account."""
    try:
        done = subprocess.run(
            ["git", "config", "user.name"], capture_output=True, text=True, check=False, timeout=10
        )
        name = done.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        name = ""
    if name and name.isprintable() and not any(sign in name for sign in '"\\{}'):
        return name
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "The authors"
