"""The contract that every architecture keeps: one test for each check of `zoo check perceptron`."""

from zoo.testing import parametrize_with_checks


@parametrize_with_checks("architecture:perceptron", at_least=15)
def test_the_contract(check):
    """Make one check; what fails says what to do."""
    check()
