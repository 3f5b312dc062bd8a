"""The keys of a table: their types, defaults, descriptions and examples."""

from collections.abc import Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import fields

from digest.config.tables.markers import Table


class Key(Struct, frozen=True, kw_only=True):
    """One key of a table."""

    name: str
    annotation: Any  # the type, with `Meta`, `CheckedBy` and `Before`
    default: Any  # NODEFAULT: the key is required

    @property
    def is_required(self) -> bool:
        """Whether a table must have the key."""
        return self.default is NODEFAULT

    @property
    def description(self) -> str:
        """What the key means."""
        said = metas(divided(self.annotation)[1])
        return next((meta.description for meta in said if meta.description), "")

    @property
    def examples(self) -> Sequence[Any]:
        """Examples of its value."""
        said = metas(divided(self.annotation)[1])
        return next((meta.examples for meta in said if meta.examples), ())

    @property
    def is_list(self) -> bool:
        """Whether its value is a list."""
        return get_origin(divided(self.annotation)[0]) is list

    @property
    def inner(self) -> type[Table] | None:
        """The table of a key that has a table, or a list of tables; None for other keys."""
        table, _ = divided(self.annotation)
        candidates = (table, *get_args(table))
        return next(
            (kind for kind in candidates if isinstance(kind, type) and issubclass(kind, Table)),
            None,
        )


@cache
def keys_of(table: type[Table]) -> Mapping[str, Key]:
    """Returns the keys of a table, in their order."""
    found = {}
    for field in fields(table):
        if field.name == table.rest:
            continue
        default = field.default
        if field.default_factory is not NODEFAULT:
            default = field.default_factory()
        found[field.name] = Key(name=field.name, annotation=field.type, default=default)
    return found


def divided(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Returns the type of an annotation, and what is said about it."""
    if get_origin(annotation) is Annotated:
        return annotation.__origin__, annotation.__metadata__
    return annotation, ()


def without_none(kind: Any) -> Any:
    """Returns the type of a value that is set: `str` for `str | None`."""
    if get_origin(kind) in (Union, UnionType):
        return next(option for option in get_args(kind) if option is not NoneType)
    return kind


def metas(said: tuple[Any, ...]) -> list[Meta]:
    """Returns the limits and descriptions of an annotation."""
    return [item for item in said if isinstance(item, Meta)]
