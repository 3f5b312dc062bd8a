"""The `serve` command."""

from datetime import UTC, datetime

import click

from digest.cli import stderr
from digest.cli.context import CliContext
from digest.cli.root import Command


@click.command("serve", cls=Command)
@click.option("--listen", metavar="HOST:PORT", help="Where; by default DIGEST_LISTEN.")
@click.pass_obj
def command(call: CliContext, *, listen: str | None) -> None:
    """Answer one-click unsubscribing, and /healthz, until interrupted.

    It listens on this machine alone unless told otherwise; a web server with https passes
    DIGEST_BASE_URL on to it.
    """
    from digest.logs import get_logger
    from digest.web.server import listen_at, server_of, site_of

    call.level = "info"
    log = get_logger("digest.web")
    with call.app() as app, listen_at(listen or app.settings.listen) as listening:
        if app.settings.base_url is None:
            call.warn("DIGEST_BASE_URL is not set, so no mail has a link that leads here")
        site = site_of(
            app,
            clock=lambda: call.now or datetime.now(UTC),
            log=lambda line: log.error("unavailable", reason=line),
        )
        host, port, *_ = listening.getsockname()
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        stderr.info(f"listening at http://{place}")
        server_of(site).run(sockets=[listening])
