"""The `dump` and `jsonl` sources: a folder that files arrive in, or a single file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from digest.core.models.batches import Batch, Rejection, SourceRead
from digest.core.schedule.announcement_days import NO_CALENDAR, AnnouncementCalendar
from digest.errors import InputError, UsageError
from digest.sources.kinds import file_discovery


class FileParser(Protocol):
    """Makes a batch of a file's bytes."""

    def __call__(
        self, data: bytes, *, source: str, origin: str, modified: datetime, now: datetime
    ) -> Batch:
        """The batch; InputError if the file is not what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """Files on disk; each new or changed one is a batch, in the order of the names."""

    name: str
    path: Path
    read: FileParser
    single: bool = False  # one file, read whether or not it was read before
    announcing: AnnouncementCalendar = NO_CALENDAR

    def look(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """The files that the cursor does not know as they are now.

        Raises:
            UsageError: a single file is missing or cannot be read. In a folder, what
                cannot be read is a look with a problem.
        """
        known: Mapping[str, Any] = cursor or {}
        try:
            found = file_discovery.find_files(self.path, cursor=None if self.single else known)
        except UsageError as error:
            if self.single:
                raise
            yield _unread(str(self.path), _reason(error, self.path), known)
            return
        for file in found:
            after = known if self.single else file_discovery.advance(known, file)
            yield self._look_at(file, before=known, after=after, now=now)
            known = after

    def _look_at(
        self,
        file: file_discovery.FoundFile,
        *,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        now: datetime,
    ) -> SourceRead:
        origin = str(file.path.parent / file.name)
        try:
            data = file_discovery.read_bounded(file.path)
        except InputError as error:  # too large: it will not be better next time
            return _unread(origin, error.reason, after)
        except UsageError as error:  # gone, or not ours to read: the next look tries again
            return _unread(origin, _reason(error, file.path), before)
        try:
            batch = self.read(
                data, source=self.name, origin=origin, modified=file.modified, now=now
            )
        except InputError as error:
            return _unread(origin, error.reason, after, line=error.line)
        return SourceRead(origin=origin, batch=batch, problem=None, cursor=after)


def _reason(error: UsageError, path: Path) -> str:
    return str(error).removeprefix(f"{path}: ")


def _unread(
    origin: str, reason: str, cursor: Mapping[str, Any], *, line: int | None = None
) -> SourceRead:
    return SourceRead(
        origin=origin, batch=None, problem=Rejection(reason=reason, line=line), cursor=cursor
    )
