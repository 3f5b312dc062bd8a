"""Types of the stage "enrich" that need no other module: what it is given, and what it reports."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from msgspec import Struct

from digest.core.enrichment.outcomes import source_of
from digest.core.models.trust import SourceTrust

if TYPE_CHECKING:
    from digest.core.enrichment.outcomes import LookupAnswer


class PaperLookup(Protocol):
    """A service that finds papers by their titles."""

    @property
    def name(self) -> str:
        """Its name in the settings."""

    @property
    def interval(self) -> float:
        """Seconds between the starts of two requests."""

    @property
    def titles_at_once(self) -> int:
        """How many titles one request may have."""

    @property
    def max_requests(self) -> int:
        """How many requests it is sent in one run."""

    def search(self, titles: Sequence[str], *, seconds: float) -> "LookupAnswer":
        """Returns records that may be the papers with these titles.

        Args:
            titles: at most `titles_at_once` titles.
            seconds: how long it may take.

        Raises:
            DigestError: there is no usable answer.
        """


@runtime_checkable
class DescribingLookup(PaperLookup, Protocol):
    """A service that also describes papers whose identifiers are known: arXiv."""

    @property
    def ids_at_once(self) -> int:
        """How many ids one request may have."""

    def describe(self, ids: Sequence[str], *, seconds: float) -> "LookupAnswer":
        """Returns the papers with these arXiv ids; the errors are those of `search`."""


class Service(Struct, frozen=True, kw_only=True):
    """A service, and how it is used."""

    name: str
    trust: SourceTrust  # in its answers
    # Whether its titles and abstracts replace those of a dump. Others only fill in what is missing.
    gives_text: bool
    describes: bool  # its look-up is a `DescribingLookup`
    build: Callable[[], PaperLookup]  # called when there is something to look up

    @property
    def source(self) -> str:
        """The name under which its answers are recorded."""
        return source_of(self.name)


class EnrichOptions(Struct, frozen=True, kw_only=True):
    """The limits of one run of the stage."""

    budget: float  # seconds
    clock: Callable[[], float]  # monotonic time in seconds
    stopped: Callable[[], bool]  # whether the run was asked to stop


class ServiceReport(Struct, frozen=True, kw_only=True):
    """What one service did in a run."""

    service: str
    requests: int = 0
    asked: int = 0  # papers
    found: int = 0  # of these
    described: int = 0  # identified papers whose other data it gave
    problem: str = ""  # why it was not asked any more; empty: nothing failed


class EnrichReport(Struct, frozen=True, kw_only=True):
    """The result of one run of the stage."""

    services: tuple[ServiceReport, ...] = ()  # those that were asked
    waiting: int = 0  # papers without a link or an abstract that later runs ask for

    @property
    def found(self) -> int:
        """How many papers were identified."""
        return sum(item.found for item in self.services)

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return sum(item.requests for item in self.services)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why services were not asked any more, one line each."""
        return tuple(
            f"enrich: {item.service}: {item.problem}" for item in self.services if item.problem
        )
