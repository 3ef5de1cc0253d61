"""Which display a computation gets that Python starts: a notebook's, a terminal's, or lines in a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from zoo.environment import shows_progress
from zoo.errors import UsageError, brief
from zoo.io.console import SafeConsole
from zoo.runs.display.notebook import NotebookProgress, in_notebook, track_in_notebook
from zoo.runs.progress import ConsoleProgress, Progress

Track = Callable[[Sequence[Any]], Iterable[Any]]
"""Returns some items, and shows how many of them are done."""


def choose_progress(progress: Progress | bool | None) -> Progress:
    """Return what shows a training.

    Args:
        progress: None shows it unless ZOO_PROGRESS is off: in a notebook in the cell's output, on a
            terminal as a bar, else as one line for each epoch on standard error. True shows it in any
            case, False never. A Progress is returned as it is.

    Raises:
        UsageError: it is something else.
    """
    if isinstance(progress, Progress):
        return progress
    if progress not in (None, True, False):
        raise UsageError(
            f"progress must be True, False, None or a Progress. Received: {brief(progress)}"
        )
    if progress is False or (progress is None and not shows_progress()):
        return Progress()
    if in_notebook():
        return NotebookProgress()
    return ConsoleProgress(SafeConsole(stderr=True, highlight=False))


def choose_track(track: Track | None) -> Track:
    """Return what shows the progress over items: `track`, or a bar in a notebook and on a terminal."""
    if track is not None:
        return track
    if not shows_progress():
        return iter
    if in_notebook():
        return track_in_notebook
    return track_on_terminal if sys.stderr is not None and sys.stderr.isatty() else iter


def track_on_terminal(items: Sequence[Any]) -> Iterable[Any]:
    """Return the items; a bar on standard error shows how many are done, and is removed at the end."""
    from rich.progress import track

    return track(items, console=SafeConsole(stderr=True, highlight=False), transient=True)
