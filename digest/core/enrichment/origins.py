"""Who said what about a paper: what each version of its record added."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from digest.core.models.papers import Paper

_TEXTS = ("title", "abstract", "summary", "authors", "categories", "venue", "published")


class PaperPart(Struct, frozen=True):
    """A part of a paper's record."""

    what: str  # identifier, "pdf link", title, abstract, authors ...
    value: str  # of an identifier or a link; empty for texts


class PaperOrigin(Struct, frozen=True, kw_only=True):
    """What one source said at one time, and is still part of the record."""

    source: str
    at: datetime
    evidence: str  # why the source's record is this paper; empty: nothing is recorded
    parts: tuple[PaperPart, ...]


def added_parts(before: Paper | None, after: Paper) -> tuple[PaperPart, ...]:
    """Returns what a version of a paper's record has that the one before had not.

    Args:
        before: the version before; None: there is none.
        after: the version.
    """
    known = set(_named_parts(before)) if before else set()
    texts = [
        PaperPart(name, "")
        for name in _TEXTS
        if (value := getattr(after, name)) and (before is None or value != getattr(before, name))
    ]
    return (*(part for part in _named_parts(after) if part not in known), *texts)


def origins(
    versions: Sequence[tuple[str, datetime, str, tuple[PaperPart, ...]]], latest: Paper
) -> tuple[PaperOrigin, ...]:
    """Returns where each part of a paper's record comes from, the oldest source first.

    Args:
        versions: for each version of the record, in their order: the source, the time, the evidence
            and what `added_parts` returned.
        latest: the last version.
    """
    last = {part: number for number, item in enumerate(versions) for part in item[3]}
    present = set(added_parts(None, latest))
    found = []
    for number, (source, at, evidence, added) in enumerate(versions):
        parts = tuple(part for part in added if last[part] == number and part in present)
        if parts:
            found.append(PaperOrigin(source=source, at=at, evidence=evidence, parts=parts))
    return tuple(found)


def _named_parts(paper: Paper) -> Iterator[PaperPart]:
    for name in paper.identifiers:
        yield PaperPart("identifier", f"{name.scheme}:{name.value}")
    for link in paper.links:
        yield PaperPart(f"{link.rel} link", link.url)
