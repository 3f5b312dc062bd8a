"""What one fetch of one source gave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from digest.core.models.papers import Paper


class Verdict(StrEnum):
    """What a batch brought, so that silence is never a mystery."""

    FRESH = "fresh"  # at least one announcement
    UNCHANGED = "unchanged"  # read whole, and every paper was known
    STALE = "stale"  # the source still shows the batch of an earlier day
    EMPTY_EXPECTED = "empty as expected"  # no papers on a day without announcements
    EMPTY_UNEXPECTED = "empty unexpectedly"  # no papers on a day that should have some
    PARTIAL = "partial"  # some papers could be read, some could not
    FAILED = "failed"  # nothing could be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Something in a batch that could not be read; the rest was."""

    reason: str
    line: int | None = None  # counted from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one look at one source yielded."""

    source: str  # the source's name in sources.toml
    origin: str  # the file or address it was read from
    papers: tuple[Paper, ...]
    announced: date | None = None  # the day the source gives the batch
    rejected: tuple[Rejection, ...] = ()
    fingerprint: str | None = None  # of the bytes that were read
    unchanged: bool = False  # the source itself says that nothing is new since the cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRead:
    """One reading of a source: a batch, or why there is none, and where to go on."""

    origin: str  # the file or address that was read
    batch: Batch | None
    problem: Rejection | None  # set exactly when there is no batch
    cursor: Mapping[str, Any]  # to be kept with the batch: the next look begins there


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """What became of a batch: papers == new + listed + revised + withdrawn + duplicates."""

    source: str
    origin: str
    announced: date | None
    verdict: Verdict
    papers: int  # read from the source
    new: int
    listed: int
    revised: int
    withdrawn: int
    duplicates: int  # known before, or twice in the batch: nothing to announce
    rejected: tuple[Rejection, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read, a line each with its place."""
        return tuple(
            f"{self.origin}{'' if item.line is None else f':{item.line}'}: {item.reason}"
            for item in self.rejected
        )
