"""The file of a journal, which may be a stranger's: each line is checked before Optuna reads it."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    Json,
    NonNegativeInt,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from zoo.errors import RunError, brief
from zoo.io.atomic import disk_errors
from zoo.io.foreign.json_text import check_digits
from zoo.io.foreign.limits import check_limit
from zoo.io.text import read_bytes
from zoo.sweeps.space import Range, Space

__all__ = ["FILE", "check_journal", "repair_journal"]

FILE = "journal.log"


def _check_time(text: str) -> str:
    try:
        datetime.fromisoformat(text).astimezone()  # as Optuna does
    except OverflowError as error:
        raise ValueError("it is no time of these centuries") from error
    return text


_Time: TypeAlias = Annotated[str, AfterValidator(_check_time)]
_Nothing: TypeAlias = Annotated[dict[str, Any], Field(max_length=0)]
_One: TypeAlias = Annotated[dict[str, Any], Field(min_length=1, max_length=1)]


class _Line(BaseModel):
    """What each line has."""

    model_config = ConfigDict(strict=True)
    worker_id: str


class _Study(_Line):
    """The sweep begins, or goes on."""

    op_code: Literal[0]
    study_name: Literal["sweep"]
    directions: tuple[Literal[1, 2]]


class _Begin(_Line):
    """A trial begins; its settings are numbers, as Optuna stores them."""

    op_code: Literal[4]
    study_id: Literal[0]
    state: Literal[0]
    distributions: dict[str, Json[dict[str, Any]]]
    params: dict[str, FiniteFloat]
    datetime_start: _Time | None
    value: None = None
    values: None = None
    user_attrs: _Nothing = {}
    system_attrs: _Nothing = {}
    intermediate_values: _Nothing = {}


class _End(_Line):
    """A trial ends."""

    op_code: Literal[6]
    trial_id: NonNegativeInt
    state: Literal[1, 2, 3]
    values: tuple[FiniteFloat] | None
    datetime_complete: _Time


class _Epoch(_Line):
    """The metric of a trial after an epoch."""

    op_code: Literal[7]
    trial_id: NonNegativeInt
    step: Annotated[int, Field(ge=1)]
    intermediate_value: float


class _Attributes(BaseModel):
    """What the zoo keeps of a trial, one for each line."""

    model_config = ConfigDict(strict=True, extra="forbid")
    state: Literal["finished", "stopped", "failed"] = "failed"
    error: str = ""
    pruner: dict[str, float | str] = {}
    seconds: FiniteFloat = 0.0
    starts: tuple[int, int] = (0, 0)

    @model_validator(mode="after")
    def _check_count(self) -> _Attributes:
        if len(self.model_fields_set) != 1:
            raise ValueError("a line has one attribute")
        return self


class _Attribute(_Line):
    """The zoo keeps something of a trial."""

    op_code: Literal[8]
    trial_id: NonNegativeInt
    user_attr: _Attributes


class _StudyNote(_Line):
    """Another program keeps something of the study, such as Optuna's dashboard."""

    op_code: Literal[3]
    study_id: Literal[0]
    system_attr: _One


class _TrialNote(_Line):
    """Another program keeps something of a trial."""

    op_code: Literal[9]
    trial_id: NonNegativeInt
    system_attr: _One


_AnyLine: TypeAlias = _Study | _Begin | _End | _Epoch | _Attribute | _StudyNote | _TrialNote
_LINE: TypeAdapter[_AnyLine] = TypeAdapter(Annotated[_AnyLine, Field(discriminator="op_code")])


def check_journal(folder: Path, space: Space) -> None:
    """Refuse a journal that no sweep of this space writes; a last line that is not whole does not count.

    Args:
        folder: of the sweep.
        space: the settings that its trials have.

    Raises:
        UnsafeFile: it is no plain file, a link out of the folder, or exceeds a limit.
        RunError: it is broken.
    """
    path = folder / FILE
    content = read_bytes(path, "journal_bytes", folder)
    check_digits(content.decode("latin-1"), "[0-9]", path)
    expected, trials = _distributions(space), 0
    lines = Counter[tuple[int, int]]()  # that add to a trial, or to the study
    for number, text in enumerate(content.split(b"\n")[:-1], 1):
        try:
            line = _LINE.validate_json(text)
            if isinstance(line, _Begin):
                _check_settings(line, space, expected)
                trials += 1
            elif not isinstance(line, _Study | _StudyNote) and line.trial_id >= trials:
                raise ValueError(f"there is no trial {line.trial_id} yet")
            if number == 1 and not isinstance(line, _Study):
                raise ValueError("the first line begins no sweep")
        except ValueError as error:
            raise RunError(f"{path} is broken in line {number}: {_reason(error)}") from error
        lines[line.op_code, getattr(line, "trial_id", 0)] += not isinstance(line, _Begin)
    check_limit(path, "journal_pairs", sum(count * count // 2 for count in lines.values()))


def _distributions(space: Space) -> dict[str, Any]:
    """Return the distributions of a space as a journal has them."""
    from optuna.distributions import distribution_to_json

    return {name: json.loads(distribution_to_json(space[name].distribution())) for name in space}


def _check_settings(line: _Begin, space: Space, expected: dict[str, Any]) -> None:
    """Refuse a trial that lies outside of the space.

    Raises:
        ValueError: it does.
    """
    if line.distributions != expected or line.params.keys() != space.keys():
        raise ValueError("the trial has another space than sweep.json")
    for name, value in line.params.items():
        each = space[name]
        known = (
            each.low <= value <= each.high
            if isinstance(each, Range)
            else value in range(len(each.choices))
        )
        if not known:
            raise ValueError(f"{name} lies outside of the space. Received: {value:g}")


def _reason(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    place = ".".join(str(each) for each in first["loc"][1:] or ["it"])
    return f"{brief(place)[1:-1]}: {first['msg'][:200]}. Received: {brief(first['input'])}"


def repair_journal(folder: Path, space: Space) -> None:
    """Cut off a line that a killed process did not finish, and remove its lock.

    Args:
        folder: of the sweep; this process holds its lock.
        space: as for `check_journal`, which comes first.

    Raises:
        UnsafeFile: as `check_journal`.
        RunError: as `check_journal`.
        WriteError: the disk refuses.
    """
    path = folder / FILE
    with disk_errors(path):
        path.with_name(path.name + ".lock").unlink(missing_ok=True)
        if not os.path.lexists(path):
            return
    check_journal(folder, space)
    with disk_errors(path), path.open("r+b") as file:
        content = file.read()
        if not content.endswith(b"\n"):
            os.ftruncate(file.fileno(), content.rfind(b"\n") + 1)
