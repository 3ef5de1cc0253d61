"""The contract that every architecture keeps."""

from zoo.testing import outcomes


def test_the_perceptron_keeps_the_contract():
    """Make the zoo's own checks, from the config to the exported files."""
    failed = [outcome for outcome in outcomes("perceptron") if outcome.verdict == "failed"]
    assert not failed
