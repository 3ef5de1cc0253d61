"""Describe a setting in words: its type and range for `zoo show` and error messages, and its meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema

from zoo.errors import brief

_BOUNDS = {
    "minimum": "at least {:g}",
    "exclusiveMinimum": "above {:g}",
    "maximum": "at most {:g}",
    "exclusiveMaximum": "below {:g}",
    "minItems": "with at least {:g} items",
    "maxItems": "with at most {:g} items",
}


def expected_type(config_class: type[BaseModel], name: str) -> str:
    """Return a setting's type and range in a few words, from its JSON schema.

    Example:
        >>> expected_type(zoo.Config, "epochs")
        'integer above 0'
    """
    try:
        schema = config_class.model_json_schema()
    except PydanticInvalidForJsonSchema:  # a field has a type that JSON does not know
        return str(config_class.model_fields[name].annotation)
    return _describe_schema(schema["properties"][name], schema.get("$defs", {}))


def field_description(config_class: type[BaseModel], name: str) -> str:
    """Return the string under a field; a subclass that only changes the default inherits it."""
    fields = (
        parent.model_fields.get(name)
        for parent in config_class.__mro__
        if issubclass(parent, BaseModel)
    )
    return next((field.description for field in fields if field and field.description), "")


def explain_errors(config_class: type[BaseModel], error: ValidationError) -> Iterator[str]:
    """Yield one sentence for each wrong setting: what was expected and what was received."""
    names = set()
    for details in error.errors():
        name = str(details["loc"][0]) if details["loc"] else ""
        if name in names:
            continue
        names.add(name)
        problem = details["msg"].removeprefix("Value error, ").removeprefix("Input ")
        where = f"The setting {name!r}" if name else "These settings"
        expected = f" Expected: {expected_type(config_class, name)}." if name else ""
        yield f"{where}: {problem}.{expected} Received: {brief(details['input'])}"


def _describe_schema(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _describe_schema(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return " or ".join(_describe_schema(choice, definitions) for choice in schema["anyOf"])
    if "const" in schema:
        return repr(schema["const"])
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    kind = {"null": "none", "array": "list"}.get(schema.get("type", ""), schema.get("type", "any"))
    if "prefixItems" in schema:
        items = (_describe_schema(item, definitions) for item in schema["prefixItems"])
        kind = f"list of ({', '.join(items)})"
    elif "items" in schema:
        kind = f"list of ({_describe_schema(schema['items'], definitions)})"
    bounds = [text.format(schema[key]) for key, text in _BOUNDS.items() if key in schema]
    return " ".join([kind, " and ".join(bounds)]).strip()
