"""Who may use which of the operator's addresses: each route, with each kind of wrong request."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from support.servers import readers_site
from support.servers.operators_site import OperatorsSite, later, opened, routes
from support.servers.readers_site import ADDRESS
from support.servers.served_home import KEY, token_of

from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.pipeline.admin.sign_in import session_key
from digest.store.admin import sessions

# For each route, a path that exists, by method.
DIGEST = "/admin/readers/{number}/digests/{digest}"
EXAMPLES: Mapping[str, str] = {
    "/admin": "",
    "/admin/sign-in": "/sign-in",
    "/admin/code/{token}": "/code/{waiting}",
    "/admin/link/{token}": "/link/{link}",
    "/admin/sign-out": "/sign-out",
    "/admin/readers": "/readers",
    "/admin/readers/export": "/readers/export",
    "/admin/readers/{number}": "/readers/1",
    f"{DIGEST}/profile": "/readers/1/digests/1/profile",
    f"{DIGEST}/next": "/readers/1/digests/1/next",
    f"{DIGEST}/message": "/readers/1/digests/1/message",
    "/admin/queue": "/queue",
    "/admin/sources": "/sources",
    "/admin/import": "/import",
    "/admin/import/{name}": "/import/x",
    "/admin/plots": "/plots",
    "/admin/log": "/log",
    "/admin/settings": "/settings",
}
OPEN = ("/admin/sign-in", "/admin/code/{token}", "/admin/link/{token}")
FIELDS = {
    "wish": "stop",
    "sure": "yes",
    "edition": "1",
    "source": "dumps",
    "text": "x",
    "rows": "email\nx@y.example\n",
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[OperatorsSite]:
    with opened(tmp_path / "home") as served:
        assert served.readers.subscribe() == 1
        served.readers.run()
        yield served


def path_of(site: OperatorsSite, route: str) -> str:
    now = site.readers.place.now[0]
    # Signed for readers, and for requests that are no operator's.
    waiting = sign_link(LinkPurpose.WAITING, 1, at=now, secret=KEY)
    link = sign_link(LinkPurpose.CONFIRM, 1, at=now, secret=KEY)
    return site.url + EXAMPLES[route].format(waiting=waiting, link=link)


def protected(site: OperatorsSite, method: str) -> list[str]:
    return [
        path_of(site, route)
        for kind, route in sorted(routes(site))
        if kind == method and route not in OPEN
    ]


def cookies(site: OperatorsSite) -> dict[str, dict[str, str]]:
    """Returns the cookies of requests without a valid session, by what is wrong with them."""
    now = site.readers.place.now[0]
    site.sign_in()
    good = dict(site.client.cookies)
    (name,) = good
    manage = sign_link(LinkPurpose.MANAGE, 1, at=now, secret=KEY)
    add_session(site, "idle", "ops@example.org", opened=now, seen=now - timedelta(hours=1))
    add_session(site, "old", "ops@example.org", opened=now - timedelta(hours=8), seen=now)
    add_session(site, "former", "former@example.org", opened=now, seen=now)
    add_session(site, "future", "ops@example.org", opened=now + timedelta(days=1), seen=now)
    return {
        "no session": {},
        "a made-up cookie": {name: "x" * 43},
        "the stored key": {name: session_key(good[name])},
        "the link of a reader": {name: manage},
        "the token to unsubscribe": {name: token_of(1)},
        "idle for an hour": {name: "idle"},
        "open for eight hours": {name: "old"},
        "a former operator": {name: "former"},
        "from the future": {name: "future"},
    }


def add_session(
    site: OperatorsSite, token: str, email: str, *, opened: datetime, seen: datetime
) -> None:
    with site.readers.place.app.store.write() as tx:
        sessions.add(tx, session_key(token), email=email, now=opened)
        sessions.touch(tx, session_key(token), now=seen)


def rows(site: OperatorsSite) -> dict[str, list[object]]:
    """All rows but those of sessions that are over, which are removed when they are used."""
    found = site.readers.place.rows()
    del found["admin_session"]
    return found


def test_nobody_without_a_session_sees_or_changes_anything(site: OperatorsSite) -> None:
    # A new page needs a line in EXAMPLES.
    assert {route for _, route in routes(site)} == set(EXAMPLES)
    wrong = cookies(site)
    form = site.token()
    before = rows(site)
    surprises = []
    for what, cookie in wrong.items():
        with httpx.Client(cookies=cookie, timeout=120) as client:
            for address in protected(site, "GET"):
                answer = client.get(address)
                leads_to = answer.headers.get("location")
                if (answer.status_code, leads_to) != (303, "/admin/sign-in"):
                    surprises.append((what, "GET", address, answer.status_code))
                if ADDRESS in answer.text:
                    surprises.append((what, "shows a reader", address, 0))
            for address in protected(site, "POST"):
                answer = client.post(address, data={**FIELDS, "form": form}, headers=site.origin)
                if answer.status_code != 403 or ADDRESS in answer.text:
                    surprises.append((what, "POST", address, answer.status_code))
    assert surprises == []
    assert rows(site) == before


def test_a_form_from_elsewhere_or_without_its_token_changes_nothing(site: OperatorsSite) -> None:
    site.sign_in()
    token, origin = site.token(), site.origin
    elsewhere = {"Origin": "https://evil.example"}
    other = OperatorsSite(site.readers)
    other.sign_in("second@example.org")
    wrong: dict[str, tuple[str, Mapping[str, str]]] = {
        "another site": (token, {**elsewhere, "Sec-Fetch-Site": "cross-site"}),
        "a site of the same domain": (token, {**elsewhere, "Sec-Fetch-Site": "same-site"}),
        "another origin alone": (token, elsewhere),
        "another port": (token, {"Origin": "http://127.0.0.1:1"}),
        "a hidden origin": (token, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}),
        "no origin": (token, {}),
        "no token": ("", origin),
        "the token of another session": (other.token(), origin),
    }
    before = rows(site)
    surprises = [
        (what, address, answer.status_code)
        for what, (form, headers) in wrong.items()
        for address in protected(site, "POST")
        for answer in (site.client.post(address, data={**FIELDS, "form": form}, headers=headers),)
        if answer.status_code != 403
    ]
    assert surprises == []
    assert rows(site) == before
    assert site.get().status_code == 200


def test_get_and_head_change_nothing_but_when_the_session_was_used(site: OperatorsSite) -> None:
    site.sign_in()
    before = rows(site)
    for address in protected(site, "GET"):
        for method in ("GET", "HEAD"):
            answer = site.client.request(method, address)
            gone = address.endswith("/import/x")
            assert answer.status_code == (410 if gone else 200), (method, address)
    assert rows(site) == before


def test_every_page_has_the_headers_and_nothing_inline(site: OperatorsSite) -> None:
    site.sign_in()
    pages = [path_of(site, route) for route in OPEN]
    for address in (*protected(site, "GET"), *pages, f"{site.url}/readers/999"):
        answer = site.client.get(address)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        if address.endswith("/message"):
            assert "; sandbox;" in policy
            assert "frame-ancestors 'self'" in policy
            continue
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert not any(text in answer.text for text in ("<script", "<style", " style=", " onclick"))


STRANGE = ("", "\0", "'", '"><b>x', "%", "-1", "9" * 30, "\ud7ff\U0001f600", "a\r\nb", "x" * 5000)


@pytest.mark.parametrize("database", ["sqlite", "[postgresql"])
def test_no_strange_value_is_an_error(
    tmp_path: Path, request: pytest.FixtureRequest, database: str
) -> None:
    more: dict[str, str] = {}
    strange: Sequence[str] = STRANGE
    if database != "sqlite":
        strange = ("\0", "9" * 30, "\ud7ff\U0001f600")  # where the databases differ
        more["DIGEST_DATABASE_URL"] = request.getfixturevalue("migrated_postgres_database")
    with opened(tmp_path / "home", more=more) as site:
        site.readers.subscribe()
        site.sign_in()
        for value in strange:
            for page in ("/readers", "/log", "/queue", "/plots", "/import/x"):
                names = ("q", "status", "after", "action", "before", "days", "refused")
                answer = site.get(page, **dict.fromkeys(names, value))
                assert answer.status_code in (200, 410), (page, value)
                assert "<b>x" not in answer.text
        token = site.token()
        for value in strange:
            for address in protected(site, "POST"):
                if address.endswith("/sign-out"):
                    continue
                fields = {**dict.fromkeys([*FIELDS, "consent", "profile", "list"], value)}
                rows = {"rows": f"email,profile,consent\na@b.example,{value},{value}\n"}
                fields |= rows if address.endswith("/import") else {}
                wishes = {"1": "bring back", "profile": "save", "queue": "release"}
                wish = wishes.get(address.rpartition("/")[2], value)
                sent = {**fields, "wish": wish, "form": token}
                answer = site.client.post(address, data=sent, headers=site.origin)
                assert answer.status_code in (200, 303, 400, 404, 410, 413, 422), (address, sent)
                assert "<b>x" not in answer.text


def test_without_an_operator_there_is_no_such_page(tmp_path: Path) -> None:
    with readers_site.opened(tmp_path / "home") as plain:
        for example in EXAMPLES.values():
            for method in ("GET", "POST"):
                answer = plain.client.request(method, f"{plain.url}/admin{example}")
                assert answer.status_code == 404


def test_a_session_ends_when_it_was_not_used_for_an_hour_or_after_eight(
    site: OperatorsSite,
) -> None:
    site.sign_in()
    for _ in range(8):
        later(site, timedelta(minutes=59))
        assert site.get().status_code == 200
    later(site, timedelta(minutes=9))
    assert site.get().status_code == 303
    site.sign_in()
    later(site, timedelta(minutes=60))
    assert site.get().status_code == 303
