"""Loads files of tables, such as `sources.toml`, and the kind of each table in them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from digest.config.suggestions import did_you_mean
from digest.config.tables.markers import Table
from digest.config.toml_document import (
    Document,
    TomlError,
    TomlIssue,
    display,
    read_text,
    validate,
)
from digest.errors import SettingsError, located

Checked = TypeVar("Checked", bound=tuple[object, ...])
Kind = TypeVar("Kind", bound=Table)


def load_tables(
    file: Path, check: Callable[[Document], Checked | list[TomlIssue]]
) -> Checked | None:
    """Loads a file and checks its tables.

    Args:
        file: the file.
        check: returns the tables of a document, or its issues as a list.

    Returns:
        What `check` returned; None if the file does not exist.

    Raises:
        SettingsError: the file cannot be read, or has an issue; names file, line and column.
    """
    try:
        checked = check(Document(read_text(file)))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(located(f"cannot be read: {error.strerror}", str(file))) from None
    except TomlError as error:
        checked = [error.issue]
    if isinstance(checked, list):
        first = checked[0]
        raise SettingsError(located(first.text, str(file), first.line, first.column))
    return checked


def check_kinds(
    document: Document,
    outline: Sequence[tuple[str, str]],
    *,
    key: str,
    noun: str,
    kinds: Mapping[str, type[Kind]],
    other_kinds: Callable[[], Collection[str]] = tuple,
    other_model: type[Kind] | None = None,
) -> tuple[Kind, ...] | list[TomlIssue]:
    """Checks each table with the model of its kind.

    Args:
        document: the file.
        outline: name and kind of each table.
        key: of the tables in the document.
        noun: what a table defines, for messages.
        kinds: the models by kind.
        other_kinds: returns further kinds; called only for a kind that is not in `kinds`.
        other_model: the model of these.

    Returns:
        The tables in the order of the file, or the issues.
    """
    tables: dict[str, Kind] = {}
    for index, (name, kind) in enumerate(outline):
        place = (key, index)
        if name in tables:
            text = f"{noun} {display(name)} is defined twice; give each {noun} its own name"
            return [document.issue_at(text, (*place, "name"))]
        if kind not in kinds and kind not in other_kinds():
            known = [*kinds, *sorted(other_kinds())]
            hint = did_you_mean(kind, known) or f"; write one of {', '.join(known)}"
            text = f"{display(kind)} is not a kind of {noun}{hint}"
            return [document.issue_at(text, (*place, "kind"))]
        model = kinds.get(kind) or other_model
        assert model is not None  # noqa: S101 - other kinds have a model
        # The whole table again, now with the keys of its kind.
        checked = validate(document, model, document.data[key][index], prefix=place)
        if isinstance(checked, list):
            return checked
        tables[name] = checked
    return tuple(tables.values())
