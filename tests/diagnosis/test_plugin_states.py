"""The states of plug-ins, from metadata alone."""

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import Install, Shell, forget_installed
from zoo.diagnosis.plugin_states import PluginState, plugin_states
from zoo.entry_points import (
    ARCHITECTURES,
    CONTRACT,
    DATASETS,
    EXTENSIONS,
    FORMATS,
    RUNTIMES,
    EntryPointGroup,
    disabled_plugins,
)
from zoo.entry_points.contract_version import contract_problem
from zoo.errors import DisabledName, PluginError

NET = {ARCHITECTURES: "net = zoo_net"}


def state_of(name: str, check: bool = False) -> PluginState:
    (found,) = [each for each in plugin_states(check) if each.name == name]
    return found


def test_ours_are_ok_and_declare_their_contract() -> None:
    states = plugin_states()
    assert {state.state for state in states} == {"ok"}
    assert {state.contract for state in states} == {"v1"}
    kinds = {"architecture", "dataset", "format", "runtime", "predictor"}
    assert kinds <= {state.kind for state in states}


def test_a_module_that_cannot_be_imported_is_ok_until_it_is_imported(install: Install) -> None:
    install("zoo-net", {"zoo_net.py": "1 / 0"}, NET)
    assert state_of("net") == PluginState(
        "architecture", "net", "zoo-net 1.0", "", "zoo_net", "ok", ""
    )
    assert "zoo_net" not in sys.modules
    checked = state_of("net", check=True)
    assert checked.state == "broken"
    assert "cannot be imported from zoo_net: ZeroDivisionError: division by zero" in checked.reason


@pytest.mark.parametrize(
    ("group", "code", "reason"),
    [
        (FORMATS, "def __getattr__(name): raise ValueError(name)", "ValueError: RUNTIMES"),
        (DATASETS, "__doc__ = 3", "INPUT_SHAPE"),
        (ARCHITECTURES, "class E(Exception):\n  __str__ = None\nraise E", "from zoo_net: E"),
    ],
)
def test_what_a_module_raises_is_the_reason(
    install: Install, group: str, code: str, reason: str
) -> None:
    install("zoo-net", {"zoo_net.py": code}, {group: "net = zoo_net"})
    found = state_of("net", check=True)
    assert (found.state, reason in found.reason) == ("broken", True)


def test_a_module_that_does_not_exist_is_broken_without_importing(install: Install) -> None:
    install("zoo-net", {}, NET)
    found = state_of("net")
    assert (found.state, found.reason) == ("broken", "its module zoo_net does not exist")


def test_an_entry_point_that_names_no_module_is_broken(install: Install) -> None:
    install("zoo-net", {"zoo_net.py": ""}, {ARCHITECTURES: "net = not a module"})
    assert "must name a module. Received: 'not a module'" in state_of("net").reason


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("v99", "it is written for the contract v99, and this zoo has v1. Upgrade keras-zoo"),
        ("v0", "it declares the contract 'v0'. Expected: a version, such as v1"),
        ("_1", "it declares the contract '_1'. Expected: a version, such as v1"),
    ],
)
def test_another_contract_is_refused_before_anything_is_imported(
    install: Install, version: str, reason: str
) -> None:
    install("zoo-net", {"zoo_net.py": "raise SystemExit"}, {
        **NET, CONTRACT: f"version = {version}"
    })  # fmt: skip
    found = state_of("net", check=True)
    assert (found.state, found.reason, found.contract) == ("incompatible", reason, version)
    with pytest.raises(PluginError, match=r"'net' of zoo-net 1\.0 is not imported: it "):
        EntryPointGroup(ARCHITECTURES).load("net")
    assert "zoo_net" not in sys.modules


def test_a_range_of_contracts_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoo.entry_points.contract_version.OLDEST", 2)
    monkeypatch.setattr("zoo.entry_points.contract_version.CURRENT", 4)
    assert [contract_problem(declared) for declared in ("v2", "v4", None)] == ["", "", ""]
    assert contract_problem("v1") == (
        "it is written for the contract v1, and this zoo has v2 to v4. Upgrade it"
    )
    assert contract_problem("v5").endswith("Upgrade keras-zoo")


def test_two_packages_that_claim_a_name_shadow_each_other(install: Install) -> None:
    install("zoo-one", {"zoo_one.py": ""}, {DATASETS: "rain = zoo_one"})
    install("zoo-two", {"zoo_two.py": ""}, {DATASETS: "rain = zoo_two"})
    found = [each for each in plugin_states() if each.name == "rain"]
    assert [each.state for each in found] == ["shadowed", "shadowed"]
    assert found[0].reason == "zoo-two 1.0 claims the name too; uninstall one of them"


def test_another_module_of_the_name_shadows_the_packages_own(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("zoo-net", {"zoo_net.py": ""}, NET)
    (tmp_path / "zoo_net.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    found = state_of("net")
    assert found.state == "shadowed"
    assert found.reason.startswith(f"{tmp_path / 'zoo_net.py'} lies before ")


def test_metadata_that_cannot_be_read_has_a_row(install: Install) -> None:
    site = install("zoo-net", {"zoo_net.py": ""}, NET)
    (site / "zoo_net-1.0.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe\x00")
    forget_installed()
    with pytest.warns(UserWarning, match="cannot be read"):
        found = state_of("?")
    assert (found.state, found.package) == ("broken", f"a package in {site}")


BROKEN = {
    DATASETS: ("", "must declare INPUT_SHAPE"),
    FORMATS: ("SUFFIX = '.x'", "lacks write, "),
    RUNTIMES: ("", "lacks FORMATS, missing, version"),
    EXTENSIONS: ("import zoo\n@zoo.hookimpl\ndef build(): pass", "may only wrap hooks"),
    ARCHITECTURES: ("", "lacks the hook defaults()"),
}


@pytest.mark.parametrize("group", BROKEN)
def test_each_kind_is_checked_as_it_is_loaded(install: Install, group: str) -> None:
    code, reason = BROKEN[group]
    install("zoo-bad", {"zoo_bad.py": code}, {group: "bad = zoo_bad"})
    assert reason in state_of("bad", check=True).reason
    assert state_of("bad").state == "ok"


def test_a_line_in_registry_toml_switches_plugins_off(shell: Shell) -> None:
    Path("registry.toml").write_text('disable = ["vae", "onnx"]\n[mlp.mine]\nsummary = "x"\n')
    forget_installed()
    assert disabled_plugins() == {"vae", "onnx"}
    assert (state_of("vae").state, state_of("vae").reason) == ("disabled", "by registry.toml")
    with pytest.raises(DisabledName, match=r"'onnx' is switched off by registry\.toml"):
        EntryPointGroup(FORMATS).load("onnx")
    out = shell("list")[1]
    assert "mlp.mine" in out
    assert "vae." not in out
    Path("registry.toml").write_text('disable = ["nothing"]\n')
    assert disabled_plugins() == {"nothing"}
    assert "Warning: registry.toml: nothing is called nothing." in shell("plugins")[2]


@pytest.mark.parametrize("value", ['"vae"', "[1]", "7"])
def test_a_wrong_line_in_registry_toml_is_refused(shell: Shell, value: str) -> None:
    Path("registry.toml").write_text(f"disable = {value}\n")
    forget_installed()
    code, _, err = shell("list")
    assert code == 2
    assert "disable must be a list of names of plug-ins" in err


def test_only_the_packages_of_zoo_packages_are_seen(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("zoo-net", {"zoo_net.py": ""}, NET)
    install("zoo-sea", {"zoo_sea.py": ""}, {DATASETS: "sea = zoo_sea"})
    monkeypatch.setenv("ZOO_PACKAGES", "keras-zoo, zoo-sea")
    forget_installed()
    assert "net" not in EntryPointGroup(ARCHITECTURES)
    assert "sea" in EntryPointGroup(DATASETS)
    assert "mlp" in EntryPointGroup(ARCHITECTURES)


def test_the_shell_checks_and_ends_with_one_if_a_plugin_is_broken(
    install: Install, shell: Shell
) -> None:
    install("zoo-net", {"zoo_net.py": "1 / 0"}, NET)
    assert shell("plugins")[0] == 0
    code, out, err = shell("plugins", "--check", "--json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert code == 1
    assert rows["net"]["state"] == "broken"
    assert rows["mlp"]["state"] == "ok"
    assert "plug-ins cannot be used: " in err
    assert "net" in err


def test_300_packages_are_listed_and_none_is_imported(install: Install, shell: Shell) -> None:
    """benchmarks/plugins.py measures the time."""
    for at in range(300):
        module = f"zoo_made_{at}"
        model = f'[made-{at}.digits]\nsummary = "x"\ndataset = "digits"\n'
        files = {f"{module}/__init__.py": "raise SystemExit", f"{module}/registry.toml": model}
        points = {ARCHITECTURES: f"made-{at} = {module}", CONTRACT: "version = v1"}
        install(f"zoo-made-{at}", files, points)
    install("zoo-net", {}, NET)
    assert "made-299.digits" in shell("list")[1]
    rows = [each for each in plugin_states() if each.package.startswith(("zoo-made", "zoo-net"))]
    assert [each.state for each in rows].count("ok") == 300
    assert [each.name for each in rows if each.state == "broken"] == ["net"]
    assert not [name for name in sys.modules if name.startswith("zoo_made_")]
