"""The description of a model, as plain data: what `zoo.describe` returns and `zoo show` prints."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from zoo.exporters.parts.contract import Contract, Tensor
from zoo.io.tables.shown_table import Rows, ShownTable, short_value

__all__ = ["Description", "ModelFacts", "Setting"]


@dataclass(frozen=True)
class Setting:
    """One setting: its type and range, its default, what this model sets, and what it means."""

    name: str
    type: str
    default: Any
    value: Any
    meaning: str


@dataclass(frozen=True)
class ModelFacts:
    """What is known only after the plug-in is imported and the model is built.

    `package` and `summary` are the plug-in's. `parameters` is None and `parts` is empty if the data, or a
    network that a setting names, decides them.
    """

    package: str
    summary: str
    settings: tuple[Setting, ...]
    parameters: int | None = None
    parts: dict[str, Contract] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the facts as JSON has them: lists for tuples, and the text of what JSON does not know.

        Raises:
            TypeError: a setting's value holds a dictionary whose keys are not texts or numbers.
            ValueError: a setting's value holds itself.
        """
        return dict(json.loads(json.dumps(asdict(self), default=str)))

    @classmethod
    def from_json(cls, value: Any) -> ModelFacts:
        """Return the facts that `to_json` wrote; a list of a setting becomes a tuple.

        Raises:
            TypeError: an entry is of the wrong type.
            ValueError: a text holds control characters.
            KeyError: an entry is missing.
        """
        return cls(
            _text(value["package"]),
            _text(value["summary"]),
            tuple(_setting(item) for item in _instance(value["settings"], list)),
            _count(value["parameters"]),
            {
                _text(role): _contract(contract)
                for role, contract in _instance(value["parts"], dict).items()
            },
        )


@dataclass(frozen=True, repr=False)
class Description(ShownTable):
    """What is known of a model without training it, or of a run.

    `parameters` is None and `parts` is empty if the data, or a network that a setting names, decides them.
    `run` holds the facts of run.json, and is empty for a model that is no run. `weights` holds what the
    catalog says about the trained weights, and is empty where there are none. `examples` holds the number of
    test examples of each result, where it is known.
    """

    name: str
    summary: str
    architecture: str
    package: str
    settings: tuple[Setting, ...]
    dataset: str | None = None
    tags: tuple[str, ...] = ()
    reference: str = ""
    results: dict[str, float] = field(default_factory=dict)
    measured: str = ""
    parameters: int | None = None
    parts: dict[str, Contract] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)
    baseline: str = ""
    weights: Mapping[str, Any] = field(default_factory=dict)
    examples: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    def _title_and_rows(self) -> tuple[str, Rows]:
        facts = {
            "architecture": f"{self.architecture} ({self.package})",
            "dataset": self.dataset or "",
            "parameters": "" if self.parameters is None else f"{self.parameters:,}",
        }
        facts |= {f"part {role}": _show_part(part) for role, part in self.parts.items()}
        facts |= {f"result {name}": f"{value:.5g}" for name, value in self.results.items()}
        facts |= {
            f"setting {each.name}": short_value(each.value)
            for each in self.settings
            if each.value != each.default
        }
        rows = [(name, text) for name, text in facts.items() if text]
        return f"{self.name}: {self.summary}", [("fact", "value"), *rows]


def _show_part(part: Contract) -> str:
    def names(tensors: Sequence[Tensor]) -> str:
        return ", ".join(f"{each.name} ({', '.join(map(str, each.shape))})" for each in tensors)

    return f"{names(part.inputs)} -> {names(part.outputs)}"


def _setting(item: Any) -> Setting:
    return Setting(
        _text(item["name"]),
        _text(item["type"]),
        _plain_value(item["default"]),
        _plain_value(item["value"]),
        _text(item["meaning"]),
    )


def _contract(value: Any) -> Contract:
    contract = Contract.from_json(value)
    for tensor in (*contract.inputs, *contract.outputs):
        for text in (tensor.name, tensor.dtype, tensor.expects):
            _text(text)
        for size in tensor.shape:
            _text(size) if isinstance(size, str) else _instance(size, int)
    return contract


def _plain_value(value: Any) -> Any:
    """Return a setting's value with tuples for lists."""
    if isinstance(value, list):
        return tuple(_plain_value(item) for item in value)
    if isinstance(value, dict):
        return {_text(key): _plain_value(item) for key, item in value.items()}
    return _text(value) if isinstance(value, str) else value


def _count(value: Any) -> int | None:
    return None if value is None else int(_instance(value, int))


def _text(value: Any) -> str:
    """Return a text that is safe to print on a terminal."""
    text: str = _instance(value, str)
    if not all(sign.isprintable() or sign in "\n\t" for sign in text):
        raise ValueError("a text holds control characters")
    return text


def _instance(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"expected {kind.__name__}, received {type(value).__name__}")
    return value
