"""After SIGKILL between two stages or inside one, the next run completes the work."""

import signal
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from support.homes import DigestHome, Mailbox

from digest.sources.daily_papers.text_dump import parse

NOW = "2026-05-12T06:00:00Z"
READERS = ("ada", "bob", "cyd")

BETWEEN = [
    "digest.pipeline.run:collect before 1",
    "digest.pipeline.run:sync_profiles before 1",
    "digest.app.application:publish before 1",
    "digest.pipeline.run:deliver before 1",
    "digest.pipeline.run:release_dead_claims before 1",
    "digest.pipeline.run:release_dead_claims after 1",
]
INSIDE = [
    "digest.store.papers.batches:record_batch before 1",
    "digest.store.papers.batches:record_batch after 1",
    "digest.store.papers.source_state:save_cursor after 1",
    "digest.store.papers.batches:record_batch before 2",
    "digest.store.subscribers.profile_files:apply_changes before 1",
    "digest.store.subscribers.profile_files:apply_changes after 1",
    "digest.store.editions.bulk_insert:insert_many before 1",
    "digest.store.editions.bulk_insert:insert_many after 1",
    "digest.store.subscribers.due:save_states before 1",
    "digest.store.subscribers.due:save_states after 1",
    "digest.store.editions.claims:claim before 1",
    "digest.store.editions.claims:claim after 1",
    "digest.store.editions.claims:start_attempt before 1",
    "digest.store.editions.claims:start_attempt after 1",
    "digest.app.messages.message_writer:MessageWriter.write before 1",
    "digest.app.messages.message_writer:MessageWriter.write after 2",
    "digest.mail.transports.smtp:SmtpTransport.send before 2",
    "digest.mail.transports.smtp:SmtpTransport.send after 2",
    "digest.store.editions.claims:settle_attempt before 2",
    "digest.store.editions.claims:settle_attempt after 2",
    "digest.store.editions.claims:settle_attempt after 3",
    "digest.store.editions.recovery:recover_claims after 2",
]
# The server has accepted a message, but the ledger does not know it: it is sent again.
SENT_BUT_NOT_SETTLED = {
    "digest.mail.transports.smtp:SmtpTransport.send after 2",
    "digest.store.editions.claims:settle_attempt before 2",
    "digest.store.editions.claims:settle_attempt after 2",
    "digest.store.editions.claims:settle_attempt after 3",
}


def titles(dump: Path) -> set[str]:
    now = datetime.fromisoformat(NOW)
    batch = parse(dump.read_bytes(), source="dumps", origin=dump.name, modified=now, now=now)
    return {paper.title for paper in batch.papers}


@pytest.fixture
def any_home(digest_home: DigestHome, database_url: str) -> DigestHome:
    """A home with each of the two kinds of database."""
    digest_home.environ["DIGEST_DATABASE_URL"] = database_url
    return digest_home


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("point", BETWEEN + INSIDE)
def test_the_next_run_completes_a_killed_one(
    any_home: DigestHome, mailbox: Mailbox, samples: list[Path], point: str
) -> None:
    for reader in READERS:
        any_home.profile(reader)
    for dump in samples:
        any_home.dump(dump)
    target, when, nth = point.split()
    killed = any_home.digest("run", "--now", NOW, killed_at=(target, when, nth))
    assert killed.code == -signal.SIGKILL, killed

    next_run, shown = any_home.digest_successively(
        ("--json", "run", "--now", NOW), ("--json", "status")
    )
    assert (next_run.code, shown.code) == (0, 0), next_run.err + shown.err

    status = shown.result
    assert status["papers"] == 26
    assert {state: number for state, number in status["editions"].items() if number} == {
        "sent": len(READERS)
    }
    received = Counter(message.recipients[0] for message in mailbox.received)
    duplicates = sum(received.values()) - len(READERS)
    assert set(received) == {f"{reader}@example.org" for reader in READERS}
    assert duplicates <= (1 if point in SENT_BUT_NOT_SETTLED else 0)
    ids = {(message["To"], message["Message-ID"]) for message in mailbox.messages()}
    assert len(ids) == len(READERS), "a message that is sent again has the same Message-ID"
    new = titles(samples[1]) - titles(samples[0])
    for text in mailbox.texts():
        assert not [title for title in new if title not in " ".join(text.split())]
