"""The checks as tests of pytest: one id a check, expected failures, a floor."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import zoo
from zoo.testing import parametrize_with_checks

TEST = """
from zoo.testing import parametrize_with_checks

@parametrize_with_checks("dataset:digits", {options})
def test_the_contract(check):
    check()
"""


def run_tests(folder: Path, options: str, *words: str) -> str:
    (folder / "test_it.py").write_text(TEST.format(options=options))
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-rA", "-q", *words, "test_it.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


def test_each_check_is_a_test_and_an_expected_failure_that_passes_fails(tmp_path: Path) -> None:
    checks = "facts or ranges or splits or enough"
    out = run_tests(tmp_path, "expected_failures={'ranges': 'a reason'}", "-k", checks)
    assert "PASSED test_it.py::test_the_contract[facts]" in out
    assert "FAILED test_it.py::test_the_contract[ranges]" in out
    assert "The check 'ranges' passes now. Remove it from expected_failures (a reason)." in out


def test_an_expected_failure_is_reported_and_too_few_checks_fail(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "from zoo.testing.kinds import datasets\n"
        "from zoo.testing import SkipCheck\n"
        "from zoo.testing.outcome import CheckFailure\n"
        "def fail(subject): raise CheckFailure('no range')\n"
        "def skip(subject): raise SkipCheck('not here')\n"
        "def ok(subject): pass\n"
        "for name, check in datasets.CHECKS.items():\n"
        "    function = {'ranges': fail, 'trains': skip, 'same-bytes': ok}.get(name)\n"
        "    function and object.__setattr__(check, 'function', function)\n"
    )
    out = run_tests(tmp_path, "expected_failures={'ranges': 'a reason'}, at_least=7")
    assert "XFAIL test_it.py::test_the_contract[ranges] - a reason: no range" in out
    assert "SKIPPED" in out
    assert "FAILED test_it.py::test_the_contract[enough-checks]" in out
    assert "6 checks ran, expected at least 7. Skipped: trains: not here" in out


def test_a_wrong_name_or_floor_is_refused_when_tests_are_collected() -> None:
    with pytest.raises(zoo.UnknownName, match="Did you mean facts"):
        parametrize_with_checks("dataset:digits", expected_failures={"fact": "x"})
    with pytest.raises(zoo.UsageError, match="at_least must be from 0 to 7"):
        parametrize_with_checks("dataset:digits", at_least=8)
    with pytest.raises(zoo.UnknownName, match="no dataset 'digit'"):
        parametrize_with_checks("dataset:digit")
    with pytest.raises(zoo.UnknownName, match="Did you mean dataset"):
        parametrize_with_checks("datset:digits")
    with pytest.raises(zoo.UsageError, match="format:keras or runtime:keras"):
        parametrize_with_checks("keras")


def test_the_plugin_of_pytest_imports_nothing_heavy() -> None:
    code = "import sys, zoo.testing.harness.pytest_plugin; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "False"
