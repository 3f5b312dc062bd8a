"""Invented editions in every form, to try templates on."""

from datetime import date

from digest.core.models.editions import Candidate, Edition, EditionEntry, KeywordMatch, Section
from digest.core.models.papers import AnnouncementKind, Paper, PaperLink

HOSTILE = "<x-y z=1>&{{ 7*7 }}</x-y>"
"""Stands in every text of the samples; it must come out as it is."""

DAY = date(2026, 5, 11)
UNSUBSCRIBE = "https://digest.example.org/u/sample?a=1&b=2"


def editions() -> dict[str, Edition]:
    """By the name of their form: full, empty, trending, weekly and long."""
    usual = _section("Efficient inference", range(1, 5))
    trending = tuple(_entry(number, score=None) for number in (90, 91))
    return {
        "full": Edition(
            local_date=DAY,
            sections=(usual, _section(f"Topic {HOSTILE}", range(5, 7))),
            trending=trending,
            considered=66,
            matched=8,
            left_out=2,
        ),
        "empty": Edition(local_date=DAY, sections=(), considered=66),
        "trending": Edition(local_date=DAY, sections=(), trending=trending, considered=2),
        "weekly": Edition(local_date=DAY, sections=(usual,), considered=314, matched=4),
        "long": Edition(
            local_date=DAY,
            sections=(_section("Efficient inference", range(1, 101)),),
            considered=400,
            matched=100,
        ),
    }


def _section(topic: str, numbers: range) -> Section:
    return Section(topic=topic, entries=tuple(_entry(number, score=90.0) for number in numbers))


def _entry(number: int, *, score: float | None) -> EditionEntry:
    # Each has something that the others lack, so that every branch of a template is taken.
    bare = number % 4 == 0
    paper = Paper(
        title=f"Paper {number} {HOSTILE}",
        abstract=""
        if bare
        else f"Long prompts fill memory. {HOSTILE} We keep what is needed. " * 6,
        authors=() if number % 4 == 3 else (f"Maren Solheim {HOSTILE}",) * number,
        author_count=12,
        categories=() if bare else ("cs.LG", "cs.CL", "cs.AR", "stat.ML"),
        links=()
        if bare
        else tuple(
            PaperLink(rel=rel, url=f"https://papers.example.org/{rel}/{number}?a=1&b=2")
            for rel in ("abstract", "pdf", "code", "project", "page")
        ),
        published=None if bare else DAY,
        updated=DAY,
        votes=number,
        comments=number - 1,
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
            kind=kinds[number % 4],
            source="sample",
            paper=paper,
        ),
        score=score,
        matches=()
        if bare
        else (KeywordMatch(keyword="KV cache^2", field="title", contribution=9.0),),
    )
