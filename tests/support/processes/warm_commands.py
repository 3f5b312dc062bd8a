"""Runs the usual commands once in the process that forks commands, which fills its caches.

The first command of a process compiles its SQL statements, templates and patterns. That took half
of the time of a short command.
"""

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from sqlalchemy.dialects import sqlite

from digest.cli.root import root
from digest.mail.template_checks.check import find_problems
from digest.mail.theming.theme import built_in
from digest.store.database.connection import open_engine, parse_url
from support.homes import PROFILE, SAMPLES
from support.processes.successive_commands import as_at_the_start
from support.speed.compiled import _statements as compiled_statements

_READER = "a@example.org"
_SETTINGS = "DIGEST_DELIVERY=maildir:mail\nDIGEST_ENRICH=off\nDIGEST_FROM=digest@example.org\n"
_SOURCES = '[[sources]]\nname = "dumps"\nkind = "dump"\npath = "{folder}"\n'
_COMMANDS = """\
run --now 2026-05-11T06:00Z
run --now 2026-05-12T06:00Z
run --now 2026-05-12T06:00Z
collect
publish
deliver
tidy
status
db check
db backup {home}/copy.db
rank --profile {profile}
explain --profile {profile} 1
preview --profile {profile} --out {home}/out --no-pictures
send --to b@example.org --profile {profile}
history 1
feedback a@example.org more 1
doctor
profile check {profile}
profile volume {profile}
profile show a@example.org
subscribers add b@example.org --profile {profile}
subscribers list
subscribers show b@example.org
subscribers export b@example.org
subscribers pause b@example.org
subscribers resume b@example.org
subscribers remove b@example.org
subscribers erase b@example.org
why-no-mail a@example.org
lists
sources stop dumps
sources start dumps
token create lab --scope all
token list
webhook list
channels list
export {home}/export.zip
"""


def warm_up(home: Path) -> None:
    """Runs the commands, and takes back what they set for the whole process.

    Args:
        home: an empty folder, which becomes their home.
    """
    profile = home / "profiles" / "a.toml"
    profile.parent.mkdir()
    profile.write_text(PROFILE.format(email=_READER), "utf-8")
    (home / "sources.toml").write_text(_SOURCES.format(folder=SAMPLES), "utf-8")
    (home / ".env").write_text(_SETTINGS, "utf-8")
    said = io.StringIO()
    with as_at_the_start(), redirect_stdout(io.StringIO()), redirect_stderr(said):
        for line in _COMMANDS.splitlines():
            arguments = [word.format(home=home, profile=profile) for word in line.split()]
            code = root.main(["--home", str(home), *arguments], "digest", standalone_mode=False)
            # What the doctor finds depends on the machine.
            assert not code or line == "doctor", f"{line}: {said.getvalue()}"
    assert not [*find_problems(None, built_in())]  # `digest doctor` renders samples of its own
    _compile_for_postgresql()


def _compile_for_postgresql() -> None:
    """Compiles the statements that these commands ran on SQLite for PostgreSQL too."""
    dialect = open_engine(parse_url("postgresql://localhost/none")).dialect
    known = compiled_statements["postgresql"]
    for key, compiled in compiled_statements["sqlite"].items():
        _, columns, _, for_executemany = key
        if not isinstance(compiled.statement, sqlite.Insert):
            known[dialect, *key] = compiled.statement._compiler(
                dialect,
                cache_key=compiled.cache_key,
                column_keys=columns,
                for_executemany=for_executemany,
                schema_translate_map=None,
            )
