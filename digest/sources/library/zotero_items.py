"""Parses items of Zotero's Web API (https://www.zotero.org/support/dev/web_api/v3/basics)."""

import re
from datetime import date
from typing import Any

from digest.core.batch_limits import MAX_VENUE
from digest.core.models.papers import Paper
from digest.core.text.paper_ids import arxiv_id
from digest.sources.records.texts.withdrawn_titles import withdrawn_title
from digest.sources.records.values import abstract_text, day, identified, line, member, objects

_NO_PAPERS = frozenset({"attachment", "note", "annotation"})
# Fields that Zotero has no place for are in `extra`, as "DOI: ..." or "arXiv: ..." on a line.
_EXTRA_DOI = re.compile(r"^\s{0,9}doi\s{0,9}:\s{0,9}(\S{1,600})", re.IGNORECASE | re.MULTILINE)
_EXTRA_ARXIV = re.compile(r"^\s{0,9}arxiv\s{0,9}:\s{0,9}(\S{1,600})", re.IGNORECASE | re.MULTILINE)


def paper(item: dict[str, Any]) -> Paper | None:
    """Returns the paper of an item; None if it has no title, or is a note or an attachment."""
    data = item.get("data")
    title, kind = withdrawn_title(line(member(data, "title")))
    if not title or str(member(data, "itemType")) in _NO_PAPERS:
        return None
    extra = str(member(data, "extra") or "")
    in_extra = _EXTRA_DOI.search(extra)
    identifiers, links = identified(
        arxiv_text=_arxiv_text(data, extra),
        doi_text=member(data, "DOI") or (in_extra[1] if in_extra else None),
    )
    venue = member(data, "publicationTitle") or member(data, "proceedingsTitle")
    return Paper(
        title=title,
        abstract=abstract_text(member(data, "abstractNote")),
        authors=tuple(filter(None, map(_author, objects(member(data, "creators"))))),
        identifiers=identifiers,
        links=links,
        published=_published(member(item, "meta", "parsedDate")),
        venue=line(venue, limit=MAX_VENUE),
        notice=kind,
    )


def _arxiv_text(data: Any, extra: str) -> str | None:
    found = _EXTRA_ARXIV.search(extra)
    texts = (member(data, "archiveID"), f"arXiv:{found[1]}" if found else None, member(data, "url"))
    return next((text for text in texts if isinstance(text, str) and arxiv_id(text)), None)


def _author(who: dict[str, Any]) -> str:
    if who.get("creatorType", "author") != "author":
        return ""
    return (
        line(who.get("name")) or f"{line(who.get('firstName'))} {line(who.get('lastName'))}".strip()
    )


def _published(text: Any) -> date | None:
    """Returns the day of a date that may lack the day or the month: then the first one."""
    parts = text.split("-") if isinstance(text, str) else []
    return day("-".join([*parts, "01", "01"][:3])) if parts else None
