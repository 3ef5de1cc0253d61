"""The config of a model file, checked without Keras: an allow-list of what it may name, and its sizes.

Keras builds what the config names. Its own safe mode refuses lambdas, and otherwise takes any name below
`keras`: `keras.utils.plot_model` or `keras.config.set_floatx` as an activation is called. Here a config may
name layers, activations, initializers, regularizers, constraints, losses, metrics, optimizers, operations
and dtype policies of Keras, and classes that are registered. `zoo.io.foreign.keras_objects` looks each name
up, once Keras is imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zoo.errors import UnsafeFile, brief
from zoo.io.foreign.json_text import parse_json
from zoo.io.foreign.keras_sizes import Container, check_settings, check_values
from zoo.io.foreign.limits import check_limit

__all__ = ["NamedObject", "check_config"]

_MODULES = re.compile(
    r"keras(\.(layers|activations|initializers|regularizers|constraints|losses|metrics|models|ops|random"
    r"|quantizers|dtype_policies|optimizers(\.schedules|\.legacy)?|_legacy\.layers|src(\.\w+)+))?"
)
_NOT_IN_MODELS = re.compile(
    r"keras\.src\.(utils|saving|datasets|testing|tree|visualization|callbacks)\b.*"
)
_CLASS = re.compile(r"[A-Z]\w*")
_FUNCTION_MODULES = re.compile(r"builtins|keras\.(activations|losses|metrics|ops|nn|src(\.\w+)+)")
_PLAIN = {"__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__"}
_UNSAFE = {  # classes that run code of the file, or read other files
    "Lambda": "Python code",
    "__lambda__": "Python code (a lambda)",
    "__typespec__": "a type of TensorFlow",
    "TFSMLayer": "a SavedModel in another folder",
    "TorchModuleWrapper": "a pickled PyTorch module",
    "FlaxLayer": "a Flax module",
    "JaxLayer": "a JAX function",
}
_FILES = ("vocabulary", "idf_weights")  # settings that may name another file
_DTYPE = re.compile(r"(u?int|b?float|complex)\w{1,10}|bool|string")  # of an array in a config


@dataclass(frozen=True)
class NamedObject:
    """A class or a function that a config names; `module` is None in files of Keras 1 and 2."""

    module: str | None
    name: str
    registered: str | None = None
    is_function: bool = False

    def __str__(self) -> str:
        """Return the name for messages; Keras registers a function without a package as "function"."""
        if self.registered and not self.is_function:
            return self.registered
        return f"{self.module}.{self.name}" if self.module else self.name


def check_config(text: str, path: Any) -> tuple[NamedObject, ...]:
    """Check the config of a model, and return what it names, each once.

    The `compile_config` of a model of Keras, which names a loss, metrics and an optimizer, is not read when a
    file is opened (`zoo.runtimes.python.keras_loader`). Its sizes count, its names do not.

    Args:
        text: the config as JSON.
        path: the file, for messages.

    Raises:
        UnsafeFile: it is no config, is too large or too deep, or names what no model needs.
    """
    marks = sum(map(text.count, ",[{"))  # at most two for each value, outside of texts
    check_limit(path, "config_values", marks // 2, more=True)
    try:
        config = parse_json(text, path)
    except ValueError as error:
        raise UnsafeFile(
            f"{path} holds a config that is no JSON: {error}. It was not opened."
        ) from error
    if not isinstance(config, dict) or "class_name" not in config:
        raise UnsafeFile(f"{path} holds a config that is no model. It was not opened.")
    containers = list(_containers(config))
    check_values(containers, len(text), path)
    objects = [each for each in containers if isinstance(each, dict)]
    check_settings(objects, path)
    return tuple(dict.fromkeys(_named_objects(config, objects, path)))


def _named_objects(
    config: Any, objects: Sequence[dict[str, Any]], path: Any
) -> Iterator[NamedObject]:
    """Yield the classes and functions that a config names.

    Args:
        config: the parsed JSON.
        objects: all objects in it.
        path: the file, for messages.

    Raises:
        UnsafeFile: one of them is not on the allow-list.
    """
    is_compiled = any(each.get("compile_config") for each in objects)
    for value in _containers(config, _without_compile) if is_compiled else objects:
        if isinstance(value, dict) and "class_name" in value:
            item = _named_object(value, path)
            if item is not None:
                yield item


def _named_object(value: Mapping[str, Any], path: Any) -> NamedObject | None:
    """Return what one object of a config names; None for plain values such as a tensor.

    Raises:
        UnsafeFile: it is not on the allow-list.
    """
    name, module = value["class_name"], value.get("module")
    registered, inner = value.get("registered_name"), value.get("config")
    if not isinstance(name, str) or not isinstance(module, str | None):
        raise _refusal(path, brief(name), "a class whose name is no text")
    if not isinstance(registered, str | None):
        raise _refusal(path, name, "a registered name that is no text")
    if name in _PLAIN:
        _check_dtype(inner, name, path)
        return None
    if name in _UNSAFE:
        raise _refusal(path, name, _UNSAFE[name])
    if isinstance(inner, Mapping):
        for key in _FILES:
            if isinstance(inner.get(key), str) and inner[key]:
                raise _refusal(path, name, f"another file as its {key} ({inner[key][:100]!r})")
    if name == "function" and isinstance(inner, str):
        item = NamedObject(module, inner, registered, is_function=True)
        allowed = module is None or _FUNCTION_MODULES.fullmatch(module) or not _is_keras(module)
    else:
        item = NamedObject(module, name, registered if registered != name else None)
        allowed = _is_allowed_class(item)
    if not allowed or (module and _NOT_IN_MODELS.fullmatch(module)):
        raise _refusal(path, str(item), "something else than a layer or a part of one")
    return item


def _check_dtype(settings: Any, name: str, path: Any) -> None:
    """Refuse an array of texts: each may be of any length, so that a few take gigabytes.

    Raises:
        UnsafeFile: it is one.
    """
    dtype = settings.get("dtype", "bool") if isinstance(settings, Mapping) else "bool"
    if not (isinstance(dtype, str) and _DTYPE.fullmatch(dtype)):
        raise _refusal(path, name, f"an array of the dtype {brief(dtype)}")


def _is_allowed_class(item: NamedObject) -> bool:
    """Return whether Keras may look a class up; a custom one must be registered, which is checked later."""
    if item.module is None or not _is_keras(item.module):
        return True
    return bool(_MODULES.fullmatch(item.module) and _CLASS.fullmatch(item.name))


def _is_keras(module: str) -> bool:
    return module.partition(".")[0] in ("keras", "builtins", "tensorflow", "tf_keras")


def _refusal(path: Any, name: str, what: str) -> UnsafeFile:
    return UnsafeFile(
        f"{path} names {name[:200]!r} in its config: {what}. It was not opened. A model file may name "
        "layers, activations, initializers, regularizers, constraints, losses, metrics and optimizers."
    )


def _containers(
    config: Any, members: Callable[[dict[str, Any]], Iterable[Any]] = dict.values
) -> Iterator[Container]:
    """Yield every list and every object in a config, without recursion.

    Args:
        config: the parsed JSON.
        members: returns the values of an object that count.
    """
    waiting = [config]
    while waiting:
        value = waiting.pop()
        yield value
        for each in members(value) if isinstance(value, dict) else value:
            if isinstance(each, dict | list):
                waiting.append(each)


def _without_compile(value: dict[str, Any]) -> Iterable[Any]:
    """Return the values of an object, without the compile_config of a model of Keras."""
    is_object = "class_name" in value and "config" in value  # else Keras builds each of its values
    names = (None, value.get("class_name"))
    if not (
        is_object and _is_keras(str(value.get("module"))) and value.get("registered_name") in names
    ):
        return value.values()
    return [each for key, each in value.items() if key != "compile_config"]
