"""Replies read strictly, and letters framed so that nothing in them ends them."""

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.mail.transports.smtp import _framed
from digest.mail.transports.smtp_reply import BrokenReplyError, read_reply

lines = st.sampled_from([b".", b"..", b".\r\n", b"\r\n", b"\n", b"\r", b"a", b"\r\n.\r\n", b"\xff"])


def unframed(data: bytes) -> bytes:
    """What a server makes of it (RFC 5321, 4.5.2)."""
    received = b""
    stream = io.BytesIO(data)
    while (line := stream.readline()) != b".\r\n":
        assert line.endswith(b"\r\n"), "the letter is ended by a dot on its own line"
        received += line.removeprefix(b".")
    assert stream.read() == b"", "and by nothing before"
    return received


@given(st.lists(lines).map(b"".join))
@example(b"")
@example(b"a\n.\nMAIL FROM:<evil@example.org>\r\n")
def test_whatever_a_letter_holds_only_the_final_dot_ends_it(message: bytes) -> None:
    framed = b"".join(_framed(message))
    assert framed.count(b"\n") == framed.count(b"\r") == framed.count(b"\r\n")
    whole = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    assert unframed(framed) == (whole if whole.endswith(b"\r\n") else whole + b"\r\n")


@pytest.mark.parametrize(
    "data,code,words",
    [
        (b"250 2.0.0 ok\r\n", 250, "250 2.0.0 ok"),
        (b"250\r\n", 250, "250"),
        (b"250 ok\n", 250, "250 ok"),
        (b"550-5.1.1 no\r\n550 5.1.1 such user\r\n", 550, "550 5.1.1 no 5.1.1 such user"),
        (b"450 \x1b]0;x\x07 later\r\n", 450, "450 ]0;x later"),
    ],
)
def test_a_whole_reply_is_read(data: bytes, code: int, words: str) -> None:
    reply = read_reply(io.BytesIO(data))
    assert (reply.code, reply.words) == (code, words)


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
def test_a_part_of_a_reply_is_none(data: bytes) -> None:
    with pytest.raises(BrokenReplyError):
        read_reply(io.BytesIO(data))


@given(st.binary(max_size=300))
def test_no_bytes_are_taken_for_a_yes_that_has_no_line_of_its_own(data: bytes) -> None:
    try:
        reply = read_reply(io.BytesIO(data))
    except BrokenReplyError:
        return
    assert 200 <= reply.code <= 599
    assert b"\n" in data
