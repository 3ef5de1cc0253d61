"""Series, volumes and numbers to predict are tried where the architecture takes them."""

from typing import Any

import zoo_mlp

import zoo
from tests.testing.conftest import Verdict, fails


def images_only(config: Any) -> Any:
    if len(config.input_shape) != 3:
        raise zoo.SettingError("stranger takes images.")
    return zoo_mlp.build(config)


def broken_for_volumes(config: Any) -> Any:
    if len(config.input_shape) == 4:
        raise ValueError("no rank but 3")
    return zoo_mlp.build(config)


def test_what_the_architecture_refuses_is_skipped_with_its_own_words(verdict: Verdict) -> None:
    for check in ("series", "volume", "regression"):
        found = verdict(check, build=images_only)
        assert (found.verdict, found.detail) == ("skipped", "stranger takes images.")


def test_an_architecture_that_takes_all_three_passes(verdict: Verdict) -> None:
    for check in ("series", "volume", "regression"):
        assert verdict(check).verdict == "passed", verdict(check).detail


def test_what_breaks_on_volumes_without_a_word_to_the_user_fails(verdict: Verdict) -> None:
    fails(verdict, "volume", "no rank but 3", {"build": broken_for_volumes})
