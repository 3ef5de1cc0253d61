"""`zoo check`: which checks it makes, what it prints, and its exit code."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from zoo.testing import CHECKS, FAST_CHECKS

Shell = Callable[..., tuple[int, str, str]]


def test_only_the_named_checks_are_made_in_their_order(shell: Shell) -> None:
    code, out, _ = shell("check", "mlp", "--only", "build, config", "--json")
    assert code == 0
    assert [(row["check"], row["verdict"]) for row in json.loads(out)] == [
        ("config", "passed"),
        ("build", "passed"),
    ]


def test_fast_makes_the_fast_checks_and_says_what_it_leaves_out(shell: Shell) -> None:
    code, out, err = shell("check", "mlp", "--fast", "--json")
    found = json.loads(out)
    assert code == 0
    assert [row["check"] for row in found] == list(FAST_CHECKS)
    assert sum(row["seconds"] for row in found) < 5
    left_out = ", ".join(name for name in CHECKS if name not in FAST_CHECKS)
    assert f"--fast leaves out {left_out}." in err


def test_the_small_trainings_of_the_checks_say_nothing(shell: Shell) -> None:
    code, out, err = shell("check", "mlp", "--only", "train,series")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["passed", "train"],
        ["passed", "series"],
    ]
    assert err == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--only", "biuld"), "There is no check 'biuld'. Did you mean build?"),
        (("--only", " , "), "--only names no check. Choices: config, catalog, build"),
        (("--only", "build", "--fast"), "give one of the two"),
        (("--formats", "onx"), "Did you mean onnx or"),
        (("--formats", ""), "Name at least one format"),
    ],
)
def test_a_wrong_name_is_refused(shell: Shell, words: Any, message: str) -> None:
    code, out, err = shell("check", "mlp", *words)
    assert (code, out) == (2, "")
    assert message in err


def test_a_failed_check_is_named_and_the_exit_code_is_one(
    shell: Shell, register: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(config: Any) -> Any:
        raise ValueError("no layers today")

    register(build=broken)
    code, out, err = shell("check", "stranger", "--only", "config,parts")
    assert code == 1
    assert "no layers today" in out
    assert "build failed" in out
    assert "Error: stranger fails build." in err
