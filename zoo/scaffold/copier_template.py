"""The template as a git repository in the user's cache, so that `copier update` works in a project later.

copier updates a project from the version of the template that it was made with to a newer one, and finds both
in a git repository. Each version of the zoo adds its template as a commit with a tag.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from zoo.environment import cache_folder, git_environment
from zoo.errors import UsageError
from zoo.io.atomic import make_directory
from zoo.scaffold.render import TEMPLATE

__all__ = ["render_with_copier", "template_repository"]


def render_with_copier(folder: Path, answers: Mapping[str, Any]) -> None:
    """Write the project into a new folder, with the answers that `copier update` reads.

    Args:
        folder: it is created.
        answers: to the questions in copier.yml.
    """
    import copier

    repository = template_repository()
    copier.run_copy(
        str(repository), folder, data=dict(answers), defaults=True, quiet=True, vcs_ref="HEAD"
    )


def template_repository() -> Path:
    """Return the git repository of the template, with the template of this zoo as its newest version.

    Raises:
        UsageError: git fails.
        WriteError: the cache cannot be written.
    """
    folder = cache_folder() / "template"
    make_directory(folder)
    if not (folder / ".git").is_dir():
        _git(folder, "init", "--quiet", "--initial-branch=main")
    for path in folder.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True)
    _git(folder, "add", "--all", "--force")
    if _git(folder, "status", "--porcelain"):
        _git(folder, "commit", "--quiet", "-m", f"The template of keras-zoo {version('keras-zoo')}")
        _git(folder, "tag", _next_tag(_git(folder, "tag").split()))
    return folder


def _next_tag(tags: list[str]) -> str:
    """Return the tag of this zoo's version; with .postN where the template of that version differs."""
    base = f"v{version('keras-zoo')}"
    taken = sum(tag == base or tag.startswith(f"{base}.post") for tag in tags)
    return base if not taken else f"{base}.post{taken}"


def _git(folder: Path, *words: str) -> str:
    """Run git in a folder, with no settings of the user's; return what it prints.

    Raises:
        UsageError: it fails.
    """
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env=git_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UsageError(f"git {words[0]} failed in {folder}: {done.stderr.strip()}")
    return done.stdout
