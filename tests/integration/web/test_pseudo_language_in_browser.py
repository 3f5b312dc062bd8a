"""Every page in a language that is 40 % longer: all text is translated, and fits on a small phone."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.browser.chromium import IN_CHROMIUM
from support.pseudo_language import (
    LEFT_TO_RIGHT,
    RIGHT_TO_LEFT,
    untranslated_words,
    write_catalogue,
)
from support.samples.feedback_links import feedback_url
from support.servers.readers_site import TOPICS, ReadersSite, body, opened
from support.servers.served_home import KEY

from digest.config.profiles import gallery
from digest.core.models.profiles import FeedbackKind
from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.core.subscribers import signed_tokens

pytestmark = IN_CHROMIUM

# What no catalogue translates: names, titles, keywords, zones, addresses.
CONTENT = " ".join(
    (
        "Paper Digest Ada King ada reader example org UTC Europe Paris Asia Tokyo",
        "Deutsch English suomi עברית speculative decoding molecules draft graphs digest",
        "in quotes quantiz word author Tri Dao KV cache",
        # Days and months, of which only the names are the real language's.
        "ma ti ke to pe la su maaliskuuta toukokuuta",
        gallery.find("robotics").text,
        *TOPICS,
    )
)
VISIBLE = """() => [
    document.title, document.body.innerText,
    ...[...document.querySelectorAll('[aria-label], [alt], [title]')].map(
        e => e.ariaLabel || e.alt || e.title),
].join(' ')"""
TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    return [...document.querySelectorAll('body *')]
        .filter(e => !e.closest('.trap, select, datalist') && e.getClientRects().length)
        .filter(e => { const box = e.getBoundingClientRect(); return box.right > width + 0.5 || box.left < -0.5; })
        .map(e => e.tagName + ' ' + e.innerText.slice(0, 40));
}"""


def addresses(site: ReadersSite) -> Iterator[str]:
    """Yields the address of every page that a GET shows."""
    now, url = site.place.now[0], site.url
    site.sign_up()
    (message,) = site.messages()
    yield f"{url}/"
    yield f"{url}/topics/robotics"
    yield f"{url}/link"
    yield f"{url}/nothing"
    yield f"{url}/waiting/{sign_link(LinkPurpose.WAITING, 1, at=now, secret=KEY)}"
    yield site.link(message, "confirm")
    yield f"{url}/confirm/wrong"
    old = now - timedelta(days=9)
    yield f"{url}/confirm/{sign_link(LinkPurpose.CONFIRM, 1, at=old, secret=KEY)}"
    assert site.client.post(site.link(message, "confirm")).status_code == 200
    yield site.preferences(1)
    yield site.preferences(1, purpose=LinkPurpose.PREFERENCES)
    yield site.preferences(1, purpose=LinkPurpose.PREFERENCES, age=timedelta(days=9))
    yield site.preferences(99)
    for kind in FeedbackKind.MORE, FeedbackKind.LESS, FeedbackKind.SAVED:
        yield feedback_url(url, 1, 1, kind, at=now, secret=KEY)
    yield feedback_url(url, 1, 1, FeedbackKind.MORE, at=now - timedelta(days=90), secret=KEY)
    yield f"{url}/u/{signed_tokens.sign(signed_tokens.UNSUBSCRIBE, 1, secret=KEY)}"
    yield f"{url}/u/wrong"


def answers(site: ReadersSite) -> Iterator[httpx.Response]:
    """Yields the pages that answer forms."""
    fields = {"keywords0": "speculative decoding", "name0": "Speculative", "days": "0"}
    for wish in ("preview", "save", "pause", "resume"):
        yield site.client.post(site.preferences(1), data={**fields, "wish": wish})
    yield site.client.post(site.preferences(1), data={"wish": "save", "keywords0": "x*"})
    yield site.client.post(site.preferences(1), data={"wish": "address", "email": "b@c.example"})
    yield site.client.post(f"{site.url}/link", data={"form": site.form("/link"), "email": "a@b.de"})
    yield site.client.post(f"{site.url}/link", data={"form": site.form("/link"), "email": "x"})
    link = feedback_url(site.url, 1, 1, FeedbackKind.LESS, at=site.place.now[0], secret=KEY)
    for wish in ("less", "undo", "nothing"):
        yield site.client.post(link, data={"wish": wish})
    yield site.client.post(site.preferences(1), data={"wish": "leave"})
    yield site.client.post(site.preferences(1), data={"wish": "erase", "sure": "yes"})


def problems(page: Any) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth") > 320
    found = page.evaluate(TOO_WIDE) + ["the page"] * wide
    return [*found, *untranslated_words(page.evaluate(VISIBLE), content=CONTENT)]


@pytest.mark.parametrize("code", [LEFT_TO_RIGHT, RIGHT_TO_LEFT])
def test_every_page_is_translated_and_fits_on_a_small_phone(
    browser: Any, tmp_path: Path, code: str
) -> None:
    more = {
        "DIGEST_TEMPLATES": str(write_catalogue(tmp_path / "own", code)),
        "DIGEST_LANGUAGE": code,
    }
    page = browser.new_page(viewport={"width": 320, "height": 700}, locale=code)
    wrong: dict[str, list[str]] = {}
    with opened(tmp_path / "home", more=more) as site:
        site.client.headers["Accept-Language"] = code
        for address in addresses(site):
            page.goto(address)
            wrong[address] = problems(page)
        for answer in answers(site):
            page.set_content(answer.text.replace('href="/', f'href="{site.url}/'))
            wrong[f"{answer.status_code} {answer.request.content!r}"] = problems(page)
        for number, message in enumerate(site.messages()):
            html = message.get_body(("html",))
            assert html is not None
            page.set_content(html.get_content())
            wrong[f"message {number}"] = problems(page)
            text = re.sub(r"https?://\S+", "", f"{message['Subject']} {body(message)}")
            wrong[f"text {number}"] = untranslated_words(text, content=CONTENT)
    page.close()
    assert {name: found for name, found in wrong.items() if found} == {}
