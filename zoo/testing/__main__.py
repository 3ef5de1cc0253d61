"""`python -m zoo.testing NAME CHECK...`: run some checks, print those that failed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from zoo.testing.suites import outcomes


def main(name: str, checks: Sequence[str]) -> int:
    """Return how many checks failed, and print why."""
    failed = [outcome for outcome in outcomes(name, checks) if outcome.verdict == "failed"]
    for outcome in failed:
        print(f"{outcome.check}: {outcome.detail}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
