"""`zoo new`: complete projects of each kind, valid names, nothing overwritten."""

import ast
import io
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import zoo
from tests.conftest import Install, Shell
from zoo.entry_points.contract_version import CURRENT
from zoo.scaffold import copier_template, project
from zoo.scaffold.names import GROUPS, check_name
from zoo.scaffold.project import LICENSES, create_project, default_author
from zoo.scaffold.render import TEMPLATE, render_project

KINDS = tuple(GROUPS)
FILES = {
    ".github/workflows/check.yml",
    ".gitignore",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "tests/test_zoo_my_own.py",
    "zoo_my_own/__init__.py",
}


@pytest.fixture(autouse=True)
def without_copier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "find_spec", lambda name: None)


def files_of(folder: Path) -> dict[str, str]:
    paths = sorted(
        path for path in folder.rglob("*") if path.is_file() and ".git/" not in str(path)
    )
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in paths}


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_is_complete_and_clean(kind: str) -> None:
    folder = create_project(kind, "my-own", license="MIT", author="Ada Lovelace")
    files = files_of(folder)
    catalog = {"zoo_my_own/registry.toml"} if kind in ("architecture", "dataset") else set()
    assert folder == Path("zoo-my-own")
    assert files.keys() == FILES | catalog
    metadata = tomllib.loads(files["pyproject.toml"])["project"]
    points = metadata["entry-points"]
    assert points["zoo.contract"] == {"version": f"v{CURRENT}"}
    assert points[f"zoo.{kind}s"] == {"my-own": "zoo_my_own"}
    assert (metadata["license"], metadata["authors"]) == ("MIT", [{"name": "Ada Lovelace"}])
    assert "Copyright (c) " in files["LICENSE"]
    assert "Ada Lovelace" in files["LICENSE"]
    assert (ast.get_docstring(ast.parse(files["zoo_my_own/__init__.py"])) or "").startswith(
        "my-own"
    )
    for name, text in files.items():
        assert "{{" not in text, name
        assert text.endswith("\n"), name
        assert not text.endswith("\n\n"), name
    for command in (["check", "--extend-select", "I,UP,B", "."], ["format", "--check", "."]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command], cwd=folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("license", LICENSES)
def test_each_licence_has_its_text(license: str) -> None:
    folder = create_project("extension", "my-own", license=license, author="Ada")
    text = (folder / "LICENSE").read_text("utf-8")
    words = {"Apache-2.0": "Apache License", "MIT": "MIT License", "BSD-3-Clause": "BSD 3-Clause"}
    assert words.get(license, "All rights reserved") in text


def test_copier_and_jinja_render_the_same_files(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("copier")
    for kind in KINDS:
        create_project(kind, "my-own", out=Path("jinja") / kind, author="Ada")
    monkeypatch.setattr(project, "find_spec", find_spec)
    monkeypatch.setenv("ZOO_CACHE", str(Path("cache").absolute()))
    for kind in ("architecture", "runtime"):
        create_project(kind, "my-own", out=Path("copier") / kind, author="Ada")
        ours, theirs = files_of(Path("jinja") / kind), files_of(Path("copier") / kind)
        answers = theirs.pop(".copier-answers.yml")
        assert ours == theirs
        assert f"kind: {kind}" in answers
        assert "_commit: v" in answers


def test_copier_updates_a_project_to_a_newer_template(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copier = pytest.importorskip("copier")
    monkeypatch.setattr(project, "find_spec", find_spec)
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    folder = create_project("extension", "my-own", author="Ada", out=tmp_path / "mine")
    (folder / "zoo_my_own" / "__init__.py").write_text('"""Mine."""\n')
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "mine"]):
        copier_template._git(folder, *words)
    newer = tmp_path / "template"
    subprocess.run(["cp", "-r", str(TEMPLATE), str(newer)], check=True)
    with (newer / "project" / ".gitignore").open("a") as file:
        file.write("/newer/\n")
    monkeypatch.setattr(copier_template, "TEMPLATE", newer)
    copier_template.template_repository()
    copier.run_update(folder, defaults=True, overwrite=True, quiet=True)
    assert "/newer/" in (folder / ".gitignore").read_text()
    assert (folder / "zoo_my_own" / "__init__.py").read_text() == '"""Mine."""\n'


def test_the_template_repository_gets_a_tag_for_each_change(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    first = copier_template.template_repository()
    assert copier_template.template_repository() == first
    tags = copier_template._git(first, "tag").split()
    assert len(tags) == 1
    assert copier_template._next_tag(tags) == f"{tags[0]}.post1"
    assert copier_template._next_tag([]) == tags[0]


@pytest.mark.parametrize(
    "name", ["", "X", "a_b", "-a", "a-", "a--b", "1a", "a b", "ä", "a" * 41, "../a", "a\n", "a.b"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(zoo.UsageError, match="A name has small letters, digits and single hyphens"):
        create_project("architecture", name, author="Ada")
    assert list(Path().iterdir()) == []


def test_a_name_that_is_taken_is_refused_with_its_package(install: Install) -> None:
    with pytest.raises(zoo.UsageError, match=r"The architecture 'mlp' is taken by keras-zoo"):
        check_name("architecture", "mlp")
    with pytest.raises(zoo.UsageError, match=r"A module zoo_mlp is installed already"):
        check_name("dataset", "mlp")
    check_name("format", "mine")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    Path("zoo-mine").mkdir()
    with pytest.raises(zoo.UsageError, match="zoo-mine exists already; nothing is overwritten"):
        create_project("format", "mine", author="Ada")
    Path("link").symlink_to("nowhere")
    with pytest.raises(zoo.UsageError, match="link exists already"):
        create_project("format", "mine", author="Ada", out=Path("link"))
    assert {path.name for path in Path().iterdir()} == {"zoo-mine", "link"}


def test_a_failure_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(project, "render_project", broken)
    with pytest.raises(zoo.WriteError, match="No space left"):
        create_project("format", "mine", author="Ada")
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("author", ["", '"', "a\nb", "{{x}}", "\\"])
def test_an_author_that_toml_or_jinja_would_read_otherwise_is_refused(author: str) -> None:
    if author:
        with pytest.raises(zoo.UsageError, match="An author's name is a line"):
            create_project("format", "mine", author=author)
    assert default_author()


def test_the_shell_creates_a_project_and_says_what_is_next(shell: Shell) -> None:
    code, out, err = shell("new", "dataset", "mine", "--license", "MIT", "--author", "Ada")
    assert code == 0
    assert "zoo-mine/zoo_mine/registry.toml" in out.splitlines()
    assert "Next: pip install -e zoo-mine && zoo check dataset:mine" in err


class Terminal(io.StringIO):
    """A terminal with somebody who types."""

    def isatty(self) -> bool:
        return True


def test_the_licence_is_asked_for_on_a_terminal_and_said_elsewhere(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    err = shell("new", "dataset", "mine", "--author", "Ada")[2]
    assert "The licence is Apache-2.0; --license names another." in err
    monkeypatch.setattr("sys.stdin", Terminal("GPL\nMIT\n"))
    code, _, err = shell("new", "dataset", "other", "--author", "Ada")
    assert code == 0
    assert "'GPL' is not one of" in err
    assert "MIT License" in Path("zoo-other/LICENSE").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["new"], "zoo new takes a kind and a name. Kinds: architecture, dataset, format"),
        (["new", "dataset"], "zoo new takes a kind and a name"),
        (["new", "datset", "mine"], "There is no kind of plug-in 'datset'. Did you mean dataset?"),
        (["new", "dataset", "digits"], "is taken by keras-zoo"),
        (["new", "dataset", "mine", "--license", "GPL"], "There is no licence 'GPL'"),
    ],
)
def test_the_shell_refuses(shell: Shell, words: list[str], message: str) -> None:
    code, out, err = shell(*words)
    assert (code, out) == (2, "")
    assert message in err
    assert list(Path().iterdir()) == []


def test_jinja_writes_no_file_of_copier(tmp_path: Path) -> None:
    answers = {"kind": "format", "name": "x", "license": "MIT", "author": "A", "year": 2026}
    render_project(tmp_path / "x", {**answers, "contract": 1, "floor": "0.1"})
    assert not list(tmp_path.rglob("*copier*"))
