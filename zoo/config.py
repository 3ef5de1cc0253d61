"""The settings of an architecture: a frozen config, validated wherever its values come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from zoo.config_schema import explain_errors
from zoo.errors import SettingError, UnknownName

__all__ = [
    "FROM_DATA",
    "ClassNames",
    "Compile",
    "Config",
    "Fraction",
    "FromData",
    "Resize",
    "WithoutData",
]

MOST_CLASSES, MOST_NUMBERS = 100_000, 500  # numbers: in one list, such as the units of layers
RESERVED = (  # the arguments of zoo.train
    "name",
    "data",
    "out",
    "seed",
    "resume",
    "force",
    "tensorboard",
    "progress",
    "from_run",
    "callbacks",
)


def _default_class_names(classes: Any) -> Any:
    """Return the names 0 ... k-1 for a number k of classes; names stay as they are."""
    if type(classes) is int and classes > MOST_CLASSES:
        raise ValueError(f"should be at most {MOST_CLASSES:,}")
    return tuple(map(str, range(classes))) if type(classes) is int else classes


Fraction = Annotated[float, Field(ge=0, lt=1)]
ClassNames = Annotated[
    tuple[str, ...],
    Field(min_length=2),
    BeforeValidator(
        _default_class_names,
        json_schema_input_type=Annotated[tuple[str, ...], Field(min_length=2)]
        | Annotated[int, Field(ge=2)],
    ),
]
LayerNames = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]
Compile = Literal["auto", "xla", "none"]
Resize = Literal["pad", "stretch", "crop"]
Threads = Annotated[int, Field(ge=0, le=1024)]
C = TypeVar("C", bound="Config")
T = TypeVar("T")

# The type of a setting that the data set fills in if it is None: `FromData[X]` is `X | None`. All hooks
# except `defaults` receive the filled config, so a type checker sees `X`.
FROM_DATA: Any = None  # the default of such a setting
if TYPE_CHECKING:
    FromData = Annotated[T, "filled in from the data set"]
else:
    FromData = T | None


class Config(BaseModel):
    """The settings of an architecture: frozen, typed and validated. Unknown settings are an error.

    Each plug-in has a subclass. The string under a field is its meaning; `zoo show` prints it.

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
    """Examples in one step; at most all training examples."""
    learning_rate: PositiveFloat = 1e-3
    """Step size of the optimizer."""
    validation: Fraction = 0.0
    """Share of the training data that is held out for validation."""
    early_stopping: NonNegativeInt = 0
    """Epochs in a row without a better validation after which training stops; 0: no early stop."""
    best_epoch: bool = False
    """Whether the weights of the epoch with the best validation are kept, not those of the last epoch."""
    monitor: Annotated[str, Field(pattern=r"^val_\w+$")] = "val_loss"
    """Measure of the validation that both of these follow, by its name in history.csv."""
    compile: Compile = "auto"
    """Compile the training step with XLA (TensorFlow). auto: measure a long training, and keep the faster."""
    threads: Threads | None = None
    """Processor threads of one operation, for the whole process. None or 0: the backend's own number."""
    resize: Resize = "pad"
    """Images of another shape are scaled and padded with black, stretched, or scaled and cropped."""
    freeze: LayerNames = ()
    """Layers, by name or glob, whose weights stay as they are, as in training that starts from a run."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse settings that have the name of an argument of `zoo.train`."""
        if taken := [name for name in RESERVED if name in cls.model_fields]:
            raise SettingError(
                f"A setting cannot be called {taken[0]!r}: zoo.train has an argument of that name."
            )

    @field_validator("*", mode="wrap")
    @classmethod
    def _validate_field(cls, value: Any, accept: ValidatorFunctionWrapHandler) -> Any:
        """Accept None for the word "none" and the reverse; refuse booleans and huge numbers for numbers."""
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
        if isinstance(accepted, tuple) and _count(int, accepted) > MOST_NUMBERS:
            raise ValueError(f"should have at most {MOST_NUMBERS:,} numbers")
        return accepted

    def with_content_hashes(self) -> Self:
        """Return a copy with a hash of each file or run that a setting names; by default, the config itself.

        The zoo calls it once, when a training begins, and stores the copy in run.json.
        """
        return self

    def suited_to(self, input_shape: tuple[int, ...], examples: int) -> dict[str, Any]:
        """Return settings that suit data of the user's own, beside those of the number of steps.

        What the user sets has priority. By default there are none.
        """
        return {}

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some settings changed; all settings are validated.

        Raises:
            UnknownName: there is no such setting.
            SettingError: a value is of the wrong type or out of range.
        """
        return validate_config(type(self), {**self.model_dump(), **changes})


class WithoutData(Config):
    """The settings of an architecture that is trained without examples: it counts steps instead.

    Its batches are the numbers of its steps. A data set is optional, for `evaluate`.
    """

    epochs: PositiveInt = 10
    """Times that a checkpoint is written."""
    steps_per_epoch: Annotated[PositiveInt, Field(le=1_000_000)] = 50
    """Steps from one checkpoint to the next."""


def _retry_none(value: str | None, accept: ValidatorFunctionWrapHandler) -> Any:
    """Validate None in place of the word "none", or the reverse: TOML has no null, the shell no types."""
    try:
        return accept("none" if value is None else None)
    except ValidationError:
        return accept(value)


def _leaves(value: Any) -> Iterator[Any]:
    """Yield the values in nested lists; without recursion, because a value may nest very deeply."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list | tuple):
            waiting.extend(item)
        else:
            yield item


def _count(kind: type, value: Any) -> int:
    return sum(isinstance(leaf, kind) for leaf in _leaves(value))


def validate_config(config_class: type[C], values: Mapping[str, Any]) -> C:
    """Return a config of a class from plain values, as JSON, TOML and the shell have them.

    Raises:
        UnknownName: there is no such setting.
        SettingError: a value is missing, of the wrong type or out of range.
    """
    for name in values:
        if name not in config_class.model_fields:
            raise UnknownName("setting", name, config_class.model_fields)
    try:
        return config_class.model_validate(dict(values))
    except ValidationError as error:
        raise SettingError("; ".join(explain_errors(config_class, error))) from error


def fill_missing(config: C, **facts: Any) -> C:
    """Return a config whose fields that are None have the data set's values.

    Args:
        config: the config to fill.
        **facts: values by field, such as input_shape=(28, 28, 1); None means unknown. `classes` is a
            tuple of names; a field that takes a number receives their number.

    Raises:
        SettingError: a field does not accept the data set's value.
    """
    for name, fact in facts.items():
        if fact is None or getattr(config, name, 0) is not None:
            continue
        candidates = [fact] if name != "classes" else [tuple(fact), len(fact)]
        config = _set_first_valid(config, name, candidates)
    return config


def _set_first_valid(config: C, name: str, candidates: list[Any]) -> C:
    for candidate in candidates[:-1]:
        with suppress(SettingError):
            return config.replace(**{name: candidate})
    return config.replace(**{name: candidates[-1]})
