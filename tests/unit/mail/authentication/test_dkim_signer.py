"""Signatures are verified by another implementation of DKIM."""

import functools
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import dkim
import pytest
from dkim.canonicalization import Simple
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import InputError, SettingsError
from digest.mail.authentication import dkim_keys
from digest.mail.authentication.dkim_keys import Key
from digest.mail.authentication.dkim_signer import Signer, body_hash, parse_tags
from digest.mail.message import mime
from digest.mail.message.crlf import CrlfBytes

ALGORITHMS = ("rsa", "ed25519")
SIGNED_HEADERS = (
    b"From",
    b"Reply-To",
    b"To",
    b"Subject",
    b"Date",
    b"Message-ID",
    b"List-Id",
    b"Auto-Submitted",
    b"List-Unsubscribe",
    b"List-Unsubscribe-Post",
    b"Feedback-ID",
    b"MIME-Version",
    b"Content-Type",
)


@functools.cache
def key(algorithm: str) -> Key:
    return dkim_keys.generate_key(algorithm)


def signed(message: bytes, algorithm: str = "rsa") -> bytes:
    return Signer(domain="example.org", selector="digest", key=key(algorithm)).sign(
        CrlfBytes(message)
    )


def verified(message: bytes, algorithm: str = "rsa") -> bool:
    queried: list[bytes] = []

    def look_up(name: bytes, timeout: int = 5) -> bytes:
        del timeout
        queried.append(name)
        return dkim_keys.dns_record(key(algorithm)).encode()

    is_valid: bool = dkim.verify(message, dnsfunc=look_up)
    assert set(queried) <= {b"digest._domainkey.example.org."}
    return is_valid


def digest_message(
    subject: str = "3 papers", name: str = "Ada", html: str = "<p>x</p>"
) -> CrlfBytes:
    return mime.build_message(
        sender=f"{name} <digest@example.org>",
        to="reader@example.net",
        reply_to="ops@example.org",
        subject=subject,
        html=html,
        text="  two  spaces \t\n\n\n.\n",
        message_id="<2026-05-11.1.abc@example.org>",
        date=datetime(2026, 5, 11, 6, tzinfo=UTC),
        list_id="Paper Digest <digest.example.org>",
        headers={
            "List-Unsubscribe": f"<https://example.org/u/{'t' * 200}>, <mailto:b@example.org>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Feedback-ID": "2026-05-11:digest:abcdef",
        },
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_is_verified_and_is_the_same_on_a_retry(algorithm: str) -> None:
    message = signed(digest_message(), algorithm)
    assert verified(message, algorithm)
    assert message == signed(digest_message(), algorithm)
    assert message.endswith(digest_message())
    assert max(map(len, message.split(b"\r\n"))) <= 998


def test_a_signature_with_another_key_is_not_verified() -> None:
    other = Signer(domain="example.org", selector="digest", key=dkim_keys.generate_key("rsa"))
    assert not verified(other.sign(digest_message()))


@pytest.mark.parametrize("name", SIGNED_HEADERS)
def test_a_signed_header_cannot_be_changed_added_or_removed(name: bytes) -> None:
    message = signed(digest_message())
    start = message.index(b"\r\n" + name + b": ") + 2
    end = message.index(b"\r\n", start)
    line = message[start : end + 2]
    assert not verified(message.replace(line, line.replace(b": ", b": x", 1)))
    assert not verified(message.replace(line, b"X-" + line))
    for added in (message[:start] + line + message[start:], name + b": forged\r\n" + message):
        assert not verified(added)


def test_a_changed_body_is_not_verified() -> None:
    assert not verified(signed(digest_message()).replace(b"<p>x</p>", b"<p>y</p>"))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(subject=st.text(max_size=200), name=st.text(max_size=60), html=st.text(max_size=300))
@settings(max_examples=60)
def test_any_message_is_verified(algorithm: str, subject: str, name: str, html: str) -> None:
    try:
        message = digest_message(subject, name.replace("<", ""), html)
    except InputError:
        return
    assert verified(signed(message, algorithm), algorithm)


def test_the_body_hash_is_that_of_the_example_in_the_rfc() -> None:
    # RFC 6376, 3.4.5, example 2
    digest = body_hash(b" C \r\nD \t E\r\n\r\n\r\n")
    assert digest == sha256(b" C \r\nD \t E\r\n").digest()
    assert body_hash(b"") == body_hash(b"\r\n\r\n") == sha256(b"\r\n").digest()


@given(st.lists(st.text(alphabet=" \tab.", max_size=6)))
def test_the_body_hash_is_that_of_another_implementation(lines: list[str]) -> None:
    body = "".join(f"{line}\r\n" for line in lines).encode()
    assert body_hash(body) == sha256(Simple.canonicalize_body(body)).digest()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_only_the_owner_can_read_a_key_file_and_it_is_never_overwritten(
    algorithm: str, tmp_path: Path
) -> None:
    file = tmp_path / "dkim.pem"
    new_key = dkim_keys.generate_key(algorithm)
    dkim_keys.write_key(new_key, file)
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    with pytest.raises(FileExistsError):
        dkim_keys.write_key(dkim_keys.generate_key(algorithm), file)
    assert file.read_bytes() == before
    assert dkim_keys.read_key(file).public_key == new_key.public_key


def test_the_error_for_a_file_without_a_key_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "dkim.pem"
    with pytest.raises(SettingsError, match=r"DIGEST_DKIM_KEY: .*dkim new"):
        dkim_keys.read_key(file)
    file.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    with pytest.raises(SettingsError, match="contains no private key"):
        dkim_keys.read_key(file)


def test_a_long_record_is_split_into_strings_of_255_octets() -> None:
    text = dkim_keys.dns_record(key("rsa"))
    line = dkim_keys.zone_line("digest._domainkey.example.org", text)
    strings = line.split('"')[1::2]
    assert len(strings) == 2
    assert max(map(len, strings)) <= 255
    assert "".join(strings) == text
    assert parse_tags(text)["p"] == key("rsa").public_key
