"""What a sweep tells while it runs; this class shows nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoo.sweeps.results import TrialRow

__all__ = ["SweepProgress"]


class SweepProgress:
    """What a sweep calls when a trial begins, ends or loses its worker."""

    def start(self, trials: int, ended: int) -> None:
        """Begin the sweep.

        Args:
            trials: of the whole sweep.
            ended: trials that have ended already.
        """

    def begin(self, number: int) -> None:
        """Begin a trial, or go on with it."""

    def end(self, row: TrialRow) -> None:
        """End a trial."""

    def lose(self, number: int, reason: str) -> None:
        """Go on with a trial, whose worker is lost, on another one."""
