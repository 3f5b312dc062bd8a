"""What the sources on the web share: a client, an address, and how a failure is told."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from digest.core.models.batches import Rejection, SourceRead
from digest.sources.http.responses import FetchedResponse, FetchError, NotModified, Validators


class HttpGetter(Protocol):
    """The part of `digest.sources.http.Client` that sources need."""

    def get(
        self,
        url: str,
        *,
        accept: str = "",
        validators: Validators | None = None,
        trusted: bool = False,
        min_interval: float = 0.0,
        max_decoded: int | None = None,
    ) -> FetchedResponse | NotModified:
        """The answer, or that nothing changed; FetchError if there is none."""


ClientFactory = Callable[[], HttpGetter]
"""Makes the client when the first source needs it: its import is dear."""


def validators_of(kept: Any) -> Validators:
    """Validators as a cursor kept them; none for anything else."""
    if not isinstance(kept, Mapping):
        return Validators()
    return Validators(etag=kept.get("etag"), last_modified=kept.get("last_modified"))


def kept(validators: Validators) -> dict[str, str]:
    """Validators as a cursor keeps them."""
    pairs = {"etag": validators.etag, "last_modified": validators.last_modified}
    return {name: value for name, value in pairs.items() if value}


def failed(url: str, error: FetchError, cursor: Mapping[str, Any]) -> SourceRead:
    """The look at an address that gave no answer; the next one begins at the same place."""
    return SourceRead(origin=url, batch=None, problem=Rejection(reason=error.reason), cursor=cursor)


def unreadable(
    url: str, reason: str, cursor: Mapping[str, Any], *, line: int | None = None
) -> SourceRead:
    """The look at an answer that is not what it should be."""
    return SourceRead(
        origin=url, batch=None, problem=Rejection(reason=reason, line=line), cursor=cursor
    )
