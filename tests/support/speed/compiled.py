"""What is compiled once for the tests of a process, and not once for each test.

SQLAlchemy compiles each statement once for each engine, those that create tables in PostgreSQL
each time, and Jinja each template once for each environment. Nearly every test has new ones, so this
took half of the time of a short test. Each site and each renderer also reads the catalogues of its languages.
"""

from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy
from jinja2.sandbox import SandboxedEnvironment
from sqlalchemy import URL, Connection, Engine, MetaData

from digest.languages import catalogue
from digest.mail.rendering import template_engine
from digest.mail.theming import translated_templates
from digest.store.database import connection
from digest.store.database.schema import metadata


def share_compiled() -> None:
    """Lets all stores share statements, and all renderers templates and catalogues."""
    metadata.create_all = _create_all  # type: ignore[method-assign,assignment]
    connection.create_engine = _create_engine  # type: ignore[attr-defined,assignment]
    template_engine._environment = _environment
    translated_templates.SandboxedEnvironment = _sharing(SandboxedEnvironment)  # type: ignore[attr-defined]
    catalogue.CatalogueTranslation = _translation  # type: ignore[assignment,misc]


class _Statements(dict[Any, Any]):
    """Compiled statements by their key without its first part, which is the engine's dialect."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(key[1:], compiled)


_statements: defaultdict[str, _Statements] = defaultdict(_Statements)


def _create_engine(url: URL, *, execution_options: Any = None, **options: Any) -> Engine:
    shared = {"compiled_cache": _statements[url.get_backend_name()]}
    return sqlalchemy.create_engine(
        url, execution_options={**(execution_options or {}), **shared}, **options
    )


def _create_all(tx: Connection, *, checkfirst: bool) -> None:
    if checkfirst:
        MetaData.create_all(metadata, tx, checkfirst=checkfirst)
        return
    for statement in _postgresql_tables():
        tx.exec_driver_sql(statement)


@cache
def _postgresql_tables() -> tuple[str, ...]:
    """The statements that create the tables and their indexes."""
    statements: list[str] = []
    url = "postgresql+psycopg://"
    dialect = sqlalchemy.create_engine(url).dialect
    engine = sqlalchemy.create_mock_engine(
        url, lambda ddl, *_, **__: statements.append(str(ddl.compile(dialect=dialect)))
    )
    MetaData.create_all(metadata, engine, checkfirst=False)
    return tuple(statements)


_original_translation = catalogue.CatalogueTranslation


def _translation(file: Path) -> catalogue.CatalogueTranslation:
    return _translation_of(file, file.read_bytes() if file.is_file() else b"")


@cache
def _translation_of(file: Path, _content: bytes) -> catalogue.CatalogueTranslation:
    return _original_translation(file)


_original_environment = template_engine._environment


def _environment(*, sandboxed: bool) -> Any:
    kind: Any = _original_environment(sandboxed=sandboxed)
    return _sharing(kind)


@cache
def _sharing(kind: Any) -> Any:
    """Returns a class of environments that share compiled templates."""
    codes: dict[tuple[Any, ...], Any] = {}

    def compile_once(environment: Any, source: Any, *names: Any, **options: Any) -> Any:
        # The names are in tracebacks. Constants are escaped, and translated by `finalize`, in the code.
        escaped = environment.autoescape if isinstance(environment.autoescape, bool) else None
        key = (environment.finalize, escaped, source, *names, *options.items())
        if key not in codes:
            codes[key] = kind.compile(environment, source, *names, **options)
        return codes[key]

    return type(f"Shared{kind.__name__}", (kind,), {"compile": compile_once})
