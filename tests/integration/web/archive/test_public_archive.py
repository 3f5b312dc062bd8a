"""The public archive of offered lists: pages, feeds, sitemap, and when there is none."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import feedparser
import pytest
from support.builders import NOW, batch, paper
from support.servers.readers_site import ReadersSite, opened, source_of

from digest.pipeline.collect import collect

LIST = """\
email = "list@example.org"
name = "Somebody"

[[topics]]
name = "Decoding"
keywords = ["speculative decoding"]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadersSite]:
    home = tmp_path_factory.mktemp("public") / "home"
    home.mkdir()
    (home / "decoding.toml").write_text(LIST)
    more = {"DIGEST_PUBLIC_ARCHIVE": "true", "DIGEST_SIGNUP_TOPICS": "decoding.toml"}
    with opened(home, more=more) as served:
        app = served.place.app
        app.maintain(NOW)
        # A second run of the day adds nothing; what comes later is on the page of the next day.
        late = batch(paper("Speculative decoding of speech"), paper("Bees and flowers"))
        collect(app.store, [source_of(late)], now=NOW + timedelta(hours=3))
        assert app.maintain(NOW + timedelta(hours=4)).pages == 0
        assert app.maintain(NOW + timedelta(days=1)).pages == 1
        assert app.maintain(NOW + timedelta(days=2)).pages == 0
        yield served


def test_each_day_has_a_page_with_the_papers_of_the_list(site: ReadersSite) -> None:
    folder = f"{site.url}/topics/decoding/archive"
    days = site.client.get(folder).text
    assert days.index("Tuesday, 12 May 2026") < days.index("Monday, 11 May 2026")
    first = site.client.get(f"{folder}/2026-05-11").text
    assert "Speculative decoding for translation" in first
    assert "Federated learning" not in first
    assert 'href="/topics/decoding/archive/2026-05-12"' in first
    second = site.client.get(f"{folder}/2026-05-12").text
    assert "Speculative decoding of speech" in second
    assert "translation" not in second
    assert "Bees" not in second
    older = site.client.get(f"{folder}?before=2026-05-12").text
    assert "12 May" not in older


def test_search_engines_may_index_the_pages_of_lists_alone(site: ReadersSite) -> None:
    folder = f"{site.url}/topics/decoding/archive"
    for address in (folder, f"{folder}/2026-05-11", f"{folder}/2026-05-11/papers.bib"):
        answer = site.client.get(address)
        assert answer.status_code == 200
        assert "x-robots-tag" not in answer.headers
        assert 'name="robots"' not in answer.text
        assert answer.headers["cache-control"] == "public, max-age=600"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "list@example.org" not in answer.text
    assert "noindex" in site.client.get(f"{site.url}/topics/decoding").text
    robots = site.client.get(f"{site.url}/robots.txt").text
    assert robots == "User-agent: *\nDisallow:\nSitemap: http://127.0.0.1/sitemap.xml\n"
    root = ET.fromstring(site.client.get(f"{site.url}/sitemap.xml").content)
    assert [
        node.text for node in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    ] == [
        f"http://127.0.0.1/topics/decoding/archive{day}"
        for day in ("", "/2026-05-12", "/2026-05-11")
    ]


def test_a_list_has_feeds(site: ReadersSite) -> None:
    feed = f"{site.url}/topics/decoding/archive/feed"
    atom = site.client.get(f"{feed}/atom.xml")
    parsed = feedparser.parse(atom.content)
    assert not parsed.bozo
    assert [entry.link.rpartition("/")[2] for entry in parsed.entries] == [
        "2026-05-12",
        "2026-05-11",
    ]
    items = site.client.get(f"{feed}/feed.json").json()["items"]
    assert [item["id"] for item in items] == [entry.id for entry in parsed.entries]
    known = {"If-None-Match": atom.headers["etag"]}
    assert site.client.get(f"{feed}/atom.xml", headers=known).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "nlp/archive",
        "decoding/archive/2026-05-10",
        "decoding/archive/20260511",
        "decoding/archive/x",
        "decoding/archive/2026-05-11/papers.exe",
        "decoding/archive/feed/rss.xml",
        "..%2fdecoding/archive",
    ],
)
def test_what_is_not_offered_does_not_exist(site: ReadersSite, path: str) -> None:
    assert site.client.get(f"{site.url}/topics/{path}").status_code == 404


def test_without_the_setting_there_is_no_public_archive(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as site:
        assert site.place.app.maintain(NOW).pages == 0
        for path in ("/topics/nlp/archive", "/topics/nlp/archive/feed/atom.xml", "/sitemap.xml"):
            assert site.client.get(site.url + path).status_code == 404
        assert site.client.get(f"{site.url}/robots.txt").text == "User-agent: *\nDisallow:\n"
        assert "archive" not in site.client.get(f"{site.url}/topics/nlp").text
