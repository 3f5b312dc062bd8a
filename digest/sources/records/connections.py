"""Collects what a record names by ids: its authors, institutions, journal and references."""

from collections.abc import Iterable, Iterator
from typing import Any

from digest.core.batch_limits import MAX_CONNECTION, MAX_CONNECTIONS
from digest.core.keywords.connections import (
    AFFILIATION,
    CITED,
    cited_doi,
    issn_in,
    openalex_in,
    orcid_in,
    ror_in,
)
from digest.core.text.paper_ids import doi
from digest.sources.records.values import line

_MAX_INSTITUTIONS = 60
_MAX_CITED = 400


def connections(
    *groups: Iterable[str], institutions: Iterable[str] = (), cited: Iterable[str] = ()
) -> tuple[str, ...]:
    """Returns entries for `Paper.connections`, each once.

    Args:
        groups: of authors and journals.
        institutions: the first ones are kept.
        cited: works; the first ones are kept.
    """
    named = dict.fromkeys(text[:MAX_CONNECTION] for group in groups for text in group)
    places = dict.fromkeys(text[:MAX_CONNECTION].rstrip() for text in institutions)
    works = dict.fromkeys(text for text in cited if len(text) <= MAX_CONNECTION)
    kept = [*list(places)[:_MAX_INSTITUTIONS], *list(works)[:_MAX_CITED]]
    # What is left beside them is enough for the authors of all but the largest collaborations.
    return (*list(named)[: MAX_CONNECTIONS - len(kept)], *kept)


def author_ids(name: str, *, orcid: Any = None, openalex: Any = None) -> Iterator[str]:
    """Yields the ids of an author.

    Args:
        name: as it is shown; may be empty.
        orcid: a value that may be an ORCID iD; a wrong one is left out.
        openalex: a value that may be an id of OpenAlex.
    """
    if number := orcid_in(orcid):
        yield f"orcid:{number} {name}".rstrip()
    if number := openalex_in(openalex, "A"):
        yield f"openalex:{number} {name}".rstrip()


def institution_ids(name: Any, *, ror: Any = None, openalex: Any = None) -> Iterator[str]:
    """Yields the ids of an institution; without any, its name alone."""
    shown = line(name, limit=MAX_CONNECTION - 40)
    place, number = ror_in(ror), openalex_in(openalex, "I")
    if place:
        yield f"ror:{place} {shown}".rstrip()
    if number:
        yield f"openalex:{number} {shown}".rstrip()
    if shown and not (place or number):
        yield f"{AFFILIATION} {shown}"


def journal_ids(issns: Any, *, openalex: Any = None) -> Iterator[str]:
    """Yields the ISSNs and the id of a journal."""
    for text in issns if isinstance(issns, list) else ():
        if number := issn_in(text):
            yield f"issn:{number}"
    if number := openalex_in(openalex, "S"):
        yield f"openalex:{number}"


def cited_ids(values: Iterable[Any]) -> Iterator[str]:
    """Yields the works that a record cites, by DOIs or ids of OpenAlex; others are left out."""
    for value in values:
        if number := openalex_in(value, "W"):
            yield f"{CITED}openalex:{number}"
        elif isinstance(value, str) and (name := doi(value)):
            yield cited_doi(name)
