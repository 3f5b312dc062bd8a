"""A server's replies, read strictly (RFC 5321, 4.2): what is not a whole reply is none.

smtplib takes a line that was cut off by a lost connection for a whole one, so that half a
`250` would count as sent.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from digest.printable import printable_line

MOST_WORDS = 300  # characters of a server's reply that are kept

_LONGEST_LINE = 4096  # octets; RFC 5321 allows 512
_MOST_LINES = 100
_ALIKE = 256  # replies that are kept
_LINE = re.compile(rb"(?P<code>[2-5][0-9]{2})(?P<more>[ -]|(?=\r?\n))(?P<text>[^\r\n]*)\r?\n")
_STATUS = re.compile(r"\d{3} (?P<status>[245]\.\d{1,3}\.\d{1,3})\b")


class LineReader(Protocol):
    """Where replies are read from."""

    def readline(self, limit: int, /) -> bytes:
        """The next line with its end, at most `limit` octets; empty at the end of all."""


class BrokenReplyError(OSError):
    """The connection ended within a reply, or what came is not SMTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply."""

    code: int  # 200 to 599
    words: str  # the code and the text of all lines, on one line, printable

    @property
    def status(self) -> str:
        """The enhanced status code (RFC 3463), such as `5.7.1`; empty if there is none."""
        found = _STATUS.match(self.words)
        return found["status"] if found else ""


def read_reply(stream: LineReader) -> Reply:
    """The next reply.

    Raises:
        OSError: the connection is lost, or was silent for too long.
        BrokenReplyError: it ended in the middle of a reply, or sent something else.
    """
    texts: list[bytes] = []
    while len(texts) < _MOST_LINES:
        line = stream.readline(_LONGEST_LINE)
        if not line:
            raise BrokenReplyError("the server closed the connection")
        code, more, text = _parts(line)
        texts.append(text)
        if not more:
            return _reply(code, b" ".join(texts))
    raise BrokenReplyError(f"a reply of more than {_MOST_LINES} lines")


# Letter after letter, a server says the same.
@lru_cache(_ALIKE)
def _parts(line: bytes) -> tuple[bytes, bool, bytes]:
    """The code, whether more lines follow, and the text."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise BrokenReplyError(
            f"not an SMTP reply: {printable_line(line.decode('latin-1'), limit=MOST_WORDS)!r}"
        )
    return found["code"], found["more"] == b"-", found["text"]


@lru_cache(_ALIKE)
def _reply(code: bytes, text: bytes) -> Reply:
    words = printable_line(f"{code.decode()} {text.decode('utf-8', 'replace')}", limit=MOST_WORDS)
    return Reply(code=int(code), words=words)
