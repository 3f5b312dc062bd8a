"""What asking an address yields: an answer, news that there is none, or an error.

These stand apart from `digest.sources.http`, so that naming them loads no HTTP library.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.errors import DigestError, located
from digest.printable import printable


class FetchError(DigestError):
    """An address that gave no usable answer.

    Args:
        url: the address that was asked for; a name and password in it are left out.
        reason: what is wrong, and what to do where something can be done.
        status: of the answer, where there was one.
        retry_after: seconds that the server asks to wait before the next request.
    """

    exit_code = 1

    def __init__(
        self,
        url: str,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.url = shown(url)
        self.reason = reason
        self.status = status
        self.retry_after = retry_after
        super().__init__(located(reason, self.url))


class FetchRefused(Exception):  # noqa: N818 - inside the room only; FetchError is what leaves it
    """Something that would be the same at the next attempt; its text is the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What tells a server which version is known: RFC 9110, 8.8."""

    etag: str | None = None
    last_modified: str | None = None  # as the server wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedResponse:
    """A complete answer, its content coding undone."""

    url: str  # where it was found in the end
    body: bytes
    content_type: str = ""  # the media type in lower case, without parameters
    charset: str | None = None  # as declared, in lower case; nothing was checked
    validators: Validators = Validators()
    links: Mapping[str, str] = field(default_factory=dict)  # relation to URL, on the same host


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server has nothing newer than what `validators` name."""

    url: str
    validators: Validators


def shown(url: str) -> str:
    """The address fit for a message: one short line, without name and password."""
    safe = re.sub(r"//[^/?#]*@", "//", printable(url))
    return safe if len(safe) <= 200 else f"{safe[:199]}…"
