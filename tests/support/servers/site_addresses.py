"""Every address of the site, with tokens that allow everything, and every address in its messages.

A new page needs an entry here; `test_every_page_of_the_site_is_visited` names the missing ones.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from email.message import EmailMessage

from starlette.routing import Route

from digest.core.models.papers import Paper
from digest.core.models.profiles import FeedbackKind
from digest.core.signup.archive_links import FeedLink, edition_url, sign_feed
from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.pipeline.archive import reader_archive
from digest.pipeline.collect import collect
from digest.store.archive import editions, reader_feeds
from support.builders import batch
from support.samples.feedback_links import feedback_url
from support.servers.readers_site import ReadersSite, source_of
from support.servers.served_home import KEY, token_of

METRICS_TOKEN = "sixteen-letters-1"
SETTINGS = {
    "DIGEST_SIGNUP_FRAMES": "https://lab.example",
    "DIGEST_METRICS_TOKEN": METRICS_TOKEN,
    "DIGEST_PUBLIC_ARCHIVE": "true",
    # Not the limits are tested here.
    "DIGEST_SIGNUP_HOURLY": "1000",
}
"""With these settings, each address has a page."""

SCANNER = {"Authorization": f"Bearer {METRICS_TOKEN}"}
"""The headers of a client that may read all addresses."""

NO_PAGES = (
    "/healthz",
    "/metrics",
    "/assets/{name}",
    "/e/{token}/papers.{form}",
    "/p/{token}/papers/saved.{form}",
    "/topics/{name}/archive/{day}/papers.{form}",
    "/topics/{name}/archive/feed/{file}",
    "/feed/{token}/{file}",
    "/sitemap.xml",
    "/robots.txt",
)
"""The routes that are no page for readers: files, and what other programs read."""

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


def _edition(site: ReadersSite, number: int) -> str:
    with site.place.app.store.read() as tx:
        found = editions.newest(tx, number, limit=1)
    assert found, "make a digest first: site_addresses.fill"
    return edition_url("", found[0].edition_id, at=found[0].composed_at, secret=KEY)


def _feed(site: ReadersSite, number: int) -> str:
    with site.place.app.store.read() as tx:
        version = reader_feeds.open_version(tx, number)
    assert version is not None
    return f"/feed/{sign_feed(FeedLink(subscription_id=number, version=version), secret=KEY)}"


def _day(site: ReadersSite) -> str:
    page = site.client.get(f"{site.url}/topics/nlp/archive").text
    found = re.search(r"/topics/nlp/archive/\d{4}-\d\d-\d\d", page)
    assert found is not None, page
    return found[0]


def _below_preferences(path: str) -> Examples:
    return lambda site, number: [f"/p/{_signed(site, LinkPurpose.MANAGE, number)}/{path}"]


EXAMPLES: Mapping[str, Examples] = {
    "/": lambda *_: ["/", "/?invite=x"],
    "/topics/{name}": lambda *_: ["/topics/nlp"],
    "/embed": lambda *_: ["/embed"],
    "/embed/{name}": lambda *_: ["/embed/nlp"],
    "/link": lambda *_: ["/link"],
    "/waiting/{token}": lambda site, _: [f"/waiting/{_signed(site, LinkPurpose.WAITING, 1)}"],
    "/confirm/{token}": lambda site, _: [f"/confirm/{_signed(site, LinkPurpose.CONFIRM, 1)}"],
    "/p/{token}": _preferences,
    "/p/{token}/data.json": _below_preferences("data.json"),
    "/p/{token}/papers": _below_preferences("papers?show=saved&q=x"),
    "/p/{token}/papers/saved.{form}": _below_preferences("papers/saved.bib"),
    "/p/{token}/papers/zotero": _below_preferences("papers/zotero"),
    "/p/{token}/feed": _below_preferences("feed"),
    "/e/{token}": lambda site, number: [_edition(site, number)],
    "/e/{token}/papers.{form}": lambda site, number: [f"{_edition(site, number)}/papers.ris"],
    "/e/{token}/zotero": lambda site, number: [f"{_edition(site, number)}/zotero"],
    "/feed/{token}/{file}": lambda site, number: [
        f"{_feed(site, number)}/{file}" for file in ("atom.xml", "feed.json")
    ],
    "/topics/{name}/archive": lambda *_: ["/topics/nlp/archive"],
    "/topics/{name}/archive/feed/{file}": lambda *_: ["/topics/nlp/archive/feed/atom.xml"],
    "/topics/{name}/archive/{day}": lambda site, _: [_day(site)],
    "/topics/{name}/archive/{day}/papers.{form}": lambda site, _: [f"{_day(site)}/papers.bib"],
    "/sitemap.xml": lambda *_: ["/sitemap.xml"],
    "/robots.txt": lambda *_: ["/robots.txt"],
    "/f/{token}/{kind}": _feedback,
    "/u/{token}": lambda _, number: [f"/u/{token_of(number)}"],
    "/healthz": lambda *_: ["/healthz", "/healthz?challenge=0123456789abcdef"],
    "/metrics": lambda *_: ["/metrics"],
    "/assets/{name}": _assets,
}
"""For each route that answers GET, paths below the address of the site."""


def fill(site: ReadersSite, number: int) -> None:
    """Makes what the pages show: a digest of the subscription, its feed, and a day of each list."""
    app, now = site.place.app, site.place.now[0]
    app.publish(now=now, among=(number,))
    reader_archive.set_feed(app.store, number, is_open=True)
    topics = Paper(title="A language model for question answering", abstract="Language models.")
    collect(app.store, [source_of(batch(topics))], now=now)
    app.maintain(now)


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
