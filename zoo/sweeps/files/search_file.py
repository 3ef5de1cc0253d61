"""sweep.json: what a sweep searches, read from a folder that may be a stranger's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StrictInt, ValidationError

from zoo.errors import RunError, UsageError, brief
from zoo.io.text import read_json
from zoo.sweeps.search import FILE, Search
from zoo.sweeps.space import Parameter, Range, check_choices, check_range

__all__ = ["read_search"]

_Number: TypeAlias = StrictInt | FiniteFloat
_Name: TypeAlias = Annotated[str, Field(max_length=200)]
_Setting: TypeAlias = Annotated[str, Field(pattern=r"^\w{1,200}$")]
_MOST_SETTINGS = 100  # of a space: each is a column of a picture


class _Range(BaseModel):
    model_config = ConfigDict(strict=True)
    low: _Number
    high: _Number
    log: bool = False
    step: _Number | None = None
    whole: bool = False


class _Choice(BaseModel):
    model_config = ConfigDict(strict=True)
    choices: list[Any]


class _Search(BaseModel):
    """The types of a search; `Search` says what each is, and checks the numbers."""

    model_config = ConfigDict(strict=True)
    name: _Name
    space: Annotated[dict[_Setting, _Range | _Choice], Field(max_length=_MOST_SETTINGS)]
    trials: int
    metric: _Name
    direction: _Name
    seed: int = 0
    settings: dict[str, Any] = {}
    data: Annotated[str, Field(max_length=10_000)] | None = None
    window: int = 1
    pruner: _Name = "asha"
    grace: int = 1
    epochs: int = 1
    file: list[_Name] = []


def read_search(folder: Path) -> Search:
    """Return what a sweep in a folder searches.

    Raises:
        RunError: the folder holds no sweep, or sweep.json is broken.
        UnsafeFile: sweep.json is a link out of the folder, or exceeds a limit.
    """
    path = folder / FILE
    if not path.is_file():
        raise RunError(f"{folder} is no sweep: it has no {FILE}.")
    try:
        stored = _Search.model_validate(read_json(path, folder))
        space = {name: _parameter(name, each) for name, each in stored.space.items()}
        search = Search(**{**stored.model_dump(), "space": space})
        search.check()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = brief(".".join(map(str, first["loc"])) or "it")[1:-1]
        received = brief(first["input"])
        raise RunError(
            f"{path} is broken: {place}: {first['msg']}. Received: {received}"
        ) from error
    except (ValueError, UsageError) as error:
        raise RunError(f"{path} is broken: {error}") from error
    return search


def _parameter(name: str, stored: _Range | _Choice) -> Parameter:
    """Return a range or the choices of a setting.

    Raises:
        UsageError: the ends do not fit together, or there are too few or too many choices.
    """
    if isinstance(stored, _Choice):
        return check_choices(name, stored.choices)
    ends = (stored.low, stored.high, stored.step or 1)
    if stored.whole and not all(float(number).is_integer() for number in ends):
        raise UsageError(f"The space of {name!r}: whole numbers are expected. Received: {ends}")
    if stored.log and stored.step is not None:
        raise UsageError(f"The space of {name!r}: a logarithmic range has no steps.")
    found = Range(**stored.model_dump())
    return check_range(name, brief(stored.model_dump()), found)
