"""The size of a model: its parameters are counted, and compared with this machine's memory."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psutil

from zoo.config import Config
from zoo.errors import PluginError, SettingError
from zoo.registry.architecture import Architecture

if TYPE_CHECKING:
    import keras

FLOAT_BYTES = 4  # bytes of a parameter


def parameter_count(model: keras.Model) -> int:
    """Return the count of numbers in a model's weights, also where only its parts are ever called."""
    return sum(math.prod(weight.shape) for weight in model.weights)


def count_parameters(architecture: Architecture, config: Config) -> int | None:
    """Count a model's parameters without allocating them; None where `build` reads their values.

    Inside a StatelessScope, Keras gives variables shapes but no values. A thread of its own keeps
    those variables, and the counters behind layer names, apart from everybody else's.

    Raises:
        PluginError: the model has too many layers, one behind the other, for Python.
    """

    def count() -> int:
        import keras

        with keras.StatelessScope(initialize_variables=False):
            return parameter_count(architecture.build(config))

    try:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(count).result()
    except PluginError as error:
        if isinstance(error.__cause__, RecursionError):
            raise  # with values it is as deep, and takes memory before it fails
        return None


def check_memory(name: str, parameters: int | None) -> None:
    """Refuse a model whose parameters alone need more than the memory of this machine.

    Raises:
        SettingError: with the number of parameters, and with both sizes in GiB.
    """
    memory = psutil.virtual_memory().total
    if parameters is not None and parameters * FLOAT_BYTES > memory:
        raise SettingError(
            f"{name} would have {parameters:,} parameters ({parameters * FLOAT_BYTES / 2**30:,.0f} GiB) "
            f"with these settings; this machine has {memory / 2**30:.0f} GiB of memory."
        )
