"""Decides which source may change a record, and merges the data of one paper from several sources.

Title and abstract come from the source with the highest priority: the owner of the paper's
identifier (arXiv for arXiv ids), then other sources with identifiers, then dumps, which have lost
the TeX, then sources that only mention papers. Between equal priorities the later version is used;
if these are equal too, the first source stays, so that two sources do not replace each other again
and again. Missing data is filled in from the other sources. Links, identifiers and categories are
combined; those of the strongest source come first.
"""

from collections.abc import Collection
from typing import TypeVar

from msgspec.structs import replace

from digest.core.batch_limits import MAX_CONNECTIONS
from digest.core.keywords.connections import AFFILIATION
from digest.core.models.papers import Identifier, Paper, normalise_identifiers
from digest.core.models.trust import EVERYTHING, SourceTrust, TrustLevel

T = TypeVar("T")

# Priorities, as the database stores them: a mention, without identifiers, with identifiers, arXiv
# as it was recognised before sources had a trust, the owner of the identifier.
MENTION, DUMP, NAMED, ARXIV_BEFORE_TRUST, OWNER = range(-1, 4)


def source_priority(paper: Paper, trust: SourceTrust, known: Collection[Identifier] = ()) -> int:
    """Returns the priority of a source for a paper.

    Args:
        paper: as the source shows it.
        trust: how far the source is believed.
        known: further identifiers of the record. The strongest of all identifiers decides who is
            the owner: for a paper with an arXiv id, the owner of its DOI is not.
    """
    if trust.level is TrustLevel.MENTION:
        return MENTION
    if not paper.identifiers:
        return DUMP
    strongest = normalise_identifiers((*paper.identifiers, *known))[0]
    if not trust.is_owner_of(strongest):
        return NAMED
    if EVERYTHING in trust.owns:
        # In the operator's files, the version or the categories show that the data is arXiv's.
        has_arxiv_data = paper.version is not None or bool(paper.categories)
        return OWNER if paper.identifiers[0].scheme == "arxiv" and has_arxiv_data else NAMED
    return OWNER


def may_change(priority: int, source: str, *, held_by: str, held_with: int) -> bool:
    """Returns True if a source may change the text, the version or the state of a record.

    A source may change what it gave itself, but not with a lower priority than that of an owner: the
    operator has lowered its trust.

    Args:
        priority: of the source for this paper.
        source: its name; empty if the answer is not the source's own.
        held_by: the source of the record's title and abstract.
        held_with: the priority with which that source gave them.
    """
    if source == held_by and held_with < ARXIV_BEFORE_TRUST:
        return True
    return priority > held_with or (priority == held_with > MENTION)


def as_mention(paper: Paper, *, held_with: int) -> Paper:
    """Returns what a paper may add to a record that its source may only mention.

    It has no version, update date and notice, and nothing that readers follow. Its identifiers are only those that its source
    assigned, because another one would lead the papers of their owner to this record.

    Args:
        paper: as the source shows it.
        held_with: the priority of the record's source. The text of an owner is not completed:
            an empty abstract may have been pruned.
    """
    own_text = held_with < ARXIV_BEFORE_TRUST
    return replace(
        without_claims(paper),
        abstract=paper.abstract if own_text else "",
        summary=paper.summary if own_text else "",
        connections=(),
        identifiers=tuple(item for item in paper.identifiers if item.scheme == "guid"),
        categories=(),
    )


def about_paper(notice: Paper, *, title: str) -> Paper:
    """Returns what a notice says of its paper: its identifiers, and what was done.

    Args:
        notice: a correction or a retraction that its registry lists as a work of its own.
        title: of the paper; empty if it is not known.
    """
    return Paper(title=title or notice.title, identifiers=notice.identifiers, notice=notice.notice)


def without_claims(paper: Paper) -> Paper:
    """Returns the paper without version, update date and notice."""
    return replace(paper, version=None, updated=None, notice=None)


def sort_key(priority: int, paper: Paper) -> tuple[int, int]:
    """Returns a sort key: the title and abstract of the record with the greater key are used.

    Args:
        priority: of the paper's source, from `source_priority`.
        paper: the record.
    """
    return priority, paper.version or 0


def merge_metadata(known: Paper, shown: Paper, *, replaces: bool, outranks: bool = False) -> Paper:
    """Merges two records of one paper. Votes, comments, stars and position are those of `known`.

    Args:
        known: the record so far.
        shown: the record that a source shows now.
        replaces: True if `shown` has priority; False if it only fills in missing data.
        outranks: True if the source of `shown` has a higher priority than that of `known`. Then
            version and update date of `known` are not believed.
    """
    strong, weak = (shown, known) if replaces else (known, shown)
    versions = [paper.version for paper in (known, shown) if paper.version is not None]
    updates = [paper.updated for paper in (known, shown) if paper.updated is not None]
    return replace(
        known,
        title=strong.title,
        abstract=strong.abstract or weak.abstract,
        abstract_from=strong.abstract_from if strong.abstract else weak.abstract_from,
        authors=strong.authors or weak.authors,
        author_count=weak.author_count if strong.author_count is None else strong.author_count,
        identifiers=known.identifiers + shown.identifiers,
        categories=_joined(strong.categories, weak.categories),
        links=_joined(strong.links, weak.links),
        published=strong.published or weak.published,
        updated=shown.updated if outranks else max(updates, default=None),
        version=shown.version if outranks else max(versions, default=None),
        summary=strong.summary or weak.summary,
        keywords=strong.keywords or weak.keywords,
        venue=strong.venue or weak.venue,
        connections=_joined_connections(strong.connections, weak.connections),
    )


def _joined_connections(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """Returns what two records name; of what both name, the entry of the first."""
    if not first or not second:
        return first or second
    known = {text.partition(" ")[0] for text in first}
    # Names without an id have the same beginning.
    return _joined(
        first,
        tuple(
            text
            for text in second
            if text.startswith(AFFILIATION) or text.partition(" ")[0] not in known
        ),
    )[:MAX_CONNECTIONS]


def _joined(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(first + second))
