"""Spaces: ranges and choices as the shell and TOML have them, and what is wrong with others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import zoo_cnn
import zoo_mlp

from zoo.errors import SettingError, UnknownName, UsageError
from zoo.sweeps.files.search_file import read_search
from zoo.sweeps.search import Search
from zoo.sweeps.space import Choice, Range, Space, check_parameters, parse_space


def checked(**texts: Any) -> Space:
    return check_parameters(parse_space(texts), zoo_mlp.Config())


def test_ranges_and_choices_are_parsed() -> None:
    found = parse_space(
        {"a": "log(1e-4, 1e-2)", "b": "uniform(0,1)", "c": "uniform(8, 64, 8)", "d": [1, [2]]}
    )
    assert found["a"] == Range(1e-4, 1e-2, log=True)
    assert found["b"] == Range(0, 1)
    assert found["c"] == Range(8, 64, step=8)
    assert found["d"] == Choice((1, [2]))


def test_a_range_is_of_whole_numbers_where_the_setting_is() -> None:
    found = checked(batch_size="uniform(8, 64)", dropout="uniform(0, 0.9)", epochs="log(1, 100)")
    assert found["batch_size"] == Range(8, 64, whole=True)
    assert found["dropout"] == Range(0, 0.9)
    assert found["epochs"] == Range(1, 100, log=True, whole=True)
    assert checked(learning_rate="uniform(1, 2)")["learning_rate"] == Range(1, 2)


@pytest.mark.parametrize(
    ("text", "last"),
    [("uniform(16, 100, 24)", 88), ("uniform(0, 0.3, 0.1)", 0.3), ("uniform(0, 0.5, 0.2)", 0.4)],
)
def test_a_range_with_steps_ends_at_its_last_step(
    text: str, last: float, recwarn: pytest.WarningsRecorder
) -> None:
    found = parse_space({"a": text})["a"]
    assert isinstance(found, Range)
    assert found.high == last
    found.distribution()
    assert not recwarn.list  # Optuna warns of other ends, in each trial


def test_a_space_is_the_same_after_it_was_written(tmp_path: Path) -> None:
    found = checked(
        learning_rate="log(1e-4, 1)", units=[[8], [8, 8]], batch_size="uniform(8, 64, 8)"
    )
    Search("mlp", found, 1, "val_loss", "min").write(tmp_path)
    again = read_search(tmp_path).space
    assert again == found
    for name, parameter in again.items():
        assert parameter.distribution() == found[name].distribution()


def test_a_choice_is_decoded_as_the_setting_takes_it() -> None:
    choice = Choice(([16, 32], "adam", None))
    assert [choice.decode(text) for text in choice.distribution().choices] == [
        [16, 32],
        "adam",
        None,
    ]
    assert checked(optimizer=["adam", "adamw"])["optimizer"] == Choice(("adam", "adamw"))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({}, "--space 'learning_rate=log"),
        ({"learning_rate": "1e-3"}, "no range and no list"),
        ({"learning_rate": "logg(1e-4, 1e-2)"}, r"no distribution 'logg'. Did you mean log\?"),
        ({"learning_rate": "log(1e-4)"}, "must be log"),
        ({"learning_rate": "log(1e-4, x)"}, "must be log"),
        ({"learning_rate": "log(1e-2, 1e-4)"}, "lower end must be below"),
        ({"learning_rate": "log(0, 1)"}, "begins above 0"),
        ({"dropout": "uniform(0, 0.5, 1)"}, "the step"),
        ({"dropout": "uniform(0, 1, 1e-300)"}, "more than 1e\\+15 steps"),
        ({"learning_rate": "uniform(-1e308, 1e308)"}, "the range is too large"),
        ({"units": [[8]]}, "two or more choices"),
        ({"units": [[8], [8]]}, "all different"),
        ({"epochs": list(range(1, 2000))}, "at most 1000"),
        ({"learning_rat": "log(1e-4, 1e-2)"}, r"Did you mean learning_rate\?"),
        ({"learning_rate": "uniform(-1, 1)"}, "space of 'learning_rate' has a value that is not valid"),
        ({"dropout": ["much", "little"]}, "space of 'dropout' has a value"),
        ({"batch_size": "uniform(8.5, 64)"}, "space of 'batch_size' has a value"),
        ({"validation": "uniform(0.1, 0.5)"}, "cannot be searched: all trials are compared"),
        ({"threads": [1, 2]}, "cannot be searched"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(texts: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        checked(**texts)


def test_the_kinds_of_errors_are_those_of_settings() -> None:
    with pytest.raises(UnknownName):
        checked(unit=[1, 2])
    with pytest.raises(SettingError):
        check_parameters(parse_space({"filters": [[16], ["x"]]}), zoo_cnn.Config())
