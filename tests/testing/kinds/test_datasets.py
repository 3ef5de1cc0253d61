"""The checks of a data set fail where it breaks them, and say what to do."""

from pathlib import Path

import pytest

from tests.conftest import Install
from zoo.entry_points import DATASETS
from zoo.testing import Outcome, outcomes

GOOD = '''"""Waves."""
import os
import numpy as np
import zoo
INPUT_SHAPE, CLASSES, SOURCE, LICENSE = (4, 1), ("a", "b"), "a formula", "MIT"

def load():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(40, 4, 1)), np.arange(40) % 2
    return zoo.Dataset("waves", zoo.Split(x[:30], y[:30]), zoo.Split(x[30:], y[30:]), CLASSES)
'''
BAD = {
    "no docstring": ("declarations", ('"""Waves."""', ""), "has no docstring"),
    "no licence": ("declarations", ('"MIT"', '""'), "LICENSE is missing"),
    "another name": (
        "facts",
        ('Dataset("waves"', 'Dataset("sea"'),
        "The name is 'waves' by the module",
    ),
    "another shape": ("facts", ("(4, 1), (", "(5, 1), ("), "declares INPUT_SHAPE (5, 1)"),
    "no seed": ("same-bytes", ("default_rng(0)", "default_rng()"), "when it is called again"),
    "by the process": (
        "same-bytes",
        ("default_rng(0)", "default_rng(os.getpid())"),
        "in another process",
    ),
    "one example in both": (
        "splits",
        ("x[30:], y[30:]", "x[20:], y[20:]"),
        "10 of 20 test examples are training",
    ),
    "a class without examples": (
        "targets",
        ('("a", "b")', '("a", "b", "c")'),
        "no example of 1 classes: c",
    ),
    "another scale": (
        "ranges",
        ("zoo.Split(x[30:]", "zoo.Split(99 + x[30:]"),
        "are both scaled in the same way?",
    ),
    "a label of no class": ("facts", ("np.arange(40) % 2", "np.arange(40) % 3"), "label"),
    "a constant": (
        "ranges",
        ("generator.normal(size=(40, 4, 1))", "np.zeros((40, 4, 1))"),
        "are the same",
    ),
}


def outcome(install: Install, check: str, code: str) -> Outcome:
    install("zoo-waves", {"zoo_waves.py": code}, {DATASETS: "waves = zoo_waves"})
    return {each.check: each for each in outcomes("dataset:waves", [check])}[check]


@pytest.mark.parametrize("case", BAD)
def test_a_broken_data_set_fails_its_check(install: Install, case: str) -> None:
    check, (old, new), message = BAD[case]
    assert old in GOOD
    found = outcome(install, check, GOOD.replace(old, new))
    assert found.verdict == "failed"
    assert message in found.detail


def test_a_good_data_set_passes(install: Install, tmp_path: Path) -> None:
    install("zoo-waves", {"zoo_waves.py": GOOD}, {DATASETS: "waves = zoo_waves"})
    found = [each for each in outcomes("waves") if each.verdict != "passed"]
    assert not found


@pytest.mark.parametrize("name", ["digits", "diabetes"])
def test_ours_pass_without_files(name: str) -> None:
    checks = ["declarations", "facts", "splits", "targets", "ranges"]
    assert [each for each in outcomes(f"dataset:{name}", checks) if each.verdict != "passed"] == []


def test_data_that_is_not_here_is_skipped_with_the_reason(install: Install) -> None:
    found = outcome(
        install, "splits", GOOD.replace("    gen", "    raise zoo.DataError('fetch it')\n    gen")
    )
    assert (found.verdict, found.detail) == ("skipped", "fetch it")
