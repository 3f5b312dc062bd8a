"""A reader's way through the site in Chromium, with and without scripts, and for screen readers."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from support.browser.accessibility import assert_accessible, assert_usable
from support.browser.chromium import IN_CHROMIUM
from support.builders import NOW
from support.samples.feedback_links import feedback_url
from support.servers import site_addresses
from support.servers.readers_site import ADDRESS, ReadersSite, body, opened
from support.servers.served_home import KEY

from digest.core.identity.identifiers import title_key
from digest.core.models.profiles import FeedbackKind
from digest.core.models.subscribers import AddressStatus
from digest.pipeline.signup import preferences
from digest.store.papers.paper_search import find_papers

pytestmark = IN_CHROMIUM


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ReadersSite]:
    more = {**site_addresses.SETTINGS, "DIGEST_SIGNUP_TERMS": "I accept the terms."}
    with opened(tmp_path / "home", more=more) as served:
        yield served


def stored(site: ReadersSite) -> preferences.ReaderPreferences:
    found = preferences.read(site.place.app.store, 1)
    assert found is not None
    return found


@pytest.fixture
def site_of_the_journey(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ReadersSite]:
    more = {"DIGEST_SIGNUP_TERMS": "I accept the terms."}
    if request.param == "postgresql":
        more["DIGEST_DATABASE_URL"] = request.getfixturevalue("migrated_postgres_database")
    with opened(tmp_path / "home", more=more) as served:
        yield served


@pytest.mark.parametrize(
    "site_of_the_journey, scripts",
    [("sqlite", True), ("postgresql", False)],
    indirect=["site_of_the_journey"],
    ids=["with scripts, sqlite", "without scripts, [postgresql"],
)
def test_a_newcomer_subscribes_shapes_the_digest_and_is_erased(
    browser: Any, site_of_the_journey: ReadersSite, *, scripts: bool
) -> None:
    site = site_of_the_journey
    context = browser.new_context(java_script_enabled=scripts, timezone_id="Asia/Tokyo")
    elsewhere: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: elsewhere.append(request.url))
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    sign_up(page, site, scripts=scripts)
    (digest,) = site.run()
    assert "Speculative decoding for translation" in body(digest)
    change_topics_by_the_link_of_the_digest(page, site, digest, scripts=scripts)
    like_a_paper(page, site, digest)
    digest = next_digest_follows_topics_and_feedback(site)
    save_a_paper(page, site, digest)
    pause_and_resume(page, site, digest)
    settings = change_the_address(page, site)
    leave_and_be_erased(page, site, settings)
    assert [url for url in elsewhere if not url.startswith((site.url, "data:"))] == []
    assert errors == []
    context.close()


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def sign_up(page: Any, site: ReadersSite, *, scripts: bool) -> None:
    page.goto(f"{site.url}/")
    site.place.now[0] += timedelta(seconds=9)
    zone = page.get_by_label("Time zone")
    if scripts:
        assert zone.input_value() == "Asia/Tokyo"
    else:
        zone.fill("Asia/Tokyo")
    page.get_by_label("Keywords").fill("speculative decoding")
    if not scripts:
        press(page, "Show examples")
    page.get_by_text("Speculative decoding for translation").wait_for()
    page.get_by_label("E-mail address").fill(ADDRESS)
    page.get_by_label("I accept the terms.").check()
    # The Enter key subscribes, and does not show examples.
    page.get_by_label("E-mail address").press("Enter")
    page.get_by_role("heading", name="Look into your mail").wait_for()
    (message,) = site.messages()
    page.goto(site.link(message, "confirm"))
    press(page, "Confirm")
    page.get_by_text("Your first digest comes").wait_for()


def change_topics_by_the_link_of_the_digest(
    page: Any, site: ReadersSite, digest: EmailMessage, *, scripts: bool
) -> None:
    page.goto(site.link(digest, "p"))
    if scripts:
        page.get_by_role("textbox", name="Keywords", exact=True).first.fill("molecules")
        page.get_by_text("Graph neural networks for molecules").first.wait_for()
        page.get_by_label("Never show papers by").last.fill("Bob Stone")
    else:
        page.get_by_label("Keywords, one on each line").first.fill(
            "speculative decoding\nmolecules"
        )
        page.get_by_label("Never show papers by").fill("Bob Stone")
        press(page, "Show examples")
        page.get_by_text("Graph neural networks for molecules").first.wait_for()
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.get_by_role("status").wait_for()
    profile = stored(site).profile
    assert profile is not None
    assert [word.text for word in profile.topics[0].keywords] == [
        "speculative decoding",
        "molecules",
    ]
    assert (profile.timezone, stored(site).muted) == ("Asia/Tokyo", ("Bob Stone",))


def like_a_paper(page: Any, site: ReadersSite, digest: EmailMessage) -> None:
    # It is in a line, and only cards have links: the link is that of the paper all the same.
    title = "Federated learning on telephones"
    assert title in body(digest)
    with site.place.app.store.read() as tx:
        (paper,) = find_papers(tx, title, title_key=title_key(title))
    now = site.place.now[0]
    page.goto(feedback_url(site.url, 1, paper.paper_id, FeedbackKind.MORE, at=now, secret=KEY))
    press(page, "More like this")
    page.get_by_text("you get more papers about").wait_for()


def next_digest_follows_topics_and_feedback(site: ReadersSite) -> EmailMessage:
    site.show_papers("Hospitals that do federated learning with telephones", "Molecules in motion")
    (digest,) = site.run(days=1)
    text = body(digest)
    assert "Why: molecules" in text
    assert "which you liked" in text
    return digest


def save_a_paper(page: Any, site: ReadersSite, digest: EmailMessage) -> None:
    page.goto(feedback_link(site, digest, "Molecules in motion", "saved"))
    press(page, "Save")
    page.get_by_text("It is saved.").wait_for()
    assert stored(site).rated[0].title == "Molecules in motion"
    assert stored(site).rated[0].kind is FeedbackKind.SAVED


def pause_and_resume(page: Any, site: ReadersSite, digest: EmailMessage) -> None:
    page.goto(site.link(digest, "p"))
    page.get_by_label("Pause until").fill("2026-06-01")
    press(page, "Pause")
    page.get_by_text("Paused until 1 June 2026").wait_for()
    assert stored(site).is_paused
    press(page, "Resume")
    page.get_by_role("button", name="Pause").wait_for()
    assert not stored(site).is_paused


def change_the_address(page: Any, site: ReadersSite) -> str:
    """Returns the address of the page that a fresh code opened."""
    press(page, "Mail me a code")
    page.get_by_label("Code of six digits").fill(site.code(site.messages()[-1]))
    press(page, "Confirm")
    page.get_by_label("Send it to another address").fill("ada@new.example")
    settings = str(page.url)
    press(page, "Change the address")
    page.get_by_role("heading", name="Look into your new mailbox").wait_for()
    page.goto(site.link(site.messages()[-1], "confirm"))
    press(page, "Confirm")
    page.get_by_text("goes to the new address").wait_for()
    return settings


def leave_and_be_erased(page: Any, site: ReadersSite, settings: str) -> None:
    page.goto(settings)
    press(page, "Leave")
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    assert site.place.status("ada@new.example") is AddressStatus.UNSUBSCRIBED
    page.goto(settings)
    page.get_by_label("Erase my address").check()
    press(page, "Erase")
    page.get_by_role("heading", name="Everything is erased").wait_for()
    rows = str(site.place.rows())
    assert ADDRESS not in rows
    assert "ada@new.example" not in rows


def feedback_link(site: ReadersSite, digest: EmailMessage, title: str, kind: str) -> str:
    """Returns the link for feedback about a paper in a digest, as a path of the server."""
    html = digest.get_body(("html",))
    assert html is not None
    after = str(html.get_content()).partition(f">{title}<")[2]
    found = re.search(rf"/f/[A-Za-z0-9_-]+/{kind}", after)
    assert found is not None, title
    return f"{site.url}{found[0]}"


def test_a_browser_that_runs_scripts_and_presses_nothing_changes_nothing(
    browser: Any, site: ReadersSite
) -> None:
    site.sign_up(terms="yes")
    other = site.subscribe("bob@reader.example", terms="yes")
    site_addresses.fill(site, other)
    addresses = site_addresses.addresses(site, other)
    addresses += site_addresses.links(site, site.messages())
    before = site.place.rows()
    context = browser.new_context(extra_http_headers=site_addresses.SCANNER)
    sent: list[str] = []
    context.on("request", lambda request: sent.append(request.post_data or request.method))
    page = context.new_page()
    page.clock.install()
    for address in addresses:
        # Files are downloads, which are no pages.
        if not address.endswith((".json", ".bib", ".ris")):
            page.goto(address)
            page.clock.run_for("01:00")  # all timers of a minute, at once
    context.close()
    # The script of the preferences asks for examples, which changes nothing.
    assert [item for item in sent if item != "GET" and "wish=preview" not in item] == []
    assert site.place.rows() == before


def test_every_page_can_be_used_with_a_screen_reader_and_on_every_width(
    browser: Any, site: ReadersSite
) -> None:
    waiting = str(site.sign_up(terms="yes").url)
    (message,) = site.messages()
    number = site.subscribe("bob@reader.example", terms="yes")
    less = feedback_url(site.url, number, 1, FeedbackKind.LESS, at=NOW, secret=KEY)
    site.client.post(less, data={"wish": "less"})
    page = browser.new_page()
    fill: dict[str, Callable[[], object]] = {
        f"{site.url}/": lambda: page.get_by_role("button", name="Show examples").click(),
        site.preferences(number): lambda: page.get_by_role("button", name="Show examples").click(),
    }
    states = (
        waiting,
        site.link(message, "confirm"),
        site.preferences(number, age=timedelta(days=30)),
        site.preferences(999),
        less,
        f"{site.url}/p/cut",
    )
    site_addresses.fill(site, number)
    # Pages that differ only in their token are the same page.
    pages = {
        route: f"{site.url}{next(iter(paths(site, number)))}"
        for route, paths in site_addresses.EXAMPLES.items()
        if route not in site_addresses.NO_PAGES and not route.endswith(".json")
    }
    for address in dict.fromkeys((*fill, *states, *pages.values())):
        page.goto(address)
        if address in fill:
            fill[address]()
            page.locator("#examples h2").wait_for()
        assert_usable(page)
    page.close()


@pytest.mark.parametrize(
    "scheme, worker", [("light", True), ("dark", False)], ids=["in a worker", "without a worker"]
)
def test_the_browser_does_the_proof_of_work_and_the_reader_goes_on(
    browser: Any, tmp_path: Path, scheme: str, *, worker: bool
) -> None:
    with opened(tmp_path / "home", more={"DIGEST_SIGNUP_HOURLY": "2"}) as site:
        site.ask_link("other@reader.example")
        page = browser.new_page(color_scheme=scheme)
        if not worker:
            page.add_init_script("delete window.Worker")
        page.goto(f"{site.url}/topics/nlp")
        site.place.now[0] += timedelta(seconds=9)
        page.get_by_label("E-mail address").fill(ADDRESS)
        page.get_by_role("button", name="Subscribe").click()
        page.get_by_text("The work is done").wait_for()
        assert_accessible(page)
        assert page.get_by_label("E-mail address").input_value() == ADDRESS
        page.get_by_role("button", name="Subscribe").click()
        page.get_by_role("heading", name="Look into your mail").wait_for()
        assert site.recipients() == [ADDRESS]
        page.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_reader_subscribes_on_the_page_of_another_site(
    browser: Any, tmp_path: Path, *, scripts: bool
) -> None:
    with opened(tmp_path / "home", more={"DIGEST_SIGNUP_FRAMES": "http://lab.example"}) as site:
        context = browser.new_context(java_script_enabled=scripts, timezone_id="Asia/Tokyo")
        framed = (
            f'<iframe title="Subscribe" width=360 height=640 src="{site.url}/embed/nlp"></iframe>'
        )
        for host in ("lab", "evil"):
            context.route(
                f"http://{host}.example/",
                lambda route: route.fulfill(body=framed, content_type="text/html"),
            )
        page = context.new_page()
        page.goto("http://evil.example/")
        assert page.frames[1].get_by_label("E-mail address").count() == 0
        page.goto("http://lab.example/")
        site.place.now[0] += timedelta(seconds=9)
        frame = page.frame_locator("iframe")
        frame.get_by_label("E-mail address").fill(ADDRESS)
        frame.get_by_role("button", name="Subscribe").click()
        frame.get_by_role("heading", name="Look into your mail").wait_for()
        context.close()
        (message,) = site.messages()
        site.client.post(site.link(message, "confirm"))
        profile = stored(site).profile
        assert profile is not None
        assert profile.timezone == ("Asia/Tokyo" if scripts else "UTC")
