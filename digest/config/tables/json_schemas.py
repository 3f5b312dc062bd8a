"""Describes tables as JSON schemas (draft 2020-12)."""

from collections.abc import Mapping
from datetime import date
from inspect import cleandoc
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from msgspec.structs import asdict

from digest.config.tables.keys import Key, divided, keys_of, metas, without_none
from digest.config.tables.markers import Before, Table
from digest.config.tables.text_values import SecretText

_KINDS: Mapping[Any, Mapping[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    Path: {"type": "string", "format": "path"},
    date: {"type": "string", "format": "date"},
    SecretText: {"type": "string", "format": "password"},
}
_LIMITS = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "le": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}
_LIMITS_OF_LISTS = {"min_length": "minItems", "max_length": "maxItems"}


def json_schema(table: type[Table]) -> dict[str, Any]:
    """Returns the schema of a table; the tables in it are under `$defs`."""
    definitions: dict[str, Any] = {}
    schema = _table(table, definitions)
    return {"$defs": definitions, **schema} if definitions else schema


def _table(table: type[Table], definitions: dict[str, Any]) -> dict[str, Any]:
    keys = keys_of(table)
    schema = {
        "title": table.__name__,
        "description": cleandoc(table.__doc__ or ""),
        "type": "object",
        "properties": {name: _key(key, definitions) for name, key in keys.items()},
        "required": [name for name, key in keys.items() if key.is_required],
        "additionalProperties": False,
    }
    return schema if schema["required"] else {k: v for k, v in schema.items() if k != "required"}


def _key(key: Key, definitions: dict[str, Any]) -> dict[str, Any]:
    schema = {"title": key.name.replace("_", " ").title(), **_value(key.annotation, definitions)}
    if not key.is_required:
        is_table = isinstance(key.default, Table)
        schema["default"] = asdict(key.default) if is_table else key.default
    return schema


def _value(annotation: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    kind, said = divided(annotation)
    known = without_none(kind)
    schema = _kind(known, definitions)
    names = _LIMITS_OF_LISTS if "items" in schema else _LIMITS
    words: dict[str, Any] = {}
    for meta in metas(said):
        for name, word in names.items():
            if getattr(meta, name) is not None:
                schema[word] = getattr(meta, name)
        schema |= meta.extra_json_schema or {}
        words |= {"description": meta.description} if meta.description else {}
        words |= {"examples": meta.examples} if meta.examples else {}
    for item in said:
        if isinstance(item, Before) and item.schema is not None:
            schema = dict(item.schema)
    if known is not kind:
        schema = {"anyOf": [schema, {"type": "null"}]}
    return {**schema, **words}


def _kind(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"type": "string", "enum": list(inner)}
    if origin in (list, tuple):
        return {"type": "array", "items": _value(inner[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _value(inner[1], definitions)}
    if kind in _KINDS:
        return dict(_KINDS[kind])
    if issubclass(kind, Table):
        definitions.setdefault(kind.__name__, _table(kind, definitions))
        return {"$ref": f"#/$defs/{kind.__name__}"}
    return {}
