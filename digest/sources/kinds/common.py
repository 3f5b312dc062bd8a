"""Shared parts of the sources on the web: HTTP client, validators in cursors, failures."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from digest.core.models.batches import Rejection, SourceRead
from digest.sources.http.responses import FetchedResponse, FetchError, NotModified, Validators


class HttpClient(Protocol):
    """The part of `digest.sources.http.client.Client` that sources need."""

    def get(
        self,
        url: str,
        *,
        accept: str = "",
        validators: Validators | None = None,
        trusted: bool = False,
        min_interval: float = 0.0,
        max_decoded: int | None = None,
        key: tuple[str, str] | None = None,
    ) -> FetchedResponse | NotModified:
        """Fetches a document; see `digest.sources.http.client.Client.get`.

        Raises:
            FetchError: There is no usable response.
        """


ClientFactory = Callable[[], HttpClient]
"""Makes the client when the first source needs it, because importing it is slow."""


def validators_from_cursor(stored: Any) -> Validators:
    """Returns the validators stored in a cursor; empty ones for any other value."""
    if not isinstance(stored, Mapping):
        return Validators()
    return Validators(etag=stored.get("etag"), last_modified=stored.get("last_modified"))


def validators_to_cursor(validators: Validators) -> dict[str, str]:
    """Returns validators in the form in which a cursor stores them."""
    pairs = {"etag": validators.etag, "last_modified": validators.last_modified}
    return {name: value for name, value in pairs.items() if value}


def fetch_failed(url: str, error: FetchError, cursor: Mapping[str, Any]) -> SourceRead:
    """Returns the result for an address without a usable response.

    Args:
        url: The requested address.
        error: Why there is no response.
        cursor: The cursor for the next fetch, usually the unchanged one.
    """
    return SourceRead(origin=url, batch=None, problem=Rejection(reason=error.reason), cursor=cursor)


def parse_failed(
    url: str, reason: str, cursor: Mapping[str, Any], *, line: int | None = None
) -> SourceRead:
    """Returns the result for a response that could not be parsed.

    Args:
        url: The requested address.
        reason: Why it could not be parsed.
        cursor: The cursor for the next fetch.
        line: The line of the error, from 1; None if it has none.
    """
    return SourceRead(
        origin=url, batch=None, problem=Rejection(reason=reason, line=line), cursor=cursor
    )
