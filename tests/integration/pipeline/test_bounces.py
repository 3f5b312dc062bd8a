"""Bounces: only signed ones have an effect, each has it once, and each is marked as read."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
import trustme
from sqlalchemy import select
from support.builders import NOW
from support.editions import insert_edition
from support.samples.bounces import SAMPLES, TOKEN, Sample
from support.speed.databases import new_sqlite_store
from support.subscribers import start_subscription

from digest.app.messages.message_headers import unsubscribe_links
from digest.core.models.delivery import EditionState
from digest.core.models.editions import Edition
from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers import signed_tokens
from digest.errors import InboxError, UsageError
from digest.mail.bounces.mailboxes import FileMailbox, ImapMailbox, MaildirMailbox
from digest.mail.bounces.status_codes import BounceKind
from digest.pipeline.subscribers import bounces
from digest.pipeline.subscribers.bounces import (
    IGNORED,
    KNOWN,
    LEFT,
    NOT_OURS,
    NOTED,
    SUPPRESSED,
    UNSUBSCRIBED,
    ProcessedMessage,
)
from digest.store.database.schema import bounce
from digest.store.database.store import Store
from digest.store.editions import ledger
from digest.store.papers import announcements
from digest.store.subscribers import subscriptions

KEY, OLD = b"k" * 32, b"o" * 32
BY_NAME = {sample.name: sample for sample in SAMPLES}
HARD = BY_NAME["dsn unknown user"]
FORGED_PATH = "bounces+" + "a" * 40 + "@example.org"


@dataclass(frozen=True, kw_only=True)
class SentMessage:
    """The identifiers of a message that was sent, which a bounce can contain."""

    subscription_id: int
    edition_id: int
    message_id: str

    def path(self, key: bytes = KEY) -> str:
        return signed_tokens.return_path(
            "bounces@example.org",
            edition_id=self.edition_id,
            subscription_id=self.subscription_id,
            secret=key,
        )

    def link(self, key: bytes = KEY) -> str:
        ways = unsubscribe_links(
            self.subscription_id, base_url=None, mailbox="b@example.org", key=key
        )
        return ways[0]


def sent_message(
    store: Store, email: str = "ada@reader.example", state: EditionState = EditionState.SENT
) -> SentMessage:
    with store.write() as tx:
        number = start_subscription(tx, email, read_through=announcements.start_seq(tx))
        empty = Edition(local_date=date(2026, 5, 11), sections=())
        edition = insert_edition(tx, number, empty, state=state)
        assert edition is not None
        message_id = ledger.load(tx, edition).message_id
    return SentMessage(subscription_id=number, edition_id=edition, message_id=message_id)


def take(store: Store, data: bytes, keys: tuple[bytes, ...] = (KEY, OLD)) -> ProcessedMessage:
    return bounces.process(store, data, name="test", keys=keys, now=NOW + timedelta(hours=1))


def status(store: Store, email: str = "ada@reader.example") -> AddressStatus:
    with store.read() as tx:
        found = subscriptions.find_address(tx, email)
    assert found is not None
    return found.status


def kept(store: Store, email: str = "ada@reader.example") -> list[str]:
    with store.read() as tx:
        found = subscriptions.find_address(tx, email)
        assert found is not None
        mine = select(bounce.c.kind).where(bounce.c.address_id == found.address_id)
        return list(tx.execute(mine.order_by(bounce.c.id)).scalars())


def test_a_dead_mailbox_gets_no_more_mail_and_the_log_says_why(store: Store) -> None:
    sent = sent_message(store)
    done = take(store, HARD.message(path=sent.path()))
    assert (done.effect, done.email, done.status) == (SUPPRESSED, "ada@reader.example", "5.1.1")
    assert status(store) is AddressStatus.SUPPRESSED
    with store.read() as tx:
        last = subscriptions.consent_log(tx, "ada@reader.example")[-1]
    assert (last.event, last.origin, last.detail) == ("suppressed", "bounce", "5.1.1")


UNKNOWN_TEXT = """\
From: gateway@carrier.example
To: {path}
Subject: Mail

Ihre SMS ging nicht durch: {reason}
"""


def unknown(path: str, reason: str, headers: str = "") -> bytes:
    return (headers + UNKNOWN_TEXT).format(path=path, reason=reason).encode()


def test_the_signed_address_makes_a_bounce_of_an_unknown_form_count(store: Store) -> None:
    text = "<ada@reader.example> 550 5.1.1 unknown"
    stranger = take(store, unknown(FORGED_PATH, text))
    assert (stranger.effect, stranger.kind) == (LEFT, BounceKind.OTHER)
    done = take(store, unknown(sent_message(store).path(), text))
    assert (done.effect, done.proof, done.status) == (SUPPRESSED, "return path", "5.1.1")


def test_words_without_a_code_suppress_nobody_in_a_message_of_an_unknown_form(store: Store) -> None:
    sent = sent_message(store)
    done = take(store, unknown(sent.path(), "ada@reader.example, could not be sent: user unknown"))
    assert (done.effect, done.kind) == (NOTED, BounceKind.SOFT)
    assert status(store) is AddressStatus.ACTIVE


@pytest.mark.parametrize(
    "text, kind", [("550 5.1.1 unknown", BounceKind.SOFT), ("550 5.7.1 spam", BounceKind.BLOCKED)]
)
def test_a_text_of_unknown_form_about_another_address_suppresses_nobody(
    store: Store, text: str, kind: BounceKind
) -> None:
    done = take(store, unknown(sent_message(store).path(), f"<bob@elsewhere.example> {text}"))
    assert (done.effect, done.kind) == (NOTED, kind)
    assert status(store) is AddressStatus.ACTIVE


def test_a_bounce_for_a_subscription_that_does_not_exist_any_more_is_not_ours(
    store: Store,
) -> None:
    path = signed_tokens.return_path(
        "bounces@example.org", edition_id=1, subscription_id=999, secret=KEY
    )
    assert take(store, HARD.message(path=path)).effect == NOT_OURS


def test_what_cannot_be_read_is_reported_and_stays_unread(store: Store, tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(b"\0\0")
    (tmp_path / "person").write_bytes(BY_NAME["a person"].message())
    paths = [tmp_path / name for name in ("garbage", "person", "missing")]
    report = bounces.process_mailbox(store, FileMailbox(paths), keys=[KEY], now=lambda: NOW)
    assert [Path(item.name).name for item in report.unreadable] == ["garbage", "missing"]
    assert all(item.problem for item in report.unreadable)
    assert report.kinds == {"unreadable": 2, "other": 1}


def test_a_message_without_a_sender_to_a_signed_address_is_noted(store: Store) -> None:
    done = take(store, unknown(sent_message(store).path(), "kaputt", headers="Return-Path: <>\n"))
    assert (done.effect, done.kind) == (NOTED, BounceKind.SOFT)


def test_an_automatic_reply_to_a_signed_address_is_still_ignored(store: Store) -> None:
    headers = "Return-Path: <>\nAuto-Submitted: auto-replied\n"
    done = take(store, unknown(sent_message(store).path(), "back on Monday", headers))
    assert (done.effect, done.kind) == (IGNORED, BounceKind.AUTO_REPLY)


def test_a_notification_of_amazon_ses_is_proved_by_what_it_holds_of_the_message(
    store: Store,
) -> None:
    sent = sent_message(store)
    plain = BY_NAME["ses unknown user"]
    assert take(store, plain.message()).effect == NOT_OURS
    done = take(store, plain.message(path="x@example.org", link=sent.link()))
    assert (done.effect, done.proof, done.status) == (SUPPRESSED, "unsubscribe link", "5.1.1")


@pytest.mark.parametrize("knows_edition", [True, False])
@pytest.mark.parametrize("name", ["dsn unknown user", "arf abuse"])
def test_a_reader_who_unsubscribed_stays_unsubscribed_when_a_bounce_comes_later(
    store: Store, name: str, *, knows_edition: bool
) -> None:
    sent = sent_message(store)
    token = sent.link().partition("unsubscribe%20")[2]
    take(store, f"From: ada@reader.example\nSubject: unsubscribe {token}\n\n".encode())
    path = sent.path() if knows_edition else "b@example.org"
    done = take(store, BY_NAME[name].message(path=path, link=sent.link()))
    assert done.effect == NOTED
    assert status(store) is AddressStatus.UNSUBSCRIBED


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_only_dead_mailboxes_and_complaints_suppress(sample: Sample, tmp_path: Path) -> None:
    with Store.open(new_sqlite_store(tmp_path / "digest.db")) as store:
        sent = sent_message(store)
        take(store, sample.message(path=sent.path()))
        closed = status(store) is AddressStatus.SUPPRESSED
        assert closed == (sample.kind in {"hard", "complaint"})


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_forged_reply_has_no_effect_whatever_its_kind(sample: Sample, tmp_path: Path) -> None:
    with Store.open(new_sqlite_store(tmp_path / "digest.db")) as store:
        sent = sent_message(store)
        forged = sample.message(
            path=FORGED_PATH,
            message_id="<2026-05-11.1.000000000000@example.org>",
            link=f"mailto:b@example.org?subject=unsubscribe%20{TOKEN}",
        )
        wrong_key = sample.message(path=sent.path(b"x" * 32), link=sent.link(b"x" * 32))
        for data in (forged, wrong_key):
            assert take(store, data).effect in {NOT_OURS, IGNORED, LEFT}
        assert status(store) is AddressStatus.ACTIVE
        assert not kept(store)


def test_a_return_path_is_recognised_however_forwarders_have_changed_it(store: Store) -> None:
    sent = sent_message(store)
    for path in (
        sent.path().upper(),
        f"SRS0=aB1c=X2=example.org={sent.path().partition('@')[0]}@forwarder.example",
        f"prvs=1234567890={sent.path()}",
    ):
        assert take(store, BY_NAME["dsn full"].message(path=path)).proof == "return path"


def test_a_token_of_an_older_key_is_still_accepted(store: Store) -> None:
    sent = sent_message(store)
    assert take(store, HARD.message(path=sent.path(OLD))).effect == SUPPRESSED


def test_the_unsubscribe_link_in_the_returned_message_is_proof(store: Store) -> None:
    sent = sent_message(store)
    done = take(store, BY_NAME["arf abuse"].message(link=sent.link()))
    assert (done.effect, done.proof) == (SUPPRESSED, "unsubscribe link")
    assert kept(store) == ["complaint"]


def test_the_message_id_is_proof_for_the_address_that_got_the_message(store: Store) -> None:
    sent = sent_message(store)
    done = take(store, HARD.message(message_id=sent.message_id))
    assert (done.effect, done.proof) == (SUPPRESSED, "Message-ID")
    assert status(store) is AddressStatus.SUPPRESSED


def test_a_message_id_does_not_reveal_the_next_one(store: Store) -> None:
    mine, other = sent_message(store), sent_message(store, "bob@reader.example")
    guessed = mine.message_id.replace(f".{mine.edition_id}.", f".{other.edition_id}.")
    assert guessed != other.message_id
    assert take(store, HARD.message(message_id=guessed)).effect == NOT_OURS


def test_a_message_id_that_was_never_sent_to_that_address_is_ignored(store: Store) -> None:
    sent = sent_message(store, "bob@reader.example")
    assert take(store, HARD.message(message_id=sent.message_id)).effect == NOT_OURS
    assert not kept(store, "bob@reader.example")


def test_the_message_id_of_an_edition_that_was_never_sent_is_ignored(store: Store) -> None:
    sent = sent_message(store, state=EditionState.QUEUED)
    assert take(store, HARD.message(message_id=sent.message_id)).effect == NOT_OURS


def test_the_same_message_read_twice_changes_nothing(store: Store) -> None:
    sent = sent_message(store)
    data = HARD.message(path=sent.path())
    take(store, data)
    with store.read() as tx:
        before = subscriptions.consent_log(tx, "ada@reader.example")
    assert take(store, b"Delivered-To: b@example.org\n" + data).effect == KNOWN
    with store.read() as tx:
        assert subscriptions.consent_log(tx, "ada@reader.example") == before
    assert kept(store) == ["hard"]


def test_a_late_bounce_does_not_suppress_a_reader_who_resubscribed(store: Store) -> None:
    sent = sent_message(store)
    later = NOW + timedelta(days=2)
    with store.write() as tx:
        for state in (AddressStatus.UNSUBSCRIBED, AddressStatus.ACTIVE):
            subscriptions.set_status(
                tx, "ada@reader.example", state, event="x", origin="x", detail="", now=later
            )
    assert take(store, HARD.message(path=sent.path())).effect == NOTED
    assert status(store) is AddressStatus.ACTIVE


def test_a_mail_to_the_signed_address_unsubscribes(store: Store) -> None:
    sent = sent_message(store)
    token = sent.link().partition("unsubscribe%20")[2]
    data = f"From: somebody@else.example\nSubject: unsubscribe {token}\n\n".encode()
    done = take(store, data)
    assert (done.effect, done.email) == (UNSUBSCRIBED, "ada@reader.example")
    assert status(store) is AddressStatus.UNSUBSCRIBED
    assert take(store, data).effect == UNSUBSCRIBED
    with store.read() as tx:
        events = [entry.event for entry in subscriptions.consent_log(tx, "ada@reader.example")]
    assert events == ["subscribed", "unsubscribed"]


def fill(folder: Path, *names: str, **values: str) -> None:
    for sub in ("new", "cur", "tmp"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        data = BY_NAME[name].message(**values) if name in BY_NAME else name.encode()
        (folder / "new" / f"{number}.host").write_bytes(data)


def test_in_a_maildir_processed_messages_are_marked_as_seen_and_others_are_left(
    store: Store, tmp_path: Path
) -> None:
    sent = sent_message(store)
    person = "From: Ada <ada@reader.example>\nSubject: Great digest\n\nThank you."
    fill(tmp_path / "box", "dsn unknown user", person, "\0 no message", path=sent.path())
    inbox = MaildirMailbox(tmp_path / "box")
    report = bounces.process_mailbox(store, inbox, keys=[KEY], now=lambda: NOW)
    assert [item.effect for item in report.messages] == [SUPPRESSED, LEFT, LEFT]
    assert [item.name for item in report.unreadable] == [str(tmp_path / "box/new/2.host")]
    assert [path.name for path in (tmp_path / "box/cur").iterdir()] == ["0.host:2,S"]
    assert len(list((tmp_path / "box/new").iterdir())) == 2
    assert len(bounces.process_mailbox(store, inbox, keys=[KEY], now=lambda: NOW).messages) == 2


def test_a_processed_message_that_was_not_marked_is_harmless(store: Store, tmp_path: Path) -> None:
    sent = sent_message(store)
    fill(tmp_path / "box", "dsn unknown user", path=sent.path())

    class Dying(MaildirMailbox):
        def mark_read(self, message: object) -> None:  # noqa: ARG002
            raise InboxError("killed between the commit and the mark")

    with pytest.raises(InboxError):
        bounces.process_mailbox(store, Dying(tmp_path / "box"), keys=[KEY], now=lambda: NOW)
    report = bounces.process_mailbox(
        store, MaildirMailbox(tmp_path / "box"), keys=[KEY], now=lambda: NOW
    )
    assert [item.effect for item in report.messages] == [KNOWN]
    assert kept(store) == ["hard"]


def test_files_are_read_and_left_as_they_are(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "one.eml"
    file.write_bytes(HARD.message(path=sent_message(store).path()))
    report = bounces.process_mailbox(store, FileMailbox([file]), keys=[KEY], now=lambda: NOW)
    assert report.kinds == {BounceKind.HARD: 1}
    assert file.exists()


def test_a_folder_that_is_not_a_maildir_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(InboxError, match=f"{tmp_path}: not a Maildir"):
        list(MaildirMailbox(tmp_path).unread_messages())


@dataclass
class ImapServer:
    """The part of IMAP (RFC 3501) that the tests need; with TLS, or STARTTLS if `later`."""

    messages: list[bytes]
    context: ssl.SSLContext | None
    later: bool = False
    port: int = 0
    seen: set[int] = field(default_factory=set)
    lines: list[bytes] = field(default_factory=list)

    def serve(self, listening: socket.socket) -> None:
        try:
            connection, _ = listening.accept()
            if self.context and not self.later:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                self.converse(connection)
        except OSError:
            return

    def converse(self, connection: socket.socket) -> None:
        connection.sendall(b"* OK ready\r\n")
        lines = connection.makefile("rb")
        while line := lines.readline():
            self.lines.append(line)
            tag, _, rest = line.strip().partition(b" ")
            word = rest.split(b" ")[0].upper()
            answer = tag + b" OK done\r\n"
            if word == b"CAPABILITY":
                more = b" STARTTLS" if self.later and self.context else b""
                connection.sendall(b"* CAPABILITY IMAP4rev1" + more + b"\r\n")
            elif word == b"SELECT":
                connection.sendall(b"* %d EXISTS\r\n" % len(self.messages))
            elif word == b"UID":
                self.uid(connection, rest.split(b" ", 3)[1:])
            connection.sendall(answer)
            if word == b"LOGOUT":
                return
            if word == b"STARTTLS" and self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
                lines = connection.makefile("rb")

    def uid(self, connection: socket.socket, words: list[bytes]) -> None:
        if words[0] == b"SEARCH":
            unseen = [n for n in range(1, len(self.messages) + 1) if n not in self.seen]
            connection.sendall(b"* SEARCH " + b" ".join(b"%d" % n for n in unseen) + b"\r\n")
        elif words[0] == b"FETCH":
            data = self.messages[int(words[1]) - 1]
            head = b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n" % (
                int(words[1]),
                int(words[1]),
                len(data),
            )
            connection.sendall(head + data + b")\r\n")
        elif words[0] == b"STORE":
            self.seen.add(int(words[1]))


@contextmanager
def imap(*messages: bytes, tls: bool = True, later: bool = False, trusted: bool = True,
         tmp: Path) -> Iterator[tuple[ImapServer, Path]]:  # fmt: skip
    authority, other = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    (authority if trusted else other).cert_pem.write_to_path(str(tmp / "ca.pem"))
    server = ImapServer(messages=list(messages), context=context if tls else None, later=later)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]
        threading.Thread(target=server.serve, args=(listening,), daemon=True).start()
        yield server, tmp / "ca.pem"


@pytest.mark.parametrize("later", [False, True], ids=["imaps", "starttls"])
def test_in_an_imap_folder_processed_messages_are_marked_as_seen_and_others_are_left(
    store: Store, tmp_path: Path, *, later: bool
) -> None:
    hard = HARD.message(path=sent_message(store).path())
    person = BY_NAME["a person"].message()
    with imap(hard, person, later=later, tmp=tmp_path) as (server, ca):
        url = f"{'imap' if later else 'imaps'}://b%40example.org@127.0.0.1:{server.port}/Bounces"
        with ImapMailbox(url, password="s3cret word", ca_file=ca, timeout=120) as inbox:
            report = bounces.process_mailbox(store, inbox, keys=[KEY], now=lambda: NOW)
    assert [item.effect for item in report.messages] == [SUPPRESSED, LEFT]
    assert server.seen == {1}
    commands = b"".join(server.lines)
    assert b'LOGIN "b@example.org" "s3cret word"' in commands
    assert b'SELECT "Bounces"' in commands


@pytest.mark.parametrize("case", ["no STARTTLS", "unknown authority"])
def test_no_password_leaves_without_verified_encryption(case: str, tmp_path: Path) -> None:
    plain = case == "no STARTTLS"
    with imap(tls=not plain, later=plain, trusted=plain, tmp=tmp_path) as (server, ca):
        url = f"{'imap' if plain else 'imaps'}://b@127.0.0.1:{server.port}"
        with (
            pytest.raises(InboxError, match=f"127.0.0.1:{server.port}: cannot be read"),
            ImapMailbox(url, password="s3cret", ca_file=ca, timeout=120),
        ):
            pass
    assert b"s3cret" not in b"".join(server.lines)


def test_a_maildir_gives_what_is_new_and_what_was_not_read_yet(tmp_path: Path) -> None:
    for name in (
        "new/1",
        "new/.hidden",
        "cur/2:2,",
        "cur/3:2,F",
        "cur/4:2,S",
        "cur/5:2,FS",
        "tmp/6",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    inbox = MaildirMailbox(tmp_path)
    messages = list(inbox.unread_messages())
    assert [message.data for message in messages] == [b"new/1", b"cur/2:2,", b"cur/3:2,F"]
    for message in messages:
        inbox.mark_read(message)
    assert list(inbox.unread_messages()) == []
    assert {path.name for path in (tmp_path / "cur").iterdir()} == {
        "1:2,S", "2:2,S", "3:2,FS", "4:2,S", "5:2,FS",
    }  # fmt: skip


@pytest.mark.parametrize("part", ["b%0d%0aLOGOUT@imap.example.org", "b@imap.example.org/a%00b"])
def test_control_characters_in_the_address_are_refused_before_anything_is_sent(
    part: str, tmp_path: Path
) -> None:
    with imap(tmp=tmp_path) as (server, ca):
        url = f"imaps://{part.replace('imap.example.org', f'127.0.0.1:{server.port}')}"
        with (
            pytest.raises(UsageError, match="control characters"),
            ImapMailbox(url, password="s3cret", ca_file=ca, timeout=120),
        ):
            pass


@pytest.mark.parametrize(
    "url",
    ["imaps://imap.example.org", "imaps://b@", "pop3://b@imap.example.org", "imap.example.org"],
)
def test_an_address_of_a_mailbox_without_user_host_or_protocol_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="not an IMAP address; write imaps://"):
        ImapMailbox(url, password="x")


def test_a_password_in_the_address_is_refused() -> None:
    with pytest.raises(UsageError, match="DIGEST_BOUNCES_PASSWORD"):
        ImapMailbox("imaps://b:pass@imap.example.org", password="x")
