"""The operator's pages on a real server: signing in, forms, and every address with who may use it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
from starlette.routing import Route

from support.servers import readers_site
from support.servers.readers_site import ReadersSite

OPERATOR = "ops@example.org"
SETTINGS = {"DIGEST_ADMIN": f"{OPERATOR}, second@example.org"}


@dataclass
class OperatorsSite:
    """The site, and a browser of an operator."""

    readers: ReadersSite
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=120))

    @property
    def url(self) -> str:
        return f"{self.readers.url}/admin"

    @property
    def origin(self) -> Mapping[str, str]:
        """The headers that a browser sends with a form of the site."""
        scheme, _, rest = self.readers.url.partition("://")
        return {"Origin": f"{scheme}://{rest.partition('/')[0]}", "Sec-Fetch-Site": "same-origin"}

    def get(self, path: str = "", **query: str) -> httpx.Response:
        return self.client.get(self.url + path, params=query or None)

    def post(self, path: str, **fields: str) -> httpx.Response:
        """Sends a form of a page of this session."""
        return self.client.post(
            self.url + path, data={"form": self.token(), **fields}, headers=self.origin
        )

    def token(self) -> str:
        found = re.search(r'name="form" value="([^"]+)"', self.get("/settings").text)
        assert found is not None
        return found[1]

    def ask(self, email: str = OPERATOR) -> httpx.Response:
        return self.client.post(
            f"{self.url}/sign-in", data={"email": email}, headers=self.origin, follow_redirects=True
        )

    def sign_in(self, email: str = OPERATOR) -> None:
        """Signs in by the code of the message."""
        waiting = self.ask(email)
        message = self.readers.messages()[-1]
        assert message["To"] == email
        code = self.readers.code(message)
        answer = self.client.post(str(waiting.url), data={"code": code}, headers=self.origin)
        assert "You are signed in" in answer.text

    def reader(self, email: str) -> str:
        """Returns the path of the page of a reader."""
        page = self.get("/readers", q=email).text
        found = re.search(rf'/admin(/readers/\d+)">{re.escape(email)}<', unescape(page))
        assert found is not None, page
        return found[1]


@contextmanager
def opened(
    home: Path, *, more: Mapping[str, str] | None = None, prefix: str = ""
) -> Iterator[OperatorsSite]:
    """Yields the site of a home with operators, with papers of yesterday."""
    with readers_site.opened(home, more={**SETTINGS, **(more or {})}, prefix=prefix) as site:
        place = OperatorsSite(site)
        yield place
        place.client.close()


def routes(site: OperatorsSite) -> set[tuple[str, str]]:
    """Returns method and path of the operator's routes, from the routing table."""
    asgi = site.readers.place.asgi
    assert asgi is not None
    return {
        (method, route.path)
        for route in asgi.routes
        if isinstance(route, Route) and route.path.startswith("/admin")
        for method in (route.methods or set()) - {"HEAD"}
    }


def later(site: OperatorsSite, time: timedelta) -> None:
    site.readers.place.now[0] += time
