"""The checks of an extension fail where a wrapper changes something, and say what to do."""

import pytest

from tests.conftest import Install
from zoo.entry_points import EXTENSIONS
from zoo.testing import Outcome, outcomes

HEAD = '"""A tracker."""\nimport keras, zoo\n'
WRAPPER = "@zoo.hookimpl(wrapper=True)\n"
TRY = "    try:\n        return (yield)\n"
BAD = {
    "nothing": ("members", "", "It wraps no hook and takes no event"),
    "loses a result": (
        "results",
        f"{WRAPPER}def evaluate():\n    yield\n    return {{'a': 1}}",
        "evaluate() returns",
    ),
    "draws": (
        "results",
        f"{WRAPPER}def build():\n    keras.random.normal((2,))\n    return (yield)",
        "train() returns something else",
    ),
    "needs a run": (
        "without-run",
        f"{WRAPPER}def train(run):\n    run.path\n    return (yield)",
        "'NoneType' object has no attribute 'path'",
    ),
    "keeps an error": (
        "errors",
        f"{WRAPPER}def preview():\n{TRY}    except Exception:\n        return {{}}",
        "preview() raised UsageError, and the extension kept the error",
    ),
    "changes an error": (
        "errors",
        f"{WRAPPER}def build():\n{TRY}    except BaseException:\n        raise ValueError('x')",
        "build() raised UsageError, and this came out",
    ),
    "a broken event": (
        "events",
        "@zoo.hookimpl\ndef on_run_end(run):\n    1 / 0",
        "ZeroDivisionError",
    ),
}


def outcome(install: Install, check: str, code: str) -> Outcome:
    install("zoo-tracker", {"zoo_tracker.py": HEAD + code}, {EXTENSIONS: "tracker = zoo_tracker"})
    return {each.check: each for each in outcomes("extension:tracker", [check])}[check]


@pytest.mark.parametrize("case", BAD)
def test_a_broken_extension_fails_its_check(install: Install, case: str) -> None:
    check, code, message = BAD[case]
    found = outcome(install, check, code)
    assert found.verdict == "failed"
    assert message in found.detail
