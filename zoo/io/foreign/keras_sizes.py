"""The sizes in the config of a model file: values, texts, layers, and settings that need endless work."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, TypeAlias

from zoo.errors import UnsafeFile, brief
from zoo.io.foreign.limits import check_limit, limit

__all__ = ["Container", "check_settings", "check_values"]

Container: TypeAlias = dict[str, Any] | list[Any]
"""A list or an object of JSON."""

_MOST = {  # settings that make lists of as many numbers, or a loop or a search that takes as long
    "ngrams": 1_000,
    "num_mel_bins": 10_000,
    "num_thresholds": 1_000_000,
    "equation": 1_000,
    "num_chains": 100,
    "chain_depth": 100,
    "num_ops": 1_000,
    "power_iterations": 1_000,
    "kernel_size": 2**17,
}
_MOST_DIFFERENCES = 1_000  # that are taken one after the other
_MOST_SIZES = 8  # in a list of sizes; no kernel has more
_LONGEST_UNROLLED = 10_000  # steps of a recurrent layer that is unrolled


def check_values(containers: Sequence[Container], length: int, path: Any) -> None:
    """Refuse a config of too many values, or with a text of absurd length.

    Args:
        containers: all lists and objects in the config.
        length: letters of the whole config.
        path: the file, for messages.
    """
    check_limit(path, "config_values", 1 + sum(map(len, containers)), more=True)
    if length <= (longest := limit("config_text")):
        return
    for each in containers:
        for value in each.values() if isinstance(each, dict) else each:
            if isinstance(value, str) and len(value) > longest:
                check_limit(path, "config_text", len(value))


def _check_layers(objects: Sequence[dict[str, Any]], path: Any) -> None:
    """Refuse a config of too many layers or other objects."""
    layers = 0
    for value in objects:
        for name in ("layers", "cells"):  # cells: of StackedRNNCells
            if isinstance(value.get(name), list):
                layers += sum(map(_calls, value[name]))
    check_limit(path, "config_layers", layers)
    check_limit(path, "config_objects", sum("class_name" in value for value in objects))


def _calls(layer: Any) -> int:
    """Return how often a layer is called in the graph; 1 in a Sequential."""
    nodes = layer.get("inbound_nodes") if isinstance(layer, dict) else None
    return max(1, len(nodes)) if isinstance(nodes, list) else 1


def _check_unrolled(objects: Sequence[dict[str, Any]], path: Any) -> None:
    """Refuse a recurrent layer that is unrolled over a very long input: building it would not end."""
    if not any(value.get("unroll") for value in objects):
        return
    longest = 0
    for value in objects:
        for key in ("batch_shape", "batch_input_shape", "input_shape", "target_shape"):
            sizes = value.get(key)
            if isinstance(sizes, list):
                longest = max([longest, *(size for size in sizes if isinstance(size, int))])
    if longest > _LONGEST_UNROLLED:
        raise UnsafeFile(
            f"{path} unrolls a recurrent layer, and has a size of {longest:,}; at most "
            f"{_LONGEST_UNROLLED:,} steps can be unrolled. It was not opened."
        )


def _check_settings(objects: Sequence[dict[str, Any]], path: Any) -> None:
    """Refuse a setting that makes a few letters of a config into gigabytes or hours."""
    for value in objects:
        for name in value.keys() & _MOST.keys():
            _check_amount(value[name], name, _MOST[name], path)
        if value.get("class_name") == "Diff" and isinstance(value.get("config"), dict):
            _check_amount(value["config"].get("n"), "n", _MOST_DIFFERENCES, path)


def _check_amount(setting: Any, name: str, most: int, path: Any) -> None:
    """Refuse a setting that is too large.

    Args:
        setting: a number, a text, whose letters count, or a list of sizes, whose product counts.
        name: of the setting.
        most: that is allowed.
        path: the file, for messages.

    Raises:
        UnsafeFile: it is larger.
    """
    number = setting
    if isinstance(setting, str):
        number = len(setting)
    elif isinstance(setting, list) and all(type(size) is int for size in setting):
        number = prod(setting[:_MOST_SIZES])
    if isinstance(number, int | float) and not number <= most:
        raise UnsafeFile(
            f"{path} holds a layer whose {name} is {brief(setting)}; at most {most:,} are "
            "allowed. It was not opened."
        )


def check_settings(objects: Sequence[dict[str, Any]], path: Any) -> None:
    """Refuse a config of too many layers, or of settings that need endless work.

    Args:
        objects: all objects in the config.
        path: the file, for messages.

    Raises:
        UnsafeFile: it has them.
    """
    _check_layers(objects, path)
    _check_unrolled(objects, path)
    _check_settings(objects, path)
