"""A home with the site on a real server."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from starlette.applications import Starlette

from digest.app.application import App
from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers import signed_tokens
from digest.store.database.schema import edition, metadata
from digest.store.papers import announcements
from digest.store.subscribers import subscriptions
from digest.web.monitoring.health import Health
from digest.web.server import build_server, build_site, open_listener
from digest.web.site import Site
from support.builders import NOW
from support.speed.databases import new_sqlite_store
from support.subscribers import start_subscription

SECRET = "a-key-of-more-than-thirty-two-letters"
KEY = SECRET.encode()
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@dataclass
class ServedHome:
    """A home, its server, and the lines for the operator."""

    app: App
    url: str
    served: App  # the app that the server uses
    now: list[datetime]  # the time of its clock
    health: Health | None = None
    asgi: Starlette | None = None
    log: list[str] = field(default_factory=list)

    @property
    def site(self) -> Site:
        """What the endpoints were built with."""
        assert self.asgi is not None
        built: Site = self.asgi.state.site
        return built

    def advance(self, time: timedelta) -> None:
        self.now[0] += time
        self.forget()

    def forget(self) -> None:
        """Drops the cached state of the database."""
        assert self.health is not None
        self.health._read_at = None

    def page(self, token: str) -> str:
        return f"{self.url}/u/{token}"

    def status(self, email: str = "ada@reader.example") -> AddressStatus:
        with self.app.store.read() as tx:
            address = subscriptions.find_address(tx, email)
        assert address is not None
        return address.status

    def state(self, subscription_id: int) -> str:
        """Returns the state of the only edition of a subscription."""
        with self.app.store.read() as tx:
            state = select(edition.c.state).where(edition.c.subscription_id == subscription_id)
            return str(tx.execute(state).scalar_one())

    def rows(self) -> dict[str, list[object]]:
        """Returns all rows of the database."""
        with self.app.store.read() as tx:
            return {
                table.name: [tuple(row) for row in tx.execute(select(table))]
                for table in metadata.sorted_tables
            }


@contextmanager
def opened(
    home: Path, *, prefix: str = "", more: Mapping[str, str] | None = None
) -> Iterator[ServedHome]:
    """Yields a home with a running server, which is its DIGEST_BASE_URL."""
    (home / "profiles").mkdir(parents=True)
    (home / "sources.toml").write_text("")
    log: list[str] = []
    environ = {
        "DIGEST_SECRET": SECRET,
        "DIGEST_FROM": "Papers <digest@example.org>",
        "DIGEST_BOUNCES": "bounces@example.org",
        "DIGEST_BASE_URL": f"http://127.0.0.1{prefix}",
        "DIGEST_ENRICH": "off",  # no test asks the real services
        **(more or {}),
    }
    now = [NOW]
    if "DIGEST_DATABASE_URL" not in environ:
        new_sqlite_store(home / "digest.db")
    with App.open(home, environ=environ) as first:
        listener = open_listener("127.0.0.1:0")
        site = build_site(first, clock=lambda: now[0], log=log.append)
        server = build_server(site)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = listener.getsockname()[1]
        url = f"http://127.0.0.1:{port}{prefix}"
        with App.open(home, environ={**environ, "DIGEST_BASE_URL": url}) as app:
            yield ServedHome(
                app=app,
                url=url,
                served=first,
                now=now,
                health=site.state.health,
                asgi=site,
                log=log,
            )
        server.should_exit = True
        thread.join(timeout=120)


def subscribe(place: ServedHome, email: str = "ada@reader.example") -> int:
    with place.app.store.write() as tx:
        return start_subscription(tx, email, read_through=announcements.start_seq(tx))


def token_of(number: int) -> str:
    return signed_tokens.sign(signed_tokens.UNSUBSCRIBE, number, secret=KEY)
