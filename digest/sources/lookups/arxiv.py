"""Finds papers by arXiv's query API.

A query may ask for several titles, joined by OR, and for a list of ids
(https://info.arxiv.org/help/api/user-manual.html). arXiv asks for at most one request in 3 seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from digest.core.enrichment.outcomes import LookupAnswer
from digest.core.identity.title_words import title_words
from digest.core.text.display import display_text
from digest.sources.feeds import arxiv_api
from digest.sources.lookups.common import answer
from digest.sources.lookups.title_lookup import TitleLookup

BASE = "https://export.arxiv.org"
INTERVAL = 3.0  # seconds between requests
_RECORDS = 8  # for each title
_MAX_WORDS = 20  # of a title in a query


@dataclass(frozen=True, slots=True, kw_only=True)
class ArxivLookup(TitleLookup):
    """Asks arXiv for papers."""

    name: str = "arxiv"
    titles_at_once: int = 6
    ids_at_once: int = 100
    max_requests: int = 40  # in one run

    def _found(self, titles: Sequence[str], seconds: float) -> LookupAnswer:
        # Letters and digits alone: quotation marks, brackets and AND would change the query.
        queries = [" ".join(_words(title)) for title in titles]
        query = " OR ".join(f'ti:"{words}"' for words in queries if words)
        if not query:
            return LookupAnswer(papers=(), address=self.connection.base)
        return self._query({"search_query": query, "max_results": _RECORDS * len(titles)}, seconds)

    def describe(self, ids: Sequence[str], *, seconds: float) -> LookupAnswer:
        """Returns the papers with these arXiv ids: their categories, versions, DOIs, venues.

        Args:
            ids: at most `ids_at_once` arXiv ids.
            seconds: how long it may take.

        Raises:
            FetchError: There is no usable response.
            InputError: The response cannot be read, or is an error.
        """
        return self._query({"id_list": ",".join(ids), "max_results": len(ids)}, seconds)

    def _query(self, parameters: dict[str, object], seconds: float) -> LookupAnswer:
        response = self.connection.fetch(f"/api/query?{urlencode(parameters)}", seconds=seconds)
        page = arxiv_api.parse_page(response.body, source=self.name, origin=self.connection.base)
        return answer(iter(page.batch.papers), response.url)


def _words(title: str) -> tuple[str, ...]:
    return _in_order(display_text(title))[:_MAX_WORDS]


def _in_order(title: str) -> tuple[str, ...]:
    """Returns all words of a title, also repeated ones: a phrase has them in their order."""
    return tuple(word for part in title.split() for word in title_words(part))
