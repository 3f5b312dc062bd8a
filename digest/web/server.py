"""Builds the site and its HTTP server, uvicorn."""

import re
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette

from digest.app.application import App
from digest.app.rendering.renderers import installed_languages
from digest.errors import DigestError, UsageError
from digest.mail.theming import theme
from digest.mail.theming.template_files import template_folder
from digest.web.admin.site import build_admin_site
from digest.web.api_parts import build_api_parts
from digest.web.pages.rendered import Pages, SitePages
from digest.web.reader_site import build_reader_site
from digest.web.routes import create_app
from digest.web.security.connections import MAX_CONNECTIONS, LimitedConnection
from digest.web.site import Site


def build_site(
    app: App,
    *,
    clock: Callable[[], datetime],
    log: Callable[[str], None],
    scheduler: Callable[[], str] | None = None,
) -> Starlette:
    """Returns the ASGI application of a home.

    Args:
        app: the program, opened on the home.
        clock: returns the current time.
        log: takes one line for the operator.
        scheduler: returns the state of the scheduler in this process; None: there is none.
    """
    settings = app.settings
    languages = installed_languages(settings)
    folders = [template_folder()]
    if settings.templates is not None:
        folders.insert(0, settings.templates)
    root = urlsplit(settings.base_url or "").path.rstrip("/")
    colours = theme.read(app.home.theme_file)
    site = Site(
        store=app.store,
        keys=app.signing_keys,
        old_keys_until=settings.secret_old_until,
        pages=SitePages(
            languages,
            lambda translation: Pages(
                folders,
                list_name=settings.list_name,
                root=root,
                theme=colours,
                has_site=settings.base_url is not None,
                has_archive=settings.public_archive,
                translation=translation,
            ),
        ),
        clock=clock,
        log=log,
        scheduler=scheduler,
        queue_limit=timedelta(hours=settings.queue_alarm_hours),
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
        readers=build_reader_site(
            app, folders, languages=languages, theme=colours, clock=clock, log=log
        ),
        list_titles={item.name: item.title for item in app.lists.lists},
        api=lambda status: build_api_parts(app, clock=clock, log=log, status=status),
        admin=build_admin_site(app, clock=clock, log=log),
    )
    return create_app(site, prefix=root)


def prepare_languages(site: Starlette) -> None:
    """Compiles the pages of all languages in a thread, so that the first reader of one does not wait.

    Args:
        site: the application of `build_site`.
    """
    pages: SitePages = site.state.site.pages
    languages = pages.languages.codes
    Thread(target=lambda: [*map(pages.of, languages)], daemon=True, name="languages").start()


def open_listener(address: str) -> socket.socket:
    """Opens a socket that listens.

    Args:
        address: `host:port`; with port 0, the system chooses a free port.

    Raises:
        UsageError: it is not an address of this form.
        DigestError: the port is in use, or the address is not one of this machine.
    """
    host, _, port = address.rpartition(":")
    # An IPv6 address is written in brackets, as in [::1]:8025.
    host = host.strip("[]")
    if not host or not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65535:
        raise UsageError(f"{address}: write HOST:PORT, as in 127.0.0.1:8025")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, int(port)), family=family)
    except OSError as error:
        raise DigestError(
            f"{address}: cannot listen there: {error.strerror}; choose another with --listen"
        ) from None


def build_server(site: Starlette, *, patience: int = 10) -> uvicorn.Server:
    """Returns a server; its `run(sockets=[...])` blocks until SIGINT or SIGTERM.

    Args:
        site: the application.
        patience: the seconds that open requests get to finish when the server stops.
    """
    return uvicorn.Server(
        uvicorn.Config(
            site,
            http=LimitedConnection,
            ws="none",  # a connection that becomes a WebSocket would have no limits
            log_config=None,  # uvicorn logs through ours, which redacts secrets
            log_level="warning",
            access_log=False,  # the paths contain tokens
            server_header=False,
            proxy_headers=False,  # nothing depends on where a request comes from
            lifespan="off",
            # One more than there can be, unless all of them are being answered: then it gets 503.
            limit_concurrency=MAX_CONNECTIONS + 1,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=patience,
        )
    )
