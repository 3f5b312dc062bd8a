"""Every address of the site, with tokens that allow everything, and every address in its messages.

A new page needs an entry here; `test_every_page_of_the_site_is_visited` names the missing ones.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from email.message import EmailMessage

from starlette.routing import Route

from digest.core.models.profiles import FeedbackKind
from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.core.signup.reader_links import feedback_url
from support.servers.readers_site import ReadersSite
from support.servers.served_home import KEY, token_of

METRICS_TOKEN = "sixteen-letters-1"
SETTINGS = {
    "DIGEST_SIGNUP_FRAMES": "https://lab.example",
    "DIGEST_METRICS_TOKEN": METRICS_TOKEN,
    # Not the limits are tested here.
    "DIGEST_SIGNUP_HOURLY": "1000",
}
"""With these settings, each address has a page."""

SCANNER = {"Authorization": f"Bearer {METRICS_TOKEN}"}
"""The headers of a client that may read all addresses."""

NO_PAGES = ("/healthz", "/metrics", "/assets/{name}")
"""The routes that are no page for readers."""

Examples = Callable[[ReadersSite, int], Iterable[str]]


def _signed(site: ReadersSite, purpose: LinkPurpose, number: int) -> str:
    return sign_link(purpose, number, at=site.place.now[0], secret=KEY)


def _assets(site: ReadersSite, _: int) -> list[str]:
    pages = site.place.site.pages.default
    return [
        f"/assets/{name}" for name in (pages.style_name, pages.script_name, pages.proof_script_name)
    ]


def _preferences(site: ReadersSite, number: int) -> list[str]:
    path = f"/p/{_signed(site, LinkPurpose.MANAGE, number)}"
    return [path, f"{path}?wish=leave", f"/p/{_signed(site, LinkPurpose.PREFERENCES, number)}"]


def _feedback(site: ReadersSite, number: int) -> list[str]:
    now = site.place.now[0]
    return [
        feedback_url("", number, 1, kind, at=now, secret=KEY)
        for kind in (FeedbackKind.MORE, FeedbackKind.LESS, FeedbackKind.SAVED)
    ]


EXAMPLES: Mapping[str, Examples] = {
    "/": lambda *_: ["/", "/?invite=x"],
    "/topics/{name}": lambda *_: ["/topics/nlp"],
    "/embed": lambda *_: ["/embed"],
    "/embed/{name}": lambda *_: ["/embed/nlp"],
    "/link": lambda *_: ["/link"],
    "/waiting/{token}": lambda site, _: [f"/waiting/{_signed(site, LinkPurpose.WAITING, 1)}"],
    "/confirm/{token}": lambda site, _: [f"/confirm/{_signed(site, LinkPurpose.CONFIRM, 1)}"],
    "/p/{token}": _preferences,
    "/p/{token}/data.json": lambda site, number: [
        f"/p/{_signed(site, LinkPurpose.MANAGE, number)}/data.json"
    ],
    "/f/{token}/{kind}": _feedback,
    "/u/{token}": lambda _, number: [f"/u/{token_of(number)}"],
    "/healthz": lambda *_: ["/healthz", "/healthz?challenge=0123456789abcdef"],
    "/metrics": lambda *_: ["/metrics"],
    "/assets/{name}": _assets,
}
"""For each route that answers GET, paths below the address of the site."""


def routes(site: ReadersSite) -> set[str]:
    """Returns the routes that answer GET, from the routing table."""
    assert site.place.asgi is not None
    return {
        route.path
        for route in site.place.asgi.routes
        if isinstance(route, Route) and "GET" in (route.methods or ())
    }


def addresses(site: ReadersSite, number: int, *, pages_only: bool = False) -> list[str]:
    """Returns the addresses of all routes, for a subscription."""
    return [
        site.url + path
        for route, examples in EXAMPLES.items()
        if not (pages_only and route in NO_PAGES)
        for path in examples(site, number)
    ]


def links(site: ReadersSite, messages: Iterable[EmailMessage]) -> set[str]:
    """Returns the addresses of the site that messages contain, in their texts and headers."""
    base = "http://127.0.0.1"
    found: set[str] = set()
    for message in messages:
        parts = [
            part.get_content() for part in message.walk() if part.get_content_maintype() == "text"
        ]
        text = "\n".join((*parts, *(str(value) for value in message.values())))
        found.update(re.findall(rf"{re.escape(base)}(?::\d+)?(/[^\s\"'<>)]*)", text))
    return {site.url + path.replace("&amp;", "&") for path in found}
