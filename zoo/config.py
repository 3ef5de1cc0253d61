"""Settings: overrides from Python, TOML or the shell become one checked, frozen config."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic.errors import PydanticInvalidForJsonSchema

from zoo.errors import SettingError, UnknownName, UsageError, brief

RESERVED = ("name", "data", "out", "seed", "resume", "force", "progress")  # arguments of zoo.train
DEEPEST = 16  # brackets in brackets that the shell's lists may have


def _default_class_names(classes: Any) -> Any:
    """Name k classes 0 ... k-1 where only their number is given."""
    return tuple(map(str, range(classes))) if type(classes) is int else classes


Fraction = Annotated[float, Field(ge=0, lt=1)]
ClassNames = Annotated[
    tuple[str, ...],
    Field(min_length=2),
    BeforeValidator(_default_class_names, json_schema_input_type=tuple[str, ...] | PositiveInt),
]
C = TypeVar("C", bound="Config")
T = TypeVar("T")

# The type of a setting that the data set fills in where it is None: `FromData[X]` is `X | None`. Every hook
# but `defaults` receives the filled config, so for a type checker it is `X`.
FROM_DATA: Any = None  # the default of such a setting
if TYPE_CHECKING:
    FromData = Annotated[T, "filled in from the data set"]
else:
    FromData = T | None


class Config(BaseModel):
    """The settings of an architecture: frozen, typed and validated; unknown ones are refused.

    A plug-in derives its own. The string under a field is its meaning, which `zoo show` prints.

    Example:
        >>> class Config(zoo.Config):
        ...     units: PositiveInt = 32
        ...     '''Units of the hidden layer.'''
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )

    epochs: PositiveInt = 10
    """Passes over the training data."""
    batch_size: PositiveInt = 64
    """Examples in one step; never more than there are."""
    learning_rate: PositiveFloat = 1e-3
    """Step size of the optimizer."""
    validation: Fraction = 0.0
    """Share of the training data that is only watched, not learnt from."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse settings that `zoo.train` could not tell from its own arguments."""
        if taken := [name for name in RESERVED if name in cls.model_fields]:
            raise SettingError(f"No setting may be called {taken[0]!r}: zoo.train has it already.")

    @field_validator("*", mode="wrap")
    @classmethod
    def _plain(cls, value: Any, accept: ValidatorFunctionWrapHandler) -> Any:
        """Read none as the word or as nothing, whichever fits; refuse yes and no for a number."""
        try:
            accepted = accept(value)
        except ValidationError:
            if value is not None and not (isinstance(value, str) and value == "none"):
                raise
            accepted = _retry_none(value, accept)
        if _count(bool, accepted) < _count(bool, value):
            raise ValueError("should be a number, not true or false")
        if any(isinstance(leaf, int) and abs(leaf) >= 2**63 for leaf in _leaves(accepted)):
            raise ValueError("should be a number of at most 64 bits")
        return accepted

    def with_content_hashes(self) -> Self:
        """Give a copy that says of what it names outside (a file, a run) what that holds now.

        It is called once, when a training begins; the copy is what run.json keeps.
        """
        return self

    def replace(self, **changes: Any) -> Self:
        """Give a copy with some settings changed, and all of them checked.

        Raises:
            UnknownName: there is no such setting.
            SettingError: a value is of the wrong type or out of range.
        """
        return validate_config(type(self), {**self.model_dump(), **changes})


class WithoutData(Config):
    """The settings of an architecture that learns from no examples, and counts steps instead.

    What it is fed are the numbers of its steps. Data may be named, for its measures.
    """

    epochs: PositiveInt = 10
    """Times that a checkpoint is written."""
    steps_per_epoch: PositiveInt = 50
    """Steps from one checkpoint to the next."""


def _retry_none(value: str | None, accept: ValidatorFunctionWrapHandler) -> Any:
    """Try None for the word none, or the word for None: TOML has no null, and the shell no types."""
    try:
        return accept("none" if value is None else None)
    except ValidationError:
        return accept(value)


def _leaves(value: Any) -> Iterator[Any]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list | tuple):
            waiting.extend(item)
        else:
            yield item


def _count(kind: type, value: Any) -> int:
    return sum(isinstance(leaf, kind) for leaf in _leaves(value))


def validate_config(kind: type[C], values: Mapping[str, Any]) -> C:
    """Make a config of one kind from plain values.

    Raises:
        UnknownName: there is no such setting.
        SettingError: a value is missing, of the wrong type or out of range.
    """
    for name in values:
        if name not in kind.model_fields:
            raise UnknownName("setting", name, kind.model_fields)
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        raise SettingError("; ".join(_explain_faults(kind, error))) from error


def _explain_faults(kind: type[Config], error: ValidationError) -> Iterable[str]:
    """Say of each setting what was expected and what was received, once."""
    seen = set()
    for fault in error.errors():
        name = str(fault["loc"][0]) if fault["loc"] else ""
        if name in seen:
            continue
        seen.add(name)
        wanted = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
        where = f"The setting {name!r}" if name else "These settings"
        expected = f" Expected: {expected_type(kind, name)}." if name else ""
        yield f"{where}: {wanted}.{expected} Received: {brief(fault['input'])}"


def expected_type(kind: type[Config], name: str) -> str:
    """Describe a setting's type and range in a few words, from its JSON schema."""
    try:
        schema = kind.model_json_schema()
    except PydanticInvalidForJsonSchema:  # a field of a type that JSON does not know
        return str(kind.model_fields[name].annotation)
    return _describe_schema(schema["properties"][name], schema.get("$defs", {}))


def field_description(kind: type[Config], name: str) -> str:
    """Give the string under a field: its class's, or where a class only changes the default, its parent's."""
    fields = (
        parent.model_fields.get(name) for parent in kind.__mro__ if issubclass(parent, Config)
    )
    return next((field.description for field in fields if field and field.description), "")


_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
    "minItems": "at least this many items:",
    "maxItems": "at most this many items:",
}


def _describe_schema(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _describe_schema(shared[schema["$ref"].rpartition("/")[2]], shared)
    if "anyOf" in schema:
        return " or ".join(_describe_schema(choice, shared) for choice in schema["anyOf"])
    if "const" in schema:
        return repr(schema["const"])
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    kind = {"null": "none", "array": "list"}.get(schema.get("type", ""), schema.get("type", "any"))
    if "prefixItems" in schema:
        kind = f"list of ({', '.join(_describe_schema(item, shared) for item in schema['prefixItems'])})"
    elif "items" in schema:
        kind = f"list of ({_describe_schema(schema['items'], shared)})"
    bounds = [f"{words} {schema[key]:g}" for key, words in _BOUNDS.items() if key in schema]
    return " ".join([kind, " and ".join(bounds)]).strip()


def parse_setting(text: str) -> tuple[str, Any]:
    """Read one `key=value` of the shell: a TOML value, a bare word, or a list with commas.

    Raises:
        UsageError: there is no `=`, or the key is no setting but an option.

    Example:
        >>> parse("widths=64,64")
        ('widths', [64, 64])
    """
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not key:
        raise UsageError(f"--set takes key=value. Received: {brief(text)}")
    if key in RESERVED:
        raise UsageError(f"{key!r} is no setting but an argument of its own: see zoo train --help")
    return key, _value(value)


def _value(text: str) -> Any:
    if text.lower() == "none":
        return None
    for candidate in (text, text.lower()):
        try:
            table = tomllib.loads(f"value = {candidate}")
        except (ValueError, RecursionError):  # ValueError also where there are too many digits
            continue
        if len(table) == 1 and not isinstance(table["value"], date | time):
            return table["value"]
    if text.count("[") > DEEPEST:
        return text
    items = _items(text)
    if len(items) == 1 and text.startswith("[") and text.endswith("]"):
        return [_value(item) for item in _items(text[1:-1])]  # the shell took its quotes away
    return [_value(item) for item in items] if "," in text and items != [text] else text


def _items(text: str) -> list[str]:
    """Split at the commas that stand in no brackets."""
    depth, items = 0, [""]
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            items.append("")
        else:
            items[-1] += sign
    return [item.strip() for item in items if item.strip()]


def fill_missing(config: C, **facts: Any) -> C:
    """Set those of the config's fields that are still None from the dataset's facts.

    `classes` becomes a tuple of names or their number, whichever the field takes.
    """
    for name, fact in facts.items():
        if fact is None or getattr(config, name, 0) is not None:
            continue
        candidates = [fact] if name != "classes" else [tuple(fact), len(fact)]
        config = _first_accepted(config, name, candidates)
    return config


def _first_accepted(config: C, name: str, candidates: list[Any]) -> C:
    for candidate in candidates[:-1]:
        try:
            return config.replace(**{name: candidate})
        except SettingError:
            continue
    return config.replace(**{name: candidates[-1]})
