"""`zoo doctor`: what is missing on this machine, and what to do."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.conftest import Install, Shell, forget_installed
from zoo.diagnosis import machine, places, version_floors
from zoo.diagnosis.doctor import diagnose, plugin_findings
from zoo.diagnosis.findings import Finding
from zoo.entry_points import ARCHITECTURES, CONTRACT


def subjects(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


def test_this_machine_has_no_problem_and_every_note_has_an_advice(shell: Shell) -> None:
    code, out, _ = shell("doctor", "--json")
    rows = json.loads(out)
    assert code == 0
    topics = {"versions", "compute", "plug-ins", "catalogs", "runtimes", "folders", "weights"}
    assert {row["topic"] for row in rows} == topics
    assert not [row for row in rows if row["verdict"] == "problem"]
    assert all(row["advice"] for row in rows if row["verdict"] == "note")
    numpy = next(row for row in rows if row["subject"] == "numpy")
    assert numpy["detail"].startswith(version("numpy"))


def test_a_version_below_its_floor_is_a_problem_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(version_floors, "version", lambda name: "0.0.1")
    found = subjects(list(version_floors.version_findings()))["numpy"]
    assert (found.verdict, found.advice) == ("problem", "pip install 'numpy>=2.0'")
    assert found.detail == "0.0.1, expected >=2.0"


def test_a_missing_dependency_is_a_problem_and_one_of_an_extra_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> str:
        raise version_floors.PackageNotFoundError(name)

    monkeypatch.setattr(version_floors, "version", absent)
    found = subjects(list(version_floors.version_findings()))
    assert found["keras"].detail == "not installed"
    assert "jax" not in found
    assert "mypy" not in found


def test_what_is_wrong_with_plugins_and_catalogs_is_said(install: Install, shell: Shell) -> None:
    install("zoo-net", {"zoo_net.py": ""}, {
        ARCHITECTURES: "net = zoo_net", CONTRACT: "version = v7"
    })  # fmt: skip
    install("zoo-sea", {"zoo_sea/__init__.py": "", "zoo_sea/registry.toml": "[sea"}, {
        ARCHITECTURES: "sea = zoo_sea"
    })  # fmt: skip
    found = subjects([*plugin_findings(), *places.catalog_findings()])
    assert found["architecture net"].verdict == "problem"
    assert found["architecture net"].advice == "or switch it off: ZOO_DISABLE=net"
    assert "not valid TOML" in found["zoo-sea 1.0"].detail
    code, out, err = shell("doctor")
    assert code == 1
    assert "incompatible: it is written for the contract v7" in out
    assert err.endswith("2 problems: architecture net, zoo-sea 1.0.\n")


def test_a_folder_that_cannot_be_written_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ZOO_RUNS", str(tmp_path / "file" / "runs"))
    found = subjects(list(places.folder_findings()))
    assert found["runs"].verdict == "problem"
    assert found["runs"].advice == "set ZOO_RUNS to a folder that you may write"
    assert found["cache"].verdict == "ok"


def test_a_broken_registry_of_the_users_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("registry.toml").write_text("[broken")
    forget_installed()
    monkeypatch.setattr("zoo.diagnosis.doctor.compute_findings", lambda: [])
    found = [each for each in diagnose() if each.topic == "catalogs"]
    assert found[0].verdict == "problem"
    assert "registry.toml" in found[0].detail


def test_kernels_that_are_off_are_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    force = {"backend": "torch", "onednn": False, "threads": 2, "processor": "P"}
    monkeypatch.setattr(machine, "compute_in_force", lambda: force)
    found = subjects(list(machine.compute_findings()))
    assert found["oneDNN"].verdict == "note"
    assert found["backend"].verdict == "problem"
    assert found["processor"].detail == "P, 2 threads"
