"""`digest history`: shows how the stored data of a paper came together."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict

from digest.cli.context import CliContext
from digest.cli.output import text as text_output
from digest.cli.root import Command
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.store.reports.paper_history import PaperHistory


@click.command("history", cls=Command)
@click.argument("paper")
@click.pass_obj
def command(context: CliContext, *, paper: str) -> None:
    """Show the history of a paper: its identifiers, sources, versions, look-ups and merges.

    PAPER is an id, an identifier such as arxiv:2508.13426, or part of the title.

    \b
    JSON: {"papers": [{"paper_id", "first_seen_at", "withdrawn_at", "identifiers",
    "title_keys", "sources", "revisions": [{"number", "title", "source", "contributor", "version",
    "at", "added": [{"what", "value"}]}], "merges", "lookups": [{"service", "outcome", "at",
    "evidence"}], "origins": [{"source", "at", "evidence", "parts": [{"what", "value"}]}]}]}
    """
    from digest.pipeline.publishing.preview import find_papers
    from digest.store.reports.paper_history import paper_history

    with context.open_app() as app:
        candidates = find_papers(app.store, paper)
        with app.store.read() as tx:
            histories = [paper_history(tx, item.paper_id) for item in candidates]
    papers = [history for history in histories if history is not None]
    if not papers:
        raise UsageError(f"no paper matches {paper!r}; give its id or part of its title")
    context.emit(
        {"papers": [asdict(item) for item in papers]},
        (line for item in papers for line in _lines(item)),
    )


def _lines(item: "PaperHistory") -> Iterator[str]:
    yield f"{item.revisions[-1].title if item.revisions else ''} (paper {item.paper_id})"
    for name in item.identifiers:
        yield f"  known as {name.scheme}:{name.value}"
    for source in item.sources:
        yield f"  listed by {source.source} since {source.first_at:%-d %B %Y}"
    for revision in item.revisions:
        version = f", version {revision.version} there" if revision.version else ""
        other = revision.contributor not in (None, revision.source)
        added = f", completed by {revision.contributor}" if other else ""
        yield (
            f"  revision {revision.number} from {revision.source}{version}{added},"
            f" {revision.at:%-d %B %Y}"
        )
        if revision.added:
            yield f"    added {text_output.parts(revision.added)}"
    for lookup in item.lookups:
        shown = f": {lookup.evidence}" if lookup.evidence else ""
        yield f"  {lookup.outcome} at {lookup.service}, {lookup.at:%-d %B %Y}{shown}"
    for merge in item.merges:
        merged = f"paper {merge.alias_id}" if merge.alias_id is not None else "a listed paper"
        yield f"  {merged} was merged into it, {merge.at:%-d %B %Y}: {merge.reason}"
    if item.withdrawn_at:
        yield f"  withdrawn, {item.withdrawn_at:%-d %B %Y}"
