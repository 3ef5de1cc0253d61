"""What a publisher of weights must state: their licence, and where the data comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo.entry_points import DATASETS, EntryPointGroup
from zoo.errors import UsageError, brief
from zoo.runs.run import Run

_LICENSE = r"[A-Za-z0-9][A-Za-z0-9.+-]*( (AND|OR|WITH) [A-Za-z0-9.+-]+)*"
NOT_STATED = "not stated"


@dataclass(frozen=True)
class Terms:
    """The licence of the weights (an SPDX identifier), the source of the data and its licence."""

    license: str
    data: str
    data_license: str


def resolve_terms(
    run: Run, license: str | None, data: str | None = None, data_license: str | None = None
) -> Terms:
    """Return the terms of a run's weights; a named data set knows its own source and licence.

    The weights of the catalog have the terms that the catalog says.

    Args:
        run: the run to publish.
        license: of the weights: an SPDX identifier, such as Apache-2.0.
        data: where the training data comes from; what the data set declares if None.
        data_license: of the training data; what the data set declares if None.

    Raises:
        UsageError: a licence is missing or no identifier, or the source of the data is unknown.
    """
    if run.shipped:
        info = run.shipped.info
        return Terms(license or info.license, data or info.data, data_license or info.data_license)
    if not license:
        raise UsageError(
            f"{run} has no licence, and without one nobody may use the weights. Give an SPDX identifier: "
            "--license Apache-2.0"
        )
    if not re.fullmatch(_LICENSE, license):
        raise UsageError(
            f"--license must be an SPDX identifier, such as Apache-2.0. Received: {brief(license)}"
        )
    declared = dataset_facts(run)
    data = data or declared.get("SOURCE")
    data_license = data_license or declared.get("LICENSE")
    if not data or not data_license:
        raise UsageError(
            f"The data of {run} declares no source or no licence. Give both: --data-source TEXT and "
            f"--data-license IDENTIFIER ('{NOT_STATED}' where nobody has stated one)."
        )
    return Terms(license, data, data_license)


def public_source(run: Run) -> str | None:
    """Return where a run's data comes from, without the folders of the machine that trained it."""
    source = run.record["dataset"].get("source")
    return Path(source).name if source and Path(source).is_absolute() else source


def dataset_facts(run: Run) -> dict[str, str]:
    """Return SOURCE, LICENSE, HUB and INPUTS of the data set of a run, as far as it has them."""
    source: Any = run.record["dataset"].get("source")
    group = EntryPointGroup(DATASETS)
    if source not in group.names():
        return {}
    module = group.load(source)
    names = ("SOURCE", "LICENSE", "HUB", "INPUTS")
    return {name: str(getattr(module, name)) for name in names if hasattr(module, name)}
