"""A reader's way through the archive in Chromium, and its pages on every width."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.browser.accessibility import assert_usable
from support.browser.chromium import IN_CHROMIUM
from support.servers.archived_home import DRAFTS, TRANSLATION, ArchivedDigest, digest_of
from support.servers.readers_site import opened

pytestmark = IN_CHROMIUM


@pytest.fixture
def archived(tmp_path: Path) -> Iterator[ArchivedDigest]:
    with opened(tmp_path / "home", more={"DIGEST_PUBLIC_ARCHIVE": "true"}) as site:
        archived = digest_of(site)
        site.place.app.maintain(archived.edition.composed_at)
        yield archived


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_reader_saves_finds_exports_and_reads_by_feed(
    browser: Any, archived: ArchivedDigest, *, scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts, accept_downloads=True)
    page = context.new_page()
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url))

    page.goto(archived.preferences)
    page.get_by_role("link", name="Your papers").click()
    page.get_by_label("Words in titles, abstracts and notes").fill("draft")
    page.get_by_role("button", name="Search").press("Enter")
    page.get_by_role("heading", name=DRAFTS).wait_for()
    assert page.get_by_role("heading", name=TRANSLATION).count() == 0

    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("status").filter(has_text="Saved.").wait_for()
    page.get_by_text("Note", exact=True).first.click()
    page.get_by_label(f"Note about {DRAFTS}").fill("for the group")
    page.get_by_role("button", name="Keep note").click()
    page.get_by_role("status").filter(has_text="stored").wait_for()

    page.get_by_role("link", name="Saved", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="BibTeX").click()
    assert DRAFTS in Path(download.value.path()).read_text("utf-8")

    page.get_by_role("link", name="Feed").click()
    page.get_by_role("button", name="Open the feed").click()
    address = page.get_by_label("Atom").input_value().removeprefix("http://127.0.0.1")
    assert DRAFTS in archived.site.client.get(archived.site.url + address).text
    page.get_by_role("button", name="New address").click()
    page.get_by_text("An earlier address does not work any more").wait_for()
    assert archived.site.client.get(archived.site.url + address).status_code == 410

    page.get_by_role("link", name="Back to your papers").click()
    page.get_by_role("link", name="Saved", exact=True).click()
    page.get_by_role("button", name="Remove from saved").click()
    page.get_by_text("You have saved no paper yet").wait_for()
    assert [url for url in elsewhere if not url.startswith((archived.site.url, "data:"))] == []
    context.close()


def test_the_pages_can_be_used_with_a_screen_reader_and_on_every_width(
    browser: Any, archived: ArchivedDigest
) -> None:
    papers = f"{archived.preferences}/papers"
    kept = {"paper": str(archived.paper_id(DRAFTS)), "note": "A note"}
    for wish in ("save", "note"):
        archived.site.client.post(papers, data={"wish": wish, **kept})
    archived.open_feed()
    lists = f"{archived.site.url}/topics/nlp/archive"
    page = browser.new_page()
    for address in (
        archived.online,
        f"{archived.online}/zotero",
        f"{archived.site.url}/e/cut",
        papers,
        f"{papers}?show=saved",
        f"{papers}?q=nowhere",
        f"{archived.preferences}/feed",
        lists,
        f"{lists}/2026-05-11",
    ):
        answered = page.goto(address)
        assert answered.status == (404 if address.endswith("/cut") else 200), address
        assert_usable(page, pressed="button:not(.trap), a.button, select, summary")
    page.close()
