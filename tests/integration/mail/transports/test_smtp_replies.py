"""What each class of reply code means at each step, with and without pipelining."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.smtp.scripted_server import Script, script, served

from digest.core.models.delivery import Deferred, InDoubt, Outcome, Refused, Sent
from digest.errors import DeliveryRefused
from digest.mail.transports.smtp import SmtpTransport
from digest.mail.transports.smtp_connect import SmtpServer

BOTH = pytest.mark.parametrize("features", [[], ["PIPELINING"]], ids=["one by one", "pipelined"])


@contextmanager
def transport(smtp: Script, *, timeout: float = 120) -> Iterator[SmtpTransport]:
    with served(smtp) as port:
        server = SmtpServer(
            host="127.0.0.1",
            port=port,
            security="none",
            timeout=timeout,
            data_timeout=timeout,
            dot_timeout=timeout,
        )
        with SmtpTransport(server, clock=time.monotonic) as opened:
            yield opened


def send(opened: SmtpTransport, number: int = 1) -> Outcome:
    return opened.send(
        sender="digest@example.org",
        recipient=f"reader{number}@example.org",
        message=b"Subject: hello\r\n\r\nhello\r\n",
    )


@BOTH
@pytest.mark.parametrize("code", ["354 go on", "334 more", "399 what"])
def test_a_reply_that_asks_for_more_after_the_final_dot_is_not_an_acceptance(
    features: list[str], code: str
) -> None:
    smtp = script({"DOT": code}, features=features)
    with transport(smtp) as opened:
        outcome = send(opened)
        assert isinstance(outcome, InDoubt)
        assert code in outcome.reason
        # What the server expects now is unknown, so the next message needs a new connection.
        assert isinstance(send(opened, 2), Sent)
    assert smtp.connections == 2


@pytest.mark.parametrize("code", ["200 ok", "250 ok", "251 forwarded", "299 ok"])
def test_each_positive_reply_to_the_final_dot_is_an_acceptance(code: str) -> None:
    with transport(script({"DOT": code})) as opened:
        assert send(opened) == Sent(reply=code)


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
@pytest.mark.parametrize(
    "code", ["300 what", "354 go on", "450 4.2.0 later", "552 5.3.4 too large"]
)
def test_without_pipelining_no_command_follows_one_that_was_not_accepted(
    step: str, code: str
) -> None:
    smtp = script({step: code})
    with transport(smtp) as opened:
        assert isinstance(send(opened), Deferred | Refused)
        after = smtp.commands[smtp.commands.index(step) + 1 :]
        assert after in ([], ["RSET"])
        assert isinstance(send(opened, 2), Sent)
    assert [recipient for recipient, _ in smtp.messages] == ["reader2@example.org"]


@BOTH
@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_reply_that_asks_for_more_where_none_is_due_defers_on_a_new_connection(
    features: list[str], step: str
) -> None:
    smtp = script({step: "354 go on"}, features=features)
    with transport(smtp, timeout=5) as opened:  # the server takes what was sent ahead for a text
        outcome = send(opened)
        assert isinstance(outcome, Deferred)
        assert f"unexpected answer to {step}" in outcome.reason
        assert isinstance(send(opened, 2), Sent)
    assert smtp.connections == 2


@BOTH
@pytest.mark.parametrize(
    "code", ["552 too large", "552 5.2.3 too large", "550 5.3.4 too large", "554 5.2.3 too large"]
)
def test_a_message_that_is_too_large_at_mail_is_refused_alone(
    features: list[str], code: str
) -> None:
    with transport(script({"MAIL": code}, features=features)) as opened:
        assert isinstance(send(opened), Refused)
        assert isinstance(send(opened, 2), Sent)


@BOTH
@pytest.mark.parametrize("code", ["500 what", "550 no", "550 5.1.8 no", "553 5.1.7 no", "599 no"])
def test_any_other_permanent_rejection_at_mail_is_about_the_sender(
    features: list[str], code: str
) -> None:
    with (
        transport(script({"MAIL": code}, features=features)) as opened,
        pytest.raises(DeliveryRefused, match="refuses the sender"),
    ):
        send(opened)


@BOTH
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("code", ["400 later", "450 later", "452 full", "499 later"])
def test_a_temporary_rejection_defers_the_message_alone(
    features: list[str], step: str, code: str
) -> None:
    with transport(script({step: code}, features=features)) as opened:
        assert send(opened) == Deferred(reason=code, code=int(code[:3]))
        assert isinstance(send(opened, 2), Sent)
