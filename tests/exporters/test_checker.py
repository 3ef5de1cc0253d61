"""The gate's side of the processes that open exported files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from zoo.exporters import checker
from zoo.exporters.cage.limits import limits_for
from zoo.exporters.worker import refusal_answer


class SlowProcess:
    """A process in which every file meets its limits."""

    def __init__(self) -> None:
        self.asked = 0

    def is_alive(self) -> bool:
        return True

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.asked += 1
        return refusal_answer(limits_for(request.get("cage", 0)).describe_end(0, "late"))


def test_once_a_file_meets_a_limit_no_other_one_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    process = SlowProcess()
    monkeypatch.setattr(checker, "_acquire", lambda modules: process)
    monkeypatch.setattr(checker, "_release", lambda process: None)
    request = {"part": "model", "runtime": "onnxruntime", "path": "model.onnx"}
    with checker.Checker(["onnxruntime"]) as asked:
        for own in ({}, {"cage": 5}):  # a limit of a file of ours says nothing of the others
            answer = asked.submit(Path(), {**request, **own}).result()
            assert "it does not end. Its limits are" in answer["problem"]
        for _ in range(3):
            answer = asked.submit(Path(), {**request, "cage": 5}).result()
            assert answer["problem"] == "it was not opened, since another file here met a limit"
        asked.submit(Path(), request).result()
    assert process.asked == 3
