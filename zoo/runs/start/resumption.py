"""A run that is resumed needs the callbacks, kernels and threads that it was started with: the same bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo.compute.kernels import check_same_kernels, prepare_to_resume
from zoo.runs.callbacks import user_callbacks
from zoo.runs.run import Run

__all__ = ["prepare_run_to_resume"]


def prepare_run_to_resume(run: Run, callbacks: Sequence[Any]) -> None:
    """Use the kernels and threads that a run was started with; refuse if that is no longer possible.

    Args:
        run: the unfinished run.
        callbacks: the user's; they must be those of the run.

    Raises:
        RunError: the callbacks, the kernels or the threads are others.
    """
    user_callbacks.check_same_callbacks(run, callbacks)
    compute = run.record.get("compute", {})
    prepare_to_resume(compute)
    if run.state != "trained":  # a trained run is only measured
        check_same_kernels(run.path, compute)
