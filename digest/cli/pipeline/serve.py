"""`digest serve`: serves the readers' site, /healthz and /metrics."""

from datetime import UTC, datetime

import click

from digest.cli import stderr
from digest.cli.context import CliContext
from digest.cli.root import Command


@click.command("serve", cls=Command)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Listen on this address and port.  [default: DIGEST_LISTEN]",
)
@click.pass_obj
def command(context: CliContext, *, listen: str | None) -> None:
    """Serve the readers' site, unsubscribing and /healthz over HTTP, until interrupted.

    By default it accepts connections only from this machine. Put a web server with HTTPS in front
    of it, which forwards DIGEST_BASE_URL to it.
    """
    from digest.logs import get_logger
    from digest.web.server import (
        build_server,
        build_site,
        open_listener,
        prepare_languages,
    )

    # A server logs more than a command that prints its result.
    context.level = "info"
    log = get_logger("digest.web")
    with context.open_app() as app, open_listener(listen or app.settings.listen) as listener:
        if app.settings.base_url is None:
            context.warn("DIGEST_BASE_URL is not set, so messages contain no link to this site")
        site = build_site(
            app,
            # Read for each request, because the server runs for weeks.
            clock=lambda: context.now or datetime.now(UTC),
            log=lambda line: log.error("unavailable", reason=line),
        )
        host, port, *_ = listener.getsockname()
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        stderr.info(f"listening at http://{address}")
        prepare_languages(site)
        build_server(site).run(sockets=[listener])
