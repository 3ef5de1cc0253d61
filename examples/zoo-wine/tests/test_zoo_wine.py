"""The checks of the zoo, one test each: `zoo check dataset:wine` makes the same ones."""

from zoo.testing import parametrize_with_checks


@parametrize_with_checks("dataset:wine", at_least=7)
def test_the_contract(check):
    """Make one check; what fails says what to do."""
    check()
