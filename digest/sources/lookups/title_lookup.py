"""What the services have in common: a search for titles, with limits."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from digest.core.enrichment.outcomes import LookupAnswer
from digest.sources.lookups.common import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleLookup(ABC):
    """Asks one service for papers by their titles."""

    connection: Connection
    name: str
    titles_at_once: int = 1
    max_requests: int  # in one run

    @property
    def interval(self) -> float:
        """Seconds between the starts of two requests."""
        return self.connection.interval

    def search(self, titles: Sequence[str], *, seconds: float) -> LookupAnswer:
        """Returns records that may be the papers with these titles.

        Args:
            titles: at most `titles_at_once` titles.
            seconds: how long it may take.

        Raises:
            FetchError: There is no usable response.
            InputError: The response cannot be read, or is an error.
        """
        return self._found(titles, seconds)

    @abstractmethod
    def _found(self, titles: Sequence[str], seconds: float) -> LookupAnswer: ...
