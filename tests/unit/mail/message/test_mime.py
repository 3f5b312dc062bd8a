"""A parsed message contains exactly what it was built from."""

from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import NOW

from digest.errors import InputError
from digest.mail.message.mime import build_message
from digest.mail.message.smtp_address import ascii_address
from digest.mail.rendering.sanitize import clean

INJECTION = "=?utf-8?q?a=0D=0ABcc:_evil@x.example?="
EXPECTED = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "list-id",
    "auto-submitted",
    "mime-version",
    "content-type",
]


def message(**fields: Any) -> bytes:
    parts: dict[str, Any] = {
        "sender": "Paper Digest <digest@example.org>",
        "to": "maren@example.net",
        "subject": "12 papers",
        "html": "<p>Grüße</p>\n",
        "text": "Grüße\n",
        "message_id": "<e1.abc@digest.example.org>",
        "date": NOW,
        "list_id": "Paper Digest <digest.example.org>",
        "headers": {},
    }
    return build_message(**parts | fields)


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def decoded(raw: bytes, name: str) -> str:
    """A header as a mail program shows it, decoded only by RFC 2047."""
    header = message_from_bytes(raw, policy=policy.compat32)[name]
    return str(make_header(decode_header(header.replace("\r\n", ""))))


def assert_valid(raw: bytes) -> None:
    """Checks that every server accepts the bytes, and that they contain no other header."""
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(set(line) & set(b"\r\n\0") for line in lines)
    raw.decode("ascii")
    seen: Message = message_from_bytes(raw, policy=policy.compat32)
    assert [name.lower() for name in seen] == EXPECTED


def test_both_parts_are_unchanged_after_parsing() -> None:
    mail = parsed(message(html="<p>Grüße &amp; mehr</p>\n", text="Grüße\n\n-- \nEnde\n"))
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.iter_parts()
    assert isinstance(plain, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert plain.get_content().replace("\r\n", "\n") == "Grüße\n\n-- \nEnde\n"
    assert html.get_content().replace("\r\n", "\n") == "<p>Grüße &amp; mehr</p>\n"
    assert not mail.defects


def test_the_headers_are_those_of_a_list() -> None:
    mail = parsed(message(date=datetime(2026, 5, 11, 8, 0, tzinfo=timezone(timedelta(hours=2)))))
    assert mail["Date"] == "Mon, 11 May 2026 06:00:00 +0000"
    assert mail["Message-ID"] == "<e1.abc@digest.example.org>"
    assert mail["List-Id"] == "Paper Digest <digest.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"] == "Paper Digest <digest@example.org>"
    assert mail["To"] == "maren@example.net"


def test_a_retry_is_the_same_bytes_and_another_edition_has_another_boundary() -> None:
    assert message() == message()
    other = parsed(message(message_id="<e2.abc@digest.example.org>"))
    assert other.get_boundary() != parsed(message()).get_boundary()


def test_reply_to_is_set() -> None:
    assert parsed(message(reply_to="Ops <ops@example.org>"))["Reply-To"] == "Ops <ops@example.org>"


@pytest.mark.parametrize("token", ["a" * 60, "a" * 78, "a" * 300, "a" * 900])
def test_list_unsubscribe_is_never_encoded_at_any_length(token: str) -> None:
    value = f"<https://digest.example.org/u/{token}>, <mailto:digest@example.org?subject=u.{token[:300]}>"
    raw = message(headers={"List-Unsubscribe": value})
    assert b"List-Unsubscribe: <https://digest.example.org/u/" + token.encode() in raw
    assert parsed(raw)["List-Unsubscribe"] == value
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "name, value",
    [
        ("Subject", "x"),
        ("content-TYPE", "x"),
        ("MIME-Version", "2"),
        ("X-A\r\nBcc", "x"),
        ("X A", "x"),
        ("X-A", "a\r\nBcc: evil@x.example"),
        ("X-A", "a\0"),
        ("X-A", "grün"),
        ("X-A", INJECTION),
        ("X-A", ""),
        ("X-A", "a" * 996),
    ],
)
def test_an_additional_header_that_would_break_the_message_is_a_bug(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"header|X-A"):
        message(headers={name: value})


@pytest.mark.parametrize("field", ["subject", "sender", "to", "list_id"])
def test_an_encoded_word_in_a_text_is_shown_and_not_decoded(field: str) -> None:
    address = {"subject": "", "list_id": " <digest.example.org>"}.get(field, " <a@example.org>")
    text = f'"{INJECTION}"{address}' if address else INJECTION
    raw = message(**{field: text})
    assert_valid(raw)
    assert b"evil" not in raw
    name = {"sender": "From", "list_id": "List-Id"}.get(field, field)
    assert decoded(raw, name).startswith(INJECTION)
    assert parsed(raw)["Bcc"] is None


@given(st.text(max_size=300))
def test_any_subject_is_unchanged_and_adds_no_header(subject: str) -> None:
    raw = message(subject=subject)
    assert_valid(raw)
    assert decoded(raw, "Subject") == clean(subject)


@given(st.text(alphabet='=?utf8qbQB_0DA:x \r\n"\\<>@,é', max_size=120))
def test_any_display_name_is_parsed_and_adds_no_header(name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    raw = message(sender=f'"{quoted}" <digest@example.org>', list_id=f'"{quoted}" <d.example.org>')
    assert_valid(raw)
    sender = parsed(raw)["From"].addresses
    assert [each.addr_spec for each in sender] == ["digest@example.org"]


@pytest.mark.parametrize(
    "name", ["Grün, Ada", 'A "B" C', "Ada (Lab)", "x" * 200, "Дайджест " * 12, "A.B.", "a@b"]
)
def test_a_display_name_is_shown_as_written(name: str) -> None:
    quoted = name.strip().replace('"', '\\"')
    raw = message(sender=f'"{quoted}" <digest@example.org>')
    # Not Python's display_name: it leaves a space between two encoded words.
    sent = decoded(raw, "From").removesuffix(" <digest@example.org>")
    assert sent.strip('"').replace('\\"', '"') == name.strip()


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_body_is_unchanged_and_has_short_lines(text: str, html: str) -> None:
    raw = message(text=text, html=html)
    assert_valid(raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    plain, page = parsed(raw).iter_parts()
    for part, sent in ((plain, text), (page, html)):
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        wanted = sent.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
        assert payload.replace(b"\r\n", b"\n") == wanted.encode("utf-8", "replace")


def test_a_line_of_95000_characters_becomes_short_ones() -> None:
    for letter in ("a", "é", "漢"):
        assert max(map(len, message(html=letter * 95_000).split(b"\r\n"))) <= 78


def test_a_domain_in_another_script_becomes_punycode() -> None:
    assert ascii_address("ada@bücher.example") == "ada@xn--bcher-kva.example"
    assert b"To: ada@xn--bcher-kva.example\r\n" in message(to="ada@bücher.example")


@pytest.mark.parametrize(
    "address, problem",
    [
        ("ädä@example.org", "unaccented letters"),
        ("ada", "is not an e-mail address"),
        ("@example.org", "is not an e-mail address"),
        ("ada@", "is not an e-mail address"),
        ("a b@example.org", "is not an e-mail address"),
        ("a@example.org, b@example.org", "is not an e-mail address"),
        ("a@b@example.org", "is not an e-mail address"),
        ("a..b@example.org", "is not an e-mail address"),
        ("a@-x.example", "is not an e-mail address"),
        ("a@x..example", "is not an e-mail address"),
        ("a\r\nBcc: b@x.example", "is not an e-mail address"),
        ("a" * 65 + "@example.org", "is not an e-mail address"),
        ("=?utf-8?q?a?=@example.org", "cannot contain"),
    ],
)
def test_an_invalid_address_is_refused_with_a_reason(address: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        ascii_address(address)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "list_id", ["", "Paper Digest", "Paper Digest <>", "x <a b>", "x <é.example>"]
)
def test_a_list_id_without_an_identifier_is_refused(list_id: str) -> None:
    with pytest.raises(InputError, match="List-Id"):
        message(list_id=list_id)


def test_a_naive_date_and_a_malformed_message_id_are_bugs() -> None:
    with pytest.raises(ValueError, match="aware"):
        message(date=NOW.astimezone(UTC).replace(tzinfo=None))
    with pytest.raises(ValueError, match="Message-ID"):
        message(message_id="<a@b>\r\nBcc: x@y.example")
