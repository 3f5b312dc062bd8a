"""The `mail` source: the papers of alert mails in a Maildir. Messages are neither changed nor removed."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct

from digest.core.mime_reader import MAX_BYTES
from digest.core.models.batches import Batch, Rejection, SourceRead
from digest.core.models.papers import Paper
from digest.core.schedule.announcement_days import NO_CALENDAR, AnnouncementCalendar
from digest.errors import InputError, UsageError
from digest.sources.alert_mails.senders import papers_of
from digest.sources.kinds import file_discovery

_AT_ONCE = 100  # messages of one batch
_MAX_MESSAGES = 2_000  # of one fetch; the next one reads the others


class MailSource(Struct, frozen=True, kw_only=True):
    """Reads the messages that came in the last days and were not read before."""

    name: str
    path: Path  # a Maildir, with `new/` and `cur/`
    senders: tuple[str, ...] = ()  # addresses, or domains; empty: everybody
    lookback: int = 14  # days
    calendar: AnnouncementCalendar = NO_CALENDAR

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """Yields batches with the papers of new messages.

        Args:
            cursor: The names of the messages that were read; None at the first fetch.
            now: The current time.
        """
        before = dict(cursor or {})
        try:
            files = _messages(self.path)
        except UsageError as error:
            reason = str(error).removeprefix(f"{self.path}: ")
            yield SourceRead(
                origin=str(self.path), batch=None, problem=Rejection(reason=reason), cursor=before
            )
            return
        first = now - timedelta(days=self.lookback)
        recent = {_key(file): file for file in files if file.modified >= first}
        # Messages that are too old or gone need not be remembered.
        done = [key for key in before.get("read", []) if key in recent]
        waiting = [key for key in recent if key not in set(done)][:_MAX_MESSAGES]
        for start in range(0, len(waiting), _AT_ONCE):
            keys = waiting[start : start + _AT_ONCE]
            papers: list[Paper] = []
            rejected: list[Rejection] = []
            for key in keys:
                try:
                    data = file_discovery.read_bounded(recent[key].path, limit=MAX_BYTES)
                    papers += papers_of(data, self.senders)
                except (InputError, UsageError) as error:
                    rejected.append(Rejection(reason=str(error)))
            done += keys
            yield SourceRead(
                origin=str(self.path),
                batch=Batch(
                    source=self.name,
                    origin=str(self.path),
                    papers=tuple(papers),
                    rejected=tuple(rejected),
                ),
                problem=None,
                cursor={"read": list(done)},
            )


def _messages(maildir: Path) -> list[file_discovery.FoundFile]:
    folders = [maildir / name for name in ("new", "cur")]
    if not all(folder.is_dir() for folder in folders):
        raise UsageError(f"{maildir}: not a Maildir, as it has no folders new and cur")
    return [file for item in folders for file in file_discovery.find_files(item, cursor=None)]


def _key(file: file_discovery.FoundFile) -> str:
    """Returns the part of a message's name that stays when it is read (flags follow a colon)."""
    return file.name.partition(":2,")[0]
