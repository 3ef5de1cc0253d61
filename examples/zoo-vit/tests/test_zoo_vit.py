"""The checks of the zoo, one test each: `zoo check architecture:vit` makes the same ones."""

from zoo.testing import parametrize_with_checks


@parametrize_with_checks("architecture:vit", at_least=15)
def test_the_contract(check):
    """Make one check; what fails says what to do."""
    check()
