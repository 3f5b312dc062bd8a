"""The `history` command."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.store.reports.paper_history import PaperHistory


@click.command("history", cls=Command)
@click.argument("paper")
@click.pass_obj
def command(call: CliContext, *, paper: str) -> None:
    """Why a record is one paper: its names, who showed it when, its versions, what was merged.

    PAPER is an id, an identifier such as arxiv:2508.13426, or a part of the title.

    \b
    JSON: {"papers": [{"paper_id", "first_seen_at", "withdrawn_at", "identifiers",
    "title_keys", "sources", "revisions", "merges"}]}
    """
    from digest.pipeline.publishing.preview import find
    from digest.store.reports.paper_history import paper_history

    with call.app() as app:
        meant = find(app.store, paper)
        with app.store.read() as tx:
            told = [paper_history(tx, item.paper_id) for item in meant]
    found = [item for item in told if item is not None]
    if not found:
        raise UsageError(f"no paper is called {paper!r}; give its id or a part of its title")
    call.emit(
        {"papers": [asdict(item) for item in found]},
        (line for item in found for line in _words(item)),
    )


def _words(item: "PaperHistory") -> Iterator[str]:
    yield f"{item.revisions[-1].title if item.revisions else ''} (paper {item.paper_id})"
    for name in item.identifiers:
        yield f"  known as {name.scheme}:{name.value}"
    for shown in item.sources:
        yield f"  shown by {shown.source} since {shown.first_at:%-d %B %Y}"
    for text in item.revisions:
        version = f", its version {text.version}" if text.version else ""
        yield f"  text {text.number} from {text.source}{version}, {text.at:%-d %B %Y}"
    for merge in item.merges:
        whom = f"paper {merge.alias_id}" if merge.alias_id is not None else "what was shown"
        yield f"  {whom} was found to be it, {merge.at:%-d %B %Y}: {merge.reason}"
    if item.withdrawn_at:
        yield f"  withdrawn, {item.withdrawn_at:%-d %B %Y}"
