"""Sources as sources.toml describes them, and what each one changes in a known paper."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.speed.databases import new_sqlite_store

from digest.app.source_building.building import build_timed, load_config
from digest.core.models.batches import BatchReport
from digest.core.models.papers import Paper
from digest.pipeline.collect import Source, collect
from digest.sources.http.responses import FetchedResponse, NotModified, Validators
from digest.store.database.store import Store
from digest.store.papers.announcements import newest_papers

NOW = datetime(2026, 5, 13, 12, 0, tzinfo=UTC)

SOURCES = """
[[sources]]
name = "arxiv"
kind = "arxiv"
categories = ["cs.CL"]
include = ["new", "cross", "replace"]

[[sources]]
name = "api"
kind = "arxiv-api"
query = "cat:cs.CL"

[[sources]]
name = "mirror"
kind = "feed"
url = "https://export.arxiv.org/rss"

[[sources]]
name = "lab"
kind = "feed"
url = "https://lab.example/feed.xml"

[[sources]]
name = "hf"
kind = "huggingface"
lookback = 1
"""

LISTING = """\
<feed xmlns='http://www.w3.org/2005/Atom' xmlns:arxiv='http://arxiv.org/schemas/atom'>
<updated>2026-05-13T00:00:00-04:00</updated><entry><id>oai:arXiv.org:2605.00001v{version}</id>
<title>{title}</title><link href='https://arxiv.org/abs/2605.00001'/>
<summary>arXiv:2605.00001v{version} Announce Type: {kind} \nAbstract: Owls hunt at night.</summary>
<category term='cs.CL'/><arxiv:announce_type>{kind}</arxiv:announce_type></entry></feed>
"""
RESULT = """\
<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>http://arxiv.org/abs/2605.00001v{version}</id>
<title>{title}</title><summary>Owls.</summary><updated>2026-05-13T00:00:00Z</updated></entry></feed>
"""
ENTRY = """\
<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title><entry><title>{title}</title>
<id>{link}</id><link href='{link}'/><summary>Buy now.</summary></entry></feed>
"""
ABS = "https://arxiv.org/abs/2605.00001v999"
DAY = """\
[{{"paper": {{"id": "2605.00001", "title": "{title}", "summary": "Buy.", "upvotes": 3}},
"title": "{title}", "publishedAt": "2026-05-12T00:00:00.000Z"}}]
"""


class Web:
    """An HTTP client that answers every request with one document."""

    body = ""
    moved_to = ""  # the address after redirects; empty: none

    def get(
        self,
        url: str,
        *,
        accept: str = "",
        validators: Validators | None = None,
        trusted: bool = False,
        min_interval: float = 0.0,
        max_decoded: int | None = None,
        key: tuple[str, str] | None = None,
    ) -> FetchedResponse | NotModified:
        del accept, validators, trusted, min_interval, max_decoded, key
        return FetchedResponse(url=self.moved_to or url, body=self.body.encode())


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(new_sqlite_store(tmp_path / "digest.db")) as opened:
        yield opened


@pytest.fixture
def sources(tmp_path: Path, web: Web) -> dict[str, Source]:
    (tmp_path / "sources.toml").write_text(SOURCES)
    return {
        item.name: build_timed(item, home=tmp_path, client=lambda: web)
        for item in load_config(tmp_path)
    }


def read(store: Store, source: Source, web: Web, body: str, *, moved_to: str = "") -> BatchReport:
    web.body, web.moved_to = body, moved_to
    (report,) = collect(store, [source], now=NOW)
    assert report.rejected == ()
    return report


def only(store: Store) -> Paper:
    with store.read() as tx:
        (found,) = newest_papers(tx, 10)
    return found.paper


def listing(version: int = 1, kind: str = "new", title: str = "A Study of Owls") -> str:
    return LISTING.format(version=version, kind=kind, title=title)


def test_neither_a_feed_nor_daily_papers_takes_over_a_paper_of_arxiv(
    store: Store, sources: dict[str, Source], web: Web
) -> None:
    read(store, sources["arxiv"], web, listing())
    for name, body in (
        ("lab", ENTRY.format(title="Watches", link=ABS)),
        ("hf", DAY.format(title="Watches")),
    ):
        report = read(store, sources[name], web, body)
        assert (report.new, report.listed, report.revised) == (0, 1, 0)
    kept = only(store)
    assert (kept.title, kept.abstract, kept.version) == (
        "A Study of Owls",
        "Owls hunt at night.",
        1,
    )
    assert (kept.votes, kept.link("abstract")) == (3, "https://arxiv.org/abs/2605.00001")
    assert read(store, sources["arxiv"], web, listing(2, "replace")).revised == 1


@pytest.mark.parametrize(
    "name, body",
    [
        ("arxiv", listing(2, "replace", "Owls and Mice")),
        ("api", RESULT.format(version=2, title="Owls and Mice")),
        ("mirror", ENTRY.format(title="Owls and Mice", link=ABS)),
    ],
)
def test_arxivs_own_sources_revise_its_papers_but_not_after_a_redirect_to_another_host(
    store: Store, sources: dict[str, Source], web: Web, name: str, body: str
) -> None:
    read(store, sources["arxiv"], web, listing())
    elsewhere = "https://arxiv.org.evil.example/x"
    assert read(store, sources[name], web, body, moved_to=elsewhere).revised == 0
    assert only(store).title == "A Study of Owls"
    within = "https://arxiv.org/elsewhere"
    assert read(store, sources[name], web, body, moved_to=within).revised == 1
    assert only(store).title == "Owls and Mice"


def test_a_redirected_listing_of_arxiv_does_not_overwrite_another_arxiv_source(
    store: Store, sources: dict[str, Source], web: Web
) -> None:
    read(store, sources["api"], web, RESULT.format(version=1, title="A Study of Owls"))
    body = listing(999, "replace", "Watches")
    assert read(store, sources["arxiv"], web, body, moved_to="https://evil.example").revised == 0
    assert only(store).title == "A Study of Owls"


def test_a_redirected_feed_does_not_change_what_the_feed_has_shown(
    store: Store, sources: dict[str, Source], web: Web
) -> None:
    own = ENTRY.format(title="A Study", link="https://lab.example/1")
    read(store, sources["lab"], web, own)
    other = own.replace("Buy now.", "Buy here.")
    read(store, sources["lab"], web, other, moved_to="https://evil.example/x")
    assert only(store).abstract == "Buy now."
    read(store, sources["lab"], web, other)
    assert only(store).abstract == "Buy here."


def test_a_redirected_answer_of_daily_papers_gives_no_text_to_a_dump(
    store: Store, sources: dict[str, Source], web: Web
) -> None:
    lab = ENTRY.format(title="A Study", link="https://lab.example/1")
    read(store, sources["lab"], web, lab)
    body = DAY.format(title="A Study")
    read(store, sources["hf"], web, body, moved_to="https://evil.example/x")
    assert only(store).abstract == "Buy now."
    read(store, sources["hf"], web, body)
    assert only(store).abstract == "Buy."


def test_two_entries_of_one_feed_with_one_title_are_both_announced(
    store: Store, sources: dict[str, Source], web: Web
) -> None:
    def entry(number: int, author: str, day: datetime, text: str) -> str:
        return (
            f"<entry><title>Editorial</title><id>https://lab.example/{number}</id>"
            f"<link href='https://lab.example/{number}'/><author><name>{author}</name></author>"
            f"<published>{day.isoformat()}</published><summary>{text}</summary></entry>"
        )

    entries = [
        entry(1, "Ada Lovelace", NOW - timedelta(days=30), "On owls."),
        entry(2, "Bob Stone", NOW - timedelta(days=1), "On interest rates."),
    ]
    head = "<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>"
    report = read(store, sources["lab"], web, f"{head}{''.join(entries)}</feed>")
    assert (report.new, report.duplicates) == (2, 0)
    again = read(store, sources["lab"], web, f"{head}{''.join(reversed(entries))}</feed>")
    assert (again.new, again.duplicates) == (0, 2)


def test_the_second_paper_with_a_title_is_announced_on_its_own_day(
    store: Store, sources: dict[str, Source], web: Web
) -> None:
    first = ENTRY.format(title="Editorial", link="https://lab.example/1")
    assert read(store, sources["lab"], web, first).new == 1
    both = first.replace(
        "<entry>",
        "<entry><title>Editorial</title><id>https://lab.example/2</id>"
        "<link href='https://lab.example/2'/><summary>Other.</summary></entry><entry>",
    )
    assert read(store, sources["lab"], web, both).new == 1
    assert read(store, sources["lab"], web, both).new == 0
