"""The standard error is silent for a while, and as before afterwards, whatever the threads do."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from zoo.exporters.formats.silence import silent_standard_error


def test_what_threads_write_meanwhile_is_lost_and_nothing_after_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    barrier = threading.Barrier(4)

    def work(number: int) -> None:
        barrier.wait()
        for _ in range(50):
            with silent_standard_error():
                os.write(2, b"lost")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_one_inside_another_and_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with silent_standard_error(), silent_standard_error():
        os.write(2, b"lost")
    with pytest.raises(OSError, match="a converter"), silent_standard_error():
        raise OSError("a converter")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
