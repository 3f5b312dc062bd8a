"""`digest sources`: works on the sources of the home."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.root import Group
from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.config.source_import import FeedImport


@click.group("sources", cls=Group)
def command() -> None:
    """Work on the sources of the home: import, stop, start."""


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.opml")
@click.option("--dry-run", is_flag=True, help="Only show what would be added.")
@click.pass_obj
def import_feeds(context: CliContext, *, file: Path, dry_run: bool) -> None:
    """Add the feeds of an OPML file, which feed readers export, to sources.toml.

    Each feed becomes a source, named after its title. Feeds whose address is already there, and
    feeds without an http or https address, are passed over.

    \b
    JSON: {"file", "dry_run", "added": [{"name", "title", "url"}], "skipped": [{"url", "reason"}],
    "rejected": [{"file", "line", "reason"}]}
    """
    from digest.config.home import find
    from digest.config.source_import import append, plan
    from digest.config.sources import load
    from digest.sources.feeds import opml
    from digest.sources.kinds.file_discovery import read_bounded
    from digest.sources.kinds.plugins import plugins

    path, named = context.home_path()
    home = find(path, explicit=named).path
    feeds, rejected = opml.parse(read_bounded(file), origin=str(file))
    result = plan(load(home, plugins=plugins), ((feed.title, feed.url) for feed in feeds))
    if result.added and not dry_run:
        append(home, result.added, plugins=plugins)
    context.emit(
        {
            "file": str(file),
            "dry_run": dry_run,
            "added": [
                {"name": item.name, "title": item.title, "url": item.url} for item in result.added
            ],
            "skipped": [{"url": url, "reason": reason} for url, reason in result.skipped],
            "rejected": [
                {"file": str(file), "line": item.line, "reason": item.reason} for item in rejected
            ],
        },
        context.masked(_lines(result, dry_run=dry_run)),
    )
    for item in rejected:
        exit_codes.error(f"{file}: {item.reason}")
    raise click.exceptions.Exit(exit_codes.PARTLY_FAILED if rejected else exit_codes.DONE)


@command.command("stop")
@click.argument("name")
@click.pass_obj
def stop(context: CliContext, *, name: str) -> None:
    """Stop a source: no run reads it until you start it again. sources.toml stays as it is.

    JSON: {"source", "stopped": true}
    """
    _set_stopped(context, name, stopped=True)


@command.command("start")
@click.argument("name")
@click.pass_obj
def start(context: CliContext, *, name: str) -> None:
    """Let a source be read again that was stopped.

    JSON: {"source", "stopped": false}
    """
    _set_stopped(context, name, stopped=False)


def _set_stopped(context: CliContext, name: str, *, stopped: bool) -> None:
    from digest.pipeline.admin.sources import set_stopped

    with context.open_app() as app:
        known = [source.name for source in app.monitored_sources()]
        done = set_stopped(app.store, name, stopped=stopped, known=known, now=context.moment())
    context.emit({"source": name, "stopped": stopped}, [f"{name}: {done}"])


def _lines(result: "FeedImport", *, dry_run: bool) -> Iterator[str]:
    for item in result.added:
        yield f"{item.name}: {item.url}"
    for url, reason in result.skipped:
        yield f"skipped {url}: {reason}"
    verb = "Would add" if dry_run else "Added"
    yield f"{verb} {count(len(result.added), 'source')}; skipped {len(result.skipped):,}."
