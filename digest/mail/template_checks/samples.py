"""Builds sample editions in every form, to test templates with."""

from datetime import date

from digest.core.models.editions import Candidate, Edition, EditionEntry, KeywordMatch, Section
from digest.core.models.papers import AnnouncementKind, Paper, PaperLink

HOSTILE = "<x-y z=1>&{{ 7*7 }}</x-y>"
"""Part of every text of the samples; a message must show it unchanged."""

DAY = date(2026, 5, 11)
UNSUBSCRIBE = "https://digest.example.org/u/sample?a=1&b=2"


def feedback_address(paper_id: int) -> str:
    """Returns an address for feedback about a paper."""
    return f"https://digest.example.org/f/sample?paper={paper_id}&b=2"


def editions() -> dict[str, Edition]:
    """Returns the editions by the name of their form: full, empty, trending, weekly and long."""
    section = _section("Efficient inference", range(1, 5))
    trending = tuple(_entry(number, score=None) for number in (90, 91))
    return {
        "full": Edition(
            local_date=DAY,
            sections=(section, _section(f"Topic {HOSTILE}", range(5, 7))),
            trending=trending,
            considered=66,
            matched=8,
            left_out=2,
            surplus=(_entry(80, score=None),),
            updates=(_entry(81, score=None, kind=AnnouncementKind.PUBLISHED),),
        ),
        "empty": Edition(local_date=DAY, sections=(), considered=66),
        "trending": Edition(local_date=DAY, sections=(), trending=trending, considered=2),
        "weekly": Edition(local_date=DAY, sections=(section,), considered=314, matched=4),
        "long": Edition(
            local_date=DAY,
            sections=(_section("Efficient inference", range(1, 101)),),
            considered=400,
            matched=100,
        ),
    }


def _section(topic: str, numbers: range) -> Section:
    return Section(topic=topic, entries=tuple(_entry(number, score=90.0) for number in numbers))


def _entry(
    number: int, *, score: float | None, kind: AnnouncementKind | None = None
) -> EditionEntry:
    # The entries differ in what they have, so that every branch of a template is rendered.
    is_minimal = number % 4 == 0
    paper = Paper(
        title=f"Paper {number} {HOSTILE}",
        abstract=""
        if is_minimal
        else f"Long prompts fill memory. {HOSTILE} We keep what is needed. " * 6,
        authors=() if number % 4 == 3 else (f"Maren Solheim {HOSTILE}",) * number,
        author_count=12,
        categories=() if is_minimal else ("cs.LG", "cs.CL", "cs.AR", "stat.ML"),
        links=()
        if is_minimal
        else tuple(
            PaperLink(rel=rel, url=f"https://papers.example.org/{rel}/{number}?a=1&b=2")
            for rel in ("abstract", "pdf", "code", "project", "page")
        ),
        published=None if is_minimal else DAY,
        updated=DAY,
        votes=number,
        comments=number - 1,
        stars=100 * number,
    )
    kinds = (
        AnnouncementKind.NEW,
        AnnouncementKind.NEW,
        AnnouncementKind.LISTED,
        AnnouncementKind.REVISED,
    )
    return EditionEntry(
        candidate=Candidate(
            paper_id=number,
            revision_id=number,
            seq=number,
            kind=kind or kinds[number % 4],
            source="sample",
            paper=paper,
        ),
        score=score,
        matches=()
        if is_minimal
        else (
            KeywordMatch(
                keyword="LLM serving", field="related", contribution=9.0, words=(HOSTILE, "memory")
            ),
            # Every other paper is only close to a keyword.
            *(
                (KeywordMatch(keyword="KV cache^2", field="title", contribution=2.0),)
                * (number % 2)
            ),
        ),
    )
