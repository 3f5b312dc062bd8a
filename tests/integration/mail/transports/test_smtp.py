"""The outcome of each message, with servers that misbehave at a chosen step."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from digest.core.models.delivery import Deferred, InDoubt, Refused, Sent
from digest.demo.server import ReceivedMessage, mail_server
from digest.errors import DeliveryBlocked, DeliveryError, DeliveryRefused
from digest.mail.transports.smtp import SmtpTransport
from digest.mail.transports.smtp_connect import SmtpServer

MESSAGE = b"Subject: hello\r\n\r\n.a line with a dot\r\n..two\r\nend\r\n"
HANG_UP = ""  # a scripted server closes the connection in place of this reply


@dataclass
class Script:
    """A server with a list of replies for each command; the default reply is 250."""

    replies: dict[str, list[str]]
    commands: list[str] = field(default_factory=list)
    connections: int = 0

    def reply(self, command: str) -> str:
        waiting = self.replies.get(command)
        if waiting:
            return waiting.pop(0)
        return {"GREETING": "220 ready", "DATA": "354 go on", "QUIT": "221 bye"}.get(
            command, "250 OK"
        )


@contextmanager
def scripted(**replies: str | Sequence[str]) -> Iterator[tuple[Script, SmtpServer]]:
    script = Script(
        {
            name: [given] if isinstance(given, str) else list(given)
            for name, given in replies.items()
        }
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_serve, args=(listening, script), daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        yield script, SmtpServer(host="127.0.0.1", port=port, security="none", timeout=120)


def _serve(listening: socket.socket, script: Script) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        script.connections += 1
        with connection:
            _converse(connection, script)


def _converse(connection: socket.socket, script: Script) -> None:
    lines = connection.makefile("rb")
    if not _answer(connection, script, "GREETING"):
        return
    for line in lines:
        command = line.split(b" ")[0].strip().decode().upper()
        script.commands.append(command)
        reply = _answer(connection, script, command)
        if reply.startswith("354"):
            while next(lines, b".\r\n") != b".\r\n":
                pass
            reply = _answer(connection, script, "DOT")
        if not reply or command == "QUIT":
            return


def _answer(connection: socket.socket, script: Script, command: str) -> str:
    reply = script.reply(command)
    if reply != HANG_UP:
        connection.sendall(reply.encode() + b"\r\n")
    return reply


def transport_to(server: SmtpServer) -> SmtpTransport:
    return SmtpTransport(server, clock=time.monotonic)


def send(transport: SmtpTransport, to: str = "ada@example.org") -> object:
    return transport.send(sender="digest@example.org", recipient=to, message=MESSAGE)


def test_a_message_is_sent_only_after_250_and_arrives_unchanged() -> None:
    received: list[ReceivedMessage] = []
    with (
        mail_server(received.append) as port,
        transport_to(SmtpServer(host="127.0.0.1", port=port, security="none")) as transport,
    ):
        assert send(transport) == Sent(reply="250 OK")
    assert received[0].message == MESSAGE
    assert received[0].sender == "digest@example.org"
    assert received[0].recipients == ("ada@example.org",)


def test_all_messages_share_one_connection() -> None:
    with scripted() as (script, server), transport_to(server) as transport:
        for _ in range(3):
            assert isinstance(send(transport), Sent)
        assert script.connections == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "DOT"])
def test_a_temporary_rejection_at_any_step_defers_and_the_next_message_is_sent(step: str) -> None:
    with scripted(**{step: "450 later"}) as (script, server), transport_to(server) as transport:
        assert send(transport) == Deferred(reason="450 later", code=450)
        assert isinstance(send(transport), Sent)
        assert script.connections == 1


@pytest.mark.parametrize("step", ["RCPT", "DATA", "DOT"])
def test_a_permanent_rejection_of_a_message_refuses_only_that_message(step: str) -> None:
    with scripted(**{step: "550 5.1.1 no"}) as (_, server), transport_to(server) as transport:
        assert send(transport) == Refused(reason="550 5.1.1 no", code=550, status="5.1.1")
        assert isinstance(send(transport), Sent)


@pytest.mark.parametrize("step", ["RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("reply", ["554 Relay access denied", "550 5.7.1 blocked", "554 5.7.1 no"])
def test_a_policy_rejection_of_a_message_defers_it_and_the_next_is_sent(
    step: str, reply: str
) -> None:
    with scripted(**{step: reply}) as (_, server), transport_to(server) as transport:
        code = int(reply[:3])
        assert send(transport) == Deferred(reason=reply, code=code, policy=True)
        assert isinstance(send(transport), Sent)


def test_a_policy_rejection_of_the_sender_stops_everything() -> None:
    with (
        scripted(MAIL="550 5.7.1 not you") as (_, server),
        pytest.raises(DeliveryBlocked, match=r"refuses mail as a whole: 550 5\.7\.1"),
        transport_to(server) as transport,
    ):
        send(transport)


def test_after_an_exception_the_connection_is_closed_without_quit() -> None:
    with scripted() as (script, server):
        with pytest.raises(KeyboardInterrupt), transport_to(server):
            raise KeyboardInterrupt
        assert "QUIT" not in script.commands


def test_a_reply_contains_no_terminal_control_characters() -> None:
    with (
        scripted(RCPT="450 \x1b]0;owned\x07 later" + "x" * 900) as (_, server),
        transport_to(server) as transport,
    ):
        outcome = send(transport)
        assert isinstance(outcome, Deferred)
        assert outcome.reason.isprintable()
        assert len(outcome.reason) < 400


def test_a_permanent_rejection_of_the_sender_stops_everything() -> None:
    with (
        scripted(MAIL="550 not you") as (_, server),
        transport_to(server) as transport,
        pytest.raises(DeliveryRefused, match=r"refuses the sender.*550 not you.*DIGEST_FROM"),
    ):
        send(transport)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_connection_lost_before_the_dot_defers_and_a_new_one_is_opened(step: str) -> None:
    with scripted(**{step: HANG_UP}) as (script, server), transport_to(server) as transport:
        outcome = send(transport)
        assert isinstance(outcome, Deferred)
        assert "before the message was handed over" in outcome.reason
        assert isinstance(send(transport), Sent)
        assert script.connections == 2


def test_a_connection_lost_after_the_dot_leaves_the_message_in_doubt() -> None:
    with scripted(DOT=HANG_UP) as (_, server), transport_to(server) as transport:
        outcome = send(transport)
        assert isinstance(outcome, InDoubt)
        assert "after the final dot" in outcome.reason
        assert isinstance(send(transport), Sent)


def test_421_closes_the_connection_and_the_next_message_opens_another() -> None:
    with scripted(RCPT="421 closing") as (script, server), transport_to(server) as transport:
        assert send(transport) == Deferred(reason="421 closing", code=421)
        assert isinstance(send(transport), Sent)
        assert script.connections == 2


@pytest.mark.parametrize("greeting", [HANG_UP, "554 no service", "garbage"])
def test_a_server_that_does_not_greet_is_an_error_that_names_it(greeting: str) -> None:
    with (
        scripted(GREETING=greeting) as (_, server),
        pytest.raises(DeliveryError, match=rf"mail server 127.0.0.1:{server.port} cannot be used"),
        transport_to(server),
    ):
        pass


def test_nothing_falls_back_to_plaintext_where_starttls_is_missing() -> None:
    with scripted() as (script, plain):
        server = SmtpServer(
            host="127.0.0.1", port=plain.port, security="starttls", user="u", password="p"
        )
        with (
            pytest.raises(DeliveryRefused, match="does not offer STARTTLS; nothing was sent"),
            transport_to(server),
        ):
            pass
        assert script.commands == ["EHLO"]


def test_a_password_is_never_sent_without_tls() -> None:
    with scripted(EHLO="250-hello\r\n250 AUTH PLAIN LOGIN") as (script, plain):
        server = SmtpServer(
            host="127.0.0.1", port=plain.port, security="none", user="u", password="p"
        )
        with pytest.raises(DeliveryRefused, match="never sent without TLS"), transport_to(server):
            pass
        assert script.commands == ["EHLO"]


def test_a_closed_port_is_an_error_that_says_what_to_check() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with (
        pytest.raises(DeliveryError, match="Connection refused; check DIGEST_SMTP_HOST"),
        transport_to(SmtpServer(host="127.0.0.1", port=port, security="none")),
    ):
        pass


def test_a_connection_is_renewed_at_its_message_limit_and_age_limit() -> None:
    now = 0.0
    with scripted() as (script, server):
        limited = replace(server, max_messages=2, max_age=60)
        with SmtpTransport(limited, clock=lambda: now) as transport:
            for _ in range(3):
                assert isinstance(send(transport), Sent)
            assert (script.connections, script.commands.count("QUIT")) == (2, 1)
            now = 61.0
            assert isinstance(send(transport), Sent)
            assert script.connections == 3


@pytest.mark.parametrize("ending", ["421 idle for too long", HANG_UP])
def test_an_idle_connection_closed_by_the_server_loses_no_message(ending: str) -> None:
    with (
        scripted(MAIL=["250 OK", ending]) as (script, server),
        transport_to(server) as transport,
    ):
        assert isinstance(send(transport), Sent)
        assert isinstance(send(transport), Sent)
        assert script.connections == 2


@pytest.mark.parametrize("address", ["a@x.org>\r\nRCPT TO:<b@x.org", "ä@x.org", "a b@x.org", ""])
def test_an_address_that_smtp_does_not_allow_is_refused_without_a_command(address: str) -> None:
    with scripted() as (script, server), transport_to(server) as transport:
        assert isinstance(send(transport, to=address), Refused)
        assert "MAIL" not in script.commands


def test_only_the_message_that_is_too_large_is_refused() -> None:
    with (
        scripted(MAIL="552 5.3.4 too large") as (_, server),
        transport_to(server) as transport,
    ):
        assert isinstance(send(transport), Refused)
        assert isinstance(send(transport), Sent)


def test_8_bit_messages_are_sent_only_if_the_server_supports_them() -> None:
    with scripted() as (script, server), transport_to(server) as transport:
        outcome = transport.send(sender="a@x.org", recipient="b@x.org", message="ä".encode())
        assert isinstance(outcome, Refused)
        assert "MAIL" not in script.commands


def test_a_greeting_sent_byte_by_byte_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(b"220 ")
                for _ in range(200):
                    connection.sendall(b".")
                    if over.wait(0.1):
                        return
                connection.sendall(b"\r\n")
                connection.recv(1)

        thread = threading.Thread(target=drip)
        thread.start()
        server = SmtpServer(
            host="127.0.0.1",
            port=listening.getsockname()[1],
            security="none",
            connect_timeout=0.4,
            timeout=0.4,
        )
        with pytest.raises(DeliveryError, match="timed out"), transport_to(server):
            pass  # without the deadline, it would wait until the server ends the line
        over.set()
        thread.join()
