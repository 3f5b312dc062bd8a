"""Parses SMTP replies strictly (RFC 5321, 4.2): an incomplete reply is an error.

smtplib accepts a line that a lost connection cut off, so that an incomplete `250` would count
as sent.
"""

import re
from functools import lru_cache
from typing import Protocol

from msgspec import Struct

from digest.printable import printable_line

MAX_REPLY_TEXT = 300  # characters of a reply that are stored

_MAX_LINE = 4096  # octets; RFC 5321 allows 512
_MAX_LINES = 100
_CACHED_REPLIES = 256
_LINE = re.compile(rb"(?P<code>[2-5][0-9]{2})(?P<more>[ -]|(?=\r?\n))(?P<text>[^\r\n]*)\r?\n")
_STATUS = re.compile(r"\d{3} (?P<status>[245]\.\d{1,3}\.\d{1,3})\b")


class LineReader(Protocol):
    """A stream to read replies from."""

    def readline(self, limit: int, /) -> bytes:
        """Returns the next line with its line end, at most `limit` octets; empty at the end."""


class BrokenReplyError(OSError):
    """The connection ended within a reply, or the server sent something that is not SMTP."""


class Reply(Struct, frozen=True, kw_only=True):
    """A reply of an SMTP server."""

    code: int  # 200 to 599
    text: str  # the code and the text of all lines, on one line, printable

    @property
    def status(self) -> str:
        """The enhanced status code (RFC 3463), such as `5.7.1`; empty if there is none."""
        match = _STATUS.match(self.text)
        return match["status"] if match else ""


def read_reply(stream: LineReader) -> Reply:
    """Reads the next reply, which may have several lines.

    Raises:
        OSError: the connection was lost, or the reply did not come in time.
        BrokenReplyError: the connection ended within the reply, or this is not SMTP.
    """
    texts: list[bytes] = []
    while len(texts) < _MAX_LINES:
        line = stream.readline(_MAX_LINE)
        if not line:
            raise BrokenReplyError("the server closed the connection")
        code, continues, text = _split_line(line)
        texts.append(text)
        if not continues:
            return _reply(code, b" ".join(texts))
    raise BrokenReplyError(f"a reply of more than {_MAX_LINES} lines")


# Cached, as a server gives the same replies for each message.
@lru_cache(_CACHED_REPLIES)
def _split_line(line: bytes) -> tuple[bytes, bool, bytes]:
    """Returns the code, whether more lines follow, and the text."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise BrokenReplyError(
            f"not an SMTP reply: {printable_line(line.decode('latin-1'), limit=MAX_REPLY_TEXT)!r}"
        )
    return match["code"], match["more"] == b"-", match["text"]


@lru_cache(_CACHED_REPLIES)
def _reply(code: bytes, text: bytes) -> Reply:
    printable = printable_line(
        f"{code.decode()} {text.decode('utf-8', 'replace')}", limit=MAX_REPLY_TEXT
    )
    return Reply(code=int(code), text=printable)
