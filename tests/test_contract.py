"""The contract, over every architecture that is installed: what `zoo check` runs, one id for each check.

Each architecture is a class of its own, since xdist gives the tests of a class to one process
(--dist loadscope), which then trains the architecture once for all its checks.
"""

from typing import ClassVar

import pytest

from zoo.registry.architectures import registry
from zoo.testing import CHECKS, Runner, Subject

NAMES = [
    pytest.param(name, marks=[pytest.mark.slow] if check.slow else [])
    for name, check in CHECKS.items()
]


@pytest.fixture(scope="class")
def runner(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    name: str = request.cls.architecture
    return Runner(Subject(name, tmp_path_factory.mktemp(name)), CHECKS)


class Contract:
    """The checks on one architecture."""

    architecture: ClassVar[str]

    @pytest.mark.parametrize("check", NAMES)
    def test_keeps_the_contract(self, runner: Runner, check: str) -> None:
        outcome = runner.outcome(check)
        if outcome.verdict == "skipped":
            pytest.skip(outcome.detail)
        assert outcome.verdict == "passed", outcome.detail


for _name in registry().names():
    _class = f"Test_{_name.replace('-', '_')}"
    globals()[_class] = type(_class, (Contract,), {"architecture": _name})
