"""The readers' site on a real server with a real mail server: signing up, and what follows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.readers_site import ADDRESS, ReadersSite, opened


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ReadersSite]:
    with opened(tmp_path / "home") as opened_site:
        yield opened_site


def test_a_newcomer_confirms_by_the_button_behind_the_link(site: ReadersSite) -> None:
    answer = site.sign_up()
    assert answer.status_code == 200, answer.text
    assert "Look into your mail" in answer.text
    (message,) = site.messages()
    assert message["To"] == ADDRESS
    page = site.client.get(site.link(message, "confirm"))
    assert "One more click" in page.text
    done = site.client.post(site.link(message, "confirm"))
    assert "Confirmed" in done.text, done.text
