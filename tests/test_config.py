import inspect
import json
import math
from collections.abc import Callable
from datetime import date
from typing import Any, Literal

import pytest
from pydantic import PositiveInt, ValidationError

import zoo
from zoo.config import RESERVED, ClassNames, Fraction, fill_missing, validate_config
from zoo.config_schema import expected_type, field_description


class Config(zoo.Config):
    """Settings that have every kind of type."""

    widths: tuple[PositiveInt, ...] = (64, 64)
    """Units of each layer."""
    dropout: Fraction = 0.0
    """Share of the units that are silent."""
    normalisation: Literal["none", "batch"] = "batch"
    """Between the layers."""
    penalty: str | None = None
    """Written l2(1e-4)."""
    bias: bool = True
    """Whether there is one."""
    anything: Any = None
    """Whatever you like."""
    input_shape: tuple[PositiveInt | None, ...] | None = None
    """Shape of one input."""
    classes: ClassNames | None = None
    """The classes."""


class Counted(zoo.Config):
    """Settings of a model that only counts its classes."""

    classes: PositiveInt | None = None
    """How many."""


@pytest.mark.parametrize("name", RESERVED)
def test_no_setting_has_the_name_of_an_argument_of_train(name: str) -> None:
    with pytest.raises(zoo.SettingError, match=f"A setting cannot be called '{name}'"):
        type("Config", (zoo.Config,), {name: 1, "__annotations__": {name: int}})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"epochs": "abc"}, "'epochs'.*Expected: integer above 0. Received: 'abc'"),
    ({"epochs": 0}, "integer above 0. Received: 0"),
    ({"epochs": 1.5}, "integer above 0. Received: 1.5"),
    ({"epochs": None}, "integer above 0. Received: None"),
    ({"epochs": True}, "a number, not true or false. Expected: integer above 0. Received: True"),
    ({"widths": [True, 3]}, "'widths'.*not true or false"),
    ({"epochs": math.inf}, "Received: inf"),
    ({"epochs": 2**63}, "at most 64 bits.*Received: 9223372036854775808"),
    ({"anything": [-(2**63)]}, "at most 64 bits"),
    ({"epochs": int("-0x" + "f" * 10_000, 16)}, "Received: an integer of 40000 bits"),
    ({"epochs": 10**1000}, "Received: an integer of 3322 bits"),
    ({"epochs": date(2020, 1, 1)}, "Received: datetime.date"),
    ({"learning_rate": -1}, "number above 0. Received: -1"),
    ({"learning_rate": math.inf}, "finite number.*Received: inf"),
    ({"learning_rate": math.nan}, "finite number.*Received: nan"),
    ({"learning_rate": "x" * 10_000}, "number above 0. Received: 'xxx"),
    ({"dropout": 1}, "number at least 0 and below 1. Received: 1"),
    ({"dropout": -0.1}, "at least 0 and below 1"),
    ({"widths": 64}, r"list of \(integer above 0\). Received: 64"),
    ({"widths": [64, "x"]}, r"list of \(integer above 0\). Received: 'x'"),
    ({"widths": {"a": 1}}, r"list of \(integer above 0\). Received: {'a': 1}"),
    ({"normalisation": "btch"}, "one of none, batch. Received: 'btch'"),
    ({"bias": 2}, "boolean. Received: 2"),
    ({"classes": 1}, "Received: "),
    ({"classes": ["one"]}, "Received: "),
    ({"epochs": 0, "dropout": 2}, "'epochs'.*; The setting 'dropout'"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_a_wrong_value_is_refused_with_what_was_expected(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(zoo.SettingError, match=message) as raised:
        Config().replace(**changes)
    assert len(str(raised.value)) < 600
    assert "\n" not in str(raised.value)


def test_a_value_that_nests_without_end_is_refused_in_a_line() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = {"a": deep}
    with pytest.raises(zoo.SettingError, match=r"Received: \{'a': \{'a'") as raised:
        Config().replace(epochs=deep)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("epoch", "Did you mean epochs"),
        ("Widths", "Did you mean widths?"),
        ("xyz", "Choices: anything, batch_size"),
        ("", "no setting ''"),
        ("x" * 10_000, "no setting 'xxx"),
        ("épochs", "Did you mean epochs"),
    ],
)
def test_an_unknown_setting_is_answered_with_the_nearest(name: str, answer: str) -> None:
    with pytest.raises(zoo.UnknownName) as raised:
        validate_config(Config, {name: 1})
    assert answer in str(raised.value)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        ({"widths": [8, 8]}, (8, 8)),
        ({"widths": [8.0]}, (8,)),
        ({"epochs": "5"}, 5),
        ({"dropout": 0}, 0.0),
        ({"bias": False}, False),
        ({"normalisation": None}, "none"),
        ({"normalisation": "none"}, "none"),
        ({"penalty": None}, None),
        ({"input_shape": "none"}, None),
        ({"input_shape": [None, None, 3]}, (None, None, 3)),
        ({"classes": 3}, ("0", "1", "2")),
        ({"classes": ["a", "ß"]}, ("a", "ß")),
        ({"classes": "none"}, None),
        ({"anything": True}, True),
        ({"epochs": 2**63 - 1}, 2**63 - 1),
    ],
)
def test_what_the_shell_and_toml_give_is_taken(changes: dict[str, Any], accepted: Any) -> None:
    (name,) = changes
    value = getattr(Config().replace(**changes), name)
    assert value == accepted
    assert type(value) is type(accepted)


def test_a_config_is_frozen_and_a_replaced_one_is_another() -> None:
    config = Config()
    changed = config.replace(epochs=3)
    assert (config.epochs, changed.epochs) == (10, 3)
    assert changed.replace(epochs=10) == config
    with pytest.raises(ValidationError, match="frozen"):
        config.epochs = 3


def test_replacing_keeps_what_was_not_named() -> None:
    config = Config(widths=(1, 2), classes=("a", "b"), input_shape=(None, 4))
    assert config.replace() == config
    assert config.replace(epochs=2).model_dump() == config.model_dump() | {"epochs": 2}


def test_a_config_survives_json() -> None:
    config = Config(
        widths=(1,), dropout=0.1, classes=("ä", "b"), input_shape=(None, 4), penalty="l2(1)"
    )
    assert validate_config(Config, json.loads(config.model_dump_json())) == config
    assert validate_config(Config, json.loads(json.dumps(config.model_dump(mode="json")))) == config


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("make", [Config, Config().replace])
def test_no_setting_is_infinite(value: float, make: Callable[..., Any]) -> None:
    with pytest.raises((ValidationError, zoo.SettingError), match="finite"):
        make(dropout=value)


def test_the_data_fills_only_what_is_still_open() -> None:
    names = ("a", "b")
    filled = fill_missing(Config(), input_shape=(8, 8, 1), classes=names)
    assert (filled.input_shape, filled.classes) == ((8, 8, 1), names)
    given = Config(input_shape=(None, 8, 1), classes=("x", "y", "z"))
    assert fill_missing(given, input_shape=(8, 8, 1), classes=names) == given
    assert fill_missing(zoo.Config(), input_shape=(8, 8, 1), classes=names) == zoo.Config()
    assert fill_missing(Config(), input_shape=None, classes=None) == Config()


def test_classes_are_filled_as_names_or_as_their_number() -> None:
    assert fill_missing(Counted(), classes=("a", "b", "c")).classes == 3


def test_a_fact_that_no_setting_can_hold_is_told() -> None:
    with pytest.raises(zoo.SettingError, match="'classes'"):
        fill_missing(Config(), classes=())


def test_the_meaning_is_the_string_under_the_field_or_its_parents() -> None:
    class Slower(Config):
        """Only another default."""

        learning_rate: float = 0.5

    assert field_description(Slower, "learning_rate") == "Step size of the optimizer."
    assert field_description(Slower, "widths") == "Units of each layer."
    assert field_description(Slower, "nothing") == ""


def test_a_type_that_json_does_not_know_is_still_described() -> None:
    class Odd(zoo.Config):
        """A setting that is a function."""

        function: Callable[[int], int] = abs
        """Of a number."""

    assert "Callable" in expected_type(Odd, "function")
    with pytest.raises(zoo.SettingError, match=r"'function'.*Received: 3"):
        Odd().replace(function=3)


def test_reserved_names_are_the_arguments_of_train() -> None:
    arguments = inspect.signature(zoo.train).parameters
    assert set(RESERVED) == set(arguments) - {"settings"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("epochs", "integer above 0"),
        ("dropout", "number at least 0 and below 1"),
        ("classes", "list of (string) with at least 2 items or integer at least 2 or none"),
        ("normalisation", "one of none, batch"),
    ],
)
def test_a_type_is_described_in_words(name: str, text: str) -> None:
    assert expected_type(Config, name) == text


def test_steps_of_an_epoch_are_at_most_a_million() -> None:  # each is a number in memory
    assert validate_config(zoo.WithoutData, {"steps_per_epoch": 10**6}).steps_per_epoch == 10**6
    with pytest.raises(zoo.SettingError, match="steps_per_epoch"):
        validate_config(zoo.WithoutData, {"steps_per_epoch": 10**9})
