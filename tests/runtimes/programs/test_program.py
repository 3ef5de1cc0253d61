"""A program is built once, outside the sources, and whole or not at all."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from zoo.environment import cache_folder
from zoo.errors import ExportError
from zoo.runtimes.programs import node, program
from zoo.runtimes.programs.program import Program

COUNT = "import pathlib; pathlib.Path('built').write_text(pathlib.Path('source').read_text())"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A program whose one step copies its source."""
    folder = tmp_path / "programs"
    (folder / "fake" / "node_modules").mkdir(parents=True)
    (folder / "fake" / "source").write_text("first")
    (folder / "fake" / "node_modules" / "large").touch()
    (folder / "fake" / "example.py").touch()
    monkeypatch.setattr(program, "programs_folder", lambda: folder)
    return Program("fake", ("fake",), {}, {}, ((sys.executable, "-c", COUNT),), "no time")


def test_a_program_is_built_once_for_each_state_of_its_sources(
    fake: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE", "relative")
    built = fake.build()
    assert built.is_absolute()
    assert (built / "built").read_text() == "first"
    assert built.is_relative_to(cache_folder().absolute())
    (built / "built").write_text("kept")
    assert (fake.build() / "built").read_text() == "kept"
    (fake.source / "source").write_text("second")
    assert (fake.build() / "built").read_text() == "second"
    assert not (fake.source / "built").exists()
    assert sorted(path.name for path in built.iterdir()) == ["built", "source"]


def test_a_step_that_fails_leaves_nothing_and_says_what_it_printed(fake: Program) -> None:
    step = (sys.executable, "-c", "import sys; sys.exit('no\\nnetwork')")
    broken = replace(fake, steps=(*fake.steps, step))
    with pytest.raises(ExportError, match=r"'fake' cannot be built: .*exit code 1.*no network$"):
        broken.build()
    assert [path.name for path in (cache_folder() / "runtimes").iterdir() if path.is_dir()] == []


def test_a_tool_that_is_missing_is_named_with_how_to_install_it(fake: Program) -> None:
    tools = {"no-such-tool": "apt install it", sys.executable: ""}
    lacking = replace(fake, builds_with=tools)
    assert lacking.missing_tools() == "it needs no-such-tool (apt install it)"
    assert replace(fake, runs_with=tools).missing_tools() == lacking.missing_tools()
    building = {"no-npm": "nodejs.org", "no-gcc": "apt"}
    two = replace(fake, builds_with=building, runs_with={"no-node": "nodejs.org"})
    assert two.missing_tools() == "it needs no-npm and no-node (nodejs.org), no-gcc (apt)"
    fake.build()
    assert lacking.missing_tools() == ""  # what builds it is no longer needed


def test_the_sources_of_every_program_are_found() -> None:
    for folder in ("java/pom.xml", "browser/page.html", "rust/Cargo.lock", "go/go.sum"):
        assert (program.programs_folder() / folder).is_file()
    assert node.version().startswith("onnxruntime-node 1.")


def test_a_new_build_removes_what_was_not_used_for_long(fake: Program) -> None:
    old, recent, other = (
        cache_folder() / "runtimes" / f"{name}-{16 * digit}"
        for name, digit in (("fake", "0"), ("fake", "1"), ("fake-two", "0"))
    )
    for folder in (old, recent, other):
        folder.mkdir(parents=True)
        (folder / "large").touch()
    long_ago = time.time() - program.LONGEST_UNUSED - 60
    for folder in (old, other):
        os.utime(folder, (long_ago, long_ago))
    built = fake.build()
    assert [folder.exists() for folder in (old, recent, other)] == [False, True, True]
    os.utime(built.parent, (long_ago, long_ago))
    fake.build()  # a use
    (fake.source / "source").write_text("second")
    fake.build()
    assert built.exists()
