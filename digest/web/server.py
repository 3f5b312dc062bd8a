"""`digest serve`: the site on uvicorn, until it is told to stop."""

import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette

from digest.app.application import App
from digest.errors import DigestError, UsageError
from digest.mail.rendering.wording import template_folder
from digest.web.pages import Pages
from digest.web.routes import Site, create_app

_CONNECTIONS = 200  # at once; more are turned away


def site_of(
    app: App,
    *,
    clock: Callable[[], datetime],
    log: Callable[[str], None],
    scheduler: Callable[[], str] | None = None,
) -> Starlette:
    """The application of a home.

    Args:
        app: the program over the home.
        clock: the moment.
        log: one line for the operator.
        scheduler: how the scheduler of this process stands; None: there is none.
    """
    chosen = app.settings
    folders = [template_folder()]
    if chosen.templates is not None:
        folders.insert(0, chosen.templates)
    site = Site(
        store=app.store,
        keys=app.keys,
        pages=Pages(folders, list_name=chosen.list_name),
        clock=clock,
        log=log,
        scheduler=scheduler,
        queue_limit=timedelta(hours=chosen.queue_alarm_hours),
        metrics_token=chosen.metrics_token.get_secret_value() if chosen.metrics_token else None,
    )
    return create_app(site, prefix=urlsplit(chosen.base_url or "").path.rstrip("/"))


def listen_at(place: str) -> socket.socket:
    """A socket that listens at `host:port`; port 0 is any that is free.

    Raises:
        UsageError: that is no such place.
        DigestError: the system does not give it: it is in use, or not of this machine.
    """
    host, _, port = place.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"{place}: write HOST:PORT, as in 127.0.0.1:8025")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, int(port)), family=family)
    except OSError as error:
        raise DigestError(
            f"{place}: cannot listen there: {error.strerror}; choose another with --listen"
        ) from None


def server_of(site: Starlette, *, patience: int = 10) -> uvicorn.Server:
    """A server for the application; `run(sockets=[...])` blocks until SIGINT or SIGTERM.

    Args:
        site: the application.
        patience: seconds for the requests under way when it ends.
    """
    return uvicorn.Server(
        uvicorn.Config(
            site,
            log_config=None,  # its lines go where all lines go, veiled
            log_level="warning",
            access_log=False,  # the addresses hold the tokens
            server_header=False,
            proxy_headers=False,  # nothing depends on where a request comes from
            lifespan="off",
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=patience,
        )
    )
