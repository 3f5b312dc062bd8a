"""The HTTP API on a real server, with a reader, a digest and tokens."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes

import httpx

from digest.client.http_client import DigestClient
from digest.core.access.scopes import Scope
from digest.pipeline.access import tokens
from support.servers.readers_site import ADDRESS, ReadersSite, opened

PROFILE = '[[topics]]\nname = "Decoding"\nkeywords = ["speculative decoding"]\n'
CONSENT = "sign-up form, 2026-05-10"


@dataclass
class ServedApi:
    """A site with one reader and one digest."""

    site: ReadersSite
    subscription: int
    token: str  # allows everything

    @property
    def url(self) -> str:
        return f"{self.site.url}/api/v1"

    def make_token(
        self,
        *scopes: Scope,
        life: timedelta | None = None,
        requests: int = 100_000,
        name: str = "",
    ) -> str:
        return tokens.create(
            self.site.place.app.store,
            name=name or token_bytes(6).hex(),
            scopes=scopes or tuple(Scope),
            secret=token_bytes(32),
            now=self.site.place.now[0],
            life=life,
            requests=requests,
        ).text

    def send(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        **more: object,
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {token or self.token}", **dict(headers)}
        return self.site.client.request(method, self.url + path, headers=sent, **more)  # type: ignore[arg-type]

    def client(self, token: str | None = None) -> DigestClient:
        return DigestClient(self.site.url, token or self.token)


@contextmanager
def opened_api(home: Path, **more: object) -> Iterator[ServedApi]:
    """Yields the API of a home; see `readers_site.opened`."""
    with opened(home, **more) as site:  # type: ignore[arg-type]
        number = site.subscribe(ADDRESS)
        assert site.run()
        served = ServedApi(site=site, subscription=number, token="")
        served.token = served.make_token(name="everything")
        yield served
