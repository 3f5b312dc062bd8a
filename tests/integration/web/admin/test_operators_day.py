"""An operator's day in Chromium: from the mailed code to the import of a long list."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.browser.accessibility import assert_usable
from support.browser.chromium import IN_CHROMIUM
from support.servers.operators_site import OPERATOR, OperatorsSite, opened
from support.servers.readers_site import ADDRESS

from digest.pipeline.collect import collect
from digest.store.subscribers import subscriptions

pytestmark = IN_CHROMIUM
PROFILE = '[[topics]]\nname = "Anything"\nkeywords = ["decoding"]\n'
SOURCES = '[[sources]]\nname = "news"\nkind = "jsonl"\npath = "news.jsonl"\n'
ROWS, BAD = 10_000, 50


def filled(site: OperatorsSite) -> None:
    """Makes a home with a source, a profile file, and a reader who got a digest."""
    home = site.readers.place.app.home.path
    (home / "sources.toml").write_text(SOURCES)
    (home / "news.jsonl").write_text('{"title": "Caches", "abstract": "Text."}\n')
    (home / "groups").mkdir()
    (home / "groups" / "lab.toml").write_text(PROFILE)
    site.readers.subscribe()
    site.readers.run()


@pytest.fixture
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[OperatorsSite]:
    more = {}
    if request.param == "postgresql":
        more["DIGEST_DATABASE_URL"] = request.getfixturevalue("migrated_postgres_database")
    with opened(tmp_path / "home", more=more) as served:
        filled(served)
        yield served


def press(page: Any, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).first.click()


@pytest.mark.parametrize(
    "site", ["sqlite", "postgresql"], indirect=True, ids=["sqlite", "[postgresql"]
)
def test_the_day_of_an_operator(browser: Any, site: OperatorsSite, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    sign_in(page, site)
    see_why_no_mail_came(page)
    preview_and_send_again(page, site)
    stop_a_source(page, site)
    import_a_list(page, site, tmp_path)
    page.get_by_role("link", name="Log").click()
    for action in ("sign in", "send again", "stop source", "import readers"):
        page.get_by_role("cell", name=action, exact=True).first.wait_for()
    press(page, "Sign out")
    page.get_by_role("heading", name="Sign in", exact=True).wait_for()
    # The frame of the message has no scripts to run, and says so.
    assert [text for text in errors if "sandbox" not in text] == []
    context.close()


def sign_in(page: Any, site: OperatorsSite) -> None:
    page.goto(site.url)
    page.get_by_label("E-mail address").fill(OPERATOR)
    press(page, "Mail me a code")
    page.get_by_label("Code of six digits").fill(site.readers.code(site.readers.messages()[-1]))
    press(page, "Sign in")
    page.get_by_role("link", name="Go to today").click()
    page.get_by_role("heading", name="Today", exact=True).wait_for()


def see_why_no_mail_came(page: Any) -> None:
    page.get_by_role("link", name="Readers", exact=True).click()
    page.get_by_label("Address, name, or profile").fill("ada@")
    press(page, "Search")
    page.get_by_role("link", name=ADDRESS).click()
    page.get_by_text("was sent").first.wait_for()
    press(page, "Pause all mail")
    page.get_by_text("is paused since").wait_for()
    press(page, "Resume")
    page.get_by_text(f"{ADDRESS}: active").wait_for()


def preview_and_send_again(page: Any, site: OperatorsSite) -> None:
    site.readers.show_papers("Decoding with speculative trees")
    page.get_by_role("link", name="Preview the next digest").click()
    frame = page.frame_locator("iframe")
    # After the pause, only what came later is new.
    frame.get_by_text("Decoding with speculative trees").first.wait_for()
    page.get_by_role("link", name=ADDRESS).click()
    before = len(site.readers.messages())
    press(page, re.compile("Send again"))
    page.get_by_role("status").wait_for()
    assert site.readers.recipients()[before:] == [ADDRESS]


def stop_a_source(page: Any, site: OperatorsSite) -> None:
    place = site.readers.place
    page.get_by_role("link", name="Sources").click()
    press(page, re.compile("Test now"))
    page.get_by_text("It can be read, and has nothing new").wait_for()
    press(page, re.compile("^Stop"))
    page.get_by_text("news: stopped").wait_for()
    sources = place.app.read_sources().build()
    assert collect(place.app.store, sources, now=place.now[0]) == ()


def import_a_list(page: Any, site: OperatorsSite, folder: Path) -> None:
    rows = [f"reader{number}@lab.example" for number in range(ROWS)]
    for number in range(BAD):
        rows[number * 100 + 7] = f"bad row {number}"
    file = folder / "list.csv"
    file.write_text("email\n" + "\n".join(rows) + "\n")
    page.get_by_role("link", name="Import").click()
    page.get_by_label("The file").set_input_files(file)
    page.get_by_label("The profile of rows without one").fill("groups/lab.toml")
    page.get_by_label("The consent of rows").fill("sign-up form of the lab, 2026-05-01")
    press(page, "Show what would happen")
    page.get_by_role("heading", name="What would happen").wait_for()
    assert page.locator(".figures b").all_inner_texts() == ["9,950", "0", "0", "50"]
    # The first bad row is the eighth one, after the line of the names.
    assert page.locator("#refused tbody tr").first.inner_text().startswith("9")
    assert page.locator("#refused tbody tr").count() == BAD
    assert live(site) == 1
    press(page, "Import 9,950 rows")
    page.get_by_text("Imported: 9,950 added, 0 updated, 0 unchanged, 50 refused").wait_for()
    assert live(site) == 1 + ROWS - BAD


def live(site: OperatorsSite) -> int:
    with site.readers.place.app.store.read() as tx:
        return len(subscriptions.live_subscriptions(tx))


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_every_page_can_be_used_with_a_screen_reader_and_on_every_width(
    browser: Any, site: OperatorsSite
) -> None:
    page = browser.new_page()
    page.goto(site.url)
    assert_usable(page)
    page.get_by_label("E-mail address").fill(OPERATOR)
    press(page, "Mail me a code")
    assert_usable(page)
    page.goto(site.readers.link(site.readers.messages()[-1], "admin/link"))
    assert_usable(page)
    press(page, "Sign in")
    assert_usable(page)
    reader = f"{site.url}/readers/1"
    for address in (
        site.url,
        f"{site.url}/readers",
        reader,
        f"{reader}/digests/1/next",
        f"{reader}/digests/1/profile",
        f"{site.url}/queue",
        f"{site.url}/sources",
        f"{site.url}/import",
        f"{site.url}/plots",
        f"{site.url}/log",
        f"{site.url}/settings",
        f"{site.url}/readers/999",
    ):
        page.goto(address)
        assert_usable(page)
    page.goto(f"{reader}/digests/1/profile")
    press(page, "Show the papers of the last week")
    assert_usable(page)
    page.goto(reader)
    press(page, re.compile("Stop"))
    assert_usable(page)
    page.goto(f"{site.url}/import")
    page.get_by_text("Or paste the rows").click()
    page.get_by_label("The rows").fill("email\nx@y.example\nbad\n")
    page.get_by_label("The profile of rows").fill("groups/lab.toml")
    press(page, "Show what would happen")
    assert_usable(page)
    page.close()
