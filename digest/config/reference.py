"""Generates the reference pages of settings, profiles, sources and channels from their tables."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import asdict

from digest.config import sources
from digest.config.channels import loader as channels
from digest.config.channels.tables import ChannelConfig
from digest.config.mailing_lists import schema as list_schema
from digest.config.profiles import schema as profile_schema
from digest.config.settings.loader import FIELDS_BY_VARIABLE, Settings, example_value
from digest.config.source_tables.base import SourceConfig
from digest.config.tables.json_schemas import json_schema
from digest.config.tables.keys import keys_of
from digest.config.tables.markers import Table

_SETTINGS = """\
# Settings

The settings are in the file `.env` in the home, one `NAME=value` on each line. Environment variables
override the file. An empty or absent setting has its default; an unknown name in the file is an
error. Paths are relative to the home. [.env.example](../../.env.example) contains all settings as a
file to fill in, and `digest doctor` checks yours. This page is generated from the code.
"""
_PROFILE = """\
# The keys of a profile

A profile is a TOML file in the folder `profiles/` of the home; [profiles.md](../profiles.md) explains
it, and the keyword language. `digest profile check` reports mistakes with line and column. This page
is generated from the code.

Only `email` and one topic are required.
"""
_SOURCES = """\
# The keys of sources.toml

Each `[[sources]]` table in the `sources.toml` of the home is one source; [sources.md](../sources.md)
explains each kind of source. This page is generated from the code.
"""
_LISTS = """\
# The keys of lists.toml

Each `[[lists]]` table in the `lists.toml` of the home is one mailing list; [several
lists](../howto/lists.md) explains them. `digest doctor` reports mistakes with line and column. This
page is generated from the code.
"""


_CHANNELS = """\
# The keys of channels.toml

Each `[[channels]]` table in the `channels.toml` of the home is one channel; [channels.md](../channels.md)
explains each kind. This page is generated from the code.
"""


def settings_page() -> str:
    """Returns the text of docs/reference/settings.md."""
    return "\n".join([_SETTINGS, *_settings()])


def profile_page() -> str:
    """Returns the text of docs/reference/profile.md."""
    parts = [_PROFILE]
    for title, model in (
        ("The file", profile_schema.ProfileTables),
        ("`[[topics]]`", profile_schema.TopicTable),
        ("`boosts`", profile_schema.BoostsTable),
    ):
        parts += [f"## {title}\n", f"{_summary(model)}\n", *_keys(model), ""]
    return "\n".join(parts)


def sources_page() -> str:
    """Returns the text of docs/reference/sources.md."""
    common = SourceConfig
    parts = [_SOURCES, "## Every source\n", *_keys(common), ""]
    for kind, model in sources.KINDS.items():
        names = [name for name in keys_of(model) if name not in keys_of(common)]
        parts += [f"## `{kind}`\n", f"{_summary(model)}\n", *_keys(model, names), ""]
    return "\n".join(parts)


def lists_page() -> str:
    """Returns the text of docs/reference/lists.md."""
    return "\n".join([_LISTS, *_keys(list_schema.MailingListTable), ""])


def channels_page() -> str:
    """Returns the text of docs/reference/channels.md."""
    common = ChannelConfig
    parts = [_CHANNELS, "## Every channel\n", *_keys(common), ""]
    for kind, model in channels.KINDS.items():
        names = [name for name in keys_of(model) if name not in keys_of(common)]
        parts += [f"## `{kind}`\n", f"{_summary(model)}\n", *_keys(model, names), ""]
    return "\n".join(parts)


def _settings() -> Iterator[str]:
    schema = json_schema(Settings)
    keys = keys_of(Settings)
    for model in _groups():
        names = {
            name: field
            for name, field in FIELDS_BY_VARIABLE.items()
            if field in model.__annotations__
        }
        if not names:
            continue
        title = _summary(model).rstrip(".")
        yield f"## {'Everything else' if model is Settings else title}\n"
        yield "| setting | value | default | example | meaning |"
        yield "| --- | --- | --- | --- | --- |"
        for name, field in names.items():
            key = keys[field]
            value_type = _value_type(schema["properties"][field], schema)
            default = "" if key.default in (None, (), 0) else f"`{_plain(key.default)}`"
            # False is equal to 0, so it is in the tuple above. Its default is shown all the same.
            if isinstance(key.default, bool):
                default = f"`{toml(key.default)}`"
            yield _row(
                f"`{name}`",
                value_type,
                default,
                f"`{example_value(field)}`",
                key.description,
            )
        yield ""


def _groups() -> list[type[Table]]:
    """Returns the classes that define settings, in the order of `.env.example`."""
    order = list(keys_of(Settings))

    def place(model: type[Table]) -> int:
        return min(order.index(name) for name in model.__annotations__ if name in order)

    # The classes from which `Settings` inherits are the groups of the page.
    models = [model for model in Settings.__mro__ if issubclass(model, Table)]
    return sorted((model for model in models if model is not Table), key=place)


def _keys(model: type[Table], names: list[str] | None = None) -> Iterator[str]:
    schema = json_schema(model)
    keys = keys_of(model)
    yield "| key | value | default | example | meaning |\n| --- | --- | --- | --- | --- |"
    for name in keys if names is None else names:
        key = keys[name]
        value_type = _value_type(schema["properties"][name], schema)
        if key.is_required:
            default = "required"
        else:
            default = "" if key.default in (None, "") else f"`{toml(_plain(key.default))}`"
        shown = toml((key.examples or [""])[0])
        yield _row(f"`{name}`", value_type, default, f"`{name} = {shown}`", key.description)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _summary(model: type[Table]) -> str:
    return (model.__doc__ or "").strip().partition("\n")[0]


def _plain(value: Any) -> Any:
    if isinstance(value, Table):
        return {key: item for key, item in asdict(value).items() if item}
    if isinstance(value, float):
        return f"{value:g}" if value % 1 else int(value)
    return value


def toml(value: Any) -> str:
    """Returns a value as TOML on one line."""
    if isinstance(value, Mapping):
        items = ", ".join(f"{_key(key)} = {toml(item)}" for key, item in value.items())
        return f"{{ {items} }}" if items else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    bare = name.replace("-", "").replace("_", "")
    return name if bare.isascii() and bare.isalnum() else json.dumps(name, ensure_ascii=False)


def _value_type(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    """Describes the allowed values of a JSON schema in words."""
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            return _value_type(
                {**option, **{k: v for k, v in schema.items() if k != "anyOf"}}, whole
            )
    values = schema.get("enum")
    if values:
        return ", ".join(f"`{value}`" for value in values)
    kind = str(schema.get("type"))
    if kind == "array":
        items = _value_type(schema.get("items", {}), whole)
        return f"list of {items}" if items.startswith("`") else f"list of {items}s"
    if kind in ("integer", "number"):
        return _number(schema, "whole number" if kind == "integer" else "number")
    formats = {"password": "secret", "path": "path"}
    kinds = {"boolean": "`true` or `false`", "object": "table"}
    usual = "table" if "$ref" in schema else "text"
    return formats.get(schema.get("format", "")) or kinds.get(kind, usual)


def _number(schema: Mapping[str, Any], noun: str) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{noun}, {low:,g} to {high:,g}"
    if high is not None:
        return f"{noun} above {schema.get('exclusiveMinimum', 0):g}, to {high:,g}"
    return f"{noun} from {low:g}" if low is not None else f"{noun} above 0"
