"""Why the HTTP API refuses a request, in words that name no reader."""

from enum import StrEnum

from digest.errors import UsageError


class RefusalKind(StrEnum):
    """What kind of problem it is."""

    MISSING = "missing"  # there is no such thing
    CONFLICT = "conflict"  # its state does not allow this
    CHANGED = "changed"  # somebody else changed it meanwhile
    INVALID = "invalid"  # the request makes no sense


class RequestRefused(UsageError):  # noqa: N818 - the name describes what happened
    """A request of the HTTP API that cannot be done.

    Args:
        kind: What kind of problem it is.
        reason: What is wrong, and what to do; it names no reader.
    """

    def __init__(self, kind: RefusalKind, reason: str) -> None:
        self.kind = kind
        super().__init__(reason)
