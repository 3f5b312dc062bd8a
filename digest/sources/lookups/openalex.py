"""Finds papers by OpenAlex's search for titles.

Each search costs a thousandth of a dollar of a daily budget, which a free key makes ten times larger
(https://developers.openalex.org/api-reference/authentication). Abstracts are inverted indexes: the
places of each word.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from digest.core.batch_limits import MAX_VENUE
from digest.core.enrichment.outcomes import LookupAnswer
from digest.core.identity.name_parsing import author
from digest.core.identity.title_words import title_words
from digest.core.models.papers import Paper
from digest.core.text.display import display_text
from digest.sources.lookups.common import (
    abstract_text,
    answer,
    day,
    identified,
    line,
    member,
    objects,
)
from digest.sources.lookups.title_lookup import TitleLookup

BASE = "https://api.openalex.org"
INTERVAL = 0.5  # seconds between requests
_RECORDS = 10
_MAX_PLACES = 20_000  # words of an abstract
_FIELDS = (
    "doi,title,publication_date,authorships,abstract_inverted_index,primary_location,locations"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlexLookup(TitleLookup):
    """Asks OpenAlex for papers."""

    key: str | None = None  # the API takes it in the query alone
    name: str = "openalex"
    max_requests: int = 100  # in one run

    def _found(self, titles: Sequence[str], seconds: float) -> LookupAnswer:
        # Commas and bars divide filters, so only letters and digits are sent.
        words = " ".join(title_words(display_text(titles[0])))
        query = {"filter": f"title.search:{words}", "per_page": _RECORDS, "select": _FIELDS}
        secret = {"api_key": self.key} if self.key else {}
        found, address = self.connection.fetch_json(
            f"/works?{urlencode(query | secret)}", seconds=seconds
        )
        return answer(map(_work, objects(member(found, "results"))), address.partition("?")[0])


def _work(item: dict[str, Any]) -> Paper | None:
    title = line(item.get("title"))
    places = [member(item, "primary_location"), *objects(item.get("locations"))]
    addresses = [member(place, "landing_page_url") for place in places]
    on_arxiv = next(
        (url for url in addresses if isinstance(url, str) and "arxiv.org/" in url), None
    )
    identifiers, links = identified(arxiv_text=on_arxiv, doi_text=item.get("doi"))
    if not title or not identifiers:
        return None
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
    )


def _joined(index: Any) -> str:
    """Returns the text of an inverted index; words without a usable place are left out."""
    words = dict(_placed(index)) if isinstance(index, dict) else {}
    return " ".join(words[place] for place in sorted(words))


def _placed(index: dict[Any, Any]) -> Iterator[tuple[int, str]]:
    for word, places in index.items():
        for place in places if isinstance(places, list) else ():
            if isinstance(word, str) and isinstance(place, int) and 0 <= place < _MAX_PLACES:
                yield place, word
