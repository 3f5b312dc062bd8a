"""The `dump` and `jsonl` sources: a folder to which files are added, or a single file."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from digest.core.models.batches import Batch, Rejection, SourceRead
from digest.core.schedule.announcement_days import NO_CALENDAR, AnnouncementCalendar
from digest.errors import InputError, UsageError
from digest.sources.kinds import file_discovery


class FileParser(Protocol):
    """Parses the content of a file into a batch."""

    def __call__(
        self, data: bytes, *, source: str, origin: str, modified: datetime, now: datetime
    ) -> Batch:
        """Returns the batch.

        Raises:
            InputError: The file does not have the expected format.
        """


class FileSource(Struct, frozen=True, kw_only=True):
    """Reads files from disk; each new or changed file becomes a batch."""

    name: str
    path: Path
    parser: FileParser
    single: bool = False  # `path` is one file, which is read even if it was read before
    calendar: AnnouncementCalendar = NO_CALENDAR

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """Yields a batch for each new or changed file, in the order of the names.

        Args:
            cursor: The signatures of the files that were read before; None at the first fetch.
            now: The current time.

        Raises:
            UsageError: The single file is missing or cannot be read. For a folder, this is a
                result with a problem instead.
        """
        current: Mapping[str, Any] = cursor or {}
        try:
            files = file_discovery.find_files(self.path, cursor=None if self.single else current)
        except UsageError as error:
            if self.single:
                raise
            yield _unread(str(self.path), _reason(error, self.path), current)
            return
        for file in files:
            after = current if self.single else file_discovery.advance(current, file)
            yield self._read_file(file, before=current, after=after, now=now)
            current = after

    def _read_file(
        self,
        file: file_discovery.FoundFile,
        *,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        now: datetime,
    ) -> SourceRead:
        # With the name of the cursor, because a name that is not UTF-8 cannot be stored or printed.
        origin = str(file.path.parent / file.name)
        try:
            data = file_discovery.read_bounded(file.path)
        except InputError as error:  # too large: do not try again until the file changes
            return _unread(origin, error.reason, after)
        except UsageError as error:  # removed, or not readable: the next fetch tries again
            return _unread(origin, _reason(error, file.path), before)
        try:
            batch = self.parser(
                data, source=self.name, origin=origin, modified=file.modified, now=now
            )
        except InputError as error:
            return _unread(origin, error.reason, after, line=error.line)
        return SourceRead(origin=origin, batch=batch, problem=None, cursor=after)


def _reason(error: UsageError, path: Path) -> str:
    """Returns the message of the error without the path, which the batch report shows anyway."""
    return str(error).removeprefix(f"{path}: ")


def _unread(
    origin: str, reason: str, cursor: Mapping[str, Any], *, line: int | None = None
) -> SourceRead:
    """Returns the result for a file or folder that could not be read."""
    return SourceRead(
        origin=origin, batch=None, problem=Rejection(reason=reason, line=line), cursor=cursor
    )
