"""The pages for feedback about a paper on a real server."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.samples.feedback_links import feedback_url
from support.servers.readers_site import ReadersSite, opened
from support.servers.served_home import KEY

from digest.core.models.profiles import FeedbackKind
from digest.store.papers import paper_search
from digest.store.subscribers import feedback as feedback_store


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ReadersSite]:
    with opened(tmp_path / "home") as served:
        yield served


def url(site: ReadersSite, number: int, kind: FeedbackKind, *, paper_id: int | None = None) -> str:
    if paper_id is None:
        with site.place.app.store.read() as tx:
            (found,) = paper_search.find_papers(tx, "Federated learning")
        paper_id = found.paper_id
    return feedback_url(site.url, number, paper_id, kind, at=site.place.now[0], secret=KEY)


def said(site: ReadersSite, number: int) -> list[FeedbackKind]:
    with site.place.app.store.read() as tx:
        return [item.kind for item in feedback_store.papers(tx, number)]


@pytest.mark.parametrize(
    "kind, effect",
    [
        (FeedbackKind.MORE, "you get more papers about"),
        (FeedbackKind.LESS, "you get fewer papers about"),
        (FeedbackKind.SAVED, "It is saved"),
    ],
)
def test_the_button_says_it_and_the_page_says_what_changes(
    site: ReadersSite, kind: FeedbackKind, effect: str
) -> None:
    number = site.subscribe()
    link = url(site, number, kind)
    page = site.client.get(link)
    assert "Federated learning on telephones" in page.text
    assert f'class="main" name="wish" value="{kind.value}"' in page.text
    assert said(site, number) == []
    done = site.client.post(link, data={"wish": kind.value})
    assert effect in done.text
    assert "federated learning" in done.text
    assert said(site, number) == [kind]


def test_what_was_said_can_be_taken_back_and_changed(site: ReadersSite) -> None:
    number = site.subscribe()
    link = url(site, number, FeedbackKind.MORE)
    site.client.post(link, data={"wish": "more"})
    assert "You have said before: “More like this”" in site.client.get(link).text
    site.client.post(link, data={"wish": "less"})
    assert said(site, number) == [FeedbackKind.LESS]
    assert "Taken back" in site.client.post(link, data={"wish": "undo"}).text
    assert said(site, number) == []


def test_a_wrong_or_old_link_says_nothing(site: ReadersSite) -> None:
    number = site.subscribe()
    link = url(site, number, FeedbackKind.MORE)
    assert site.client.post(link, data={"wish": "opened"}).status_code == 400
    assert (
        site.client.post(link.replace("/more", "/opened"), data={"wish": "more"}).status_code == 404
    )
    assert site.client.post(link.replace("/f/", "/f/A"), data={"wish": "more"}).status_code == 404
    site.place.now[0] += timedelta(days=61)
    assert site.client.post(link, data={"wish": "more"}).status_code == 410
    assert said(site, number) == []


def test_the_page_does_not_tell_what_exists(site: ReadersSite) -> None:
    number = site.subscribe()
    gone = [
        url(site, number, FeedbackKind.MORE, paper_id=999),
        url(site, 999, FeedbackKind.MORE),
        url(site, 999, FeedbackKind.MORE, paper_id=999),
    ]
    before = site.place.rows()
    for link in gone:
        answers = [site.client.get(link), site.client.post(link, data={"wish": "more"})]
        assert {(item.status_code, item.text) for item in answers} == {(410, answers[0].text)}
    assert site.place.rows() == before


def test_the_preferences_show_what_was_learned_and_forget_it(site: ReadersSite) -> None:
    number = site.subscribe()
    page = site.preferences(number)
    assert "What it has learned" not in site.client.get(page).text
    site.client.post(url(site, number, FeedbackKind.LESS), data={"wish": "less"})
    shown = site.client.get(page).text
    assert "What it has learned" in shown
    assert "Federated learning on telephones" in shown
    old = site.preferences(number, age=timedelta(days=30))
    assert "Federated" not in site.client.get(old).text
    assert site.client.post(old, data={"wish": "forget"}).status_code == 403
    assert "Forgotten" in site.client.post(page, data={"wish": "forget"}).text
    assert said(site, number) == []
