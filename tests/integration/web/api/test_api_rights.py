"""Every method of every resource, with every kind of token: who may do what."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from support.servers.served_api import ServedApi
from support.servers.served_home import token_of

from digest.core.access.scopes import Scope
from digest.pipeline.access import tokens
from digest.web.api.application import ENDPOINTS
from digest.web.api.routing import ApiEndpoint

# One worker runs these tests, so the API of the module is made once.
pytestmark = pytest.mark.xdist_group("api rights")

ROOT = Path(__file__).resolve().parents[4]
# Each kind of token, as the page calls it.
CELLS = {
    "no token": "no token, or something else in `Authorization`",
    "no bearer": "no token, or something else in `Authorization`",
    "unknown token": "a token that is unknown, expired or revoked",
    "expired token": "a token that is unknown, expired or revoked",
    "revoked token": "a token that is unknown, expired or revoked",
    "link of a reader": "the token of a link in a message to a reader",
    "wrong scopes": "a valid token without the scope of the request",
}
NAMED = {"paper": "1", "subscription": "1", "edition": "1", "webhook": "1"}


def documented() -> dict[str, int]:
    """The answers that the page promises."""
    page = (ROOT / "docs" / "reference" / "http-api.md").read_text("utf-8")
    rows = page.partition("## Who is let through")[2].partition("## Answers")[0].splitlines()
    cells = [row.strip("|").split("|") for row in rows if row.startswith("|")]
    return {kind.strip(): int(status) for kind, status in cells if status.strip().isdigit()}


def path_of(endpoint: ApiEndpoint) -> str:
    return endpoint.path.format(**NAMED)


@pytest.fixture(scope="module")
def headers(api: ServedApi) -> dict[str, dict[str, str]]:
    """The Authorization header of each kind of token, and of each scope."""
    home, store = api.site.place, api.site.place.app.store
    revoked = api.make_token(name="gone")
    tokens.revoke(store, "gone", now=home.now[0])
    expired = api.make_token(life=timedelta(seconds=1))
    home.advance(timedelta(seconds=2))
    found = {
        "no token": "",
        "no bearer": f"Basic {api.token}",
        "unknown token": "Bearer " + api.token[:-2] + "AA",
        "expired token": f"Bearer {expired}",
        "revoked token": f"Bearer {revoked}",
        "link of a reader": f"Bearer {token_of(api.subscription)}",
    }
    for scope in Scope:
        found[scope] = f"Bearer {api.make_token(scope)}"
        others = [other for other in Scope if other is not scope]
        found[f"all but {scope}"] = f"Bearer {api.make_token(*others)}"
    return {name: {"Authorization": value} for name, value in found.items()}


def rows(api: ServedApi) -> dict[str, list[object]]:
    found = api.site.place.rows()
    del found["api_token"]  # counts the requests
    return found


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda item: f"{item.method} {item.path}")
def test_only_the_right_scope_is_let_through(
    api: ServedApi, headers: dict[str, dict[str, str]], endpoint: ApiEndpoint
) -> None:
    client, url = api.site.client, api.url + path_of(endpoint)
    before, promised = rows(api), documented()
    assert set(promised) == set(CELLS.values())
    for name, kind in CELLS.items():
        key, status = name, promised[kind]
        if name == "wrong scopes":
            if endpoint.scope is None:
                continue  # any valid token may
            key = f"all but {endpoint.scope}"
        # A body that cannot be read: nothing may look at it before the token.
        answer = client.request(endpoint.method, url, headers=headers[key], content=b"{")
        assert answer.status_code == status, name
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    assert rows(api) == before
    scope = endpoint.scope or Scope.RUNS_READ
    answer = client.request(endpoint.method, url, headers=headers[scope])
    assert answer.status_code not in (401, 403), answer.text


def test_without_a_token_nothing_says_which_resources_there_are(api: ServedApi) -> None:
    for path in ("/papers", "/nothing", "/openapi.json", "/", "/papers/../healthz"):
        answer = api.site.client.get(api.url + path)
        assert answer.status_code == 401 or "/healthz" in str(answer.url)


def test_fastapi_is_not_even_imported_without_a_valid_token(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from support.servers.served_home import opened
import httpx
with opened(Path({str(tmp_path / "home")!r})) as place:
    assert httpx.get(place.url + "/api/v1/papers").status_code == 401
    assert httpx.get(place.url + "/healthz").status_code == 200
assert "fastapi" not in sys.modules
"""
    environ = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environ, cwd=ROOT)
