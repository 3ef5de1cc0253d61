"""The contract, over every architecture that is installed: what `zoo check` runs, name by name."""

from pathlib import Path

import pytest

from zoo.registry.architectures import registry
from zoo.testing import CHECKS, Skipped, Subject


@pytest.fixture(scope="module", params=registry().names())
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder: Path = tmp_path_factory.mktemp(request.param)
    return Subject(request.param, folder)


@pytest.mark.parametrize("check", CHECKS)
def test_keeps_the_contract(subject: Subject, check: str) -> None:
    try:
        CHECKS[check](subject)
    except Skipped as reason:
        pytest.skip(str(reason))
