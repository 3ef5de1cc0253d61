"""The end of Python waits for reads in other threads."""

import threading
import time

import pytest

from zoo.data.on_demand import reads


def test_the_end_waits_for_a_read() -> None:
    started, ended = threading.Event(), []

    def read() -> None:
        with reads.read_in_progress():
            started.set()
            time.sleep(0.2)
            ended.append(True)

    thread = threading.Thread(target=read)
    thread.start()
    started.wait()
    reads.wait_for_reads()
    assert ended
    thread.join()


def test_a_read_that_does_not_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "_MOST_SECONDS", 0.1)
    with reads.read_in_progress():
        reads.wait_for_reads()
