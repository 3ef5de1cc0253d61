"""One process that opens exported files, as the gate sees it: its start, its channels, and its end."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any

from zoo.exporters.cage.limits import START_SECONDS, limits_for
from zoo.exporters.cage.surroundings import process_environment, surroundings
from zoo.exporters.worker import LONGEST_IDLE, crash_answer

CHANNELS = 2  # requests that a process with modules answers at the same time

Channel = tuple[IO[bytes], IO[bytes]]
"""The streams of requests and of answers."""


class CheckerProcess:
    """One process with some modules imported, or being imported, and its twin.

    The twin is a fork of the process, with channels of its own, so that two threads can ask at the same time.
    A process that imports no module early has none: its files take a tenth of a second.
    """

    def __init__(self, modules: tuple[str, ...]) -> None:
        self.modules, self._surroundings = modules, surroundings()
        self._last_use = time.monotonic()
        self.reusable = True
        self._errors = _unnamed_file()
        twin, descriptors = _open_pipes() if modules and sys.platform == "linux" else (None, ())
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "zoo.exporters.worker", *modules),
                *(f"--twin={number}" for number in descriptors),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,  # a fork then has no half-written request
            env=process_environment(),
            pass_fds=descriptors,
        )
        for descriptor in descriptors:
            os.close(descriptor)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._main = (self._process.stdin, self._process.stdout)
        self._streams = [*self._main, *(twin or ())]
        self._free: queue.LifoQueue[Channel] = queue.LifoQueue()  # the main one is on top
        for channel in filter(None, (twin, self._main)):
            self._free.put(channel)
        all_processes.add(self)
        self.end = weakref.finalize(
            self, _end, self._process, [self._errors, *self._streams], os.getpid()
        )

    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return self.end.alive and self._process.poll() is None

    def fits(self, modules: tuple[str, ...]) -> bool:
        """Return whether the process answers, and as a new one would that imports the same modules."""
        is_fresh = time.monotonic() - self._last_use < 0.9 * LONGEST_IDLE
        is_same = (self.modules, self._surroundings) == (modules, surroundings())
        return is_same and is_fresh and self.is_alive()

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request over a free channel and wait for the answer."""
        channel = self._free.get()
        line = b""
        with self._limit(request), suppress(OSError, ValueError):  # an ended process has no answer
            channel[0].write(json.dumps(request).encode() + b"\n")
            line = channel[1].readline()
        self._last_use = time.monotonic()
        has_answer = line.endswith(b"\n")
        if not has_answer and channel is not self._main:
            return self.ask(request)  # there is no twin, where the process cannot fork
        self._free.put(channel)
        if not has_answer:
            return self._crash()
        answer: dict[str, Any] = json.loads(line)
        self.reusable = answer.pop("reusable")
        return answer

    @contextmanager
    def _limit(self, request: Mapping[str, Any]) -> Iterator[None]:
        """Kill the process if a file from elsewhere takes too long; where it forks, it does so itself."""
        if "cage" not in request:
            yield
            return
        seconds = START_SECONDS + limits_for(request["cage"]).clock
        timer = threading.Timer(seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _crash(self) -> dict[str, Any]:
        if not self.end.alive:  # this side ended it
            return crash_answer(None, "")
        code = self._process.wait()
        self._errors.seek(0)
        answer = crash_answer(code, self._errors.read().decode(errors="replace"))
        self.end()
        return answer

    def forget(self) -> None:
        """Close this side's descriptors in a forked process, which shares them with its parent."""
        self.end.detach()
        for stream in (*self._streams, self._errors):
            stream.close()


all_processes: weakref.WeakSet[CheckerProcess] = weakref.WeakSet()


def _end(process: subprocess.Popen[bytes], streams: Sequence[IO[bytes]], owner: int) -> None:
    """Kill a process, with its twin, and wait for its end; not in a fork of the process that started it."""
    if os.getpid() != owner:
        return
    process.kill()
    process.wait()
    for stream in streams:
        with suppress(OSError):
            stream.close()


def _open_pipes() -> tuple[Channel, tuple[int, int]]:
    """Return this side's streams of two new pipes, and the other side's descriptors."""
    their_requests, requests = os.pipe()
    answers, their_answers = os.pipe()
    channel = os.fdopen(requests, "wb", buffering=0), os.fdopen(answers, "rb", buffering=0)
    return channel, (their_requests, their_answers)


def _unnamed_file() -> IO[bytes]:
    return tempfile.TemporaryFile()
