"""`digest profile volume`: replays a profile on the stored days."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.inputs import load_profile
from digest.cli.output import text as text_output
from digest.cli.root import Command
from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.core.models.editions import Edition, EditionEntry
    from digest.pipeline.publishing.replay import ReplayedVolume

_TOP_PAPERS = 3  # shown of each day
_BAR = 40  # columns of the longest bar


@click.command("volume", cls=Command)
@click.argument("file", metavar="[FILE]", type=click.Path(path_type=Path), required=False)
@click.option(
    "--days",
    type=click.IntRange(1, 10_000),
    default=14,
    show_default=True,
    metavar="N",
    help="Replay the latest N days with new papers.",
)
@click.pass_obj
def volume(context: CliContext, *, file: Path | None, days: int) -> None:
    """Show which papers a profile would have selected on the stored days.

    It shows how many papers there were on each day, the best of them, how many papers a day would match with another min_match, and the keywords that found
    nothing. Nothing is sent or stored. FILE is needed if the home does not have exactly one
    profile.

    \b
    JSON: {"days": [{"date", "considered", "matched", "papers", "left_out",
    "top": [{"title", "score", "topic", "keywords"}]}], "papers_a_day",
    "keywords": [{"topic", "keyword", "papers"}], "curve": [{"min_match", "papers_a_day"}]}
    """
    from digest.pipeline.publishing.replay import replay

    given = load_profile(context, file)
    with context.open_app() as app:
        replayed = replay(
            app.store,
            given.profile,
            days=days,
            now=context.moment(),
            profile_text=given.text,
            models=app.ranking_models,
        )
    context.emit(
        {
            "days": [
                {
                    "date": edition.local_date,
                    "considered": edition.considered,
                    "matched": edition.matched,
                    "papers": len(edition.entries),
                    "left_out": edition.left_out,
                    "top": [
                        {
                            "title": entry.candidate.paper.title,
                            "score": round(entry.score or 0.0, 4),
                            "topic": topic,
                            "keywords": list(
                                dict.fromkeys(match.keyword for match in entry.matches)
                            ),
                        }
                        for topic, entry in _best(edition)
                    ],
                }
                for edition in replayed.editions
            ],
            "papers_a_day": round(replayed.papers_per_digest, 2),
            "keywords": [
                {"topic": use.topic, "keyword": use.keyword, "papers": use.papers}
                for use in replayed.uses
            ],
            "curve": [
                {"min_match": point.min_match, "papers_a_day": round(point.papers_a_day, 2)}
                for point in replayed.curve
            ],
        },
        _lines(replayed, given.profile.min_match),
    )


def _best(edition: "Edition") -> list[tuple[str, "EditionEntry"]]:
    entries = [(section.topic, entry) for section in edition.sections for entry in section.entries]
    return sorted(entries, key=lambda item: -(item[1].score or 0.0))[:_TOP_PAPERS]


def _lines(replayed: "ReplayedVolume", min_match: float) -> Iterator[str]:
    from digest.core.text.display import display_title

    if not replayed.editions:
        yield "No papers are stored yet; to read the sources: digest collect"
        return
    for edition in replayed.editions:
        shown = f"{len(edition.entries)} of {count(edition.considered, 'paper')}"
        left_out = f", {edition.left_out} left out" if edition.left_out else ""
        yield f"{edition.local_date:%a %Y-%m-%d}  {shown}{left_out}"
        for _, entry in _best(edition):
            yield f"  {entry.score:5.1f}  {display_title(entry.candidate.paper)}"
    empty = sum(not edition.entries for edition in replayed.editions)
    yield ""
    yield (
        f"{replayed.papers_per_digest:.1f} papers a day over {count(len(replayed.editions), 'day')}"
        + (f", {empty} of them without any" if empty else "")
    )
    yield ""
    yield from _curve(replayed, min_match)
    unused = [use.keyword for use in replayed.uses if not use.papers]
    if unused:
        more = (
            f" and {len(unused) - text_output.MAX_LISTED:,} more"
            if len(unused) > text_output.MAX_LISTED
            else ""
        )
        yield f"Found nothing: {', '.join(unused[: text_output.MAX_LISTED])}{more}"


def _curve(replayed: "ReplayedVolume", min_match: float) -> Iterator[str]:
    """Yields a line for each value of `min_match`, with a bar."""
    most = max(point.papers_a_day for point in replayed.curve)
    yield f"With another min_match (now {min_match:g}), and before max_papers:"
    for point in replayed.curve:
        bar = "#" * round(_BAR * point.papers_a_day / most) if most else ""
        yield f"  {point.min_match}  {point.papers_a_day:6.1f} a day  {bar}".rstrip()
    yield ""
