"""Ranks for the HTTP API in one thread, so that programs that rank do not stop the other pages."""

from collections.abc import Callable
from typing import Annotated, TypeVar

import anyio
from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request

_MAX_WAITING = 8
_RETRY_SECONDS = 10

T = TypeVar("T")


class RankingQueue:
    """Runs one piece of work after the other."""

    def __init__(self) -> None:
        self._waiting = 0
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """Returns the result of some work.

        Raises:
            HTTPException: too much waits already.
        """
        if self._waiting >= _MAX_WAITING:
            raise HTTPException(
                503,
                "Too many rankings are waiting; try again in some seconds.",
                headers={"Retry-After": str(_RETRY_SECONDS)},
            )
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(1)
        self._waiting += 1
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._waiting -= 1


async def _queue(request: Request) -> RankingQueue:
    queue: RankingQueue = request.app.state.queue
    return queue


Waiting = Annotated[RankingQueue, Depends(_queue)]
