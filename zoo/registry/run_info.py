"""What a hook learns of the run that it works for, when it asks for `run`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["RunInfo"]


@dataclass(frozen=True, slots=True)
class RunInfo:
    """The run that a hook works for; a hook that asks for `run` gets None where there is none.

    Attributes:
        path: its folder. A plug-in may add files of its own; names of the zoo's own files are not free.
        name: the model's name in the catalog, or its architecture's.
        architecture: the name of the architecture.
        seed: of all random numbers of the training.
        resumed: whether the training was stopped, and resumed from a checkpoint.
        worker: the number of this process among those that train together, from 0. All of them call the
            hooks, with a folder of their own that is removed; what leaves the folder is for worker 0.
    """

    path: Path
    name: str
    architecture: str
    seed: int
    resumed: bool = False
    worker: int = 0
