"""Plug-ins, examples, extensions and new projects import only what docs/plugin-kit.md declares."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from zoo.scaffold import project
from zoo.scaffold.names import GROUPS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "plugin-kit.md").read_text("utf-8")
KIT = re.findall(r"^\| `(zoo[\w.]*)` \|", PAGE, re.MULTILINE)
PLUGINS = sorted(
    path
    for pattern in ("plugins/**/*.py", "examples/**/*.py", "extensions/**/*.py")
    for path in ROOT.glob(pattern)
)


def imports_from_zoo(path: Path) -> list[tuple[str, str]]:
    """List (module, name) of each import from the zoo; the name is empty for `import zoo.x`."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [(node.module, alias.name) for alias in node.names]
    return [(module, name) for module, name in found if module.partition(".")[0] == "zoo"]


def is_declared(module: str, name: str) -> bool:
    """Return whether the kit has the module, or the module with that public name."""
    if not name or f"{module}.{name}" in KIT:
        return f"{module}.{name}".rstrip(".") in KIT
    return module in KIT and name in importlib.import_module(module).__all__


def attributes_of_modules(path: Path) -> list[tuple[str, str]]:
    """List (module, name) of each use `module.name` of a module of the kit imported whole."""
    tree = ast.parse(path.read_text("utf-8"))
    whole = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        for alias in node.names
        if f"{node.module}.{alias.name}" in KIT
    } | {"zoo": "zoo"}
    return [
        (whole[node.value.id], node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in whole
    ]


def test_the_page_lists_modules() -> None:
    assert len(KIT) > 10
    assert len(set(KIT)) == len(KIT)


@pytest.mark.parametrize("module", KIT)
def test_each_module_of_the_kit_declares_its_public_names(module: str) -> None:
    names = importlib.import_module(module).__all__
    assert names, module
    for name in names:
        assert not name.startswith("_"), f"{module}.{name}"
        assert hasattr(importlib.import_module(module), name), f"{module} has no {name}"


def check_imports(path: Path) -> None:
    for module, name in imports_from_zoo(path):
        assert is_declared(module, name), f"{path} imports {name or module} from {module}"
    for module, name in attributes_of_modules(path):
        assert name in importlib.import_module(module).__all__, f"{path} uses {module}.{name}"


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: "-".join(path.parts[-2:]))
def test_a_plugin_imports_only_the_kit(path: Path) -> None:
    check_imports(path)


@pytest.mark.parametrize("kind", GROUPS)
def test_a_new_project_imports_only_the_kit(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        project, "find_spec", lambda name: None
    )  # without copier, which takes longer
    folder = project.create_project(kind, f"fresh-{kind}", license="MIT", author="Ada")
    modules = list(folder.rglob("*.py"))
    assert [path for path in modules if imports_from_zoo(path)]
    for path in modules:
        check_imports(path)
