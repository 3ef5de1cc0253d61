"""The contract, over every architecture that is installed: what `zoo check` runs, one id for each check."""

from pathlib import Path

import pytest

from zoo.registry.architectures import registry
from zoo.testing import CHECKS, Runner, Subject

# xdist gives all checks of an architecture to one process, which trains it once for all of them
ARCHITECTURES = [
    pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in registry().names()
]
NAMES = [
    pytest.param(name, marks=[pytest.mark.slow] if check.slow else [])
    for name, check in CHECKS.items()
]


@pytest.fixture(scope="module", params=ARCHITECTURES)
def runner(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    folder: Path = tmp_path_factory.mktemp(request.param)
    return Runner(Subject(request.param, folder))


@pytest.mark.parametrize("check", NAMES)
def test_keeps_the_contract(runner: Runner, check: str) -> None:
    outcome = runner.outcome(check)
    if outcome.verdict == "skipped":
        pytest.skip(outcome.detail)
    assert outcome.verdict == "passed", outcome.detail
