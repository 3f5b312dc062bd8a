"""`digest serve`: the site on uvicorn, until it is told to stop."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette

from digest.app import App
from digest.mail.templates import template_folder
from digest.web.pages import Pages
from digest.web.site import Site, create_app

_CONNECTIONS = 200  # at once; more are turned away


def site_of(app: App, *, clock: Callable[[], datetime], log: Callable[[str], None]) -> Starlette:
    """The application of a home."""
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
    )
    return create_app(site, prefix=urlsplit(chosen.base_url or "").path.rstrip("/"))


def server_of(site: Starlette, *, listen: str) -> uvicorn.Server:
    """A server for the application; `run()` blocks until SIGINT or SIGTERM.

    Args:
        site: the application.
        listen: `host:port`; port 0 is any that is free.
    """
    host, _, port = listen.rpartition(":")
    return uvicorn.Server(
        uvicorn.Config(
            site,
            host=host.strip("[]"),
            port=int(port),
            log_level="warning",
            access_log=False,  # the addresses hold the tokens
            server_header=False,
            proxy_headers=False,  # nothing depends on where a request comes from
            lifespan="off",
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=10,
        )
    )
