"""Counts how often each kind of page is shown, and nothing about who reads it."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from threading import Lock

from starlette.concurrency import run_in_threadpool

from digest.errors import StoreError
from digest.store.admin import page_views
from digest.store.database.store import Store

_EVERY = timedelta(minutes=1)
_KINDS = {
    "/": "sign-up",
    "/topics/{name}": "sign-up",
    "/embed": "embedded form",
    "/embed/{name}": "embedded form",
    "/p/{token}": "preferences",
    "/p/{token}/papers": "papers of a reader",
    "/e/{token}": "edition online",
    "/f/{token}/{kind}": "feedback",
    "/feed/{token}/{file}": "feed of a reader",
    "/topics/{name}/archive": "public archive",
    "/topics/{name}/archive/{day}": "public archive",
    "/topics/{name}/archive/feed/{file}": "feed of the archive",
}


class PageViews:
    """The counts of this process, which are added to the database once a minute.

    What was counted in the last minute is lost when the process ends.

    Args:
        store: the database.
        clock: returns the current time.
    """

    def __init__(self, store: Store, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._lock = Lock()
        self._views: Counter[tuple[date, str]] = Counter()
        self._stored_at = clock()

    async def note(self, route: str, *, status: int) -> None:
        """Counts a page that was shown.

        Args:
            route: its route.
            status: the status of the answer; only 200 counts.
        """
        now = self._clock()
        with self._lock:
            if status == 200:
                self._views[now.date(), _KINDS.get(route, "other pages")] += 1
            is_due = bool(self._views) and abs(now - self._stored_at) >= _EVERY
        if is_due:
            await run_in_threadpool(self.save)

    def save(self) -> None:
        """Adds the counts to the database; if that fails, the next call does it."""
        with self._lock:
            views, self._views = self._views, Counter()
            self._stored_at = self._clock()
        if not views:
            return
        try:
            with self._store.write() as tx:
                page_views.add(tx, views)
        except StoreError:
            with self._lock:
                self._views += views
