"""Types for the results and errors of an HTTP request.

They are separate from `client`, so that importing them does not import an HTTP library.
"""

import re
from collections.abc import Mapping

from msgspec import Struct, field

from digest.errors import DigestError, located
from digest.printable import printable


class FetchError(DigestError):
    """A request failed or its response cannot be used.

    Args:
        url: The requested address. A user name and password in it are removed.
        reason: What is wrong, and what the operator can do.
        status: The HTTP status; None if there was no response.
        retry_after: Seconds that the server asks to wait before the next request.
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


class FetchRefused(Exception):  # noqa: N818 - internal; callers of the client get FetchError
    """An error that another attempt would not change. The text is the reason."""


class Validators(Struct, frozen=True, kw_only=True):
    """The validators of a version of a document, for conditional requests (RFC 9110, 8.8)."""

    etag: str | None = None
    last_modified: str | None = None  # the header as the server sent it


class FetchedResponse(Struct, frozen=True, kw_only=True):
    """A complete response with a decompressed body."""

    url: str  # the address after all redirects
    body: bytes
    content_type: str = ""  # the media type in lower case, without parameters
    charset: str | None = None  # as declared, in lower case, not checked
    validators: Validators = Validators()
    links: Mapping[str, str] = field(default_factory=dict)  # link relation -> URL, same host only


class NotModified(Struct, frozen=True, kw_only=True):
    """The server has no newer version than that of `validators`."""

    url: str
    validators: Validators


def shown(url: str) -> str:
    """Returns the address for messages: one short line, without user name and password."""
    safe = re.sub(r"//[^/?#]*@", "//", printable(url))
    return safe if len(safe) <= 200 else f"{safe[:199]}…"
