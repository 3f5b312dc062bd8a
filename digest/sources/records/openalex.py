"""Parses works of OpenAlex (https://developers.openalex.org/).

Abstracts are inverted indexes: the places of each word, sometimes with holes. `locations` are the
places where the work can be read, also those of its preprint.
"""

from collections.abc import Iterator
from typing import Any

from digest.core.batch_limits import MAX_VENUE
from digest.core.identity.identifiers import is_preprint
from digest.core.identity.name_parsing import author
from digest.core.models.papers import AnnouncementKind, Identifier, Paper
from digest.core.text.paper_ids import doi
from digest.sources.records.connections import (
    author_ids,
    cited_ids,
    connections,
    institution_ids,
    journal_ids,
)
from digest.sources.records.relations import with_other_forms
from digest.sources.records.texts.withdrawn_titles import withdrawn_title
from digest.sources.records.values import abstract_text, day, line, member, objects

FIELDS = (
    "doi,title,publication_date,authorships,abstract_inverted_index,primary_location,locations,type,"
    "is_retracted,referenced_works"
)
_ARCHIVES = ("10.5281/", "10.6084/")  # Zenodo, figshare
_MAX_PLACES = 20_000  # words of an abstract
# Works that are about other ones, and works that are no papers.
_NO_PAPERS = (
    "erratum",
    "retraction",
    "peer-review",
    "paratext",
    "grant",
    "dataset",
    "reference-entry",
)


def paper(item: dict[str, Any]) -> Paper | None:
    """Returns the paper of a work; None if it has no title or identifier, or is no paper."""
    title, kind = withdrawn_title(line(item.get("title")))
    places = [member(item, "primary_location"), *objects(item.get("locations"))]
    addresses = [member(place, "landing_page_url") for place in places]
    on_arxiv = next(
        (url for url in addresses if isinstance(url, str) and "arxiv.org/" in url), None
    )
    forms = (member(place, "landing_page_url") for place in places if _is_form(place))
    identifiers, links = with_other_forms(item.get("doi"), forms, arxiv_text=on_arxiv)
    if not title or not identifiers or item.get("type") in _NO_PAPERS:
        return None
    if item.get("is_retracted") is True:
        kind = AnnouncementKind.RETRACTED
    names = (
        author(line(member(person, "author", "display_name")))
        for person in objects(item.get("authorships"))
    )
    journal = member(places[0], "source")
    is_journal = member(journal, "type") in ("journal", "conference")
    return Paper(
        title=title,
        abstract=abstract_text(_joined(item.get("abstract_inverted_index"))),
        authors=tuple(filter(None, names)),
        identifiers=identifiers,
        links=links,
        published=day(item.get("publication_date")),
        venue=line(member(journal, "display_name"), limit=MAX_VENUE) if is_journal else "",
        connections=_connections(item, journal if is_journal else None),
        notice=kind,
    )


def _connections(item: dict[str, Any], journal: Any) -> tuple[str, ...]:
    people = objects(item.get("authorships"))
    authors = (
        text
        for person in people
        for text in author_ids(
            author(line(member(person, "author", "display_name"))),
            orcid=member(person, "author", "orcid"),
            openalex=member(person, "author", "id"),
        )
    )
    places = (
        text
        for person in people
        for place in objects(person.get("institutions"))
        for text in institution_ids(
            place.get("display_name"), ror=place.get("ror"), openalex=place.get("id")
        )
    )
    works = item.get("referenced_works")
    return connections(
        authors,
        journal_ids(member(journal, "issn"), openalex=member(journal, "id")),
        institutions=places,
        cited=cited_ids(works if isinstance(works, list) else ()),
    )


def _is_form(place: Any) -> bool:
    """Whether a location is the article or a preprint; an archive may have data beside the paper."""
    name = doi(str(member(place, "landing_page_url") or ""))
    if name is None:
        return False
    if member(place, "source", "type") in ("journal", "conference"):
        return bool(member(place, "version") == "publishedVersion")
    names = (Identifier(scheme="doi", value=name),)
    return is_preprint(names) and not name.startswith(_ARCHIVES)


def _joined(index: Any) -> str:
    """Returns the text of an inverted index; words without a usable place are left out."""
    words = dict(_placed(index)) if isinstance(index, dict) else {}
    return " ".join(words[place] for place in sorted(words))


def _placed(index: dict[Any, Any]) -> Iterator[tuple[int, str]]:
    for word, places in index.items():
        for place in places if isinstance(places, list) else ():
            if isinstance(word, str) and isinstance(place, int) and 0 <= place < _MAX_PLACES:
                yield place, word
