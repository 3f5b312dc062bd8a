"""A reader's own papers: all, saved, with notes, and as files."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import NOW, batch, paper
from support.samples.feedback_links import feedback_url
from support.servers.archived_home import DRAFTS, TRANSLATION, ArchivedDigest, digest_of
from support.servers.readers_site import ADDRESS, opened, source_of
from support.servers.served_home import KEY

from digest.core.models.profiles import FeedbackKind
from digest.core.signup.link_tokens import LinkPurpose
from digest.pipeline.archive.reader_archive import MAX_NOTE
from digest.pipeline.collect import collect
from digest.pipeline.subscribers import erasure
from digest.sources.library.parse import parse
from digest.store.papers import paper_search


@pytest.fixture
def archived(tmp_path: Path) -> Iterator[ArchivedDigest]:
    with opened(tmp_path / "home") as site:
        yield digest_of(site)


def shown(archived: ArchivedDigest, query: str = "") -> str:
    answer = archived.site.client.get(f"{archived.preferences}/papers{query}")
    assert answer.status_code == 200
    return answer.text


def press(archived: ArchivedDigest, title: str, wish: str, **fields: str) -> str:
    data = {"wish": wish, "paper": str(archived.paper_id(title)), **fields}
    return archived.site.client.post(f"{archived.preferences}/papers", data=data).text


def test_all_papers_are_shown_by_day_and_found_by_words_of_title_abstract_and_note(
    archived: ArchivedDigest,
) -> None:
    page = shown(archived)
    assert "Monday, 11 May 2026" in page
    assert DRAFTS in page
    assert TRANSLATION in page
    found = shown(archived, "?q=DRAFT+model")
    assert DRAFTS in found
    assert TRANSLATION not in found
    # Each abstract begins with these words.
    assert TRANSLATION in shown(archived, "?q=we+study")
    assert "No paper has all these words" in shown(archived, "?q=draft+nowhere")
    assert "No paper has all these words" in shown(archived, "?q=%25")
    press(archived, TRANSLATION, "note", note="Ask Björn")
    assert TRANSLATION in shown(archived, "?q=BJÖRN")


def test_a_saved_paper_is_in_the_list_and_the_files_until_it_is_removed(
    archived: ArchivedDigest,
) -> None:
    assert "You have saved no paper yet" in shown(archived, "?show=saved")
    assert "Saved." in press(archived, DRAFTS, "save")
    saved = shown(archived, "?show=saved")
    assert DRAFTS in saved
    assert TRANSLATION not in saved
    for form in ("bib", "ris", "json"):
        answer = archived.site.client.get(f"{archived.preferences}/papers/saved.{form}")
        read = parse(answer.content, origin="papers")[0]
        assert [paper.title for paper in read] == [DRAFTS]
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert "Removed from the saved papers" in press(archived, DRAFTS, "unsave", show="saved")
    assert DRAFTS not in shown(archived, "?show=saved")


def test_what_is_saved_by_the_link_of_a_digest_stays_saved_when_learning_is_reset(
    archived: ArchivedDigest,
) -> None:
    site, number = archived.site, archived.number
    paper_id = archived.paper_id(DRAFTS)
    link = feedback_url(
        site.url, number, paper_id, FeedbackKind.SAVED, at=site.place.now[0], secret=KEY
    )
    site.client.post(link, data={"wish": "saved"})
    site.client.post(archived.preferences, data={"wish": "forget"})
    assert DRAFTS in shown(archived, "?show=saved")
    site.client.post(link, data={"wish": "saved"})
    site.client.post(link, data={"wish": "undo"})
    assert DRAFTS not in shown(archived, "?show=saved")


def test_a_full_page_of_long_papers_is_smaller_than_60_kb(archived: ArchivedDigest) -> None:
    site = archived.site
    long = "A rather long title about speculative decoding in systems that serve many readers"
    abstract = "We describe in one sentence of some length what has been found. " * 20
    names = tuple(f"Somebody With-A-Long-Name {number}" for number in range(9))
    papers = [paper(f"{long}, part {n}", abstract, authors=names) for n in range(25)]
    collect(site.place.app.store, [source_of(batch(*papers))], now=NOW)
    other = digest_of(site, "bob@reader.example", length="25")
    page = site.client.get(f"{other.preferences}/papers")
    assert page.text.count(long) >= 20
    pages = site.place.site.pages.default
    assert len(page.content) + len(pages.style.encode()) + len(pages.script.encode()) < 60_000
    assert "Older</a>" in page.text
    older = site.client.get(f"{other.preferences}/papers?page=2").text
    assert long in older
    assert "Newer</a>" in older
    digest = site.client.get(other.online)
    assert digest.text.count(long) == 25
    assert len(digest.content) + len(pages.style.encode()) < 60_000


def test_a_note_is_kept_as_text_changed_and_removed(archived: ArchivedDigest) -> None:
    assert "The note is stored" in press(archived, DRAFTS, "note", note=" <b>first</b> \r\nsecond ")
    assert "&lt;b&gt;first&lt;/b&gt;\nsecond</textarea>" in shown(archived)
    assert f"at most {MAX_NOTE:,}" in press(archived, DRAFTS, "note", note="x" * (MAX_NOTE + 1))
    assert "second" in shown(archived)
    press(archived, DRAFTS, "note", note=" ")
    assert "second" not in shown(archived)


def test_only_papers_of_the_own_digests_can_be_kept(archived: ArchivedDigest) -> None:
    store = archived.site.place.app.store
    collect(store, [source_of(batch("Bees and flowers"))], now=NOW)
    with store.read() as tx:
        (other,) = paper_search.find_papers(tx, "Bees and flowers")
    for given in (str(other.paper_id), "999", "0", "x", "9" * 30, "-1"):
        for wish in ("save", "unsave", "note"):
            data = {"wish": wish, "paper": given, "note": "n"}
            answer = archived.site.client.post(f"{archived.preferences}/papers", data=data)
            assert answer.status_code == 422
            assert "none of your digests" in answer.text
    assert "You have saved no paper yet" in shown(archived, "?show=saved")


def test_an_old_link_shows_no_papers_and_offers_a_code(archived: ArchivedDigest) -> None:
    site = archived.site
    old = site.preferences(archived.number, purpose=LinkPurpose.PREFERENCES, age=timedelta(days=8))
    before = site.place.rows()
    for path in ("/papers", "/papers/saved.bib", "/papers/zotero", "/feed"):
        answer = site.client.get(old + path)
        assert answer.status_code == 403
        assert DRAFTS not in answer.text
        assert f'action="{old.removeprefix(site.url)}"' in answer.text
    data = {"wish": "save", "paper": str(archived.paper_id(DRAFTS))}
    assert site.client.post(f"{old}/papers", data=data).status_code == 403
    assert site.place.rows() == before
    young = site.preferences(archived.number, purpose=LinkPurpose.PREFERENCES)
    assert DRAFTS in site.client.get(f"{young}/papers").text


def test_notes_and_saved_papers_are_in_the_download_and_are_erased(
    archived: ArchivedDigest,
) -> None:
    press(archived, DRAFTS, "save")
    press(archived, DRAFTS, "note", note="of ada@reader.example")
    archived.open_feed()
    store = archived.site.place.app.store
    rows = erasure.export(store, email=ADDRESS)
    assert [row["note"] for row in rows["reader_paper"]] == ["of ada@reader.example"]
    assert len(rows["reader_feed"]) == 1
    archived.site.client.post(archived.preferences, data={"wish": "erase", "sure": "yes"})
    assert archived.site.place.rows()["reader_paper"] == []
    assert archived.site.place.rows()["reader_feed"] == []
    assert archived.site.client.get(f"{archived.preferences}/papers").status_code == 410
