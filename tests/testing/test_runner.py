"""The runner: checks in order, what follows from a failure is skipped, names are checked."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import zoo
from tests.testing.conftest import Verdict
from zoo.testing import CHECKS, FAST_CHECKS, outcomes


def broken_train(model: Any, config: Any, data: Any, callbacks: list[Any]) -> Any:
    raise ValueError("no training today")


def test_what_follows_from_a_failed_check_is_skipped_with_its_name(verdict: Verdict) -> None:
    assert verdict("train", train=broken_train).verdict == "failed"
    for check in ("fidelity", "evaluate", "reopen", "resume", "volume"):
        found = verdict(check)
        assert (found.verdict, found.detail) == ("skipped", "train failed"), check


def test_a_failure_that_a_check_needs_is_shown_too(verdict: Verdict) -> None:
    verdict("config", train=broken_train)
    found = {each.check: (each.verdict, each.detail) for each in outcomes("stranger", ["apply"])}
    assert found["apply"] == ("skipped", "train failed")
    assert found["train"][0] == "failed"
    assert "no training today" in found["train"][1]
    assert set(found) == {"apply", "train"}


def test_only_the_checks_that_are_asked_for_are_shown(verdict: Verdict) -> None:
    verdict("config")
    assert [each.check for each in outcomes("stranger", ["build", "parts"])] == ["build", "parts"]
    with pytest.raises(zoo.UnknownName, match="Did you mean parts"):
        list(outcomes("stranger", ["part"]))


def test_every_check_says_in_a_sentence_what_holds() -> None:
    for name, check in CHECKS.items():
        assert check.summary.endswith("."), name
        assert set(check.needs) | set(check.explained_by) < set(CHECKS)


def test_the_order_is_that_of_what_checks_need() -> None:
    seen: set[str] = set()
    for name, check in CHECKS.items():
        assert {*check.needs, *check.explained_by} <= seen, name
        seen.add(name)


def test_fast_checks_need_no_training() -> None:
    for name in FAST_CHECKS:
        assert set(CHECKS[name].needs) <= set(FAST_CHECKS)


def test_the_package_is_light_until_it_is_used() -> None:
    code = "import sys, zoo.testing; print('numpy' in sys.modules, 'keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
    import zoo.testing

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(zoo.testing, "noth" + "ing")


def test_the_tutorial_names_every_check() -> None:
    page = Path(__file__).parents[2] / "docs" / "writing-a-plugin.md"
    text = page.read_text("utf-8")
    assert [name for name in CHECKS if f"`{name}`" not in text] == []
