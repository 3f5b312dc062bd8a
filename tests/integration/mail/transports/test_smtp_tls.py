"""No letter and no byte of a password goes to a server that is not the one that was meant."""

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
        timeout=10,
    )


def no_secret_left(spoken: Script) -> None:
    """Neither the user nor the password, plain or encoded, nor an AUTH to carry them."""
    assert not set(spoken.commands) & {"AUTH", "MAIL"}
    for secret in (USER, PASSWORD, f"\0{USER}\0{PASSWORD}"):
        assert secret.encode() not in spoken.plain
        assert base64.b64encode(secret.encode()).rstrip(b"=")[:-1] not in spoken.plain


def send(server: SmtpServer) -> object:
    with SmtpTransport(server, clock=time.monotonic) as transport:
        return transport.send(
            sender="digest@example.org", recipient="ada@example.org", message=b"Subject: x\r\n\r\ny"
        )


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("password", [PASSWORD, "pässwörd"])
def test_the_server_that_is_meant_gets_login_and_letter_through_tls(
    authority: trustme.CA, ca_file: Path, security: Security, password: str
) -> None:
    spoken = script(
        {},
        features=["STARTTLS", "AUTH PLAIN"],
        tls=tls_of(authority.issue_cert("localhost")),
        tls_first=security == "tls",
    )
    with served(spoken) as port:
        assert isinstance(send(server(port, security, ca_file, password)), Sent)
    assert "AUTH" in spoken.commands
    assert b"AUTH" not in spoken.plain
    assert len(spoken.letters) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    "wrong,why",
    [
        ("name", "certificate is not valid for 'localhost'"),
        ("expired", "certificate has expired"),
        ("authority", "unable to get local issuer certificate"),
    ],
)
def test_a_wrong_certificate_is_named_and_gets_no_byte_of_the_login(
    authority: trustme.CA, ca_file: Path, security: Security, wrong: str, why: str
) -> None:
    certificate = {
        "name": lambda: authority.issue_cert("other.example.org"),
        "expired": lambda: authority.issue_cert("localhost", not_after=ENDED),
        "authority": lambda: trustme.CA().issue_cert("localhost"),
    }[wrong]()
    spoken = script(
        {},
        features=["STARTTLS", "AUTH PLAIN LOGIN"],
        tls=tls_of(certificate),
        tls_first=security == "tls",
    )
    with (
        served(spoken) as port,
        pytest.raises(DeliveryRefused, match=rf"cannot be trusted \(.*{why}.*nothing was sent"),
    ):
        send(server(port, security, ca_file))
    no_secret_left(spoken)


def test_a_server_without_starttls_gets_no_byte_of_the_login(ca_file: Path) -> None:
    spoken = script({}, features=["AUTH PLAIN LOGIN"])
    with (
        served(spoken) as port,
        pytest.raises(DeliveryRefused, match="does not offer STARTTLS; nothing was sent"),
    ):
        send(server(port, "starttls", ca_file))
    assert spoken.commands == ["EHLO"]
    no_secret_left(spoken)


@pytest.mark.parametrize("reply", ["454 TLS not available", "501 no", "", "garbage"])
def test_a_starttls_that_is_declined_ends_the_matter(ca_file: Path, reply: str) -> None:
    spoken = script({"STARTTLS": reply}, features=["STARTTLS", "AUTH PLAIN LOGIN"])
    with served(spoken) as port, pytest.raises(DeliveryError, match="cannot be used"):
        send(server(port, "starttls", ca_file))
    no_secret_left(spoken)


def test_replies_slipped_in_before_tls_do_not_count_after_it(
    authority: trustme.CA, ca_file: Path
) -> None:
    """The injection of CVE-2011-0411, from the server's side."""
    spoken = script(
        {"STARTTLS": "220 go\r\n250-evil\r\n250 AUTH PLAIN"},
        features=["STARTTLS"],
        tls=tls_of(authority.issue_cert("localhost")),
    )
    with served(spoken) as port, pytest.raises(DeliveryError):
        send(server(port, "starttls", ca_file))
    no_secret_left(spoken)
