"""Alert mails in a folder on an IMAP server: a real one (Dovecot), and hostile ones."""

import dataclasses
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest
import trustme
from support.servers import dovecot
from support.servers.dovecot import PASSWORD, ImapServer

from digest.core.models.batches import SourceRead
from digest.errors import InboxError
from digest.imap.address import folder_name
from digest.imap.folder import ImapFolder, LoginError
from digest.sources.kinds import imap_mail
from digest.sources.kinds.imap_mail import ImapMailSource

NAME = "DIGEST_MAIL_PASSWORD"
needs_dovecot = pytest.mark.skipif(dovecot.PROGRAM is None, reason="no dovecot")


@pytest.fixture(scope="module")
def running() -> Iterator[ImapServer]:
    with dovecot.dovecot() as server:
        yield server


@pytest.fixture
def server(running: ImapServer) -> Iterator[ImapServer]:
    """The server without messages."""
    yield running
    for box in (running.folder / "mail", running.folder / "mail" / ".Alerts"):
        for path in (*box.glob("new/*"), *box.glob("cur/*")):
            path.unlink()


def alert(number: int, sender: str = "scholaralerts-noreply@google.com") -> bytes:
    message = EmailMessage()
    message["From"] = f"Alerts <{sender}>"
    message["Subject"] = "New articles"
    link = f"https://arxiv.org/abs/2601.{number:05}"
    message.set_content("In HTML.")
    message.add_alternative(f'<a href="{link}">Study number {number}</a>', subtype="html")
    return bytes(message)


def source_of(server: ImapServer, mailbox: str = "INBOX", **fields: Any) -> ImapMailSource:
    tls = fields.pop("tls", True)
    password = fields.pop("password", PASSWORD)

    def opened() -> ImapFolder:
        return ImapFolder(
            server.url(mailbox, tls=tls),
            password=password,
            password_name=NAME,
            ca_file=server.ca_file,
            read_only=not fields.get("mark_seen", False),
            timeout=120,
        )

    return ImapMailSource(name="alerts", origin="imaps://h/INBOX", open=opened, **fields)


def fetched(
    source: ImapMailSource, cursor: Mapping[str, Any] | None = None
) -> tuple[list[SourceRead], Mapping[str, Any]]:
    reads = list(source.fetch(cursor, now=datetime.now(UTC)))
    return reads, reads[-1].cursor if reads else cursor or {}


def titles(reads: list[SourceRead]) -> list[str]:
    return [paper.title for read in reads if read.batch for paper in read.batch.papers]


@needs_dovecot
def test_new_messages_are_read_once_and_nothing_changes_on_the_server(server: ImapServer) -> None:
    server.deliver(alert(1), "1.a")
    server.deliver(alert(2, "someone@example.org"), "2.b")
    source = source_of(server, senders=("google.com",))
    reads, cursor = fetched(source)
    assert titles(reads) == ["Study number 1"]
    assert fetched(source, cursor)[0] == []
    server.deliver(alert(3), "3.c")
    reads, later = fetched(source, cursor)
    assert titles(reads) == ["Study number 3"]
    assert later["uid"] > cursor["uid"]
    flags = [path.name.partition(":2,")[2] for path in (server.folder / "mail").glob("cur/*")]
    assert not any("S" in flag for flag in flags)

    # The folder was made anew: the same UIDs may mean other messages.
    reads, _ = fetched(source, {**later, "uidvalidity": later["uidvalidity"] + 1})
    assert titles(reads) == ["Study number 1", "Study number 3"]


@needs_dovecot
def test_messages_are_marked_as_read_after_their_batch_is_stored(
    server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_mail, "_AT_ONCE", 1)
    for number in (1, 2):
        server.deliver(alert(number), f"{number}.a", mailbox=".Alerts")
    box = server.folder / "mail" / ".Alerts" / "cur"
    reads = source_of(server, "Alerts", mark_seen=True, tls=False).fetch(
        None, now=datetime.now(UTC)
    )
    marked: list[int] = []
    for read in reads:
        assert read.batch
        marked.append(sum("S" in path.name.partition(":2,")[2] for path in box.iterdir()))
    marked.append(sum("S" in path.name.partition(":2,")[2] for path in box.iterdir()))
    assert marked == [0, 1, 2]


@needs_dovecot
def test_old_messages_are_not_read_at_the_first_fetch(server: ImapServer) -> None:
    server.deliver(alert(1), "1.a")
    source = source_of(server)
    in_a_month = datetime.now(UTC) + timedelta(days=40)
    assert list(source.fetch(None, now=in_a_month)) == []


@needs_dovecot
def test_a_lost_connection_is_made_again_and_goes_on(
    server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_mail, "_AT_ONCE", 1)
    for number in (1, 2, 3):
        server.deliver(alert(number), f"{number}.a")
    whole, lost = ImapFolder.fetch, [0]

    def fetch(self: ImapFolder, uid: int, *, most: int) -> bytes | None:
        lost[0] += 1
        if lost[0] == 2:
            self._server.sock.shutdown(socket.SHUT_RDWR)
        return whole(self, uid, most=most)

    monkeypatch.setattr(ImapFolder, "fetch", fetch)
    reads, _ = fetched(source_of(server))
    assert titles(reads) == ["Study number 1", "Study number 2", "Study number 3"]
    assert all(read.batch for read in reads)


@needs_dovecot
def test_a_missing_folder_and_an_unknown_authority_are_named(
    server: ImapServer, tmp_path: Path
) -> None:
    (read,), _ = fetched(source_of(server, "Nothing"))
    assert read.problem
    assert "has no folder 'Nothing'" in read.problem.reason
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    (read,), _ = fetched(source_of(dataclasses.replace(server, ca_file=other)))
    assert read.problem
    assert "CERTIFICATE_VERIFY_FAILED" in read.problem.reason


# The last test with the server, which lets an address wait after a wrong password.
@needs_dovecot
def test_a_wrong_password_is_tried_once_and_told_without_it(server: ImapServer) -> None:
    opened = 0
    source = source_of(server, password="wrong pässword")

    def counted() -> ImapFolder:
        nonlocal opened
        opened += 1
        return source.open()

    (read,), _ = fetched(msgspec.structs.replace(source, open=counted))
    assert read.batch is None
    assert read.problem
    assert "cannot be read" in read.problem.reason
    assert "wrong" not in read.problem.reason
    assert opened == 1


def test_a_message_that_is_too_long_is_named_and_the_others_are_read() -> None:
    class Folder:
        def uid_validity(self) -> int:
            return 1

        def search(self, *_: str) -> Iterator[int]:
            yield from (1, 2, 3)

        def fetch(self, uid: int, *, most: int) -> bytes | None:
            return {1: alert(1), 2: b"x" * most}.get(uid)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    opened: Any = Folder
    source = ImapMailSource(name="alerts", origin="imaps://h/INBOX", open=opened)
    (read,), _ = fetched(source)
    assert titles([read]) == ["Study number 1"]
    assert read.batch
    assert [item.reason for item in read.batch.rejected] == [
        "message 2: more than 1,048,576 bytes, the most that is read"
    ]


@contextmanager
def hostile(answer: bytes, tmp: Path, *, drip: bool = False) -> Iterator[str]:
    """A server that lets everybody in, and gives one answer to each command with UIDs."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp / "ca.pem"))
    stop = threading.Event()

    def serve(listening: socket.socket) -> None:
        connection = context.wrap_socket(listening.accept()[0], server_side=True)
        try:
            with connection:
                connection.sendall(b"* OK ready\r\n")
                for line in connection.makefile("rb"):
                    tag, _, rest = line.partition(b" ")
                    if rest.upper().startswith(b"UID"):
                        connection.sendall(answer)
                        while drip and not stop.wait(0.02):
                            connection.sendall(b"x")
                    elif rest.upper().startswith(b"CAPABILITY"):
                        connection.sendall(b"* CAPABILITY IMAP4rev1\r\n")
                    connection.sendall(tag + b" OK done\r\n")
        except OSError:
            return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        yield f"imaps://ada@127.0.0.1:{listening.getsockname()[1]}/INBOX"
        stop.set()
        thread.join(10)


def reading(url: str, tmp: Path, **options: Any) -> ImapFolder:
    return ImapFolder(
        url, password="x", password_name=NAME, ca_file=tmp / "ca.pem", timeout=120, **options
    )


@pytest.mark.parametrize("size", [2**21, 2**40])
def test_a_server_that_announces_more_than_was_asked_for_is_left(tmp_path: Path, size: int) -> None:
    answer = b"* 1 FETCH (UID 1 BODY[]<0> {%d}\r\n" % size
    with hostile(answer, tmp_path) as url, reading(url, tmp_path) as folder:  # noqa: SIM117
        with pytest.raises(InboxError, match="more than were asked for"):
            folder.fetch(1, most=1000)


def test_a_server_that_never_ends_its_answer_is_left_after_a_time(tmp_path: Path) -> None:
    with (
        hostile(b"* SEARCH ", tmp_path, drip=True) as url,
        reading(url, tmp_path, total=0.5) as folder,
        pytest.raises(InboxError, match=r"no complete answer within 0\.5 seconds"),
    ):
        list(folder.search("ALL"))


@pytest.mark.parametrize(
    "answer",
    [
        b"* SEARCH 1 x -2 99999999999999999999999 3\r\n",
        b"* SEARCH\r\n",
        b"* NONSENSE \xff\r\n",
        b"",
    ],
)
def test_a_strange_answer_gives_the_numbers_in_it(tmp_path: Path, answer: bytes) -> None:
    with hostile(answer, tmp_path) as url, reading(url, tmp_path) as folder:
        assert set(folder.search("ALL")) <= {1, 3}


def test_nobody_answers(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with (
        pytest.raises(LoginError, match=r"127\.0\.0\.1:9: cannot be read"),
        reading("imaps://ada@127.0.0.1:9", tmp_path),
    ):
        pass


def test_names_of_folders_are_written_as_servers_expect_them() -> None:
    # The example of RFC 3501, 5.1.3.
    assert folder_name("~peter/mail/台北/日本語") == "~peter/mail/&U,BTFw-/&ZeVnLIqe-"
    assert folder_name("R&D Entwürfe") == "R&-D Entw&APw-rfe"
