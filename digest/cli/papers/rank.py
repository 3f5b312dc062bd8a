"""The `rank` command."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from digest.cli.context import CliContext
from digest.cli.inputs import load_profile, papers_to_rank
from digest.cli.output import exit_codes
from digest.cli.output import json as json_output
from digest.cli.root import Command
from digest.core.models.editions import RankedPaper
from digest.core.text.plurals import count


@click.command("rank", cls=Command)
@click.option(
    "--profile",
    "profile_file",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The profile to rank by.",
)
@click.option(
    "--papers",
    "papers_file",
    type=click.Path(path_type=Path),
    metavar="FILE.jsonl",
    help="Rank these papers in place of the stored ones: JSON lines with id, title, abstract.",
)
@click.option("--all", "keep_all", is_flag=True, help="Keep papers that match nothing, at score 0.")
@click.pass_obj
def command(
    call: CliContext, *, profile_file: Path, papers_file: Path | None, keep_all: bool
) -> None:
    """Rank papers by a profile, best first.

    \b
    JSON: {"ranked": [{"id", "title", "score", "topic",
    "matches": [{"keyword", "field", "contribution"}]}]}
    """
    from digest.pipeline.publishing.preview import rank_papers

    profile = load_profile(profile_file)
    scene = papers_to_rank(call, papers_file)
    ranked = rank_papers(profile, scene.candidates, background=scene.background, keep_all=keep_all)
    call.emit(json_output.ranked(ranked, scene.names), _words(ranked, len(scene.candidates)))
    raise click.exceptions.Exit(exit_codes.IN_PART if scene.rejected else exit_codes.DONE)


def _words(ranked: Sequence[RankedPaper], given: int) -> Iterator[str]:
    found = sum(item.score > 0 for item in ranked)
    yield f"{found:,} of {count(given, 'paper')} match"
    for item in ranked:
        why = ", ".join(list(dict.fromkeys(match.keyword for match in item.matches))[:4])
        yield f"{item.score:5.1f}  {item.candidate.paper.title}" + (f"  [{why}]" if why else "")
