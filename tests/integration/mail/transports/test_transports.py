"""Messages are written to files, or passed to a program."""

import sys
from pathlib import Path

import pytest

from digest.core.models.delivery import Deferred, InDoubt, Refused, Sent
from digest.errors import DeliveryError
from digest.mail.transports.maildir import EmlTransport, MaildirTransport
from digest.mail.transports.sendmail import SendmailTransport

MESSAGE = b"Message-ID: <1@example.org>\r\nSubject: x\r\n\r\n.one\r\ntwo\r\n"


def send(transport: MaildirTransport | EmlTransport | SendmailTransport) -> object:
    with transport:
        return transport.send(
            sender="digest@example.org", recipient="ada@example.org", message=MESSAGE
        )


def test_a_maildir_gets_a_message_once_even_after_it_was_read(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path / "mail")
    assert isinstance(send(transport), Sent)
    assert isinstance(send(transport), Sent)
    (file,) = (tmp_path / "mail" / "new").iterdir()
    assert file.read_bytes().endswith(b"Subject: x\n\n.one\ntwo\n")
    assert b"Delivered-To: ada@example.org\n" in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    file.rename(tmp_path / "mail" / "cur" / f"{file.name}:2,S")
    assert isinstance(send(transport), Sent)
    assert list((tmp_path / "mail" / "new").iterdir()) == []
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []


def test_a_folder_gets_one_file_for_each_message_with_the_bytes_that_would_be_sent(
    tmp_path: Path,
) -> None:
    transport = EmlTransport(tmp_path / "sent")
    send(transport)
    send(transport)
    (file,) = (tmp_path / "sent").iterdir()
    assert file.suffix == ".eml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes() == MESSAGE
    with transport:
        transport.send(sender="digest@example.org", recipient="bob@example.org", message=MESSAGE)
    assert len(list((tmp_path / "sent").iterdir())) == 2


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text("in the way")
    for transport in (EmlTransport(tmp_path / "sent"), MaildirTransport(tmp_path / "sent")):
        with pytest.raises(DeliveryError, match=r"sent.*cannot be written .*DIGEST_DELIVERY"):
            send(transport)


def program(tmp_path: Path, code: str) -> list[str]:
    path = tmp_path / "sendmail.py"
    path.write_text(f"import sys, os, signal\ndata = sys.stdin.buffer.read()\n{code}\n")
    return [sys.executable, str(path), "--of-its-own"]


def test_sendmail_gets_unchanged_arguments_and_lf_line_ends(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = f"open({str(out)!r}, 'wb').write(repr(sys.argv[1:]).encode() + b'|' + data)"
    transport = SendmailTransport(program(tmp_path, code), timeout=120)
    message = MESSAGE
    with transport:
        outcome = transport.send(sender="a@x.org", recipient="-$(touch x);@y.org", message=message)
    assert isinstance(outcome, Sent)
    arguments, _, data = out.read_bytes().partition(b"|")
    assert arguments == (b"['--of-its-own', '-i', '-f', 'a@x.org', '--', '-$(touch x);@y.org']")
    assert data == message.replace(b"\r\n", b"\n")


@pytest.mark.parametrize(
    "code,kind,timeout",
    [
        ("sys.exit(67)", Refused, 120),
        ("sys.exit(75)", Deferred, 120),
        ("os.kill(os.getpid(), signal.SIGKILL)", InDoubt, 120),
        ("import time; time.sleep(600)", InDoubt, 1),
    ],
)
def test_the_exit_code_determines_the_outcome(
    tmp_path: Path, code: str, kind: type, timeout: float
) -> None:
    assert isinstance(send(SendmailTransport(program(tmp_path, code), timeout=timeout)), kind)


@pytest.mark.parametrize("command", [["/no/such/sendmail"], [sys.executable, "-c", "1/0"]])
def test_a_sendmail_that_does_not_work_is_named(command: list[str]) -> None:
    with pytest.raises(DeliveryError, match="correct"):
        send(SendmailTransport(command, timeout=120))
