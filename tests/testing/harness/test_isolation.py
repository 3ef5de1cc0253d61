"""`registered(module)`: a plug-in for one test, beside nothing but the zoo's own."""

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import zoo
from tests.conftest import Install
from zoo.entry_points import ARCHITECTURES, DATASETS, EntryPointGroup

NET = "from zoo_mlp import apply, build, defaults, evaluate, export, preview, train\n"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "zoo_my_net.py").write_text(NET)
    monkeypatch.syspath_prepend(tmp_path / "src")
    monkeypatch.delitem(sys.modules, "zoo_my_net", raising=False)
    return importlib.import_module("zoo_my_net")


def test_a_module_is_seen_and_what_is_installed_beside_is_not(
    install: Install, module: ModuleType, registered: Callable[..., str]
) -> None:
    install("zoo-my-net", {"zoo_other.py": ""}, {ARCHITECTURES: "my-net = zoo_other"})
    assert registered(module) == "architecture:my-net"
    assert EntryPointGroup(ARCHITECTURES).load("my-net") is module
    assert zoo.create("my-net", input_shape=(4,), classes=3, units=[2]).count_params() > 0
    code = "import zoo; print(zoo.list_architectures())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "my-net" in done.stdout


def test_a_kind_and_a_name_may_be_given(module: ModuleType, registered: Callable[..., str]) -> None:
    assert registered(module, name="sea", kind="dataset") == "dataset:sea"
    assert "sea" in EntryPointGroup(DATASETS)
    with pytest.raises(zoo.UnknownName, match="no kind of plug-in 'datset'"):
        registered(module, name="other", kind="datset")


def test_what_is_no_plugin_is_refused(registered: Callable[..., str]) -> None:
    with pytest.raises(zoo.UsageError, match="has the members of no kind"):
        registered(ModuleType("zoo_nothing"))
    with pytest.raises(zoo.UsageError, match="has no file"):
        registered(ModuleType("zoo_nothing"), kind="format")


def test_nothing_stays_after_the_test() -> None:
    assert "my-net" not in zoo.list_architectures()
    assert not [path for path in sys.path if "zoo-plugins-" in path]
