"""The version of the contract between the zoo and a plug-in, and which versions this zoo understands.

A distribution declares the version that it is written for in its metadata, beside its plug-ins:

    [project.entry-points."zoo.contract"]
    version = "v1"

Each release of the zoo understands the versions OLDEST to CURRENT. docs/contract.md says what raises them.
A distribution that declares none is loaded; whether it fits is only seen when it is used.
"""

from __future__ import annotations

import re

CONTRACT = "zoo.contract"  # the group of the entry point
OLDEST, CURRENT = 1, 1

__all__ = ["CONTRACT", "CURRENT", "OLDEST", "contract_problem"]


def contract_problem(declared: str | None) -> str:
    """Return why a distribution does not fit this zoo and what to do, or nothing if it fits.

    Args:
        declared: the value in its metadata, such as v1; None if it declares none.
    """
    if declared is None:
        return ""
    if not re.fullmatch(r"v[1-9]\d{0,5}", declared):
        return (
            f"it declares the contract {declared[:40]!r}. Expected: a version, such as v{CURRENT}"
        )
    version = int(declared[1:])
    if OLDEST <= version <= CURRENT:
        return ""
    known = f"v{CURRENT}" if OLDEST == CURRENT else f"v{OLDEST} to v{CURRENT}"
    package = "keras-zoo" if version > CURRENT else "it"
    return f"it is written for the contract {declared}, and this zoo has {known}. Upgrade {package}"
