"""A reader of two mailing lists leaves one of them in Chromium, on the page of the link."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.browser.accessibility import assert_accessible
from support.browser.chromium import IN_CHROMIUM
from support.servers.readers_site import ADDRESS, ReadersSite, opened
from support.servers.served_home import token_of

from digest.core.models.subscribers import AddressStatus
from digest.pipeline.profiles.profile_sources import read_source
from digest.pipeline.subscribers import administration
from digest.store.subscribers import subscriptions

pytestmark = IN_CHROMIUM
LISTS = "".join(
    f'[[lists]]\nname = "{name}"\ntitle = "{title}"\nprofile = "lists/{name}.toml"\n'
    for name, title in (("graphs", "Graph Letters"), ("agents", "Agent Letters"))
)
TOPIC = 'send_at = "07:30"\n[[topics]]\nname = "Graphs"\nkeywords = ["graph", "decoding"]\n'


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ReadersSite]:
    home = tmp_path / "home"
    (home / "lists").mkdir(parents=True)
    for name in ("graphs", "agents"):
        (home / "lists" / f"{name}.toml").write_text(TOPIC)
    (home / "lists.toml").write_text(LISTS)
    with opened(home, more={"DIGEST_ENRICH": "off"}) as served:
        yield served


def names(site: ReadersSite) -> list[str | None]:
    with site.place.app.store.read() as tx:
        return [item.list_name for item in subscriptions.live_subscriptions(tx, email=ADDRESS)]


def test_a_reader_of_two_lists_leaves_one(browser: Any, site: ReadersSite) -> None:
    place = site.place
    for name in ("graphs", "agents"):
        source = read_source(
            place.app.home.path / "lists" / f"{name}.toml",
            home=place.app.home.path,
            lists=place.app.lists,
        )
        administration.add(place.app.store, email=ADDRESS, profile=source, now=place.now[0])
    link = f"{place.page(token_of(1))}?list=graphs"
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(f"{site.url}/topics/graphs")
    assert page.get_by_text("It comes every day, not before 07:30").count() == 1
    assert_accessible(page)
    page.goto(site.preferences(2))
    assert page.get_by_role("link", name="Graph Letters").count() == 1
    assert page.get_by_role("button", name="Leave Agent Letters").count() == 1
    assert_accessible(page)
    page.goto(link)
    assert_accessible(page)
    page.get_by_role("button", name="Leave Graph Letters").click()
    page.get_by_role("heading", name="You have left the list").wait_for()
    assert "Your other digests come as before" in page.inner_text("main")
    assert_accessible(page)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    page.close()
    assert names(site) == ["agents"]
    assert place.status(ADDRESS) is AddressStatus.ACTIVE
