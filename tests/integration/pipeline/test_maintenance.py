"""Maintenance: bounces are read and old data is removed; a failure of one affects no other."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import NOW
from support.samples.bounces import SAMPLES
from support.speed.databases import new_sqlite_store

from digest.errors import InboxError
from digest.mail.bounces.mailboxes import FileMailbox, MailboxReader
from digest.mail.bounces.status_codes import BounceKind
from digest.pipeline.maintenance import BounceMailboxes, maintain
from digest.store.database.store import Store
from digest.store.papers import batches as batch_store

DAY = timedelta(days=1)
HARD = next(sample for sample in SAMPLES if sample.name == "dsn unknown user")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(new_sqlite_store(tmp_path / "digest.db")) as opened:
        yield opened


@dataclass
class FakeMailbox:
    """A mailbox with one message, or one that cannot be opened."""

    file: Path
    error: InboxError | None = None
    opened: int = 0
    keys: tuple[bytes, ...] = field(default=(b"k" * 32,))

    @contextmanager
    def _open(self) -> Iterator[list[MailboxReader]]:
        self.opened += 1
        if self.error is not None:
            raise self.error
        yield [FileMailbox([self.file])]

    def boxes(self) -> BounceMailboxes:
        def opened() -> AbstractContextManager[list[MailboxReader]]:
            return self._open()

        return BounceMailboxes(open=opened, keys=lambda: self.keys)


def test_bounces_are_read_if_a_mailbox_is_configured(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "bounce.eml"
    file.write_bytes(HARD.message())
    done = maintain(store, mailboxes=FakeMailbox(file).boxes(), keep=None, now=NOW)
    assert ([item.kind for item in done.processed], done.problems) == ([BounceKind.HARD], ())
    assert maintain(store, mailboxes=None, keep=None, now=NOW).processed == ()


def test_a_mailbox_that_fails_is_reported_and_the_rest_is_done(
    store: Store, tmp_path: Path
) -> None:
    box = FakeMailbox(tmp_path / "absent", error=InboxError("imap.example.org: no answer"))
    done = maintain(store, mailboxes=box.boxes(), keep=180 * DAY, now=NOW)
    assert done.problems == ("bounces cannot be read: imap.example.org: no answer",)
    assert done.pruned is not None


def test_old_data_is_removed_once_a_day(store: Store) -> None:
    with store.write() as tx:
        for hour in range(3):
            at = NOW - 200 * DAY + timedelta(hours=hour)
            batch_store.record_failure(tx, source="web", origin="there", rejected=(), now=at)
    done = maintain(store, mailboxes=None, keep=180 * DAY, now=NOW)
    assert done.pruned is not None
    assert (done.pruned.before, done.pruned.batches) == (NOW - 180 * DAY, 2)
    assert maintain(store, mailboxes=None, keep=180 * DAY, now=NOW).pruned is None
    assert maintain(store, mailboxes=None, keep=180 * DAY, now=NOW + DAY).pruned is not None


def test_nothing_is_removed_if_everything_is_kept(store: Store) -> None:
    assert maintain(store, mailboxes=None, keep=None, now=NOW).pruned is None
