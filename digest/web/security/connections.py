"""Limits how long and how many connections may wait with an unfinished request.

A client that opens connections and never finishes its requests must not keep readers from
unsubscribing. uvicorn waits for the head of a request without limit, and answers 503 while too
many connections are open. Here such a connection is closed: after a few seconds, and at once if
its place is needed.

There is no limit for an address: behind a proxy, all connections come from the same one.
"""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 200  # at the same time
WAITING_SECONDS = 5.0  # for the head of a request, also of the next one on the connection
SERVED_SECONDS = 60.0  # from then until the client has taken the answer


class LimitedConnection(H11Protocol):
    """An HTTP connection that is closed if its request does not come.

    The arguments are those of uvicorn's protocols.
    """

    max_connections = MAX_CONNECTIONS
    waiting_seconds = WAITING_SECONDS
    served_seconds = SERVED_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._since = self.loop.time()  # the connection was opened, or its last request answered
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accepts the connection; closes the one that has waited longest if there are too many."""
        super().connection_made(transport)
        # asyncio does not do it for the sockets of `socket.create_server`. Without it, the body of an
        # answer waits 40 ms until the client confirms the head.
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._restart_timer()
        if len(self.connections) > self.max_connections:
            waiting = [
                other
                for other in self.connections
                if isinstance(other, LimitedConnection)
                and other is not self
                and other.is_incomplete
            ]
            if waiting:
                min(waiting, key=lambda other: other._since)._drop()  # noqa: SLF001 - its own class

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the timer."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Waits for the next request on this connection."""
        self._restart_timer()
        super().on_response_complete()

    @property
    def is_incomplete(self) -> bool:
        """Whether the connection waits for its client: for a request, or for the rest of one."""
        return not self._is_served or self.cycle.more_body

    @property
    def _is_served(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _restart_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._since = self.loop.time()
        self._timer = self.loop.call_later(self.waiting_seconds, self._check)

    def _check(self) -> None:
        limit = self.served_seconds if self._is_served else self.waiting_seconds
        left = self._since + limit - self.loop.time()
        if left <= 0:
            self._drop()
        else:
            self._timer = self.loop.call_later(left, self._check)

    def _drop(self) -> None:
        # The client may not read, so do not wait until it has taken what was written.
        self.connections.discard(self)
        self.transport.abort()
