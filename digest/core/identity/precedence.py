"""Merges the data of one paper from several sources.

Title and abstract come from the source with the highest priority: arXiv itself, then other
sources with identifiers, then dumps, which have lost the TeX. Between equal priorities the later
version is used; if these are equal too, the first source stays, so that two sources do not replace
each other again and again. Missing data is filled in from the other sources. Links, identifiers
and categories are combined; the primary category of the strongest source comes first.
"""

from dataclasses import replace
from typing import TypeVar

from digest.core.models.papers import Paper

T = TypeVar("T")

# Priorities: without identifiers, with identifiers, arXiv itself.
DUMP, NAMED, ARXIV = range(3)


def source_priority(paper: Paper) -> int:
    """Returns the priority of a paper's source: `DUMP`, `NAMED` or `ARXIV`.

    arXiv itself is recognised by the version or the categories that it gives with its id.
    """
    identifiers = paper.identifiers
    if not identifiers:
        return DUMP
    has_arxiv_data = paper.version is not None or bool(paper.categories)
    return ARXIV if identifiers[0].scheme == "arxiv" and has_arxiv_data else NAMED


def sort_key(authority: int, paper: Paper) -> tuple[int, int]:
    """Returns a sort key: the title and abstract of the record with the greater key are used.

    Args:
        authority: the priority of the paper's source, from `source_priority`.
        paper: the record.
    """
    return authority, paper.version or 0


def merge_metadata(known: Paper, shown: Paper, *, replaces: bool) -> Paper:
    """Merges two records of one paper. Votes, comments and position are those of `known`.

    Args:
        known: the record so far.
        shown: the record that a source shows now.
        replaces: True if `shown` has priority; False if it only fills in missing data.
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
