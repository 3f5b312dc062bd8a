"""Finds papers by OpenAlex's search for titles.

Each search costs a thousandth of a dollar of a daily budget, which a free key makes ten times larger
(https://developers.openalex.org/api-reference/authentication). Abstracts are inverted indexes: the
places of each word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from digest.core.enrichment.outcomes import LookupAnswer
from digest.core.identity.title_words import title_words
from digest.core.text.display import display_text
from digest.sources.lookups.common import Connection, answer
from digest.sources.records import openalex as record
from digest.sources.records.values import member, objects

BASE = "https://api.openalex.org"
INTERVAL = 0.5  # seconds between requests
_RECORDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlexLookup:
    """Asks OpenAlex for papers."""

    connection: Connection
    key: str | None = None  # the API takes it in the query alone
    name: str = "openalex"
    titles_at_once: int = 1
    max_requests: int = 100  # in one run

    @property
    def interval(self) -> float:
        """Seconds between the starts of two requests."""
        return self.connection.interval

    def search(self, titles: Sequence[str], *, seconds: float) -> LookupAnswer:
        """Returns works whose titles contain the words of this one.

        Args:
            titles: one title.
            seconds: how long it may take.

        Raises:
            FetchError: There is no usable response.
            InputError: The response cannot be read.
        """
        # Commas and bars divide filters, so only letters and digits are sent.
        words = " ".join(title_words(display_text(titles[0])))
        query = {"filter": f"title.search:{words}", "per_page": _RECORDS, "select": record.FIELDS}
        secret = {"api_key": self.key} if self.key else {}
        found, address = self.connection.fetch_json(
            f"/works?{urlencode(query | secret)}", seconds=seconds
        )
        return answer(
            map(record.paper, objects(member(found, "results"))), address.partition("?")[0]
        )
