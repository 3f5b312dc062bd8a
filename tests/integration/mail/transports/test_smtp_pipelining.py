"""The commands of the next message are sent with the end of the current message."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.smtp.scripted_server import HANG_UP, STALL, Script, script, served

from digest.core.models.delivery import Deferred, Envelope, InDoubt, Outcome, Refused, Sent
from digest.mail.transports.smtp import SmtpTransport
from digest.mail.transports.smtp_connect import SmtpServer

BODY = b"Subject: hello\r\n\r\nhello\r\n"


def envelope(number: int) -> Envelope:
    return Envelope(
        sender="digest@example.org", recipient=f"reader{number}@example.org", message=BODY
    )


@contextmanager
def transport(smtp: Script, **fields: float) -> Iterator[SmtpTransport]:
    with served(smtp) as port:
        limits = {"timeout": 5.0, "data_timeout": 5.0, "dot_timeout": 5.0} | fields
        server = SmtpServer(host="127.0.0.1", port=port, security="none", **limits)  # type: ignore[arg-type]
        with SmtpTransport(server, clock=time.monotonic) as opened:
            yield opened


def send(opened: SmtpTransport, number: int, following: int | None = None) -> Outcome:
    current = envelope(number)
    return opened.send(
        sender=current.sender,
        recipient=current.recipient,
        message=current.message,
        following=None if following is None else envelope(following),
    )


def sent_to(smtp: Script) -> list[str]:
    return [recipient.partition("@")[0] for recipient, _ in smtp.messages]


def pipelining(**replies: str | list[str]) -> Script:
    return script(replies, features=["PIPELINING"])


def test_a_message_costs_one_round_trip() -> None:
    """A server that replies once for each chunk receives all commands in one chunk."""
    pieces: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"220 ready\r\n")
            for answer in (
                b"250-sink\r\n250 PIPELINING\r\n",
                b"250 ok\r\n250 ok\r\n354 go on\r\n",
                b"250 kept\r\n250 ok\r\n250 ok\r\n354 go on\r\n",
                b"250 kept\r\n",
                b"221 bye\r\n",
            ):
                pieces.append(connection.recv(65536))
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        server = SmtpServer(
            host="127.0.0.1", port=listening.getsockname()[1], security="none", timeout=5
        )
        with SmtpTransport(server, clock=time.monotonic) as opened:
            assert isinstance(send(opened, 1, following=2), Sent)
            assert isinstance(send(opened, 2), Sent)
        thread.join(5)
    assert pieces[2].startswith(BODY)
    assert pieces[2].endswith(
        b"\r\n.\r\nMAIL FROM:<digest@example.org>\r\nRCPT TO:<reader2@example.org>\r\nDATA\r\n"
    )
    assert pieces[3] == BODY + b".\r\n"


def test_without_pipelining_no_command_is_sent_ahead() -> None:
    smtp = script({"DOT": HANG_UP})
    with transport(smtp) as opened:
        assert isinstance(send(opened, 1, following=2), InDoubt)
        assert smtp.commands.count("MAIL") == 1
        assert isinstance(send(opened, 2), Sent)


def test_a_message_other_than_the_announced_one_needs_a_new_connection() -> None:
    smtp = pipelining()
    with transport(smtp) as opened:
        assert isinstance(send(opened, 1, following=2), Sent)
        assert isinstance(send(opened, 3), Sent)
    assert sent_to(smtp) == ["reader1", "reader3"]
    assert smtp.connections == 2


def test_an_announced_message_that_is_never_sent_is_not_delivered() -> None:
    smtp = pipelining()
    with transport(smtp) as opened:
        assert isinstance(send(opened, 1, following=2), Sent)
    assert sent_to(smtp) == ["reader1"]
    assert "QUIT" not in smtp.commands  # the server would read it as the first line of the message


@pytest.mark.parametrize("code", ["450 4.2.0 later", "550 5.1.1 no such user"])
def test_a_rejected_message_does_not_affect_the_announced_one(code: str) -> None:
    smtp = pipelining(DOT=code)
    with transport(smtp) as opened:
        assert isinstance(send(opened, 1, following=2), Deferred | Refused)
        assert isinstance(send(opened, 2, following=3), Sent)
        assert isinstance(send(opened, 3), Sent)
    assert sent_to(smtp) == ["reader2", "reader3"]
    assert smtp.connections == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_rejection_of_the_announced_message_is_its_own_outcome(step: str) -> None:
    smtp = pipelining(**{step: ["250 OK", "450 4.2.0 later"]}, DATA=["354 go on", "503 no"])
    with transport(smtp) as opened:
        assert isinstance(send(opened, 1, following=2), Sent)
        assert send(opened, 2, following=3) == Deferred(reason="450 4.2.0 later", code=450)
        assert isinstance(send(opened, 3), Sent)
    assert sent_to(smtp) == ["reader1", "reader3"]


def test_data_accepted_without_a_recipient_gets_no_message() -> None:
    smtp = pipelining(RCPT=["250 OK", "550 5.1.1 no such user"])
    with transport(smtp) as opened:
        assert isinstance(send(opened, 1, following=2), Sent)
        assert isinstance(send(opened, 2, following=3), Refused)
        assert isinstance(send(opened, 3), Sent)
    assert sent_to(smtp) == ["reader1", "reader3"]
    assert smtp.connections == 2


def test_the_announced_message_is_not_in_doubt_when_the_connection_is_lost() -> None:
    smtp = pipelining(DOT=HANG_UP)
    with transport(smtp) as opened:
        assert isinstance(send(opened, 1, following=2), InDoubt)
        assert isinstance(send(opened, 2), Sent)
    assert sent_to(smtp) == ["reader2"]


def test_a_policy_rejection_after_the_dot_leaves_the_announced_message() -> None:
    smtp = pipelining(DOT="550 5.7.1 not allowed")
    with transport(smtp) as opened:
        outcome = send(opened, 1, following=2)
        assert isinstance(outcome, Deferred)
        assert outcome.policy
        assert isinstance(send(opened, 2), Sent)
    assert sent_to(smtp) == ["reader2"]


def test_after_a_server_dropped_commands_sent_ahead_none_are_sent_ahead_again() -> None:
    smtp = pipelining(MAIL=["250 OK", STALL])
    with transport(smtp, timeout=2) as opened:
        assert isinstance(send(opened, 1, following=2), Sent)
        assert isinstance(send(opened, 2, following=3), Sent)
        mails = smtp.commands.count("MAIL")
        assert isinstance(send(opened, 3), Sent)
        assert smtp.commands.count("MAIL") == mails + 1
    assert sent_to(smtp) == ["reader1", "reader2", "reader3"]


def test_nothing_is_announced_over_a_connection_at_its_message_limit() -> None:
    smtp = pipelining()
    with transport(smtp, max_messages=2) as opened:
        for number in range(1, 6):
            assert isinstance(send(opened, number, following=number + 1), Sent)
    assert sent_to(smtp) == [f"reader{number}" for number in range(1, 6)]
    assert smtp.connections == 3
    assert smtp.commands.count("QUIT") == 2  # on the third, the sixth message was announced


def test_a_reply_sent_byte_by_byte_has_the_same_timeout() -> None:
    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"220 ready\r\n")
            connection.recv(1000)
            connection.sendall(b"250 sink\r\n")
            connection.recv(1000)
            try:
                while True:
                    connection.sendall(b"2")
                    time.sleep(0.05)
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        server = SmtpServer(
            host="127.0.0.1", port=listening.getsockname()[1], security="none", timeout=0.5
        )
        with SmtpTransport(server, clock=time.monotonic) as opened:
            outcome = send(opened, 1)
    assert isinstance(outcome, Deferred)
    assert "timed out" in outcome.reason
