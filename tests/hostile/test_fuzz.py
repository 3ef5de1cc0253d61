"""A second of fuzzing for each parser; tests/hostile/fuzz.py goes on for longer."""

import pytest

from tests.hostile.fuzz import PARSERS
from zoo.testing.hostile.server import Server


@pytest.mark.parametrize("name", PARSERS)
def test_no_mutated_file_breaks_a_parser(name: str, light: Server) -> None:
    outcome = light.call("tests.hostile.fuzz:fuzz_here", name, 1.0, 20261126)
    assert outcome.code == 0, outcome.output[-3000:]
    assert not outcome.problem
