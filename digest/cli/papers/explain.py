"""`digest explain`: shows the points of each keyword in the score of a paper."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import options
from digest.cli.context import CliContext
from digest.cli.inputs import load_profile, papers_to_rank, require_papers
from digest.cli.output import json as json_output
from digest.cli.output import text as text_output
from digest.cli.root import Command
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.core.enrichment.origins import PaperOrigin
    from digest.core.models.editions import Candidate, RankedPaper


@click.command("explain", cls=Command)
@click.argument("paper")
@options.profile_file("The profile to rank with.")
@options.papers_file("Take the paper from this JSON lines file, not from the database.")
@click.pass_obj
def command(
    context: CliContext, *, paper: str, profile_file: Path | None, papers_file: Path | None
) -> None:
    """Explain the score of a paper: what it means, and the points of each keyword.

    PAPER is an id, an identifier such as arxiv:2508.13426, or part of the title. The score is the
    one in the digest; if no digest showed the paper, the one that a digest of today would show.
    A match is strong from 60, good from 40, and related from 20. If the paper does not contain a keyword,
    the words of the paper that are close to it are named. If several sources
    know the paper, the last lines show which gave what, and for a service that was asked for it, why
    its record is the same paper.

    \b
    JSON: {"ranked": [{"id", "title", "score", "level", "topic",
    "matches": [{"keyword", "field", "contribution", "words"}], "origins": [{"source", "at",
    "evidence", "parts": [{"what", "value"}]}]}]}
    """
    from digest.pipeline.publishing.preview import find_papers, rank_papers, rank_stored
    from digest.store.reports.paper_history import paper_history

    given = load_profile(context, profile_file)
    names: Mapping[int, str] = {}
    origins: dict[int, tuple[PaperOrigin, ...]] = {}
    if papers_file is None:
        with context.open_app() as app:
            require_papers(app.store)
            # With the statistics and the scores of the digests, so that a paper has the same score
            # everywhere.
            ranked = rank_stored(
                app.store,
                given.profile,
                now=context.moment(),
                candidates=find_papers(app.store, paper),
                profile_text=given.text,
                keep_all=True,
                models=app.ranking_models,
            )
            with app.store.read() as tx:
                for item in ranked:
                    paper_id = item.candidate.paper_id
                    if history := paper_history(tx, paper_id):
                        origins[paper_id] = history.origins
    else:
        ranking = papers_to_rank(context, papers_file)
        names = ranking.names
        # All papers are ranked, because they show how rare the words are.
        everything = rank_papers(
            given.profile,
            ranking.candidates,
            background=ranking.background,
            sample=ranking.sample,
            keep_all=True,
            models=ranking.models,
        )
        ranked = [item for item in everything if _matches(item.candidate, paper, names)]
    if not ranked:
        raise UsageError(f"no paper matches {paper!r}; give its id or part of its title")
    context.emit(
        json_output.explained(ranked, names, origins),
        (
            line
            for item in ranked
            for line in (*_lines(item), *_origin_lines(origins.get(item.candidate.paper_id, ())))
        ),
    )


def _matches(item: "Candidate", reference: str, names: Mapping[int, str]) -> bool:
    return (
        names.get(item.paper_id) == reference or reference.casefold() in item.paper.title.casefold()
    )


def _lines(item: "RankedPaper") -> Iterator[str]:
    from digest.cli.output import matches
    from digest.core.text.display import display_title

    yield display_title(item.candidate.paper)
    if item.topic is None:
        yield "    0.0  no keyword of the profile matches, or an exclusion matches"
        return
    yield f"  {item.score:5.1f}  {matches.level(item.score)}, {item.topic}"
    yield from (f"  {line}" for line in matches.point_lines(item.matches))


def _origin_lines(origins: Sequence["PaperOrigin"]) -> Iterator[str]:
    if len(origins) < 2:  # one source gave all
        return
    for item in origins:
        why = f" ({item.evidence})" if item.evidence else ""
        yield f"  from {item.source}, {item.at:%-d %B %Y}{why}: {text_output.parts(item.parts)}"
