"""The verdict that stands for a file, and what it means for the export."""

import pytest

from zoo.exporters.proof.file_verdicts import NO_RUNTIME, with_verdicts
from zoo.exporters.proof.verdict import Verdict, deciding_verdict, make_verdict
from zoo.exporters.report import ExportedFile

EQUAL, OFF = (
    Verdict("a", "equal", "a 1", 1e-7),
    Verdict("b", "different", "b 1", 0.3, problem="off"),
)
MISSING = Verdict("c", "not available", problem="pip install c")
FILE = ExportedFile("model", "onnx", "model.onnx")


@pytest.mark.parametrize(
    ("verdicts", "deciding"),
    [
        ((EQUAL, OFF), EQUAL),  # its own runtime is the first
        ((OFF, EQUAL), OFF),
        ((MISSING, EQUAL), EQUAL),
        ((MISSING, EQUAL, OFF), OFF),
        ((MISSING,), None),
        ((), None),
    ],
)
def test_which_verdict_stands_for_a_file(
    verdicts: tuple[Verdict, ...], deciding: Verdict | None
) -> None:
    assert deciding_verdict(verdicts) == deciding


def test_a_file_that_is_equal_in_its_own_runtime_is_published_and_others_are_problems() -> None:
    file = with_verdicts(FILE, (EQUAL, OFF, MISSING))
    assert (file.verdict, file.runtime, file.difference) == ("equal", "a 1", 1e-7)
    assert file.is_publishable
    assert file.problems == ["model as onnx in b: off"]


def test_a_file_that_no_runtime_reads_is_published_and_never_called_equal() -> None:
    for verdicts, problem in (((), NO_RUNTIME), ((MISSING,), "pip install c")):
        file = with_verdicts(FILE, verdicts)
        assert (file.verdict, file.problem, file.ok) == ("not run", problem, False)
        assert file.is_publishable
        assert not file.problems


@pytest.mark.parametrize(
    ("problem", "refused", "approximate", "verdict"),
    [
        ("", False, False, "equal"),
        ("", False, True, "approximate"),
        ("off", False, True, "different"),
        ("no such operator", True, False, "refused"),
    ],
)
def test_the_verdict_of_an_answer(
    problem: str, refused: bool, approximate: bool, verdict: str
) -> None:
    answer = {"difference": 0.0, "problem": problem, "refused": refused, "runtime": "a 1"}
    assert make_verdict("a", answer, approximate).verdict == verdict
