"""Readers see pages and get messages in their language, on a real server."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.pseudo_language import RIGHT_TO_LEFT, write_catalogue
from support.samples.feedback_links import feedback_url
from support.servers.readers_site import ADDRESS, ReadersSite, body, opened
from support.servers.served_home import KEY

from digest.core.models.profiles import FeedbackKind
from digest.core.signup.link_tokens import LinkPurpose
from digest.core.subscribers import signed_tokens
from digest.pipeline.signup import preferences
from digest.store.signup import requests

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ReadersSite]:
    with opened(tmp_path / "home") as served:
        served.client.headers.update(GERMAN)
        yield served


def language_of(site: ReadersSite, number: int) -> str:
    found = preferences.read(site.place.app.store, number)
    assert found is not None
    return found.presentation.mail_language


def test_a_reader_signs_up_in_the_language_of_the_browser(site: ReadersSite) -> None:
    page = site.client.get(site.url)
    assert '<html lang="de" dir="ltr">' in page.text
    assert "Abonnieren" in page.text
    assert (page.headers["Content-Language"], page.headers["Vary"]) == ("de", "Accept-Language")
    waiting = site.sign_up()
    assert "Sechsstelliger Code" in waiting.text
    (message,) = site.messages()
    assert str(message["Subject"]).startswith("Bitte bestätigen Sie Ihren Digest")
    assert "Angefordert am 11. Mai 2026" in body(message)
    html = message.get_body(("html",))
    assert html is not None
    assert '<html lang="de" dir="ltr">' in html.get_content()
    confirmed = site.client.post(site.link(message, "confirm"))
    assert "Bestätigt" in confirmed.text


def test_the_consent_is_stored_in_the_words_that_the_reader_saw(site: ReadersSite) -> None:
    site.sign_up()
    with site.place.app.store.read() as tx:
        request = requests.find(tx, 1)
    assert request is not None
    assert str(request.wish["wording"]).startswith("Ich möchte diesen Digest per E-Mail")


def subscribed(site: ReadersSite) -> int:
    site.sign_up()
    site.client.post(site.link(site.messages()[0], "confirm"))
    with site.place.app.store.read() as tx:
        from digest.store.subscribers import subscriptions

        return subscriptions.live_subscriptions(tx, email=ADDRESS)[-1].subscription_id


def test_the_pages_of_a_reader_keep_the_language_whatever_the_browser_says(
    site: ReadersSite,
) -> None:
    number = subscribed(site)
    assert language_of(site, number) == "de"
    settings = httpx.get(site.preferences(number), headers=ENGLISH)
    assert '<option value="de" lang="de" selected>Deutsch</option>' in settings.text
    link = feedback_url(site.url, number, 1, FeedbackKind.MORE, at=site.place.now[0], secret=KEY)
    assert "Mehr davon?" in httpx.get(link, headers=ENGLISH).text


def test_a_reader_changes_the_language(site: ReadersSite) -> None:
    number = subscribed(site)
    fields = {"wish": "save", "name0": "Netze", "keywords0": "graphs", "length": "5"}
    saved = site.client.post(site.preferences(number), data={**fields, "language": "en"})
    assert "Saved. The next digest follows it." in saved.text
    assert language_of(site, number) == ""
    assert "Your digest" in site.client.get(site.preferences(number)).text
    again = site.client.post(site.preferences(number), data={**fields, "language": "de"})
    assert "Gespeichert." in again.text
    kept = site.client.post(site.preferences(number), data=fields)
    assert ("Gespeichert." in kept.text, language_of(site, number)) == (True, "de")


def test_a_mistake_is_explained_in_the_language_of_the_reader(site: ReadersSite) -> None:
    number = subscribed(site)
    fields = {"wish": "save", "name0": "Netze", "keywords0": "graph^^"}
    page = site.client.post(site.preferences(number), data=fields).text
    assert "Netze: das Gewicht" in page
    form = site.form()
    answer = site.client.post(site.url, data={"form": form, "keywords0": "x*", "wish": "signup"})
    assert "mindestens zwei Buchstaben vor den Stern" in answer.text


def test_a_message_is_in_the_language_of_the_page_on_which_it_was_asked_for(
    site: ReadersSite,
) -> None:
    number = subscribed(site)
    httpx.post(
        site.preferences(number, purpose=LinkPurpose.PREFERENCES),
        data={"wish": "code"},
        headers=ENGLISH,
    )
    assert "ist Ihr Code" in str(site.messages()[-1]["Subject"])


def test_the_page_of_the_unsubscribe_link_follows_the_browser(site: ReadersSite) -> None:
    token = signed_tokens.sign(signed_tokens.UNSUBSCRIBE, 1, secret=KEY)
    link = f"{site.url}/u/{token}"
    assert "Abbestellen?" in site.client.get(link).text
    assert "Unsubscribe?" in httpx.get(link, headers=ENGLISH).text
    assert "Seite nicht gefunden" in site.client.get(f"{site.url}/nothing").text


def test_an_installation_has_a_language_of_its_own(tmp_path: Path) -> None:
    with opened(tmp_path / "home", more={"DIGEST_LANGUAGE": "de"}) as site:
        assert "Abonnieren" in httpx.get(site.url, headers={"Accept-Language": "fr"}).text
        site.client.headers.update(ENGLISH)
        assert language_of(site, site.subscribe()) == "en"


def test_pages_run_from_right_to_left(tmp_path: Path) -> None:
    more = {
        "DIGEST_TEMPLATES": str(write_catalogue(tmp_path / "own", RIGHT_TO_LEFT)),
        "DIGEST_LANGUAGE": RIGHT_TO_LEFT,
    }
    with opened(tmp_path / "home", more=more) as site:
        assert '<html lang="he" dir="rtl">' in httpx.get(site.url).text
