"""The worker: what a runtime does to it becomes an answer for the file that was open."""

import sys
from pathlib import Path

import pytest

from tests.conftest import Install
from tests.exporters.test_bisect import FORMAT
from zoo.exporters.worker import CRASHED, Worker, block_imports


def test_blocked_modules_cannot_be_imported_for_a_while() -> None:
    with block_imports(["nowhere_at_all"]), pytest.raises(ImportError):
        __import__("nowhere_at_all")
    assert "nowhere_at_all" not in sys.modules


def test_a_runtime_that_ends_the_process_is_an_answer_and_later_files_are_not_reached(
    install: Install,
) -> None:
    code = FORMAT.replace("def open(path):", "def open(path):\n    import os; os._exit(7)")
    install("zoo-copy", {"zoo_copy.py": code}, {"zoo.formats": "copy = zoo_copy"})
    Path("probe.npz").write_bytes(b"PK\x05\x06" + bytes(18))  # an archive without members
    files = [{"part": "model", "format": "copy", "path": name} for name in ("a", "b")]
    with Worker(["copy"]) as worker:
        answers = worker.ask(Path(), files, Path("answer"))
    assert [answer["difference"] for answer in answers] == [None, None]
    assert answers[0]["problem"].startswith(f"{CRASHED} (exit code 7)")
    assert answers[1]["problem"] == "it was not reached"
