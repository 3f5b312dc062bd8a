"""Parses works of Crossref (https://api.crossref.org/swagger-ui/index.html).

Most works have no abstract. A title may be divided into title and subtitle. A preprint is
`posted-content`; `relation` names its article, or the preprint of an article. `update-to` makes a
work a notice about another one.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from digest.core.batch_limits import MAX_ABSTRACT, MAX_TITLE, MAX_VENUE
from digest.core.identity.name_parsing import author
from digest.core.models.papers import AnnouncementKind, Paper
from digest.sources.records.connections import (
    author_ids,
    cited_ids,
    connections,
    institution_ids,
    journal_ids,
)
from digest.sources.records.relations import notice_identifiers, with_other_forms
from digest.sources.records.texts.front_matter import is_front_matter
from digest.sources.records.texts.jats import jats_abstract, jats_text
from digest.sources.records.texts.withdrawn_titles import noticed_title, withdrawn_title
from digest.sources.records.values import identified, line, member, objects, year_start

# Kinds of works that are papers; others are chapters of reference works, data sets, reviews ...
_PAPERS = ("journal-article", "proceedings-article", "posted-content", "report", "dissertation")
_SAME_PAPER = ("is-preprint-of", "has-preprint", "is-version-of", "has-version", "is-identical-to")
_RETRACTIONS = ("retraction", "removal", "withdrawal", "partial_retraction")
_NO_NOTICES = ("new_version", "new_edition")


def paper(item: dict[str, Any]) -> Paper | None:
    """Returns the paper of a work, or the notice; None for a work that is neither."""
    title = _title(item)
    if not title or item.get("type") not in _PAPERS or is_front_matter(title):
        return None
    if notice := _notice(item, title):
        return notice
    shown, kind = withdrawn_title(title)
    identifiers, links = with_other_forms(item.get("DOI"), _other_forms(item))
    if not identifiers or not shown:
        return None
    abstract = item.get("abstract")
    return Paper(
        title=shown,
        abstract=jats_abstract(abstract, limit=MAX_ABSTRACT) if isinstance(abstract, str) else "",
        authors=tuple(filter(None, map(_name, objects(item.get("author"))))),
        identifiers=identifiers,
        links=links,
        published=_issued(member(item, "issued", "date-parts")),
        venue="" if item.get("type") == "posted-content" else _venue(item),
        connections=_connections(item),
        notice=kind,
    )


def _connections(item: dict[str, Any]) -> tuple[str, ...]:
    people = objects(item.get("author"))
    return connections(
        (
            text
            for person in people
            for text in author_ids(_name(person), orcid=person.get("ORCID"))
        ),
        journal_ids(item.get("ISSN")),
        institutions=(
            text
            for person in people
            for place in objects(person.get("affiliation"))
            for text in institution_ids(place.get("name"), ror=_ror(place))
        ),
        cited=cited_ids(work.get("DOI") for work in objects(item.get("reference"))),
    )


def _ror(place: dict[str, Any]) -> Any:
    ids = (name.get("id") for name in objects(place.get("id")))
    return next((name for name in ids if isinstance(name, str) and "ror.org" in name), None)


def _title(item: dict[str, Any]) -> str:
    title, subtitle = (_text(_first(item.get(name))) for name in ("title", "subtitle"))
    # Some works repeat the subtitle in the title.
    return f"{title}: {subtitle}" if title and subtitle and subtitle not in title else title


def _text(value: Any) -> str:
    return jats_text(value, limit=MAX_TITLE) if isinstance(value, str) else ""


def _notice(item: dict[str, Any], title: str) -> Paper | None:
    for update in objects(item.get("update-to")):
        what = str(update.get("type", "")).casefold()
        identifiers = notice_identifiers(item.get("DOI"), identified(doi_text=update.get("DOI"))[0])
        if identifiers and what not in _NO_NOTICES and update.get("DOI") != item.get("DOI"):
            is_retracted = what in _RETRACTIONS
            return Paper(
                title=noticed_title(title) or title,
                identifiers=identifiers,
                notice=AnnouncementKind.RETRACTED if is_retracted else AnnouncementKind.CORRECTED,
            )
    return None


def _other_forms(item: dict[str, Any]) -> Iterator[Any]:
    for name in _SAME_PAPER:
        for related in objects(member(item, "relation", name)):
            if related.get("id-type") == "doi":
                yield related.get("id")


def _venue(item: dict[str, Any]) -> str:
    return line(_first(item.get("container-title")), limit=MAX_VENUE)


def _name(person: dict[str, Any]) -> str:
    given, family, group = (line(person.get(name)) for name in ("given", "family", "name"))
    return author(f"{given} {family}".strip() or group)


def _issued(value: Any) -> date | None:
    """Returns the day of `[[2026, 5, 4]]`, `[[2026, 5]]` or `[[2026]]`; None for anything else."""
    parts = _first(value)
    if not isinstance(parts, list) or year_start(_first(parts)) is None:
        return None
    month, day = (
        part if isinstance(part, int) and 1 <= part <= 31 else 1 for part in (*parts[1:3], 1, 1)[:2]
    )
    try:
        return date(parts[0], month, day)
    except ValueError:
        return year_start(parts[0])


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None
