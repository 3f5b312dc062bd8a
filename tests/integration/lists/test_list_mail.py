"""Two mailing lists of one site: joining, their messages on a real mail server, leaving one of them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

import httpx
import pytest
from support.servers.readers_site import ADDRESS, ReadersSite, body, opened, press, stored
from support.servers.served_home import ONE_CLICK

from digest.core.models.profiles import MailTheme
from digest.core.models.subscribers import AddressStatus
from digest.core.signup.link_tokens import LinkPurpose
from digest.errors import SettingsError
from digest.mail.authentication import dkim_keys
from digest.store.subscribers import subscriptions

LISTS = """\
[[lists]]
name = "sprache"
title = "Sprachrohr"
about = "Sprachmodelle"
profile = "lists/sprache.toml"
sender = "Das Sprachrohr <sprache@linguistik.example>"
reply_to = "team@linguistik.example"
theme = "playful"
consent = "Ich möchte das Sprachrohr per Mail bekommen."
dkim_key = "sprache.pem"
dkim_selector = "s1"

[[lists]]
name = "graphs"
title = "Graph Weekly"
profile = "lists/graphs.toml"
list_id = "graphs.example.org"
"""
GERMAN = """\
mail_language = "de"
timezone = "Europe/Berlin"
send_at = "07:30"
trending = 0
min_match = 1
[[topics]]
name = "Dekodieren"
keywords = ["speculative decoding"]
"""
WEEKLY = """\
days = ["fri"]
trending = 0
min_match = 1
[[topics]]
name = "Graphs"
keywords = ["graph neural networks", "speculative decoding"]
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ReadersSite]:
    home = tmp_path / "home"
    (home / "lists").mkdir(parents=True)
    (home / "lists.toml").write_text(LISTS)
    (home / "lists" / "sprache.toml").write_text(GERMAN)
    (home / "lists" / "graphs.toml").write_text(WEEKLY)
    for name in ("sprache", "usual"):
        dkim_keys.write_key(dkim_keys.generate_key("ed25519"), home / f"{name}.pem")
    with opened(home, more={"DIGEST_DKIM_KEY": "usual.pem", "DIGEST_ENRICH": "off"}) as served:
        yield served


def join(site: ReadersSite, name: str) -> int:
    """Signs up to a list and confirms; returns the subscription."""
    before = len(site.messages())
    site.sign_up(path=f"/topics/{name}")
    (message,) = site.messages()[before:]
    assert "Confirmed" in site.client.post(site.link(message, "confirm")).text
    with site.place.app.store.read() as tx:
        live = subscriptions.live_subscriptions(tx, email=ADDRESS)
    return next(item.subscription_id for item in live if item.list_name == name)


def names(site: ReadersSite) -> list[str | None]:
    with site.place.app.store.read() as tx:
        return [item.list_name for item in subscriptions.live_subscriptions(tx, email=ADDRESS)]


def signed_by(message: EmailMessage) -> str:
    found = re.search(r"d=([^;]+); s=([^;]+);", str(message["DKIM-Signature"]))
    assert found is not None
    return f"{found[2]}._domainkey.{found[1]}"


def html(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def one_click(message: EmailMessage) -> str:
    found = re.search(r"<(https?://[^>]+)>", str(message["List-Unsubscribe"]))
    assert found is not None
    return found[1]


def test_each_list_has_its_page_its_consent_and_its_sender(site: ReadersSite) -> None:
    page = site.client.get(f"{site.url}/topics/sprache").text
    assert "Ich möchte das Sprachrohr per Mail bekommen." in page
    assert "It comes every day, not before 07:30 (Europe/Berlin)." in page
    assert 'name="hour"' not in page
    assert "It comes on these days: Fri" in site.client.get(f"{site.url}/topics/graphs").text
    join(site, "sprache")
    number = join(site, "graphs")
    confirmations = site.messages()
    assert [parseaddr(str(message["From"])) for message in confirmations] == [
        ("Das Sprachrohr", "sprache@linguistik.example"),
        ("Graph Weekly", "digest@example.org"),
    ]
    assert "Graph Weekly" in body(confirmations[1])
    with site.place.app.store.read() as tx:
        consents = [
            (entry.detail, entry.evidence or "") for entry in subscriptions.consent_log(tx, ADDRESS)
        ]
    assert [detail for detail, _ in consents] == [
        "sign-up on the site, the list sprache",
        "sign-up on the site, the list graphs",
    ]
    assert "Ich möchte das Sprachrohr" in consents[0][1]
    assert "I want to get Graph Weekly by mail" in consents[1][1]
    shown = press(site.preferences(number), "preview").text
    assert "Sprachrohr" in shown, "all digests of the reader"


def test_the_messages_of_two_lists_and_leaving_one_by_one_click(site: ReadersSite) -> None:
    for name in ("sprache", "graphs"):
        join(site, name)
    sent = {str(message["List-Id"]): message for message in site.run()}
    assert list(sent) == [
        "Sprachrohr <sprache.linguistik.example>",
        "Graph Weekly <graphs.example.org>",
    ], "one digest for each list, on the same day"
    german, weekly = sent.values()
    assert parseaddr(str(german["From"])) == ("Das Sprachrohr", "sprache@linguistik.example")
    assert str(german["Reply-To"]) == "team@linguistik.example"
    assert parseaddr(str(weekly["From"])) == ("Graph Weekly", "digest@example.org")
    assert weekly["Reply-To"] is None
    assert signed_by(german) == "s1._domainkey.linguistik.example"
    assert signed_by(weekly) == "digest._domainkey.example.org"
    assert ":sprache:" in str(german["Feedback-ID"])
    assert "Willkommen" in str(german["Subject"])
    assert "Welcome to Graph Weekly" in str(weekly["Subject"])
    assert "ui-rounded" in html(german), "the playful look"
    assert "ui-rounded" not in html(weekly)
    online = site.client.get(site.link(german, "e")).text
    assert '<p class="name"><a href="/">Sprachrohr</a></p>' in online
    link = one_click(german)
    assert link.endswith("?list=sprache")
    assert str(german["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    page = httpx.get(link).text
    assert "Leave Sprachrohr?" in page
    assert "Leave everything" in page
    assert names(site) == ["sprache", "graphs"], "GET changes nothing"
    for _ in range(2):
        assert httpx.post(link, data=ONE_CLICK).status_code == 200
    assert names(site) == ["graphs"]
    assert site.place.status(ADDRESS) is AddressStatus.ACTIVE
    site.show_papers("Trees of drafts in speculative decoding")
    (digest,) = site.run(days=4)
    assert str(digest["List-Id"]) == "Graph Weekly <graphs.example.org>"
    answer = httpx.post(one_click(weekly), data={"wish": "everything"})
    assert "You are unsubscribed" in answer.text
    assert site.place.status(ADDRESS) is AddressStatus.UNSUBSCRIBED
    # Both come back as they went, each by a consent of its own.
    assert join(site, "graphs")
    assert names(site) == ["graphs"]


def test_the_preferences_leave_one_list_and_undo_it(site: ReadersSite) -> None:
    number, other = join(site, "sprache"), join(site, "graphs")
    assert stored(site, number).follows_file
    old = site.preferences(number, purpose=LinkPurpose.PREFERENCES, age=timedelta(days=30))
    before = len(site.messages())
    assert "Ihre anderen Digests kommen wie bisher" in press(old, "leave-list").text
    assert names(site) == ["graphs"]
    (message,) = site.messages()[before:]
    assert "Sprachrohr" in body(message)
    site.client.post(site.link(message, "confirm"))
    assert sorted(map(str, names(site))) == ["graphs", "sprache"]
    press(site.preferences(number), "leave-list")
    press(site.preferences(other), "leave-list")
    assert site.place.status(ADDRESS) is AddressStatus.UNSUBSCRIBED


def test_a_reader_of_a_list_who_asks_again_is_told_so(site: ReadersSite) -> None:
    join(site, "sprache")
    site.place.now[0] += timedelta(days=2)
    before = len(site.messages())
    site.sign_up(path="/topics/sprache")
    (message,) = site.messages()[before:]
    assert "You get this digest already" in str(message["Subject"])


def test_a_member_follows_the_file_of_the_list(site: ReadersSite) -> None:
    number = join(site, "sprache")
    file = site.place.app.home.path / "lists" / "sprache.toml"
    file.write_text(GERMAN.replace("speculative decoding", "molecules"))
    site.run()
    profile = stored(site, number).profile
    assert profile is not None
    assert [keyword.text for keyword in profile.topics[0].keywords] == ["molecules"]


def test_a_wrong_look_of_a_list_says_where_it_is(site: ReadersSite) -> None:
    join(site, "graphs")
    file = site.place.app.home.path / "lists.toml"
    file.write_text(LISTS.replace('"playful"', '"sad"'))
    with pytest.raises(SettingsError, match=r"list sprache: there is no theme 'sad'"):
        site.place.app._renderer("", "sprache", MailTheme.USUAL)
