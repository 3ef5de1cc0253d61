import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import zoo
from tests.conftest import Install, Shell, forget_installed
from zoo.data.load import open_dataset
from zoo.entry_points import (
    ARCHITECTURES,
    DATASETS,
    EXTENSIONS,
    FORMATS,
    EntryPointGroup,
    package_of,
)
from zoo.errors import DisabledName
from zoo.exporters.formats import protocol

NET = {ARCHITECTURES: "net = zoo_net"}


def test_names_are_listed_sorted_and_nothing_is_imported(install: Install) -> None:
    install("zoo-net", {"zoo_net.py": "raise SystemExit('imported')"}, NET)
    names = EntryPointGroup(ARCHITECTURES).names()
    assert names == tuple(sorted(names))
    assert {"net", "mlp", "cnn"} <= set(names)
    assert "net" in zoo.list_architectures()
    assert "zoo_net" not in sys.modules


def test_a_group_without_packages_is_empty() -> None:
    assert EntryPointGroup("zoo.nothing").names() == ()
    with pytest.raises(zoo.UnknownName, match=r"There are none\."):
        EntryPointGroup("zoo.nothing").load("x")


def test_an_unknown_name_is_answered_with_the_nearest_and_stays_unknown() -> None:
    shelf = EntryPointGroup(FORMATS)
    with pytest.raises(zoo.UnknownName, match=r"no format 'onx'\. Did you mean onnx or"):
        shelf.entry("onx")
    assert "onx" not in shelf.names()


def test_a_name_is_loaded_with_the_package_that_it_comes_from(install: Install) -> None:
    install("zoo-net", {"zoo_net/__init__.py": "", "zoo_net/deep.py": "A = 1"}, {
        ARCHITECTURES: "net = zoo_net.deep"
    })  # fmt: skip
    shelf = EntryPointGroup(ARCHITECTURES)
    assert shelf.load("net").A == 1
    assert shelf.packages("net") == "zoo-net 1.0"


def test_metadata_of_many_spaces_is_read_at_once(install: Install) -> None:
    site = install("zoo-net", {"zoo_net.py": ""}, NET)
    (site / "zoo_net-1.0.dist-info" / "METADATA").write_text(
        f"Name: a{' ' * 10**6}b\nVersion: 1 \n"
    )
    forget_installed()
    package = package_of(EntryPointGroup(ARCHITECTURES).entry("net"))
    assert package == f"a{' ' * 99} 1"


def test_a_message_has_no_name_of_a_megabyte(install: Install) -> None:
    names = {"a" * 10**6: "zoo_net", "b" * 10**6: "zoo_net"}
    entries = "\n".join(f"{name} = {module}" for name, module in names.items())
    install("zoo-net", {"zoo_net.py": ""}, {DATASETS: entries})
    with pytest.raises(zoo.ZooError) as caught:
        open_dataset("aaaa")
    assert len(str(caught.value)) < 1500


BROKEN = {
    "import nowhere_to_be_found": r"ModuleNotFoundError: No module named 'nowhere_to_be_found'",
    "from keras import NoSuchLayer": r"ImportError: cannot import name 'NoSuchLayer'",
    "def build(:": r"SyntaxError: .*zoo_net\.py, line 1",
    "\tx = 1\n  y = 2": r"IndentationError",
    "raise SystemExit(3)": r"SystemExit: 3",
    "import sys; sys.exit()": r"SystemExit",
    "class Panic(BaseException): ...\nraise Panic('of Rust')": r"Panic: of Rust",
    "1 / 0": r"ZeroDivisionError: division by zero",
    "def f(): f()\nf()": r"RecursionError",
    "raise ValueError('many\\nlines\\nof\\ntext\\n' * 1000)": r"ValueError: many lines of",
    "assert False": r"AssertionError",
    "import zoo\nclass Config(zoo.Config):\n  seed: int = 1": r"SettingError: A setting cannot be called",
    "import zoo\nclass Config(zoo.Config):\n  a: int = 1\n  a = 2\n  a()": r"TypeError",
    "import keras\nkeras.layers.Dense(-1)": r"ValueError",
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_module_that_fails_to_import_hurts_only_who_asks_for_it(
    install: Install, code: str
) -> None:
    install("zoo-net", {"zoo_net.py": code}, NET)
    said = (
        rf"^The architecture 'net' of zoo-net 1\.0 cannot be imported from zoo_net: {BROKEN[code]}"
    )
    for _ in range(2):
        with pytest.raises(zoo.PluginError, match=said) as raised:
            zoo.create("net", input_shape=(4,), classes=3)
        assert "\n" not in str(raised.value)
        assert len(str(raised.value)) < 600
    assert zoo.list_models("mlp.digits") == ["mlp.digits"]
    assert zoo.create("mlp", input_shape=(4,), classes=3).count_params() > 0


def test_ctrl_c_during_an_import_is_ctrl_c(install: Install) -> None:
    install("zoo-net", {"zoo_net.py": "raise KeyboardInterrupt"}, NET)
    with pytest.raises(KeyboardInterrupt):
        EntryPointGroup(ARCHITECTURES).load("net")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("zoo_nowhere", "cannot be imported from zoo_nowhere: ModuleNotFoundError"),
        ("zoo_net.missing", "cannot be imported from zoo_net.missing: ModuleNotFoundError"),
        ("zoo_net:missing", "cannot be imported from zoo_net:missing: AttributeError"),
        ("zoo_net:A", "must name a module, not something in it. Received: zoo_net:A"),
        ("not a module", "must name a module. Received: 'not a module'"),
        ("", "must name a module. Received: ''"),
        ("1 + 1", "must name a module. Received: '1 + 1'"),
        (".relative", "must name a module. Received: '.relative'"),
    ],
)
def test_an_entry_point_that_leads_nowhere_is_told(
    install: Install, value: str, problem: str
) -> None:
    install("zoo-net", {"zoo_net.py": "A = 1"}, {ARCHITECTURES: f"net = {value}"})
    with pytest.raises(zoo.PluginError, match=f"'net' of zoo-net 1.0 {re.escape(problem)}"):
        zoo.create("net")
    assert "mlp.digits" in zoo.list_models()
    assert {"zoo_mlp", "zoo_cnn"} <= EntryPointGroup(ARCHITECTURES).modules()


def failing_module(kind: str) -> str:
    return f"def {kind}(): raise AssertionError('of two packages, neither is used')"


@pytest.mark.parametrize(
    ("group", "name", "ask"),
    [
        (ARCHITECTURES, "mlp", lambda: zoo.create("mlp.digits")),
        (ARCHITECTURES, "mlp", lambda: zoo.describe("mlp")),
        (FORMATS, "onnx", lambda: protocol.load_format("onnx")),
        (FORMATS, "onnx", lambda: zoo.export("somewhere", ["onnx"])),
        (DATASETS, "digits", lambda: open_dataset("digits")),
        (DATASETS, "digits", lambda: zoo.train("mlp.digits")),
        (EXTENSIONS, "tracker", lambda: zoo.create("mlp.digits")),
    ],
)
def test_a_name_that_two_packages_claim_is_refused_and_both_are_named(
    install: Install, group: str, name: str, ask: Callable[[], object]
) -> None:
    install("zoo-one", {"zoo_one.py": failing_module("build")}, {group: f"{name} = zoo_one"})
    install("zoo-two", {"zoo_two.py": failing_module("load")}, {group: f"{name} = zoo_two"})
    claimed = rf"'{name}' is claimed by .*zoo-one 1\.0 and zoo-two 1\.0\. Uninstall"
    with pytest.raises(zoo.PluginError, match=claimed):
        ask()
    assert EntryPointGroup(group).names().count(name) == 1


def test_beside_a_claimed_name_every_other_works(install: Install) -> None:
    install("zoo-other", {"zoo_other.py": ""}, {
        ARCHITECTURES: "mlp = zoo_other", FORMATS: "onnx = zoo_other", DATASETS: "mnist = zoo_other"
    })  # fmt: skip
    assert "mlp.digits" in zoo.list_models()
    run = zoo.train("cnn.digits", epochs=1, filters=[2], convolutions=1)
    assert zoo.export(run, ["keras"]).ok
    assert zoo.verify(run.path / "export").ok


def test_every_claim_of_a_name_is_kept(install: Install) -> None:
    install("zoo-net", {"zoo_net.py": "1 / 0"}, {ARCHITECTURES: "mlp = zoo_net"})
    claims = EntryPointGroup(ARCHITECTURES).claims("mlp")
    assert {claim.value for claim in claims} == {"zoo_mlp", "zoo_net"}
    assert EntryPointGroup(ARCHITECTURES).claims("nothing") == ()


def test_a_package_without_metadata_still_has_its_entry_points(install: Install) -> None:
    site = install("zoo-net", {"zoo_net.py": "A = 1"}, NET)
    (site / "zoo_net-1.0.dist-info" / "METADATA").unlink()
    forget_installed()
    shelf = EntryPointGroup(ARCHITECTURES)
    assert shelf.load("net").A == 1
    assert shelf.packages("net") == "an unknown package"


@pytest.mark.parametrize("content", [b"[zoo.architectures]\nnet\n", b"\xff\xfe\x00 = \xff"])
def test_metadata_that_cannot_be_read_is_left_out_with_a_warning(
    install: Install, content: bytes
) -> None:
    site = install("zoo-net", {"zoo_net.py": ""}, NET)
    (site / "zoo_net-1.0.dist-info" / "entry_points.txt").write_bytes(content)
    forget_installed()
    with pytest.warns(UserWarning, match="The metadata of a package in .* cannot be read"):
        names = EntryPointGroup(ARCHITECTURES).names()
    assert {"cnn", "mlp"} <= set(names)
    assert "net" not in names
    assert zoo.list_models("mlp.digits")


def test_an_unusual_name_is_a_name(install: Install) -> None:
    install("zoo-net", {"zoo_net.py": "A = 1"}, {ARCHITECTURES: "Größe 2 = zoo_net"})
    assert EntryPointGroup(ARCHITECTURES).load("Größe 2").A == 1


def test_the_shell_lists_what_it_cannot_load(install: Install, tmp_path: Path) -> None:
    """In a fresh process: listing works, asking for the broken one is a line, the others work."""
    install("zoo-net", {"zoo_net.py": "import sys; sys.exit('no')"}, NET)

    def run_zoo(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "zoo", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert "mlp.digits" in run_zoo("list").stdout
    rows = json.loads(run_zoo("plugins", "--json").stdout)
    assert [row["package"] for row in rows if row["name"] == "net"] == ["zoo-net 1.0"]
    asked = run_zoo("show", "net")
    assert asked.returncode == 1
    assert asked.stdout == ""
    assert asked.stderr == (
        "Error: The architecture 'net' of zoo-net 1.0 cannot be imported from zoo_net: "
        "SystemExit: no\n"
    )


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("mlp", lambda: zoo.create("mlp", input_shape=(4,), classes=3)),
        ("mlp", lambda: zoo.create("mlp.digits")),
        ("mlp", lambda: zoo.describe("mlp")),
        ("onnx", lambda: protocol.load_format("onnx")),
        ("digits", lambda: open_dataset("digits")),
    ],
)
def test_a_name_can_be_switched_off(
    monkeypatch: pytest.MonkeyPatch, name: str, ask: Callable[[], object]
) -> None:
    monkeypatch.setenv("ZOO_DISABLE", name)
    forget_installed()
    kind = {"onnx": "format", "digits": "dataset"}.get(name, "architecture")
    with pytest.raises(
        DisabledName, match=f"The {kind} '{name}' is switched off by ZOO_DISABLE. Remove it"
    ):
        ask()
    assert f"{name}.digits" not in zoo.list_models()
    assert "cnn.digits" in zoo.list_models()
    forget_installed()


def test_what_is_switched_off_is_listed_as_such(
    monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    monkeypatch.setenv("ZOO_DISABLE", "mlp,onnx")
    group = EntryPointGroup(ARCHITECTURES)
    assert "mlp" not in group.names()
    assert "mlp" in group.installed_names()
    assert "mlp" in group
    code, out, _ = shell("plugins")
    assert code == 0
    disabled = [line for line in out.splitlines() if line.endswith("disabled  by ZOO_DISABLE")]
    assert [line.split()[1] for line in disabled] == ["mlp", "onnx", "mlp"]  # and its predictor
    rows = json.loads(shell("plugins", "--json")[1])
    off = [row["name"] for row in rows if row["state"] == "disabled"]
    assert off == ["mlp", "onnx", "mlp"]


def test_two_packages_with_one_name_can_be_switched_off(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("zoo-one", {"zoo_one.py": ""}, {EXTENSIONS: "tracker = zoo_one"})
    install("zoo-two", {"zoo_two.py": ""}, {EXTENSIONS: "tracker = zoo_two"})
    monkeypatch.setenv("ZOO_DISABLE", "tracker")
    assert zoo.create("mlp.digits").name == "mlp"


def test_a_misspelt_name_in_zoo_disable_is_reported(
    monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    monkeypatch.setenv("ZOO_DISABLE", "onx")
    code, out, err = shell("plugins")
    assert code == 0
    assert "disabled" not in out
    assert err.startswith("Warning: ZOO_DISABLE: nothing is called onx. Did you mean onnx")
