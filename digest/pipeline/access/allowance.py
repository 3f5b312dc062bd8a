"""How many requests a token may still send in this minute, for all processes together.

A process takes some requests from the count in the database at once, so that most requests write
nothing, and reading goes on while another process writes.
"""

from datetime import datetime
from threading import Lock

from msgspec import Struct

from digest.core.access.tokens import ApiToken, minute_of, seconds_to_next_minute
from digest.store.access import tokens
from digest.store.database.store import Store

_SHARE = 10  # a process takes so many parts of a token's requests, one after the other


class _Taken(Struct, kw_only=True):
    minute: datetime
    left: int
    is_last: bool  # the database has no more for this minute


class RequestAllowance:
    """Counts the requests of tokens.

    Args:
        store: The database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._taken: dict[int, _Taken] = {}
        self._counting = Lock()

    def take(self, token: ApiToken, *, now: datetime) -> int:
        """Takes one request; returns the seconds to wait if there is none left, else 0.

        Args:
            token: A valid token.
            now: The current time.

        Raises:
            StoreError: The database cannot be used now.
        """
        with self._counting:
            taken = self._taken.get(token.token_id)
            if (
                taken is None
                or taken.minute != minute_of(now)
                or (not taken.left and not taken.is_last)
            ):
                taken = self._taken[token.token_id] = self._take_more(token, now)
            if not taken.left:
                return seconds_to_next_minute(now)
            taken.left -= 1
            return 0

    def _take_more(self, token: ApiToken, now: datetime) -> _Taken:
        wanted = max(1, token.requests // _SHARE)
        with self._store.write() as tx:
            used = tokens.count_requests(tx, token.token_id, wanted, now=now)
        left = max(0, wanted - max(0, used - token.requests))
        return _Taken(minute=minute_of(now), left=left, is_last=used >= token.requests)
