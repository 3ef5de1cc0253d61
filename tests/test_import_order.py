"""Imports run one way: a module imports from its own package or from those before it, and in no circle.

Every import statement counts, also those inside functions and under TYPE_CHECKING.
"""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORDER = (
    ("errors",),
    ("config_schema", "environment", "layers"),
    ("compute", "config", "entry_points", "io"),
    ("data", "runtimes", "weights"),
    ("datasets", "inference", "registry"),
    ("runs",),
    ("exporters",),
    ("descriptions", "diagnosis", "interpret", "publication", "scaffold", "bulk", "sweeps"),
    ("pages", "tasks"),
    ("testing",),
    ("cli",),
)  # each group imports from those before it; the names of one group import nothing from each other
DOORS = {"zoo", "zoo.__main__"}  # the package's own names, and `python -m zoo`: they lead to all
MOST_MODULES, MOST_LINES, MOST_TOP_LEVEL = 12, 250, 8


@cache
def modules() -> dict[str, Path]:
    """Find every module of the zoo by name."""
    found = {}
    for path in sorted((ROOT / "zoo").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports(name: str) -> frozenset[str]:
    """List the modules of the zoo that a module imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(modules()[name].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{name} has a relative import"
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {m if m in modules() else node.module for m in members}
    return frozenset(each for each in found if each in modules() and each != name)


def floor(name: str) -> int:
    """Return the position of a module's package in the order."""
    package = name.split(".")[1]
    (position,) = (at for at, group in enumerate(ORDER) if package in group)
    return position


@pytest.mark.parametrize("name", sorted(set(modules()) - DOORS))
def test_a_module_imports_only_from_its_own_package_and_those_before_it(name: str) -> None:
    own = name.split(".")[1]
    for other in imports(name):
        assert other not in DOORS, f"{name} imports {other}, which leads to everything"
        allowed = other.split(".")[1] == own or floor(other) < floor(name)
        assert allowed, f"{name} imports {other}, which comes later in the order"


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {name: imports(name) - DOORS for name in set(modules()) - DOORS}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


def test_there_are_at_most_eleven_floors() -> None:
    assert len(ORDER) <= 11


def test_packages_and_modules_are_small() -> None:
    packages: dict[Path, int] = {}
    for path in modules().values():
        lines = len(path.read_text("utf-8").splitlines())
        assert lines <= MOST_LINES, f"{path} has {lines} lines"
        packages[path.parent] = packages.get(path.parent, 0) + (path.name != "__init__.py")
    for folder, count in packages.items():
        most = MOST_TOP_LEVEL if folder == ROOT / "zoo" else MOST_MODULES
        assert count <= most, f"{folder} has {count} modules"


def test_no_module_is_named_by_a_gerund() -> None:
    for path in [*modules().values(), *(ROOT / "plugins").rglob("*.py")]:
        allowed = {"testing", "training"}  # nouns of the field: zoo.testing as in numpy.testing
        assert not path.stem.endswith("ing") or path.stem in allowed, path


def test_each_package_says_in_one_sentence_what_it_is() -> None:
    for path in modules().values():
        if path.name == "__init__.py" and path.parent != ROOT / "zoo":
            tree = ast.parse(path.read_text("utf-8"))
            said = ast.get_docstring(tree) or ""
            assert said.endswith("."), path
            assert said.count(". ") == 0, path
