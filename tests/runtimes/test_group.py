"""The installed runtimes: their states, the formats that they read, and who is to blame."""

import re
from pathlib import Path

import pytest

import zoo
from tests.conftest import Install
from zoo.entry_points import FORMATS, EntryPointGroup
from zoo.errors import PluginError
from zoo.runtimes.group import (
    check_input_names,
    describe_failure,
    list_runtimes,
    load_python_runtime,
    load_runtime,
    missing_package,
    missing_parts,
    own_runtime,
    reads,
    runtime_version,
    runtimes_of,
)

DOCS = Path(__file__).parents[2] / "docs"

CODE = '''"""A runtime of a test."""

FORMATS, WITHOUT = ("onnx",), ()


def missing():
    return ""


def version():
    return "test 1.0"


def open(path):
    return lambda inputs: {}
'''


def install_runtime(install: Install, code: str) -> None:
    install("zoo-mine", {"zoo_mine.py": code}, {"zoo.runtimes": "mine = zoo_mine"})


def test_ours_are_listed_with_what_they_read() -> None:
    states = {state.name: state for state in list_runtimes()}
    assert states["keras"].formats == ("keras", "h5")
    assert states["keras"].version.startswith("keras 3.")
    assert states["onnxruntime"].kind == "python"
    assert states["java"].kind == "program"
    for state in states.values():
        assert bool(state.missing) != bool(state.version), state
        assert "\n" not in state.missing


def test_one_of_anybody_is_used_by_its_name(install: Install) -> None:
    install_runtime(install, CODE)
    (state,) = (state for state in list_runtimes() if state.name == "mine")
    assert (state.version, state.missing, state.package) == ("test 1.0", "", "zoo-mine 1.0")
    assert reads("mine", "onnx")
    assert not reads("mine", "h5")
    assert load_python_runtime("mine").open(Path())({}) == {}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"""A runtime', '1 / 0\n"""A runtime', "ZeroDivisionError"),
        ("def missing", "def lacks", "lacks missing"),
        ("def open", "def load", "lacks open or command"),
        ('return ""', "return 1 / 0", "failed at zoo_mine.py:"),
        ('return ""', 'return "pip install\\nmine"', "pip install mine"),
    ],
)
def test_one_that_is_broken_is_a_line_in_the_list(
    install: Install, old: str, new: str, message: str
) -> None:
    install_runtime(install, CODE.replace(old, new))
    (state,) = (state for state in list_runtimes() if state.name == "mine")
    assert message in state.missing
    assert message in missing_parts("mine")
    assert state.version == ""


def test_a_version_that_raises_is_the_name(install: Install) -> None:
    install_runtime(install, CODE.replace('"test 1.0"', "1 / 0"))
    assert runtime_version("mine") == "mine"


def test_unknown_names_have_neighbours() -> None:
    with pytest.raises(zoo.UnknownName, match=r"no runtime 'onnx'.*onnxruntime"):
        load_runtime("onnx")


def test_a_program_has_no_open() -> None:
    with pytest.raises(PluginError, match=r"'java' of keras-zoo .* is a program"):
        load_python_runtime("java")


def test_a_format_names_its_runtime_or_brings_it() -> None:
    assert own_runtime("h5") == "keras"
    assert own_runtime("onnx") == "onnxruntime"


def test_a_format_that_brings_its_runtime_stands_for_itself(install: Install) -> None:
    code = CODE.replace("missing", "prepare").replace('return ""', 'return "own 2"')
    code += 'SUFFIX = ".own"\n\n\ndef write(part, path, options): ...\ndef example(contract, file): ...\n'
    install("zoo-mine", {"zoo_mine.py": code}, {"zoo.formats": "mine = zoo_mine"})
    assert own_runtime("mine") == "format:mine"
    runtime = load_python_runtime("format:mine")
    assert (runtime.FORMATS, runtime.missing(), runtime.version()) == (("mine",), "", "own 2")
    assert "The format 'mine' of zoo-mine 1.0 failed" in describe_failure("format:mine", OSError())


def test_what_to_install() -> None:
    assert missing_package("numpy") == ""
    assert (
        missing_package("no-such-package-here", "extra")
        == "no-such-package-here is not installed: pip install no-such-package-here, or keras-zoo[extra]"
    )


def test_names_of_inputs_must_be_the_same() -> None:
    check_input_names(["a", "b"], {"b": 1, "a": 2})
    with pytest.raises(ValueError, match=r"its inputs are \['a'\], expected \['b'\]"):
        check_input_names(["a"], {"b": 1})


def test_the_docs_name_each_format_with_its_runtimes() -> None:
    text = (DOCS / "export.md").read_text()
    rows = re.findall(r"^\| ([a-z0-9, -]+) \| PART.* \| (\S*) ?\| ([a-z, -]*?) ?\|$", text, re.M)
    named = {
        name: [each for each in (own, *others.split(", ")) if each]
        for formats, own, others in rows
        for name in formats.split(", ")
    }
    assert named == {name: runtimes_of(name) for name in EntryPointGroup(FORMATS).names()}
