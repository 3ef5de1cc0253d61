"""The tutorial is the example: its blocks are the files, and what it says runs."""

import inspect
import re
import runpy
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

import zoo
from tests.conftest import Install
from tests.runs.test_training import Interrupted
from zoo.data.dataset import Dataset
from zoo.diagnosis import plugin_states
from zoo.entry_points import EXTENSIONS
from zoo.entry_points.contract_version import CURRENT
from zoo.exporters.report import ExportedFile, _Content
from zoo.io.run_files import _DATASET, _FROM, _RECORD, STATES
from zoo.registry import hookspecs
from zoo.registry.architectures import registry
from zoo.registry.catalog_reader import _TYPES
from zoo.registry.hookspecs import EVENTS, OPTIONAL, REQUIRED
from zoo.runs.workers.plan import WorkerPlan
from zoo.runs.workers.supervision import _record_restart
from zoo.runs.workers.training import _describe
from zoo.weights.description import _KEYS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "writing-a-plugin.md"
EXAMPLE = ROOT / "examples" / "zoo-perceptron"


def blocks(language: str) -> list[str]:
    """Give the fenced blocks of the page in one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)


def test_the_blocks_of_the_tutorial_are_the_plugins_module() -> None:
    source = (EXAMPLE / "zoo_perceptron" / "__init__.py").read_text("utf-8")
    assert "\n\n".join(blocks("python")) == source


def test_the_tutorial_shows_the_other_files_as_they_are() -> None:
    catalog, project, _ = blocks("toml")
    assert catalog == (EXAMPLE / "zoo_perceptron" / "registry.toml").read_text("utf-8")
    assert project == (EXAMPLE / "pyproject.toml").read_text("utf-8")
    assert blocks("py")[0] == (EXAMPLE / "tests" / "test_perceptron.py").read_text("utf-8")


def test_the_tutorial_names_every_hook() -> None:
    text = PAGE.read_text("utf-8")
    assert [hook for hook in (*REQUIRED, *OPTIONAL) if f"`{hook}`" not in text] == []


def test_the_tutorials_links_lead_somewhere() -> None:
    for page in (PAGE, EXAMPLE / "README.md", ROOT / "README.md"):
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            assert link.startswith("http") or (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_tutorials_extension_runs(
    install: Install, tiny: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    points = tomllib.loads(blocks("toml")[2])["project"]["entry-points"][EXTENSIONS]
    ((name, module),) = points.items()
    code = blocks("py")[1]
    install("zoo-stopwatch", {f"{module}.py": code}, {EXTENSIONS: f"{name} = {module}"})
    zoo.train("mlp", data=tiny, units=[2], epochs=2, batch_size=16)
    assert re.fullmatch(r"2 epochs in \d+\.\d s\n", capsys.readouterr().out)
    assert registry().get("mlp").name == "mlp"


def test_the_page_of_environment_variables_names_all_of_them() -> None:
    page = (ROOT / "docs" / "environment.md").read_text("utf-8")
    code = (ROOT / "zoo" / "environment.py").read_text("utf-8")
    names = set(re.findall(r"\b(?:ZOO|KERAS|TF)_[A-Z_]+\b", code.partition('"""\n')[0]))
    assert len(names) > 10
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def test_the_first_page_names_every_extra_and_every_state_of_a_plugin() -> None:
    page = (ROOT / "docs" / "index.md").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert [name for name in project["optional-dependencies"] if f"`{name}`" not in page] == []
    assert [state for state in plugin_states.STATES if f"| {state} |" not in page] == []


def test_one_command_makes_every_picture() -> None:
    folder = ROOT / "docs" / "pictures"
    pictures = {path.name for path in folder.iterdir() if path.suffix in (".png", ".svg")}
    assert pictures - {"seven.png"} == runpy.run_path(str(folder / "make.py"))["PICTURES"].keys()


def test_the_contract_names_every_hook_event_and_argument() -> None:
    page = (ROOT / "docs" / "contract.md").read_text("utf-8")
    for hook in (*REQUIRED, *OPTIONAL, *EVENTS):
        assert f"`{hook}`" in page, hook
        for argument in inspect.signature(getattr(hookspecs, hook)).parameters:
            assert f"`{argument}`" in page, f"{hook}: {argument}"
    assert f"**v{CURRENT}**" in page


def test_the_page_of_files_names_every_entry() -> None:
    page = (ROOT / "docs" / "files.md").read_text("utf-8")
    entries = [*_TYPES, *_KEYS, *_RECORD, *_DATASET, *_FROM, *STATES]
    entries += [each.name for kind in (ExportedFile, _Content) for each in fields(kind)]
    assert [entry for entry in entries if f"`{entry}`" not in page and entry not in STATES] == []
    assert all(state in page for state in STATES)


def test_the_page_of_files_names_what_a_training_adds_to_its_record(tiny: Dataset) -> None:
    page = (ROOT / "docs" / "files.md").read_text("utf-8")
    with pytest.raises(KeyboardInterrupt):
        zoo.train("mlp", data=tiny, out="run", progress=Interrupted(1, 0), units=[4], epochs=2)
    run = zoo.train("mlp", data=tiny, out="run", resume=True)
    run.update(**_describe(WorkerPlan(2)))
    _record_restart(run, "A worker was lost.")
    assert {"count", "place", "restarts"} <= run.record["workers"].keys()
    for entry in {*run.record, *run.record["workers"]}:
        assert f"`{entry}`" in page, entry


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        assert link.startswith("http") or (page.parent / link).exists(), link
