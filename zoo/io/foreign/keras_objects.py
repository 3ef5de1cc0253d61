"""The names in a model's config, looked up in Keras: each must be a layer or another part of a model.

It is the second check of a config, and the first one that imports Keras. Classes count by what they inherit
from, so that new layers of a later Keras are known, and functions by the module that defines them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from zoo.errors import UnsafeFile
from zoo.io.foreign.keras_config import NamedObject

__all__ = ["check_objects"]

_LEGACY = "keras._legacy.layers"  # what Keras calls its module of layers of Keras 2
_OWN = "zoo"  # the package under which zoo.layers registers its layers
_BASES = (
    "keras.Operation",
    "keras.Initializer",
    "keras.Regularizer",
    "keras.Quantizer",
    "keras.Loss",
    "keras.Metric",
    "keras.Optimizer",
    "keras.DTypePolicy",
    "keras.constraints.Constraint",
    "keras.optimizers.schedules.LearningRateSchedule",
    "keras.random.SeedGenerator",
    "keras.dtype_policies.DTypePolicyMap",
    "keras.src.trainers.compile_utils.MetricsList",
    "keras.src.quantizers.quantization_config.QuantizationConfig",
    "keras.src.optimizers.loss_scale_optimizer.LossScaleOptimizer",
)
_FUNCTIONS = ("keras.src.activations", "keras.src.losses", "keras.src.metrics", "keras.src.ops")
_NOT_MATHEMATICS = {"get", "serialize", "deserialize"}
_PLACES = (  # where Keras looks for a name without a module, as files of Keras 1 and 2 have them
    "layers",
    "models",
    "initializers",
    "regularizers",
    "constraints",
    "activations",
    "losses",
    "metrics",
    "optimizers",
    "optimizers.schedules",
    "dtype_policies",
)


def check_objects(names: Sequence[NamedObject], path: Any, modules: Collection[str] = ()) -> None:
    """Refuse a config that names something else than a part of a model.

    Layers of the zoo are registered here, so that files that have them can be opened.

    Args:
        names: what the config names.
        path: the file, for messages.
        modules: top-level modules of installed plug-ins; the one that a name belongs to is imported.

    Raises:
        UnsafeFile: a name is a function or a class that no model needs, or is not registered.
    """
    import keras

    bases = _bases()
    for item in names:
        _import_registered(item, modules)
        if _is_registered(item, keras):
            continue
        found = _look_up(item, keras)
        if found is None:
            raise UnsafeFile(_unknown(item, path))
        if not _is_part(found, bases):
            raise UnsafeFile(
                f"{path} names {str(item)[:200]!r} in its config, which is no part of a model. "
                "It was not opened."
            )


def _unknown(item: NamedObject, path: Any) -> str:
    """Return the message for a name that does not exist."""
    hint = (
        f" Import {item.module} first."
        if item.module and not item.module.startswith("keras")
        else ""
    )
    return (
        f"{path} was not opened: Keras cannot open the file, since it names {str(item)[:200]!r} in its "
        "config, and neither Keras nor the zoo nor an installed plug-in has a layer or another part of a "
        f"model of that name.{hint}"
    )


@cache
def _bases() -> tuple[type, ...]:
    """Return the classes that the parts of models inherit from; an older Keras may lack some."""
    import keras

    found = (_attribute(keras, name.removeprefix("keras.")) for name in _BASES)
    return tuple(each for each in found if isinstance(each, type))


def _attribute(root: Any, name: str) -> Any:
    """Return an attribute by its path with dots, or None."""
    for part in name.split("."):
        root = getattr(root, part, None)
    return root


def _import_registered(item: NamedObject, modules: Collection[str]) -> None:
    """Import the module that registers a custom class, if it is ours or that of an installed plug-in."""
    package = (item.registered or item.name).partition(">")[0]
    if _OWN in (package, (item.module or "").partition(".")[0]):
        importlib.import_module("zoo.layers")
    module = item.module or ""
    top = module.partition(".")[0]
    is_private = any(part.startswith("_") for part in module.split("."))
    if top in modules and top != _OWN and not is_private and module not in sys.modules:
        importlib.import_module(module)


def _is_registered(item: NamedObject, keras: Any) -> bool:
    """Return whether a class or a function is registered for files of models."""
    name = item.name if item.is_function else item.registered or item.name
    if keras.saving.get_registered_object(name) is not None:
        return True
    # Keras before 3.7 writes a registered function without its package
    short = item.is_function and item.module == "builtins" and ">" not in name
    return short and any(key.endswith(f">{name}") for key in keras.saving.get_custom_objects())


def _look_up(item: NamedObject, keras: Any) -> Any:
    """Return what Keras finds under a name that is not registered; None where there is nothing."""
    if item.module is None or item.module == "builtins":
        return _look_up_without_module(item.name, keras)
    if item.module.partition(".")[0] != "keras":
        return None
    module = "keras.src.legacy.layers" if item.module == _LEGACY else item.module
    found = _attribute(keras, f"{module}.{item.name}".removeprefix("keras."))
    if found is None and item.module in sys.modules:
        return vars(sys.modules[item.module]).get(item.name)
    return found


def _look_up_without_module(name: str, keras: Any) -> Any:
    """Return the part of a model that has a name, or None."""
    places = [vars(place) for place in (_attribute(keras, each) for each in _PLACES) if place]
    found = [place[name] for place in places if name in place]
    if not found:  # GroupQueryAttention is a name of the class GroupedQueryAttention
        every = (each for place in places for each in place.values() if isinstance(each, type))
        found = [each for each in every if each.__name__ == name]
    if not found and name == "Functional":
        return _attribute(keras, "src.models.Functional")
    return found[0] if found else None


def _is_part(found: Any, bases: tuple[type, ...]) -> bool:
    """Return whether an object is a class of layers and their parts, or a function of mathematics."""
    if isinstance(found, type):
        return issubclass(found, bases)
    module, name = str(getattr(found, "__module__", "")), str(getattr(found, "__name__", ""))
    return callable(found) and module.startswith(_FUNCTIONS) and name not in _NOT_MATHEMATICS
