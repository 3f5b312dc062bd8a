"""Parses DOI records of DataCite (https://support.datacite.org/docs/datacite-metadata-schema).

arXiv registers each paper here; `IsVersionOf` is the DOI of the article.
"""

from collections.abc import Iterator
from typing import Any

from digest.core.identity.name_parsing import author
from digest.core.models.papers import Paper
from digest.sources.records.connections import (
    author_ids,
    cited_ids,
    connections,
    institution_ids,
)
from digest.sources.records.relations import with_other_forms
from digest.sources.records.texts.withdrawn_titles import withdrawn_title
from digest.sources.records.values import abstract_text, day, line, member, objects, year_start

_TEXTS = ("text", "preprint", "journalarticle", "conferencepaper", "report", "dissertation")
_SAME_PAPER = (
    "isversionof",
    "hasversion",
    "isidenticalto",
    "ispreviousversionof",
    "isnewversionof",
)

_CITED = ("references", "cites")


def paper(record: dict[str, Any]) -> Paper | None:
    """Returns the paper of a record; None if it is none, such as a data set, or has no title.

    Args:
        record: an item of `data`, or its `attributes`.
    """
    inner = record.get("attributes")
    item: dict[str, Any] = inner if isinstance(inner, dict) else record
    title, kind = withdrawn_title(line(member(_first(item.get("titles")), "title")))
    what = str(member(item, "types", "resourceTypeGeneral") or "").casefold()
    identifiers, links = with_other_forms(item.get("doi"), _other_forms(item))
    if not title or not identifiers or what not in _TEXTS:
        return None
    return Paper(
        title=title,
        abstract=_abstract(item),
        authors=tuple(filter(None, map(_name, objects(item.get("creators"))))),
        identifiers=identifiers,
        links=links,
        published=_published(item),
        connections=_connections(item),
        notice=kind,
    )


def _connections(item: dict[str, Any]) -> tuple[str, ...]:
    people = objects(item.get("creators"))
    return connections(
        (
            text
            for person in people
            for name in objects(person.get("nameIdentifiers"))
            for text in author_ids(_name(person), orcid=name.get("nameIdentifier"))
        ),
        institutions=(
            text
            for person in people
            for place in _list(person.get("affiliation"))
            for text in (
                institution_ids(place.get("name"), ror=place.get("affiliationIdentifier"))
                if isinstance(place, dict)
                else institution_ids(place)
            )
        ),
        cited=cited_ids(
            related.get("relatedIdentifier")
            for related in objects(item.get("relatedIdentifiers"))
            if str(related.get("relationType", "")).casefold() in _CITED
        ),
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _other_forms(item: dict[str, Any]) -> Iterator[Any]:
    for related in objects(item.get("relatedIdentifiers")):
        is_form = str(related.get("relationType", "")).casefold() in _SAME_PAPER
        if is_form and str(related.get("relatedIdentifierType", "")).casefold() == "doi":
            yield related.get("relatedIdentifier")


def _abstract(item: dict[str, Any]) -> str:
    texts = objects(item.get("descriptions"))
    own = next((text for text in texts if text.get("descriptionType") == "Abstract"), None)
    return abstract_text((own or (texts[0] if texts else {})).get("description"))


def _name(creator: dict[str, Any]) -> str:
    given, family = line(creator.get("givenName")), line(creator.get("familyName"))
    return author(f"{given} {family}") if given and family else author(line(creator.get("name")))


def _published(item: dict[str, Any]) -> Any:
    dates = {str(entry.get("dateType")): entry.get("date") for entry in objects(item.get("dates"))}
    for name in ("Submitted", "Issued", "Available", "Created"):
        if found := day(dates.get(name)):
            return found
    return year_start(item.get("publicationYear"))


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None
