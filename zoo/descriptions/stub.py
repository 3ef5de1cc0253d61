"""The types of `import zoo` for editors: zoo/__init__.pyi, in which each architecture has its own settings.

`zoo completion python` prints it for all that is installed here, with the settings of your own plug-ins.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from pydantic.errors import PydanticInvalidForJsonSchema

from zoo.config import Config
from zoo.config_schema import field_description
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog

__all__ = ["stub_text"]

SETTING_FUNCTIONS = ("create", "train", "train_seeds")  # whose **settings depend on the name
_SIMPLE = {"integer": "int", "number": "float", "string": "str", "boolean": "bool", "null": "None"}
_HEAD = '''\
"""The types of `import zoo` for editors. Made by: zoo completion python > zoo/__init__.pyi

Each architecture has the type of its own settings, so an editor completes
`zoo.train("cnn", filters=...)`.
"""

from typing import Any, Literal, TypedDict, Unpack, overload
'''


def public_modules() -> dict[str, str]:
    """Return the public names of the zoo, each with the module that defines it."""
    door = import_module("zoo")
    return {name: f"zoo.{door._MODULES.get(name, 'errors')}" for name in door.__all__}


def stub_text(architectures: Iterable[str] | None = None) -> str:
    """Return the text of zoo/__init__.pyi.

    Args:
        architectures: the names of those whose settings have types; all that are installed, if None.

    Raises:
        PluginError: an architecture cannot be imported.
    """
    public = public_modules()
    names = sorted(registry().names() if architectures is None else architectures)
    signatures = {
        name: inspect.signature(getattr(import_module(public[name]), name))
        for name in SETTING_FUNCTIONS
    }
    imports = [
        f"from {module} import {name} as {name}"
        for name, module in sorted(public.items(), key=lambda item: (item[1], item[0]))
        if name not in SETTING_FUNCTIONS
    ]
    blocks = [
        _HEAD + "\n".join([*_signature_imports(signatures.values(), public), *imports]),
        f"__all__: list[str] = {json.dumps(sorted(public))}",
        *(_settings_class(name) for name in names),
        *(_overloads(name, signature, names) for name, signature in signatures.items()),
    ]
    return "\n\n".join(blocks) + "\n"


def _settings_class(name: str) -> str:
    """Return the TypedDict of an architecture's settings, each with its meaning."""
    config = type(registry().get(name).defaults())
    lines = [f"class {_class_name(name)}(TypedDict, total=False):"]
    lines += [f'    """The settings of {name}."""', ""]
    for field in config.model_fields:
        lines.append(f"    {field}: {_field_type(config, field)}")
        lines.append(f'    """{_docstring(field_description(config, field))}"""')
    return "\n".join(lines)


def _docstring(text: str) -> str:
    """Return a text that can stand between three quotes."""
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', "'")


def _overloads(function: str, signature: inspect.Signature, names: Sequence[str]) -> str:
    """Return one overload for each architecture and its models, and one for every other name."""
    texts = [
        _overload(function, signature, _names_type(name), f"Unpack[{_class_name(name)}]")
        for name in names
    ]
    return "\n".join([*texts, _overload(function, signature, "str", "Any")])


def _overload(function: str, signature: inspect.Signature, name: str, settings: str) -> str:
    words = []
    for parameter in signature.parameters.values():
        kind = {"name": name, "settings": settings}.get(parameter.name, parameter.annotation)
        default = "" if parameter.default is parameter.empty else " = ..."
        stars = "**" if parameter.kind is parameter.VAR_KEYWORD else ""
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        words.append(f"{stars}{parameter.name}: {kind}{default}")
    arguments = ",\n    ".join(words)
    return f"@overload\ndef {function}(\n    {arguments},\n) -> {signature.return_annotation}: ..."


def _names_type(architecture: str) -> str:
    """Return the names that stand for an architecture: its own, and those of its models in the catalog."""
    models = [entry.name for entry in catalog().find(f"{architecture}.*") if entry.package]
    return f"Literal[{', '.join(map(json.dumps, [architecture, *models]))}]"


def _class_name(architecture: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", architecture)
    return f"_{''.join(word.capitalize() for word in words)}Settings"


def _signature_imports(
    signatures: Iterable[inspect.Signature], public: Mapping[str, str]
) -> list[str]:
    """Return the imports of the names in the annotations that the stub does not import anyway."""
    places = {
        "Data": "zoo.runs.recipe",
        "Path": "pathlib",
        "Sequence": "collections.abc",
        "Progress": "zoo.runs.progress",
        "Repeats": "zoo.runs.repeats",
    }
    texts = [
        str(each)
        for signature in signatures
        for each in [
            signature.return_annotation,
            *(parameter.annotation for parameter in signature.parameters.values()),
        ]
    ]
    words = {word for text in texts for word in re.findall(r"(?<![\w.])[A-Za-z]\w*", text)}
    words -= {"Any", "str", "int", "bool", "float", "None", "tuple", "dict", "list", *public}
    modules = sorted(word for word in words if f"{word}." in " ".join(texts))
    named = [f"from {places[word]} import {word}" for word in sorted(words - {*modules})]
    return ["from collections.abc import Sequence", *(f"import {each}" for each in modules)] + [
        line for line in named if "Sequence" not in line
    ]


def _field_type(config: type[Config], name: str) -> str:
    try:
        schema = config.model_json_schema()
    except PydanticInvalidForJsonSchema:  # a field has a type that JSON does not know
        return "Any"
    return _schema_type(schema["properties"][name], schema.get("$defs", {}))


def _schema_type(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Return the type that a part of a JSON schema describes, as Python writes it."""
    if "$ref" in schema:
        return _schema_type(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return " | ".join(
            dict.fromkeys(_schema_type(choice, definitions) for choice in schema["anyOf"])
        )
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(map(repr, values))}]"
    if schema.get("type") == "array":
        items = schema.get("prefixItems") or [schema.get("items", {})]
        kinds = dict.fromkeys(_schema_type(item, definitions) for item in items)
        return f"Sequence[{' | '.join(kinds)}]"
    return _SIMPLE.get(schema.get("type", ""), "Any")
