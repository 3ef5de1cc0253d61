"""The error that a training or a run has no data."""

from __future__ import annotations

from zoo.data.load import SOURCES
from zoo.entry_points import DATASETS, EntryPointGroup
from zoo.errors import UsageError

__all__ = ["missing_data_error"]


def missing_data_error(name: str, trained_in_memory: bool) -> UsageError:
    """Return the error that data must be given.

    Args:
        name: of the model.
        trained_in_memory: whether its run is trained on data that no file holds.
    """
    if trained_in_memory:
        return UsageError(
            f"This run of {name} is trained on data in memory, which no file holds. Give it again, or other "
            "data: --data, in Python data=(x, y)."
        )
    names = ", ".join(EntryPointGroup(DATASETS).names())
    return UsageError(f"{name} needs data. Give {SOURCES}. Datasets: {names}.")
