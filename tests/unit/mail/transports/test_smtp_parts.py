"""Replies are parsed strictly, and nothing inside a message ends it."""

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.mail.transports.smtp import _framed
from digest.mail.transports.smtp_reply import BrokenReplyError, read_reply

lines = st.sampled_from([b".", b"..", b".\r\n", b"\r\n", b"\n", b"\r", b"a", b"\r\n.\r\n", b"\xff"])


def unframed(data: bytes) -> bytes:
    """Decodes the data as a server does (RFC 5321, 4.5.2)."""
    received = b""
    stream = io.BytesIO(data)
    while (line := stream.readline()) != b".\r\n":
        assert line.endswith(b"\r\n"), "a dot on its own line ends the message"
        received += line.removeprefix(b".")
    assert stream.read() == b"", "and nothing else before it"
    return received


@given(st.lists(lines).map(b"".join))
@example(b"")
@example(b"a\n.\nMAIL FROM:<evil@example.org>\r\n")
def test_only_the_final_dot_ends_a_message(message: bytes) -> None:
    framed = b"".join(_framed(message))
    assert framed.count(b"\n") == framed.count(b"\r") == framed.count(b"\r\n")
    whole = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    assert unframed(framed) == (whole if whole.endswith(b"\r\n") else whole + b"\r\n")


@pytest.mark.parametrize(
    "data,code,text",
    [
        (b"250 2.0.0 ok\r\n", 250, "250 2.0.0 ok"),
        (b"250\r\n", 250, "250"),
        (b"250 ok\n", 250, "250 ok"),
        (b"550-5.1.1 no\r\n550 5.1.1 such user\r\n", 550, "550 5.1.1 no 5.1.1 such user"),
        (b"450 \x1b]0;x\x07 later\r\n", 450, "450 ]0;x later"),
    ],
)
def test_a_complete_reply_is_read(data: bytes, code: int, text: str) -> None:
    reply = read_reply(io.BytesIO(data))
    assert (reply.code, reply.text) == (code, text)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"2",
        b"250",
        b"250 ok",
        b"250-one\r\n",
        b"250-one\r\n250 tw",
        b"garbage\r\n",
        b"25O k\r\n",
        b"999 what\r\n",
        b"2500 k\r\n",
        b"250-x\r\n" * 200,
        b"250 " + b"x" * 5000 + b"\r\n",
    ],
)
def test_an_incomplete_reply_is_an_error(data: bytes) -> None:
    with pytest.raises(BrokenReplyError):
        read_reply(io.BytesIO(data))


@given(st.binary(max_size=300))
def test_bytes_without_a_complete_line_are_never_a_reply(data: bytes) -> None:
    try:
        reply = read_reply(io.BytesIO(data))
    except BrokenReplyError:
        return
    assert 200 <= reply.code <= 599
    assert b"\n" in data
