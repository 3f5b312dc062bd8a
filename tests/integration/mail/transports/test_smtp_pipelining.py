"""What goes out ahead: the next letter's sender and recipient, with the end of this one."""

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


def letter(number: int) -> Envelope:
    return Envelope(
        sender="digest@example.org", recipient=f"reader{number}@example.org", message=BODY
    )


@contextmanager
def transport(said: Script, **fields: float) -> Iterator[SmtpTransport]:
    with served(said) as port:
        limits = {"timeout": 5.0, "data_timeout": 5.0, "dot_timeout": 5.0} | fields
        server = SmtpServer(host="127.0.0.1", port=port, security="none", **limits)  # type: ignore[arg-type]
        with SmtpTransport(server, clock=time.monotonic) as opened:
            yield opened


def send(opened: SmtpTransport, number: int, following: int | None = None) -> Outcome:
    mine = letter(number)
    return opened.send(
        sender=mine.sender,
        recipient=mine.recipient,
        message=mine.message,
        following=None if following is None else letter(following),
    )


def sent_to(said: Script) -> list[str]:
    return [recipient.partition("@")[0] for recipient, _ in said.letters]


def pipelining(**replies: str | list[str]) -> Script:
    return script(replies, features=["PIPELINING"])


def test_a_letter_costs_one_round_trip() -> None:
    """A server that answers only what came in one piece sees all of it together."""
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


def test_nothing_goes_ahead_to_a_server_that_does_not_offer_it() -> None:
    said = script({"DOT": HANG_UP})
    with transport(said) as opened:
        assert isinstance(send(opened, 1, following=2), InDoubt)
        assert said.commands.count("MAIL") == 1
        assert isinstance(send(opened, 2), Sent)


def test_another_letter_than_the_announced_one_goes_over_a_new_connection() -> None:
    said = pipelining()
    with transport(said) as opened:
        assert isinstance(send(opened, 1, following=2), Sent)
        assert isinstance(send(opened, 3), Sent)
    assert sent_to(said) == ["reader1", "reader3"]
    assert said.connections == 2


def test_an_announced_letter_that_never_comes_leaves_nothing_behind() -> None:
    said = pipelining()
    with transport(said) as opened:
        assert isinstance(send(opened, 1, following=2), Sent)
    assert sent_to(said) == ["reader1"]
    assert "QUIT" not in said.commands  # it would have been taken for the letter's first line


@pytest.mark.parametrize("code", ["450 4.2.0 later", "550 5.1.1 no such user"])
def test_a_no_to_the_letter_is_not_one_to_the_announced_one(code: str) -> None:
    said = pipelining(DOT=code)
    with transport(said) as opened:
        assert isinstance(send(opened, 1, following=2), Deferred | Refused)
        assert isinstance(send(opened, 2, following=3), Sent)
        assert isinstance(send(opened, 3), Sent)
    assert sent_to(said) == ["reader2", "reader3"]
    assert said.connections == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_no_to_the_announced_one_is_told_when_its_turn_comes(step: str) -> None:
    said = pipelining(**{step: ["250 OK", "450 4.2.0 later"]}, DATA=["354 go on", "503 no"])
    with transport(said) as opened:
        assert isinstance(send(opened, 1, following=2), Sent)
        assert send(opened, 2, following=3) == Deferred(reason="450 4.2.0 later", code=450)
        assert isinstance(send(opened, 3), Sent)
    assert sent_to(said) == ["reader1", "reader3"]


def test_a_server_that_wants_a_letter_without_a_recipient_gets_none() -> None:
    said = pipelining(RCPT=["250 OK", "550 5.1.1 no such user"])
    with transport(said) as opened:
        assert isinstance(send(opened, 1, following=2), Sent)
        assert isinstance(send(opened, 2, following=3), Refused)
        assert isinstance(send(opened, 3), Sent)
    assert sent_to(said) == ["reader1", "reader3"]
    assert said.connections == 2


def test_what_was_announced_is_not_in_doubt_when_the_connection_is_lost() -> None:
    said = pipelining(DOT=HANG_UP)
    with transport(said) as opened:
        assert isinstance(send(opened, 1, following=2), InDoubt)
        assert isinstance(send(opened, 2), Sent)
    assert sent_to(said) == ["reader2"]


def test_a_refusal_by_policy_after_the_dot_is_of_that_letter_and_the_announced_one_goes_on() -> (
    None
):
    said = pipelining(DOT="550 5.7.1 not allowed")
    with transport(said) as opened:
        outcome = send(opened, 1, following=2)
        assert isinstance(outcome, Deferred)
        assert outcome.policy
        assert isinstance(send(opened, 2), Sent)
    assert sent_to(said) == ["reader2"]


def test_a_server_that_drops_what_came_ahead_is_not_told_ahead_again() -> None:
    said = pipelining(MAIL=["250 OK", STALL])
    with transport(said, timeout=0.5) as opened:
        assert isinstance(send(opened, 1, following=2), Sent)
        assert isinstance(send(opened, 2, following=3), Sent)
        mails = said.commands.count("MAIL")
        assert isinstance(send(opened, 3), Sent)
        assert said.commands.count("MAIL") == mails + 1
    assert sent_to(said) == ["reader1", "reader2", "reader3"]


def test_nothing_is_announced_over_a_connection_that_has_done_its_share() -> None:
    said = pipelining()
    with transport(said, most_letters=2) as opened:
        for number in range(1, 6):
            assert isinstance(send(opened, number, following=number + 1), Sent)
    assert sent_to(said) == [f"reader{number}" for number in range(1, 6)]
    assert said.connections == 3
    assert said.commands.count("QUIT") == 2  # the third had the sixth letter announced


def test_a_reply_that_drips_in_byte_by_byte_has_no_longer_than_any_other() -> None:
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
