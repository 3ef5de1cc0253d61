"""Signals that end a command: SIGTERM and SIGHUP leave what Ctrl-C leaves."""

from __future__ import annotations

import signal
import threading
from typing import Any

_NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP


class Stopped(KeyboardInterrupt):
    """A signal asks this process to end; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


def stop_as_ctrl_c_does() -> None:
    """Raise Stopped at SIGTERM and SIGHUP, except at a signal that is ignored, as `nohup` sets SIGHUP."""
    if threading.current_thread() is not threading.main_thread():
        return
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)


def exit_code(error: BaseException) -> int:
    """Return the exit code after an interrupt: 128 and the number of the signal."""
    reason: BaseException | None = error
    while reason is not None:
        if isinstance(reason, Stopped):
            return 128 + reason.number
        reason = reason.__cause__ or reason.__context__
    return 128 + int(signal.SIGINT)


def _stop(number: int, frame: Any) -> None:
    raise Stopped(number)
