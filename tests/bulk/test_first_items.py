"""The first items: one that ends its process ends neither the command nor the search for a readable one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from zoo.bulk import first_items
from zoo.bulk.first_items import FirstResult, try_first_items
from zoo.bulk.starts import MOST_STARTS
from zoo.errors import DataError, UsageError, ZooError
from zoo.runs.run import Run

# every Python process that opens such a file is killed, as by the system where memory is short
DEADLY = """
import os, signal, sys

def end(event, arguments):
    if event == "open" and "deadly" in os.path.basename(os.fsdecode(str(arguments[0]))):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(end)
"""


@pytest.fixture
def scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six files, of which the first two end every process that opens them, and the third is broken."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(DEADLY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"), prepend=os.pathsep)
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in ("0-deadly", "1-deadly", "3", "4", "5"):
        Image.fromarray(np.full((8, 8), 99, np.uint8)).save(folder / f"{name}.png")
    (folder / "2.png").write_bytes(b"no image")
    return folder


@pytest.mark.slow
def test_items_that_end_their_process_are_passed_over(exported: Run, scans: Path) -> None:
    items = [str(path) for path in sorted(scans.iterdir())]
    first = try_first_items(str(exported.path), items)
    assert first.schema.names == ["item", "class", "probability", "top", "error"]
    assert 0 < first.seconds < 10
    with pytest.raises(DataError, match=r"None of the first 3 .*0-deadly\.png ends the process"):
        try_first_items(str(exported.path), items[:3])
    with pytest.raises(DataError, match=r"None of the first 1 .*2\.png"):
        try_first_items(str(exported.path), items[2:3])


def test_what_the_process_refuses_is_raised_here(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no run"):
        try_first_items(str(tmp_path / "nowhere"), ["a.png"])


def test_a_process_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(ZooError, match=r"cannot be opened: its process has ended \(exit code 1\)"):
        try_first_items("run", ["a.png"])


@pytest.mark.parametrize(("deadly", "broken"), [(MOST_STARTS - 1, 0), (3, 60)])
def test_a_readable_item_behind_others_is_found(
    monkeypatch: pytest.MonkeyPatch, deadly: int, broken: int
) -> None:
    kinds = ["deadly"] * deadly + ["broken"] * broken + ["good"]
    assert _try(monkeypatch, kinds).seconds == deadly + broken


def test_processes_are_not_started_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZooError, match=r"ended 8 times, by as many of them \(signal 9\)"):
        _try(monkeypatch, ["deadly"] * 20)
    with pytest.raises(DataError, match=r"first 64 items can be used\. The first one: 0"):
        _try(monkeypatch, ["broken"] * 63 + ["deadly", "good"])


def _try(monkeypatch: pytest.MonkeyPatch, kinds: Sequence[str]) -> FirstResult:
    """Try items of these kinds in made-up processes; the seconds are the number of the readable one."""

    def process(run: str, items: Sequence[str]) -> tuple[list[str], FirstResult | None, str]:
        broken: list[str] = []
        for item in items:
            if kinds[int(item)] == "good":
                return broken, FirstResult(None, float(item)), ""
            if kinds[int(item)] == "deadly":
                return broken, None, "signal 9"
            broken.append(item)
        return broken, None, ""

    monkeypatch.setattr(first_items, "_try_in_process", process)
    return try_first_items("run", [str(number) for number in range(len(kinds))])


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_command_lists_the_items_that_end_their_process(exported: Run, scans: Path) -> None:
    pytest.importorskip("ray", reason="keras-zoo[ray] is not installed")
    words = ["apply", exported.path, scans, "--workers", "1", "--out", "out", "--json"]
    command: list[Any] = [sys.executable, "-m", "zoo", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert all(" items/s, " in line for line in done.stderr.splitlines())  # a line of the progress
    told = json.loads(done.stdout)
    assert (told["items"], told["broken"]) == (6, 3)
    lines = Path("out/broken.csv").read_text().splitlines()[1:]
    assert [Path(line.partition(",")[0]).name for line in lines] == [
        "0-deadly.png", "1-deadly.png", "2.png",
    ]  # fmt: skip
    assert all("ends the process that reads or computes it" in line for line in lines[:2])
