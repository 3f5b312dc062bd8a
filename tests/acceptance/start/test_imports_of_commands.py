"""A command imports what it uses: help pages come at once, and a run without work ends soon."""

import subprocess
import sys
from pathlib import Path

from support.homes import DigestHome

NOW = "2026-05-11T06:00:00Z"
HEAVY = (
    "alembic",
    "asyncio",
    "babel",
    "email",
    "httpx",
    "jinja2",
    "logging",
    "mjml",
    "numpy",
    "pydantic",
    "rich",
    "scipy",
    "sqlalchemy",
    "starlette",
    "digest.app.application",
    "digest.config.settings.loader",
    "digest.core.text.tokens",
    "digest.store.database.store",
)
UNUSED_WITHOUT_WORK = (
    "alembic",
    "babel",
    "feedparser",
    "httpx",
    "jinja2",
    "mjml",
    "numpy",
    "psycopg",
    "pydantic",
    "rich",
    "scipy",
    "smtplib",
    "xml.etree.ElementTree",
    "digest.app.messages.message_writer",
    "digest.core.editions.compose",
    "digest.core.identity.identifiers",
    "digest.core.identity.matcher",
    "digest.core.ranking.scoring",
    "digest.knowledge.background_files",
    "digest.knowledge.semantic_model",
    "digest.mail.message.mime",
    "digest.mail.rendering.renderer",
    "digest.core.text.tokens",
    "digest.pipeline.delivery.sending",
    "digest.pipeline.editions.publisher",
    "digest.sources.detect_format",
    "digest.sources.library.parse",
    "digest.store.database.dry_run",
    "digest.store.papers.batches",
)
HELP_OF_ALL = f"""
import sys
from click import Context, Group
from digest.cli.root import root

def pages(command, path):
    sys.argv = ["digest", *path, "--help"]
    try:
        root.main(prog_name="digest", args=[*path, "--help"])
    except SystemExit as end:
        assert end.code == 0, path
    print("loaded", path, [name for name in {HEAVY!r} if name in sys.modules])
    if isinstance(command, Group):
        context = Context(command)
        for name in command.list_commands(context):
            pages(command.get_command(context, name), [*path, name])

pages(root, [])
"""


def test_the_help_of_a_command_loads_neither_database_nor_settings_nor_ranking() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELP_OF_ALL], capture_output=True, text=True, check=True
    )
    # One process shows all pages, so the first page that loads something is the one to correct.
    seen = [line for line in done.stdout.splitlines() if line.startswith("loaded ")]
    assert len(seen) > 40
    assert next((line for line in seen if not line.endswith("[]")), None) is None


def test_a_run_without_work_loads_neither_ranking_nor_renderer_nor_parsers(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    first = digest_home.digest("run", "--now", NOW)
    assert (first.code, "1 sent" in first.out) == (0, True), first.err
    code = (
        "import sys\n"
        f"sys.argv = ['digest', '--home', {str(digest_home.path)!r}, '--now', '{NOW}', 'run']\n"
        "from digest.cli import run\n"
        "assert run() == 0\n"
        f"print([name for name in {UNUSED_WITHOUT_WORK!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=digest_home.whole_environ(),
    )
    assert "it already has its digest" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
