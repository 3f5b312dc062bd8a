"""Types for the result of one fetch of one source."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from msgspec import Struct

from digest.core.models.papers import Paper


class Verdict(StrEnum):
    """What a batch brought. Every batch gets one, so that a day without papers is explained."""

    FRESH = "fresh"  # at least one announcement
    UNCHANGED = "unchanged"  # read completely, and every paper was already stored
    STALE = "stale"  # the source still shows the batch of an earlier day
    EMPTY_EXPECTED = "empty as expected"  # no papers on a day without announcements
    EMPTY_UNEXPECTED = "empty unexpectedly"  # no papers on a day that should have some
    PARTIAL = "partial"  # some papers could be read, some could not
    FAILED = "failed"  # nothing could be read


class Rejection(Struct, frozen=True, kw_only=True):
    """A part of a batch that could not be read, while the rest could."""

    reason: str
    line: int | None = None  # counted from 1


class Batch(Struct, frozen=True, kw_only=True):
    """The papers that one fetch of one source returned."""

    source: str  # the source's name in sources.toml
    origin: str  # the file or address that was read
    papers: tuple[Paper, ...]
    announced: date | None = None  # the date that the source gives the batch
    rejected: tuple[Rejection, ...] = ()
    fingerprint: str | None = None  # hash of the bytes that were read
    unchanged: bool = False  # the source itself reports nothing new since the cursor


class SourceRead(Struct, frozen=True, kw_only=True):
    """One reading of a source: a batch or a problem, and the cursor for the next fetch."""

    origin: str  # the file or address that was read
    batch: Batch | None
    problem: Rejection | None  # set exactly when there is no batch
    cursor: Mapping[str, Any]  # stored with the batch: the next fetch continues from here
    # The web addresses that the batch came from, after all redirects.
    addresses: tuple[str, ...] = ()


class BatchReport(Struct, frozen=True, kw_only=True):
    """Counts for one stored batch.

    papers == new + listed + revised + withdrawn + corrected + too_old + duplicates.
    """

    source: str
    origin: str
    announced: date | None
    verdict: Verdict
    papers: int  # read from the source
    new: int
    listed: int
    revised: int
    withdrawn: int  # or retracted
    duplicates: int  # already stored, or twice in the batch: nothing to announce
    rejected: tuple[Rejection, ...]
    corrected: int = 0
    published: int = 0  # preprints that are now articles; also counted as one of the others
    too_old: int = 0  # new here, and older than the source announces

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read, a line each with its place."""
        return tuple(
            f"{self.origin}{'' if item.line is None else f':{item.line}'}: {item.reason}"
            for item in self.rejected
        )
