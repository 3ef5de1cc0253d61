"""The guard of the hostile tests: what is used counts, and what is only reserved does not."""

from __future__ import annotations

import mmap
import threading
import time

from zoo.testing.hostile.guard import run_guarded


def test_used_memory_counts() -> None:
    outcome = run_guarded(lambda: bytearray(b"x") * 2**29, memory=2**28)
    assert outcome.problem == "it took too much memory"
    assert run_guarded(lambda: bytearray(b"x") * 2**26, memory=2**28).problem == ""


def test_what_this_process_used_before_does_not_hide_it() -> None:
    mine = bytearray(b"x") * 2**30
    del mine
    outcome = run_guarded(lambda: bytearray(b"x") * 2**29, memory=2**28)
    assert outcome.problem == "it took too much memory"


def test_shared_memory_counts_too() -> None:
    def fill() -> None:
        with mmap.mmap(-1, 2**29) as memory:
            memory.write(bytes(2**29))

    assert run_guarded(fill, memory=2**28).problem == "it took too much memory"


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

    assert run_guarded(turn, seconds=1).problem == "it took too much processor time"
