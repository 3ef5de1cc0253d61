"""The checks of the zoo, one test each: `zoo check architecture:flow` makes the same ones."""

from zoo.testing import parametrize_with_checks


@parametrize_with_checks("architecture:flow", at_least=15)
def test_the_contract(check):
    """Make one check; what fails says what to do."""
    check()
