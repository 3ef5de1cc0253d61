"""What libraries write into the terminal: nothing. And the variables that Ray is started with."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

__all__ = ["hide_raylets", "muted_stderr", "quiet_start", "show_raylets"]

_OWN = {
    "RAY_worker_niceness": "0",  # is added to that of the command; by itself, Ray adds 15
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # what is lost, the zoo says itself
}


@contextmanager
def muted_stderr() -> Iterator[int]:
    """Silence the standard error of C++ libraries, not Python's errors; yield a descriptor to it."""
    sys.stderr.flush()
    own, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield own
    finally:
        os.dup2(own, 2)
        os.close(own)
        os.close(nowhere)


@contextmanager
def quiet_start() -> Iterator[None]:
    """Start Ray with variables of the zoo's, where the user has set none."""
    own = {name: text for name, text in _OWN.items() if name not in os.environ}
    os.environ.update(own)
    try:
        with muted_stderr():  # there Ray would tell of its variables
            yield
    finally:
        for name in own:
            del os.environ[name]


def hide_raylets() -> None:
    """Keep Ray from printing what its raylets report: 20 lines of a log for each lost machine.

    Ray has no setting for it. The zoo itself says what is lost.
    """
    from ray._private import worker

    if not isinstance(worker.print_to_stdstream, partial):
        worker.print_to_stdstream = partial(_print_others, worker.print_to_stdstream)


def _print_others(show: Callable[..., None], data: dict[str, Any], *rest: Any, **more: Any) -> None:
    if data.get("pid") != "raylet":
        show(data, *rest, **more)


def show_raylets() -> None:
    """Let Ray print again what its raylets report."""
    from ray._private import worker

    if isinstance(worker.print_to_stdstream, partial):
        worker.print_to_stdstream = worker.print_to_stdstream.args[0]
