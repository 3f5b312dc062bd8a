"""Runs the site of `digest serve` in a thread of the scheduler."""

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
    """A site that runs from the first successful `ensure` to the end of the `with` block.

    Args:
        home: the home folder.
        environ: the environment variables.
        address: `host:port` to listen on; None: there is no site.
        clock: returns the current time.
        state: returns the state of the scheduler, for /healthz.
    """

    def __init__(
        self,
        home: Path,
        *,
        environ: Mapping[str, str],
        address: str | None,
        clock: Callable[[], datetime],
        state: Callable[[], str],
    ) -> None:
        self._home = home
        self._environ = environ
        self._address = address
        self._clock = clock
        self._state = state
        self._resources = ExitStack()
        self._running = False
        self._last_error = ""

    def ensure(self) -> None:
        """Starts the site unless it runs; logs the same error only once."""
        if self._address is None or self._running:
            return
        try:
            self._start(self._address)
        except DigestError as error:
            if str(error) != self._last_error:
                self._last_error = str(error)
                _log.error("site not up", reason=f"{error}; it is tried again")

    def _start(self, address: str) -> None:
        from digest.web.server import (
            build_server,
            build_site,
            open_listener,
            prepare_languages,
        )

        # If a step fails, the stack closes what the steps before it opened.
        with ExitStack() as stack:
            app = stack.enter_context(App.open(self._home, environ=self._environ))
            site = build_site(app, clock=self._clock, log=_unavailable, scheduler=self._state)
            listener = stack.enter_context(open_listener(address))
            # The scheduler itself has to end within ten seconds.
            server = build_server(site, patience=5)
            thread = Thread(
                target=server.run, kwargs={"sockets": [listener]}, daemon=True, name="site"
            )
            thread.start()
            prepare_languages(site)
            self._resources = stack.pop_all()

        def stop() -> None:
            server.should_exit = True
            thread.join()

        # Added last, so it is called before the stack closes the socket and the home.
        self._resources.callback(stop)
        self._running = True
        _log.info("site up", text=f"answering at http://{address}")

    def __enter__(self) -> Self:
        self.ensure()
        return self

    def __exit__(self, *exc: object) -> None:
        self._resources.close()
