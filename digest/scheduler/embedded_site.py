"""The site of `digest serve`, in a thread of the scheduler."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Self

from digest.app.application import App
from digest.errors import DigestError
from digest.logs import get_logger

_log = get_logger("digest.jobs")


def _unavailable(reason: str) -> None:
    _log.error("unavailable", reason=reason)


class EmbeddedSite:
    """Answers at a place from `ensure` to the end of the block.

    Args:
        home: the folder.
        environ: the environment.
        place: `host:port`; None: nowhere.
        clock: the moment.
        state: how the scheduler stands, for /healthz.
    """

    def __init__(
        self,
        home: Path,
        *,
        environ: Mapping[str, str],
        place: str | None,
        clock: Callable[[], datetime],
        state: Callable[[], str],
    ) -> None:
        self._home = home
        self._environ = environ
        self._place = place
        self._clock = clock
        self._state = state
        self._open = ExitStack()
        self._answers = False
        self._complained = ""

    def ensure(self) -> None:
        """Begins, unless it does so already; a place that is taken is told once."""
        if self._place is None or self._answers:
            return
        try:
            self._begin(self._place)
        except DigestError as error:
            if str(error) != self._complained:
                self._complained = str(error)
                _log.error("site not up", reason=f"{error}; trying on")

    def _begin(self, place: str) -> None:
        from digest.web.server import listen_at, server_of, site_of

        with ExitStack() as unless_done:
            app = unless_done.enter_context(App.open(self._home, environ=self._environ))
            site = site_of(app, clock=self._clock, log=_unavailable, scheduler=self._state)
            listening = unless_done.enter_context(listen_at(place))
            server = server_of(site, patience=5)
            thread = Thread(
                target=server.run, kwargs={"sockets": [listening]}, daemon=True, name="site"
            )
            thread.start()
            self._open = unless_done.pop_all()

        def end() -> None:
            server.should_exit = True
            thread.join()

        self._open.callback(end)
        self._answers = True
        _log.info("site up", text=f"answering at http://{place}")

    def __enter__(self) -> Self:
        self.ensure()
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()
