"""What each template gives is listed and passes its checks unchanged; `.ci/run` installs an architecture."""

import importlib
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.conftest import Install
from zoo.diagnosis.plugin_states import plugin_states
from zoo.entry_points import package_of
from zoo.entry_points.group import EntryPointGroup
from zoo.scaffold import project
from zoo.scaffold.names import GROUPS
from zoo.scaffold.project import create_project
from zoo.testing import find_suite, outcomes

FAST = ("config", "catalog", "build", "parts")  # of an architecture; .ci/run makes all
DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    "dataset": ("my-waves", "writing-a-dataset.md"),
    "format": ("my-npz", "writing-a-format.md"),
    "runtime": ("my-reference", "writing-a-runtime.md"),
    "extension": ("my-clock", "writing-an-extension.md"),
}


@pytest.fixture(autouse=True)
def without_copier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "find_spec", lambda name: None)


def install_project(install: Install, folder: Path) -> None:
    """Put a project where pip would put it."""
    metadata = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    points = {
        group: "\n".join(f"{name} = {value}" for name, value in entries.items())
        for group, entries in metadata["entry-points"].items()
    }
    site = install(metadata["name"], {}, points)
    module = metadata["name"].replace("-", "_")
    shutil.copytree(folder / module, site / module)


@pytest.mark.slow
@pytest.mark.parametrize("kind", GROUPS)
def test_a_template_passes_its_checks_unchanged(install: Install, kind: str) -> None:
    name = f"fresh-{kind}"
    install_project(install, create_project(kind, name, author="Ada"))
    (state,) = [each for each in plugin_states() if each.name == name]
    assert (state.state, state.contract) == ("ok", "v1")
    assert package_of(EntryPointGroup(GROUPS[kind]).entry(name)) == f"zoo-{name} 1.0"
    checks = FAST if kind == "architecture" else tuple(find_suite(f"{kind}:{name}").checks)
    failed = [each for each in outcomes(f"{kind}:{name}", checks) if each.verdict == "failed"]
    assert not failed


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_shows_the_module_of_its_template(kind: str) -> None:
    name, page = PAGES[kind]
    folder = create_project(kind, name, license="Apache-2.0", author="Ada")
    module = (folder / f"zoo_{name.replace('-', '_')}" / "__init__.py").read_text("utf-8")
    text = (DOCS / page).read_text("utf-8")
    assert f"```python\n{module}```" in text
    module_of_checks = importlib.import_module(f"zoo.testing.kinds.{kind}s")
    for check in module_of_checks.CHECKS:
        assert f"`{check}`" in text, check
