"""`key=value` of the shell: what becomes of it."""

import math
from typing import Any

import pytest

import zoo
from zoo.cli.settings import parse_setting
from zoo.config import RESERVED


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-3", -3),
        ("1_000", 1000),
        ("0.5", 0.5),
        ("1e-4", 1e-4),
        ("1E5", 1e5),
        ("-2.5e3", -2500.0),
        ("true", True),
        ("TRUE", True),
        ("False", False),
        ("none", None),
        ("None", None),
        ("", ""),
        ("adam", "adam"),
        ("grün", "grün"),
        ('"none"', "none"),
        ('"3"', "3"),
        ("'a,b'", "a,b"),
        ("64,32", [64, 32]),
        ("64, 32,", [64, 32]),
        ("[64,32]", [64, 32]),
        ("[]", []),
        (",", []),
        ("none,8,1", [None, 8, 1]),
        ("cat,dög", ["cat", "dög"]),
        ('["cat","dog"]', ["cat", "dog"]),
        ("[cat, dog]", ["cat", "dog"]),
        ("[1,2],[3,4]", [[1, 2], [3, 4]]),
        ("[[cat,dog],[cow]]", [["cat", "dog"], ["cow"]]),
        ("l1_l2(1e-5, 1e-4)", "l1_l2(1e-5, 1e-4)"),
        ("l2(1),max_norm(0, 1)", ["l2(1)", "max_norm(0, 1)"]),
        ("a=b", "a=b"),
        ("runs/my run", "runs/my run"),
        ("2020-01-01", "2020-01-01"),
        ("1\nepochs = 3", "1\nepochs = 3"),
        ("1e400", math.inf),
        ("-inf", -math.inf),
        ("9" * 5000, "9" * 5000),
        ("[" * 100_000, "[" * 100_000),
        ("[[", "[["),
        ("]", "]"),
    ],
)
def test_a_word_of_the_shell_becomes_a_value(text: str, value: Any) -> None:
    key, parsed = parse_setting(f"key={text}")
    assert key == "key"
    assert parsed == value
    assert type(parsed) is type(value)


def test_nan_is_read_as_a_number() -> None:
    assert math.isnan(parse_setting("a=nan")[1])


@pytest.mark.parametrize("text", ["epochs", "", "=3", " = 3"])
def test_without_a_key_and_a_value_nothing_is_set(text: str) -> None:
    with pytest.raises(zoo.UsageError, match="--set takes key=value"):
        parse_setting(text)


@pytest.mark.parametrize("name", RESERVED)
def test_an_option_of_train_is_no_setting(name: str) -> None:
    with pytest.raises(zoo.UsageError, match=f"'{name}' is not a setting"):
        parse_setting(f"{name}=3")
