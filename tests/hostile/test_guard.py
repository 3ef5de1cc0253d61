"""The guard of the hostile tests: what is used counts, and what is only reserved does not."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from zoo.testing.hostile.guard import run_guarded


def problem_of(*lines: str) -> str:
    """Return what the guard says about the function `call` of a program, in a process of its own."""
    program = ["import mmap", "from zoo.testing.hostile.guard import run_guarded", *lines]
    program.append("print(run_guarded(call, memory=2**28).problem)")
    command = [sys.executable, "-c", "\n".join(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.strip()


def test_used_memory_counts() -> None:
    assert problem_of("call = lambda: bytearray(b'x') * 2**29") == "it took too much memory"
    assert problem_of("call = lambda: bytearray(b'x') * 2**26") == ""


def test_shared_memory_counts_whatever_the_process_used_before() -> None:
    fill = (
        "def call():",
        "    shared = mmap.mmap(-1, 2**29)",
        "    for at in range(0, 2**29, 2**20):",
        "        shared[at : at + 2**20] = bytes(2**20)",
    )
    assert problem_of(*fill) == "it took too much memory"
    before = ("mine = bytearray(b'x') * 2**30", "del mine")
    assert problem_of(*before, *fill) == "it took too much memory"


def test_addresses_of_threads_do_not_count() -> None:
    def start() -> None:
        threads = [threading.Thread(target=time.sleep, args=(0.1,)) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert run_guarded(start, memory=2**28).code == 0


def test_an_endless_loop_is_ended() -> None:
    def turn() -> None:
        while True:
            pass

    ends = ("it took too much processor time", "it did not end")  # the second on a loaded machine
    assert run_guarded(turn, seconds=1).problem in ends
