"""A terminal shows the data and a moving sign at once, and the model and a bar before the first step."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import suppress

import pytest

pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")

DATA = rb"data: digits, 10 classes; \(8, 8, 1\)"
SIGN = rb"\xe2[\xa0-\xa3].(\x1b\[\d*m)* importing Keras"
MODEL = rb"model: [\d,]+ parameters; CPU, \d+ threads?"
BAR = rb"epoch \d+/\d+"


def seconds_until(patterns: tuple[bytes, ...], *words: str) -> list[float]:
    """Run a command on a pseudo-terminal until it has shown each pattern, and return when it showed them.

    Each pattern is looked for behind the one before it.
    """
    terminal, end = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "zoo", *words], stdin=end, stdout=end, stderr=end, env=environment
    )
    os.close(end)
    shown, begin, times = b"", 0, []
    with suppress(OSError):  # where the command has ended
        while len(times) < len(patterns):
            shown += os.read(terminal, 65536)
            while len(times) < len(patterns) and (
                found := re.compile(patterns[len(times)]).search(shown, begin)
            ):
                times.append(time.monotonic() - started)
                begin = found.end()
    process.kill()
    process.wait()
    os.close(terminal)
    assert len(times) == len(patterns), shown[-2000:].decode(errors="replace")
    return times


def test_data_and_a_moving_sign_are_shown_at_once() -> None:
    data, sign = seconds_until((DATA, SIGN), "train", "mlp.digits")
    assert data <= sign < 3, "a second on an idle machine"


@pytest.mark.long
def test_the_model_and_a_bar_follow() -> None:
    data, sign, model, bar = seconds_until((DATA, SIGN, MODEL, BAR), "train", "mlp.digits")
    assert data <= sign < model / 2, (data, sign, model)
    assert model <= bar
