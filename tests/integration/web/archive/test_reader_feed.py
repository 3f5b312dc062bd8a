"""The secret feed of a digest: its contents, its address, and conditional requests."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from support.builders import NOW
from support.servers.archived_home import DRAFTS, ArchivedDigest, digest_of
from support.servers.readers_site import ADDRESS, opened

from digest.core.signup.link_tokens import LinkPurpose

FILES = ("atom.xml", "feed.json")


@pytest.fixture
def archived(tmp_path: Path) -> Iterator[ArchivedDigest]:
    with opened(tmp_path / "home") as site:
        yield digest_of(site)


def test_a_feed_reader_gets_the_digests(archived: ArchivedDigest) -> None:
    feed = archived.open_feed()
    client = archived.site.client
    atom = client.get(f"{feed}/atom.xml")
    parsed = feedparser.parse(atom.content)
    assert not parsed.bozo
    assert parsed.version == "atom10"
    (entry,) = parsed.entries
    assert entry.title.startswith("Speculative decoding")
    assert DRAFTS in entry.content[0].value
    assert entry.updated_parsed[:4] == (2026, 5, 11, 7)
    item = client.get(f"{feed}/feed.json").json()["items"][0]
    assert item["id"] == entry.id
    assert item["url"] == entry.link
    page = archived.site.url + item["url"].removeprefix("http://127.0.0.1")
    assert DRAFTS in client.get(page).text
    for answer in (atom, client.get(f"{feed}/feed.json")):
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert "private" in answer.headers["cache-control"]
        assert ADDRESS not in answer.text


def test_a_new_address_revokes_the_old_one_and_a_closed_feed_stays_closed(
    archived: ArchivedDigest,
) -> None:
    client, page = archived.site.client, f"{archived.preferences}/feed"
    first = archived.open_feed()
    second = archived.open_feed()
    assert first != second
    assert client.get(f"{first}/atom.xml").status_code == 410
    assert client.get(f"{second}/atom.xml").status_code == 200
    assert "does not work any more" in client.post(page, data={"wish": "close"}).text
    third = archived.open_feed()
    for closed in (first, second):
        for file in FILES:
            assert client.get(f"{closed}/{file}").status_code == 410
    assert client.get(f"{third}/atom.xml").status_code == 200


def test_a_feed_that_has_not_changed_is_not_sent_again(archived: ArchivedDigest) -> None:
    feed, client = archived.open_feed(), archived.site.client
    for file in FILES:
        address = f"{feed}/{file}"
        first = client.get(address)
        etag, modified = first.headers["etag"], first.headers["last-modified"]
        for known in (
            {"If-None-Match": etag},
            {"If-None-Match": f'"x", W/{etag}'},
            {"If-Modified-Since": modified},
        ):
            again = client.get(address, headers=known)
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == etag
        for unknown in (
            {"If-None-Match": '"x"', "If-Modified-Since": modified},
            {"If-Modified-Since": "Sun, 10 May 2026 09:00:00 GMT"},
            {"If-Modified-Since": "yesterday"},
        ):
            assert client.get(address, headers=unknown).status_code == 200


def test_a_forwarded_digest_gives_nobody_the_feed(archived: ArchivedDigest) -> None:
    archived.open_feed()
    site = archived.site
    young = site.preferences(archived.number, purpose=LinkPurpose.PREFERENCES)
    before = site.place.rows()
    assert site.client.get(f"{young}/feed").status_code == 403
    assert "/feed/" not in site.client.get(f"{young}/papers").text
    assert site.client.post(f"{young}/feed", data={"wish": "open"}).status_code == 403
    assert site.place.rows() == before


def test_a_wrong_address_and_one_of_nobody_give_nothing(archived: ArchivedDigest) -> None:
    feed, client = archived.open_feed(), archived.site.client
    head, _, token = feed.rpartition("/")
    for wrong in ("x", token[:-1], "B" + token[1:]):
        assert client.get(f"{head}/{wrong}/atom.xml").status_code == 404
    assert client.get(f"{feed}/rss.xml").status_code == 404
    archived.site.place.now[0] = NOW + timedelta(days=400)
    assert client.get(f"{feed}/atom.xml").status_code == 200
    data = {"wish": "erase", "sure": "yes"}
    client.post(archived.preferences, data=data)
    assert client.get(f"{feed}/atom.xml").status_code == 410
