"""The versions of Python and of each dependency, compared with the floors that the zoo declares."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, version

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from zoo.diagnosis.findings import Finding

TOPIC = "versions"
PACKAGE = "keras-zoo"


def version_findings() -> Iterator[Finding]:
    """Yield a finding for Python, and one for each dependency that is installed or must be."""
    try:
        zoo = distribution(PACKAGE)
    except PackageNotFoundError:
        yield Finding(
            TOPIC,
            PACKAGE,
            "problem",
            "it runs without being installed, so that no plug-in is found",
            "pip install . in a checkout of keras-zoo, or install its wheel",
        )
        return
    yield Finding(TOPIC, PACKAGE, "ok", zoo.version)
    yield _python_finding(str(zoo.metadata["Requires-Python"] or ""))
    for text in zoo.requires or ():
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if finding := _requirement_finding(requirement):
            yield finding


def _python_finding(floor: str) -> Finding:
    number = platform.python_version()
    if SpecifierSet(floor).contains(number, prereleases=True):
        return Finding(TOPIC, "Python", "ok", f"{number} ({floor})")
    return Finding(TOPIC, "Python", "problem", f"{number}, expected {floor}", f"use Python {floor}")


def _requirement_finding(requirement: Requirement) -> Finding | None:
    """Return a finding about a dependency; None for one of an extra that is not installed."""
    name, floor = requirement.name, str(requirement.specifier)
    extra = requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})
    try:
        number = version(name)
    except PackageNotFoundError:
        if extra:
            return None
        return Finding(TOPIC, name, "problem", "not installed", f"pip install '{name}{floor}'")
    if requirement.specifier.contains(number, prereleases=True):
        return None if extra else Finding(TOPIC, name, "ok", f"{number} ({floor})")
    advice = f"pip install '{name}{floor}'"
    return Finding(TOPIC, name, "problem", f"{number}, expected {floor}", advice)
