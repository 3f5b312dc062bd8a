"""The `mail` source over IMAP: the papers of alert mails in a folder on a server.

Messages are never removed, and marked as read only if that is wanted. The cursor has the UID of the last
message that was read, and the UIDVALIDITY of the folder: if it changes, the UIDs mean other messages, and
the messages of the last days are read again (RFC 3501, 2.3.1.1).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from msgspec import Struct

from digest.core.mime_reader import MAX_BYTES
from digest.core.models.batches import Batch, Rejection, SourceRead
from digest.core.models.papers import Paper
from digest.core.schedule.announcement_days import NO_CALENDAR, AnnouncementCalendar
from digest.errors import DigestError, InboxError, InputError
from digest.imap.folder import ImapFolder, LoginError
from digest.sources.alert_mails.senders import papers_of

_AT_ONCE = 100  # messages of one batch
_MAX_MESSAGES = 2_000  # of one fetch; the next one reads the others
_CONNECTIONS = 3  # of one fetch, if the connection is lost
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class ImapMailSource(Struct, frozen=True, kw_only=True):
    """Reads the messages that came after those that were read before."""

    name: str
    origin: str  # the folder, as reports show it
    open: Callable[[], ImapFolder]  # raises SettingsError without a password
    senders: tuple[str, ...] = ()  # addresses, or domains; empty: everybody
    lookback: int = 14  # days, at the first fetch
    mark_seen: bool = False
    calendar: AnnouncementCalendar = NO_CALENDAR

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """Yields batches with the papers of new messages.

        A lost connection is made again; a login that is refused is not tried again.

        Args:
            cursor: What the last fetch stored; None at the first one.
            now: The current time.
        """
        reached = dict(cursor or {})
        for attempt in range(1, _CONNECTIONS + 1):
            try:
                with self.open() as folder:
                    for read in self._messages(folder, reached, now):
                        reached = dict(read.cursor)
                        yield read
            except DigestError as error:
                is_lost = isinstance(error, InboxError) and not isinstance(error, LoginError)
                if is_lost and attempt < _CONNECTIONS:
                    continue
                yield SourceRead(
                    origin=self.origin,
                    batch=None,
                    problem=Rejection(reason=str(error)),
                    cursor=reached,
                )
            return

    def _messages(
        self, folder: ImapFolder, before: Mapping[str, Any], now: datetime
    ) -> Iterator[SourceRead]:
        validity = folder.uid_validity()
        is_same = before.get("uidvalidity") == validity
        last = int(before.get("uid", 0)) if is_same else 0
        criteria = [f"UID {last + 1}:*"] if last else []
        # Also after the first fetch: a folder that was not read for a year is not read wholly.
        since = _imap_day((now - timedelta(days=self.lookback)).date())
        found = folder.search(*criteria, f"SINCE {since}")
        # "n:*" means the last message too if its UID is below n.
        waiting = list(islice((uid for uid in found if uid > last), _MAX_MESSAGES))
        for start in range(0, len(waiting), _AT_ONCE):
            numbers = waiting[start : start + _AT_ONCE]
            papers: list[Paper] = []
            rejected: list[Rejection] = []
            for uid in numbers:
                try:
                    papers += self._papers(folder, uid)
                except InputError as error:
                    rejected.append(Rejection(reason=f"message {uid}: {error.reason}"))
            yield SourceRead(
                origin=self.origin,
                batch=Batch(
                    source=self.name,
                    origin=self.origin,
                    papers=tuple(papers),
                    rejected=tuple(rejected),
                ),
                problem=None,
                cursor={"uidvalidity": validity, "uid": numbers[-1]},
            )
            # Only now the batch is stored.
            for uid in numbers if self.mark_seen else ():
                folder.mark_seen(uid)

    def _papers(self, folder: ImapFolder, uid: int) -> tuple[Paper, ...]:
        data = folder.fetch(uid, most=MAX_BYTES + 1)
        if data is None:  # another program has removed it
            return ()
        if len(data) > MAX_BYTES:
            raise InputError(f"more than {MAX_BYTES:,} bytes, the most that is read")
        return papers_of(data, self.senders)


def _imap_day(day: date) -> str:
    """Returns a day as IMAP writes it, whatever the language of the machine."""
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"
