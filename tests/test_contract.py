"""The contract, over every architecture that is installed: what `zoo check` runs, one id for each check.

Each architecture is a class of its own, since xdist gives the tests of a class to one process
(--dist loadscope), which then trains the architecture once for all its checks.
"""

from typing import Any

import pytest

from zoo.registry.architectures import registry
from zoo.testing import CHECKS, Runner, Subject

ON_JAX = (
    "cnn",
    "cnn-vis",
    "dcgan",
)  # one of each kind of loop; the others on JAX are run by -m long


def parameters(architecture: str) -> list[Any]:
    """Return the names of the checks with their marks."""
    checks = []
    for name, check in CHECKS.items():
        marks = [pytest.mark.slow] if check.slow else []
        if name == "jax" and architecture not in ON_JAX:
            marks.append(pytest.mark.long)
        checks.append(pytest.param(name, marks=marks))
    return checks


@pytest.fixture(scope="class")
def runner(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    name: str = request.cls.architecture
    return Runner(Subject(name, tmp_path_factory.mktemp(name)), CHECKS)


def contract(architecture: str) -> type:
    """Return the test class of one architecture."""

    @pytest.mark.parametrize("check", parameters(architecture))
    def test_keeps_the_contract(self: object, runner: Runner, check: str) -> None:
        outcome = runner.outcome(check)
        if outcome.verdict == "skipped":
            pytest.skip(outcome.detail)
        assert outcome.verdict == "passed", outcome.detail

    members = {"architecture": architecture, "test_keeps_the_contract": test_keeps_the_contract}
    return type(f"Test_{architecture.replace('-', '_')}", (), members)


for _name in registry().names():
    _class = contract(_name)
    globals()[_class.__name__] = _class
