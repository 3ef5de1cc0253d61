"""Our own data sets, formats and runtimes pass the checks that a stranger's have to pass."""

import os

import pytest

from zoo.entry_points import DATASETS, FORMATS, RUNTIMES, EntryPointGroup
from zoo.runtimes.group import is_program, missing_parts
from zoo.testing import outcomes

QUICK = {"dataset:digits"}
# 38 plain test patches are training patches as well; the shipped figures are measured with them
EXPECTED = {"dataset:photo-patches": {"splits"}}


def plugins() -> list[object]:
    """Return a reference to each plug-in; those that take longer are left out of CI."""
    kinds = {"dataset": DATASETS, "format": FORMATS, "runtime": RUNTIMES}
    names = [
        f"{kind}:{name}" for kind, group in kinds.items() for name in EntryPointGroup(group).names()
    ]
    return [each if each in QUICK else pytest.param(each, marks=pytest.mark.long) for each in names]


@pytest.mark.slow
@pytest.mark.parametrize("reference", plugins())
def test_our_own_plugin_passes_its_checks(reference: str) -> None:
    kind, _, name = reference.partition(":")
    if kind == "dataset" and name not in ("digits", "diabetes") and "ZOO_DATA" not in os.environ:
        pytest.skip("ZOO_DATA is not set")
    if kind == "runtime" and (is_program(name) or missing_parts(name)):
        pytest.skip(missing_parts(name) or "tests/runtimes/programs")
    failed = {each.check: each.detail for each in outcomes(reference) if each.verdict == "failed"}
    assert failed.keys() == EXPECTED.get(reference, set()), failed
