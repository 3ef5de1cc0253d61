"""Settings that suit the amount of data, where an architecture is trained on data of the user's own.

The defaults of an architecture suit tens of thousands of examples. With 160 of them, 15 epochs of batches of
128 are 15 steps, after which a network has learned nothing.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Mapping
from typing import Any

from zoo.config import Config, WithoutData
from zoo.data.dataset import Dataset

__all__ = [
    "STEPS",
    "free_settings",
    "log_choice",
    "settings_by_amount",
    "step_count",
    "warn_of_few_steps",
]

STEPS = frozenset({"epochs", "batch_size", "validation"})  # what decides the number of steps
LEAST_STEPS = 1000  # of a training
FEW_STEPS = 100  # of which a training is warned
LEAST_EXAMPLES = 20  # of which some are held out for validation
VALIDATION = 0.1
LEAST_BATCH = 16
BATCHES = 8  # of an epoch, at least, where a batch can be smaller
_log = logging.getLogger("zoo")


def free_settings(config: Config, settings: Mapping[str, Any]) -> frozenset[str]:
    """Return the settings of an architecture that a user does not set, and that the data may decide."""
    return frozenset(type(config).model_fields) - settings.keys()


def settings_by_amount(config: Config, data: Dataset, free: Collection[str]) -> dict[str, Any]:
    """Return the settings among `free` that the data changes: its amount, and the size of an example.

    A tenth of the training examples is held out for validation. A batch is so small that an epoch has
    8 of them, but has at least 16 examples. There are so many epochs that a training has 1,000 steps.

    Args:
        config: the settings, with the architecture's defaults.
        data: the data.
        free: the settings that neither the user nor the catalog sets.
    """
    if isinstance(config, WithoutData):
        return {}
    suited = config.suited_to(data.input_shape, len(data.train)) if free else {}
    chosen = {name: value for name, value in suited.items() if name in free}
    if "validation" in free and not config.validation and len(data.train) >= LEAST_EXAMPLES:
        chosen["validation"] = VALIDATION
    count = len(data.train) - data.validation_size(config.replace(**chosen))
    if "batch_size" in free:
        smaller = max(LEAST_BATCH, 2 ** int(math.log2(max(1, count // BATCHES))))
        chosen["batch_size"] = min(config.batch_size, smaller)
    steps = count // min(config.replace(**chosen).batch_size, count)
    if "epochs" in free:
        chosen["epochs"] = max(config.epochs, math.ceil(LEAST_STEPS / steps))
    return {name: value for name, value in chosen.items() if value != getattr(config, name)}


def log_choice(data: Dataset, chosen: dict[str, Any]) -> None:
    """Print which settings the amount of data decides."""
    if chosen:
        values = ", ".join(f"{name}={_format_value(value)}" for name, value in chosen.items())
        count = len(data.train)
        _log.info("chosen for %s example%s: %s", f"{count:,}", "s" * (count != 1), values)


def _format_value(value: Any) -> str:
    """Return a value as `--set` takes it."""
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def step_count(config: Config, data: Dataset) -> int:
    """Return how many steps a training has."""
    if isinstance(config, WithoutData):
        return config.epochs * config.steps_per_epoch
    count = len(data.train) - data.validation_size(config)
    return config.epochs * (count // min(config.batch_size, count))


def warn_of_few_steps(config: Config, data: Dataset) -> None:
    """Warn where a training has so few steps that the model hardly learns."""
    steps = step_count(config, data)
    if steps < FEW_STEPS and not isinstance(config, WithoutData):
        _log.warning(
            "Warning: %d step%s only (epochs=%d, batch_size=%d). A model needs about %d: set more epochs, or "
            "a smaller batch_size.",
            steps,
            "s" * (steps != 1),
            config.epochs,
            config.batch_size,
            LEAST_STEPS,
        )
