"""No message and no part of a password is sent to a server that is not verified."""

import base64
import ssl
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from support.smtp.scripted_server import Script, script, served

from digest.core.models.delivery import Sent
from digest.errors import DeliveryError, DeliveryRefused
from digest.mail.transports.smtp import SmtpTransport
from digest.mail.transports.smtp_connect import Security, SmtpServer

USER, PASSWORD = "ada-the-user", "hunter2-the-password"
ENDED = datetime(2001, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def tls_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def server(port: int, security: Security, ca_file: Path, password: str = PASSWORD) -> SmtpServer:
    return SmtpServer(
        host="localhost",
        port=port,
        security=security,
        user=USER,
        password=password,
        ca_file=ca_file,
        timeout=120,
    )


def assert_no_secret_sent(recorded: Script) -> None:
    """Checks that neither AUTH nor the user nor the password was sent, plain or encoded."""
    assert not set(recorded.commands) & {"AUTH", "MAIL"}
    for secret in (USER, PASSWORD, f"\0{USER}\0{PASSWORD}"):
        assert secret.encode() not in recorded.plain
        assert base64.b64encode(secret.encode()).rstrip(b"=")[:-1] not in recorded.plain


def send(server: SmtpServer) -> object:
    with SmtpTransport(server, clock=time.monotonic) as transport:
        return transport.send(
            sender="digest@example.org", recipient="ada@example.org", message=b"Subject: x\r\n\r\ny"
        )


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("password", [PASSWORD, "pässwörd"])
def test_a_verified_server_gets_the_login_and_the_message_over_tls(
    authority: trustme.CA, ca_file: Path, security: Security, password: str
) -> None:
    recorded = script(
        {},
        features=["STARTTLS", "AUTH PLAIN"],
        tls=tls_of(authority.issue_cert("localhost")),
        tls_first=security == "tls",
    )
    with served(recorded) as port:
        assert isinstance(send(server(port, security, ca_file, password)), Sent)
    assert "AUTH" in recorded.commands
    assert b"AUTH" not in recorded.plain
    assert len(recorded.messages) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    "wrong,why",
    [
        ("name", "certificate is not valid for 'localhost'"),
        ("expired", "certificate has expired"),
        ("authority", "unable to get local issuer certificate"),
    ],
)
def test_with_a_wrong_certificate_no_part_of_the_login_is_sent(
    authority: trustme.CA, ca_file: Path, security: Security, wrong: str, why: str
) -> None:
    certificate = {
        "name": lambda: authority.issue_cert("other.example.org"),
        "expired": lambda: authority.issue_cert("localhost", not_after=ENDED),
        "authority": lambda: trustme.CA().issue_cert("localhost"),
    }[wrong]()
    recorded = script(
        {},
        features=["STARTTLS", "AUTH PLAIN LOGIN"],
        tls=tls_of(certificate),
        tls_first=security == "tls",
    )
    with (
        served(recorded) as port,
        pytest.raises(DeliveryRefused, match=rf"cannot be trusted \(.*{why}.*nothing was sent"),
    ):
        send(server(port, security, ca_file))
    assert_no_secret_sent(recorded)


def test_a_server_without_starttls_gets_no_part_of_the_login(ca_file: Path) -> None:
    recorded = script({}, features=["AUTH PLAIN LOGIN"])
    with (
        served(recorded) as port,
        pytest.raises(DeliveryRefused, match="does not offer STARTTLS; nothing was sent"),
    ):
        send(server(port, "starttls", ca_file))
    assert recorded.commands == ["EHLO"]
    assert_no_secret_sent(recorded)


@pytest.mark.parametrize("reply", ["454 TLS not available", "501 no", "", "garbage"])
def test_a_rejected_starttls_stops_everything(ca_file: Path, reply: str) -> None:
    recorded = script({"STARTTLS": reply}, features=["STARTTLS", "AUTH PLAIN LOGIN"])
    with served(recorded) as port, pytest.raises(DeliveryError, match="cannot be used"):
        send(server(port, "starttls", ca_file))
    assert_no_secret_sent(recorded)


def test_replies_injected_before_tls_are_ignored_after_it(
    authority: trustme.CA, ca_file: Path
) -> None:
    """The injection of CVE-2011-0411, done by the server."""
    recorded = script(
        {"STARTTLS": "220 go\r\n250-evil\r\n250 AUTH PLAIN"},
        features=["STARTTLS"],
        tls=tls_of(authority.issue_cert("localhost")),
    )
    with served(recorded) as port, pytest.raises(DeliveryError):
        send(server(port, "starttls", ca_file))
    assert_no_secret_sent(recorded)
