"""Build a model for weights that are loaded next: on JAX, its variables get no initial values before.

JAX compiles the random initial values of each shape again, which takes seconds of processor time for a small
model. They are not needed where a file replaces them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zoo.config import Config
from zoo.errors import PluginError
from zoo.registry.architecture import Architecture

if TYPE_CHECKING:
    import keras

__all__ = ["build_without_values", "fill_values"]


def build_without_values(
    architecture: Architecture, config: Config
) -> tuple[keras.Model, list[Any]] | None:
    """Build a model whose variables have no values yet.

    Args:
        architecture: the plug-in's hooks.
        config: the model's settings.

    Returns:
        The model, and the variables that need `fill_values` once weights are loaded; None where the backend
        is not JAX, or where `build` sets values itself.
    """
    import keras

    if keras.config.backend() != "jax":
        return None
    try:
        from keras.src.backend.common import global_state
    except ImportError:  # Keras keeps its list of variables elsewhere
        return None
    name = "uninitialized_variables"  # the list in which Keras keeps them
    before = global_state.get_global_attribute(name)
    global_state.set_global_attribute(name, [])
    try:
        with keras.StatelessScope(initialize_variables=False) as scope:
            model = architecture.build(config)
        variables = list(global_state.get_global_attribute(name))
    except PluginError:
        return None
    finally:
        global_state.set_global_attribute(name, before)
    known = {id(variable) for variable in variables}
    complete = all(id(variable) in known for variable in model.variables)
    return (model, variables) if complete and not scope.state_mapping else None


def fill_values(variables: list[Any]) -> None:
    """Give each variable that has no value yet its initial value: those that the file does not hold."""
    for variable in variables:
        if variable._value is None:
            variable._deferred_initialize()
