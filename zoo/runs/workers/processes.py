"""Workers as processes of this machine: each is started with its job, and watched by its output."""

from __future__ import annotations

import json
import queue
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from zoo.compute.kernels import core_count
from zoo.environment import shows_tracebacks, worker_environment
from zoo.runs.workers.messages import Event, Job

__all__ = ["WorkerProcess", "describe_exit", "free_port", "threads_of_worker"]

LAST_WORDS = 2000  # bytes at the end of a worker's log that are looked at


class WorkerProcess:
    """A worker in a process of its own.

    Args:
        job: what it does; `scratch` is set.
        threads: of its computations.
    """

    def __init__(self, job: Job, threads: int) -> None:
        self._log = Path(str(job.scratch)) / f"worker-{job.member.rank}.log"
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "zoo.runs.workers.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if shows_tracebacks() else log,
                env=worker_environment(threads),
                text=True,
                start_new_session=True,  # Ctrl-C is for the process that watches
            )
        with suppress(BrokenPipeError):  # it has ended: `exit` tells
            assert self._process.stdin is not None
            self._process.stdin.write(job.to_line())
            self._process.stdin.flush()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def events(self) -> list[Event]:
        """Return the events since the last call."""
        events = []
        with suppress(queue.Empty):
            while True:
                events.append(self._events.get_nowait())
        return events

    def exit_text(self) -> str | None:
        """Return how the worker has ended: empty if well; None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        self._reader.join(5)
        return describe_exit(code, self._log)

    def stop(self) -> None:
        """End the worker at once."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with suppress(ValueError):  # the stream is closed
            for line in self._process.stdout:
                with suppress(json.JSONDecodeError):
                    self._events.put(json.loads(line))


def describe_exit(code: int, log: Path) -> str:
    """Return how a process has ended: empty if well, else its signal or code, and its last words."""
    if code == 0:
        return ""
    reason = f"signal {-code}" if code < 0 else f"exit code {code}"
    words = b""
    with suppress(OSError), log.open("rb") as content:
        content.seek(max(0, log.stat().st_size - LAST_WORDS))
        words = content.read()
    lines = [line.strip() for line in words.decode("utf-8", "replace").splitlines() if line.strip()]
    return f"{reason}: {lines[-1][:200]}" if lines and code != -9 else reason


def threads_of_worker(threads: int | None, workers: int) -> int:
    """Return the threads of each worker on this machine: the setting, or its share of the cores."""
    return threads or max(1, core_count() // workers)


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port of this machine that nobody listens at now."""
    with socket.socket() as listener:
        listener.bind((host, 0))
        return int(listener.getsockname()[1])
