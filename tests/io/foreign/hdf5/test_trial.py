"""A trial in a forked process: it has limits, and where there is none, a file is read without it."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import zoo
from zoo.io.foreign.hdf5 import trial
from zoo.io.foreign.hdf5.trial import try_in_fork

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a system that cannot fork")
LINUX = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the size of a process")


def raise_no_memory() -> None:
    raise OSError("Can't read data (memory allocation failed for chunk)")


@LINUX
@pytest.mark.parametrize(
    "function", [lambda: bytearray(2 * trial._BYTES), raise_no_memory], ids=["Python", "HDF5"]
)
def test_a_call_that_takes_too_much_memory_is_refused(function: Callable[[], Any]) -> None:
    with pytest.raises(zoo.UnsafeFile, match=r"a\.h5 is broken: reading it takes too much memory"):
        try_in_fork(function, "a.h5")


def test_a_call_that_ends_the_process_is_refused() -> None:
    with pytest.raises(zoo.UnsafeFile, match="reading it ends the process"):
        try_in_fork(lambda: os._exit(1), "a.h5")
    with pytest.raises(zoo.UnsafeFile, match="SIGABRT"):
        try_in_fork(os.abort, "a.h5")


def raise_unsafe() -> None:
    raise zoo.UnsafeFile("a.h5 holds a bomb.")


def test_what_a_call_raises_is_said() -> None:
    with pytest.raises(zoo.UnsafeFile, match=r"^a\.h5 holds a bomb\.$"):
        try_in_fork(raise_unsafe, "a.h5")
    with pytest.raises(zoo.UnsafeFile, match=r"^a\.h5 is broken: IndexError: list index"):
        try_in_fork(lambda: [][0], "a.h5")


def test_what_a_call_returns_does_not_matter() -> None:
    try_in_fork(lambda: bytearray(trial._BYTES // 4), "a.h5")


def test_no_trial_where_there_is_no_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    try_in_fork(os.abort, "a.h5")


def test_no_verdict_where_somebody_else_has_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.waitpid

    def wait(child: int, options: int) -> tuple[int, int]:
        real(child, options)
        return real(child, options)

    monkeypatch.setattr(os, "waitpid", wait)
    try_in_fork(time.monotonic, "a.h5")


def test_warnings_of_a_fork_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fork

    def fork() -> int:
        warnings.warn("os.fork() is incompatible with threads", RuntimeWarning, stacklevel=2)
        return real()

    monkeypatch.setattr(os, "fork", fork)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        try_in_fork(time.monotonic, "a.h5")
    assert not shown
