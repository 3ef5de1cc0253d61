"""The space that a sweep searches: for each setting a range of numbers, or a list of choices.

log(1e-4, 1e-2)       numbers, uniform on a logarithmic scale
uniform(0, 0.5)       numbers, uniform
uniform(16, 128, 16)  numbers in steps from the lower end on
[[16, 32], [32, 64]]  one of these values

A range is of whole numbers if the setting takes no others.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from zoo.config import Config
from zoo.errors import SettingError, UnknownName, UsageError, brief

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = [
    "Choice", "Parameter", "Range", "Space", "check_choices", "check_fixed", "check_parameters",
    "check_range", "parse_space",
]  # fmt: skip

FORMS = "log(LOW, HIGH), uniform(LOW, HIGH), uniform(LOW, HIGH, STEP), or a list such as [16, 32]"
FUNCTIONS = ("log", "uniform")
FIXED = {
    "validation": "all trials are compared on the same validation examples",
    "threads": "the number of threads belongs to a process, not to a trial",
}
_CALL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.S)
MOST_STEPS, MOST_CHOICES = 1e15, 1000
_FRACTION = 0.3819660113  # of a range: no end, and no whole number between whole ends


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included, on a linear or logarithmic scale."""

    low: float
    high: float
    log: bool = False
    step: float | None = None
    whole: bool = False

    def distribution(self) -> BaseDistribution:
        """Return it as Optuna has it."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.whole:
            low, high, step = int(self.low), int(self.high), int(self.step or 1)
            return IntDistribution(low, high, self.log, step)
        return FloatDistribution(self.low, self.high, self.log, self.step)

    def decode(self, value: Any) -> float:
        """Return the setting's value for one of Optuna's."""
        return int(value) if self.whole else float(value)

    def ends(self) -> tuple[Any, ...]:
        """Return the values that must be valid, so that all are."""
        return (self.decode(self.low), self.decode(self.high))


@dataclass(frozen=True)
class Choice:
    """One of some values. Optuna knows each by its JSON text, since it takes no lists."""

    choices: tuple[Any, ...]

    def distribution(self) -> BaseDistribution:
        """Return it as Optuna has it."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution([json.dumps(value) for value in self.choices])

    def decode(self, value: Any) -> Any:
        """Return the setting's value for one of Optuna's."""
        return json.loads(value)

    def ends(self) -> tuple[Any, ...]:
        """Return the values that must be valid."""
        return self.choices


Parameter: TypeAlias = Range | Choice
Space: TypeAlias = dict[str, Parameter]


def parse_space(texts: Mapping[str, Any]) -> Space:
    """Parse a space.

    Args:
        texts: by the name of the setting: a text such as "log(1e-4, 1e-2)", or a list of choices.

    Raises:
        UsageError: a range or a list is malformed, or the space is empty.
    """
    if not texts:
        raise UsageError(
            "A sweep needs a space: --space 'learning_rate=log(1e-4, 1e-2)' or --space "
            f"'filters=[[16, 32], [32, 64]]'. Expected for each setting: {FORMS}."
        )
    return {name: _parse_parameter(name, text) for name, text in texts.items()}


def check_parameters(space: Space, config: Config) -> Space:
    """Return a space whose ranges are of whole numbers where the settings are, after checking it.

    Args:
        space: the space.
        config: the settings of the trials, without those of the space.

    Raises:
        UnknownName: there is no setting of that name.
        SettingError: a value is of the wrong type or out of range, or the setting cannot be searched.
    """
    for name in space:
        if name not in type(config).model_fields:
            raise UnknownName("setting", name, type(config).model_fields)
        if name in FIXED:
            raise SettingError(
                f"The setting {name!r} cannot be searched: {FIXED[name]}. Use --set."
            )
    typed = {name: _with_type(name, each, config) for name, each in space.items()}
    for name, parameter in typed.items():
        for value in parameter.ends():
            _replace(config, name, value)
    return typed


def check_fixed(space: Iterable[str], settings: Iterable[str]) -> None:
    """Refuse settings that are searched and that have a fixed value, too.

    Raises:
        SettingError: names the first of them.
    """
    if both := [name for name in space if name in set(settings)]:
        raise SettingError(
            f"The setting {both[0]!r} is in the space, and has a fixed value. Leave one of them out."
        )


def _parse_parameter(name: str, text: Any) -> Parameter:
    if isinstance(text, list | tuple):
        return check_choices(name, list(text))
    call = _CALL.fullmatch(text) if isinstance(text, str) else None
    if call is None:
        raise UsageError(
            f"The space of {name!r} is no range and no list. Expected: {FORMS}. Received: {brief(text)}"
        )
    function, arguments = call[1], [each.strip() for each in call[2].split(",")]
    if function not in FUNCTIONS:
        raise UnknownName("distribution", function, FUNCTIONS, f"Expected for {name}: {FORMS}.")
    try:
        numbers = [float(each) for each in arguments]
    except ValueError:
        numbers = []
    counts = (2,) if function == "log" else (2, 3)
    if len(numbers) not in counts or not all(map(math.isfinite, numbers)):
        raise UsageError(f"The space of {name!r} must be {FORMS}. Received: {brief(text)}")
    low, high, *step = numbers
    return check_range(name, text, Range(low, high, function == "log", next(iter(step), None)))


def check_range(name: str, text: str, found: Range) -> Range:
    """Return a range that ends with its last step, after checking it.

    Args:
        name: of the setting.
        text: the range, for messages.
        found: the range.

    Raises:
        UsageError: its ends or its step do not fit together.
    """
    if not found.low < found.high:
        raise UsageError(
            f"The space of {name!r}: the lower end must be below the upper one. Received: {brief(text)}"
        )
    if found.log and found.low <= 0:
        raise UsageError(
            f"The space of {name!r}: a logarithmic range begins above 0. Received: {brief(text)}"
        )
    if not math.isfinite(found.high - found.low):
        raise UsageError(f"The space of {name!r}: the range is too large. Received: {brief(text)}")
    if found.step and (found.high - found.low) / found.step > MOST_STEPS:
        raise UsageError(
            f"The space of {name!r}: the range has more than {MOST_STEPS:g} steps. Received: {brief(text)}"
        )
    if found.step is not None and not 0 < found.step <= found.high - found.low:
        raise UsageError(
            f"The space of {name!r}: the step must be above 0 and at most the range. Received: {brief(text)}"
        )
    return found if found.step is None else replace(found, high=_last_step(found))


def _last_step(found: Range) -> float:
    """Return the last number of a range with steps, by decimals: in binary, 0.3 is no multiple of 0.1."""
    low, high, step = (Decimal(str(each)) for each in (found.low, found.high, found.step))
    return float(low + (high - low) // step * step)


def check_choices(name: str, values: list[Any]) -> Choice:
    """Return the choices of a setting, after checking them.

    Raises:
        UsageError: there are too few or too many, or two are the same.
    """
    texts = [json.dumps(value, default=str) for value in values]
    if not 2 <= len(set(texts)) == len(texts) <= MOST_CHOICES:
        raise UsageError(
            f"The space of {name!r} must have two or more choices, at most {MOST_CHOICES}, all different. "
            f"Received: {brief(values)}"
        )
    return Choice(tuple(values))


def _with_type(name: str, parameter: Parameter, config: Config) -> Parameter:
    """Return a range of whole numbers where the setting refuses a fraction, and any other as it is."""
    if isinstance(parameter, Choice):
        return parameter
    between = parameter.low + _FRACTION * (parameter.high - parameter.low)
    if between == int(between):
        between += min(0.25, (parameter.high - between) / 2)
    try:
        config.replace(**{name: between})
        return parameter
    except SettingError as error:
        numbers = (parameter.low, parameter.high, parameter.step or 1)
        if any(number != int(number) for number in numbers):
            raise _in_space(name, error) from error
    return Range(parameter.low, parameter.high, parameter.log, parameter.step, whole=True)


def _replace(config: Config, name: str, value: Any) -> None:
    try:
        config.replace(**{name: value})
    except SettingError as error:
        raise _in_space(name, error) from error


def _in_space(name: str, error: SettingError) -> SettingError:
    return SettingError(f"The space of {name!r} has a value that is not valid. {error}")
