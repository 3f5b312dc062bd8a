"""`digest rank`: ranks papers with a profile."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import options
from digest.cli.context import CliContext
from digest.cli.inputs import (
    NO_PAPERS_YET,
    RankingInput,
    load_profile,
    papers_to_rank,
    reranker_of,
)
from digest.cli.output import exit_codes
from digest.cli.output import json as json_output
from digest.cli.root import Command
from digest.core.text.plurals import count
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.core.models.editions import RankedPaper


@click.command("rank", cls=Command)
@options.profile_file("The profile to rank with.")
@options.papers_file("Rank the papers of this JSON lines file, with id, title and abstract.")
@click.option(
    "--all", "keep_all", is_flag=True, help="Also show papers that match no keyword, with score 0."
)
@options.rerank()
@click.pass_obj
def command(
    context: CliContext,
    *,
    profile_file: Path | None,
    papers_file: Path | None,
    keep_all: bool,
    rerank: bool,
) -> None:
    """Rank the stored papers, or those of a file, with a profile. Best first.

    \b
    JSON: {"ranked": [{"id", "title", "score", "level", "topic",
    "matches": [{"keyword", "field", "contribution", "words"}]}]}
    """
    from digest.pipeline.publishing.preview import newest_papers, rank_papers, rank_stored

    if rerank and papers_file is not None:
        raise UsageError("--rerank grades stored papers; leave out --papers")
    given = load_profile(context, profile_file)
    if papers_file is None:
        with context.open_app() as app, reranker_of(context, app, wanted=rerank) as reranker:
            # No background: `rank_stored` reads the papers for the statistics by itself.
            ranking = RankingInput(candidates=newest_papers(app.store), background=[])
            ranked = rank_stored(
                app.store,
                given.profile,
                now=context.moment(),
                candidates=ranking.candidates,
                profile_text=given.text,
                keep_all=keep_all,
                models=app.ranking_models,
                reranker=reranker,
            )
    else:
        ranking = papers_to_rank(context, papers_file)
        ranked = rank_papers(
            given.profile,
            ranking.candidates,
            background=ranking.background,
            sample=ranking.sample,
            keep_all=keep_all,
            models=ranking.models,
        )
    lines = _lines(ranked, len(ranking.candidates))
    if papers_file is None and not ranking.candidates:
        lines = iter([NO_PAPERS_YET])
    context.emit(json_output.ranked(ranked, ranking.names), lines)
    raise click.exceptions.Exit(exit_codes.PARTLY_FAILED if ranking.rejected else exit_codes.DONE)


def _lines(ranked: Sequence["RankedPaper"], total: int) -> Iterator[str]:
    from digest.cli.output import matches
    from digest.core.text.display import display_title

    matching = sum(item.score > 0 for item in ranked)
    yield f"{matching:,} of {count(total, 'paper')} match"
    for item in ranked:
        why = matches.reason(item.matches)
        title = display_title(item.candidate.paper)
        yield f"{item.score:5.1f}  {title}" + (f"  [{why}]" if why else "")
