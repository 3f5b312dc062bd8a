"""One record from several sources: whose words count, and what the others add.

The words (title, abstract) are those of the strongest source: arXiv itself, then others that
give identifiers, then a dump, which has lost the TeX. A later version beats an earlier one.
Between equals the first stays, so that two sources never take turns. What the strongest does
not say is filled in from the others; links and identifiers are united, and categories, the
strongest's primary one first.
"""

from dataclasses import replace
from typing import TypeVar

from digest.core.models.papers import Paper

T = TypeVar("T")

DUMP, NAMED, ARXIV = range(3)


def source_priority(paper: Paper) -> int:
    """How much a source's words count, from what it shows: `DUMP`, `NAMED` or `ARXIV`.

    arXiv itself is known by the version or the categories that stand beside its id.
    """
    given = paper.identifiers
    if not given:
        return DUMP
    own = given[0].scheme == "arxiv" and (paper.version is not None or bool(paper.categories))
    return ARXIV if own else NAMED


def sort_key(authority: int, paper: Paper) -> tuple[int, int]:
    """What decides between two records' words: the greater one's count."""
    return authority, paper.version or 0


def merge_metadata(known: Paper, shown: Paper, *, replaces: bool) -> Paper:
    """Two records of one paper as one; votes, comments and position are those of `known`.

    Args:
        known: the record so far.
        shown: what a source shows now.
        replaces: whether the words of `shown` count; otherwise it only adds.
    """
    strong, weak = (shown, known) if replaces else (known, shown)
    versions = [paper.version for paper in (known, shown) if paper.version is not None]
    return replace(
        known,
        title=strong.title,
        abstract=strong.abstract or weak.abstract,
        authors=strong.authors or weak.authors,
        author_count=weak.author_count if strong.author_count is None else strong.author_count,
        identifiers=known.identifiers + shown.identifiers,
        categories=_joined(strong.categories, weak.categories),
        links=_joined(known.links, shown.links),
        published=strong.published or weak.published,
        updated=max(filter(None, (known.updated, shown.updated)), default=None),
        version=max(versions, default=None),
        summary=strong.summary or weak.summary,
        keywords=strong.keywords or weak.keywords,
    )


def _joined(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(first + second))
