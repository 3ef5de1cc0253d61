"""The floors of dependencies are above the advisories in docs/advisories.toml; so is what is installed."""

import importlib.metadata
import tomllib
from pathlib import Path
from typing import Any

import h5py
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
ADVISORIES = tomllib.loads((ROOT / "docs" / "advisories.toml").read_text("utf-8"))["advisory"]


def floor(package: str) -> Version:
    """Return the lowest version that pyproject.toml allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for requirement in map(Requirement, project["dependencies"]):
        if canonicalize_name(requirement.name) == package:
            (lowest,) = (each.version for each in requirement.specifier if each.operator == ">=")
            return Version(lowest)
    raise AssertionError(f"{package} is no dependency")


@pytest.mark.parametrize("advisory", ADVISORIES, ids=lambda advisory: str(advisory["package"]))
def test_no_allowed_version_has_a_known_fault(advisory: dict[str, Any]) -> None:
    assert floor(advisory["package"]) >= Version(advisory["fixed"])
    assert Version(importlib.metadata.version(advisory["package"])) >= Version(advisory["fixed"])


def test_hdf5_is_above_its_advisories() -> None:
    (fixed,) = (advisory["hdf5"] for advisory in ADVISORIES if "hdf5" in advisory)
    assert Version(h5py.version.hdf5_version) >= Version(fixed)


def test_each_advisory_says_which_and_what() -> None:
    for advisory in ADVISORIES:
        assert advisory["ids"], advisory
        assert advisory["what"], advisory
