"""Mailing lists beside what operators and programs do: the operator's pages, the HTTP API, channels."""

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from secrets import token_bytes

import httpx
import pytest
from support.servers.operators_site import OperatorsSite, opened
from support.servers.readers_site import press
from support.subscribers import start_subscription

from digest.core.access.scopes import Scope
from digest.core.access.webhooks import WebhookEvent
from digest.core.subscribers.consent import Consent
from digest.pipeline.access import tokens
from digest.pipeline.mailing_lists.leaving import remove_from_list
from digest.pipeline.profiles.profile_sources import read_source
from digest.pipeline.subscribers import administration, leavings
from digest.store.access import events
from digest.store.mailing_lists import memberships
from digest.store.subscribers import subscriptions

EVE = "eve@reader.example"
LISTS = """\
[[lists]]
name = "sprache"
title = "Sprachrohr"
profile = "lists/sprache.toml"
theme = "playful"

[[lists]]
name = "graphs"
title = "Graph Weekly"
profile = "lists/graphs.toml"

[[lists]]
name = "chat"
title = "Of the chat"
profile = "lists/chat.toml"
"""
TOPIC = 'min_match = 1\n[[topics]]\nname = "T"\nkeywords = ["speculative decoding"]\n'
CHANNEL = 'deliver_to = "notes"\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorsSite]:
    home = tmp_path_factory.mktemp("lists") / "home"
    (home / "lists").mkdir(parents=True)
    (home / "notes").mkdir()
    (home / "lists.toml").write_text(LISTS)
    (home / "lists" / "sprache.toml").write_text(f'mail_language = "de"\n{TOPIC}')
    (home / "lists" / "graphs.toml").write_text(TOPIC)
    (home / "lists" / "chat.toml").write_text(CHANNEL + TOPIC)
    (home / "team.toml").write_text(CHANNEL + TOPIC)
    (home / "channels.toml").write_text(
        '[[channels]]\nname = "notes"\nkind = "folder"\npath = "notes"\n'
    )
    with opened(home) as served:
        served.sign_in()
        yield served


def join(site: OperatorsSite, email: str, *names: str) -> list[int]:
    """Adds a reader to lists; returns the subscriptions."""
    place = site.readers.place
    for name in names:
        file = place.app.home.path / "lists" / f"{name}.toml"
        source = read_source(file, home=place.app.home.path, lists=place.app.lists)
        administration.add(place.app.store, email=email, profile=source, now=place.now[0])
    with place.app.store.read() as tx:
        live = subscriptions.live_subscriptions(tx, email=email)
    return [item.subscription_id for item in live]


def lists_of(site: OperatorsSite, email: str) -> list[str | None]:
    with site.readers.place.app.store.read() as tx:
        return [item.list_name for item in subscriptions.live_subscriptions(tx, email=email)]


def has_left(site: OperatorsSite, email: str, name: str) -> bool:
    with site.readers.place.app.store.read() as tx:
        return leavings.find_of_list(tx, email, name) is not None


def api(site: OperatorsSite, method: str, path: str, **more: object) -> httpx.Response:
    place = site.readers.place
    made = tokens.create(
        place.app.store,
        name=token_bytes(6).hex(),
        scopes=tuple(Scope),
        secret=token_bytes(32),
        now=place.now[0],
        life=None,
        requests=100,
    )
    headers = {"Authorization": f"Bearer {made.text}", **dict(more.pop("headers", {}))}  # type: ignore[call-overload]
    return site.readers.client.request(
        method,
        f"{site.readers.url}/api/v1{path}",
        headers=headers,
        **more,  # type: ignore[arg-type]
    )


def test_an_uploaded_list_joins_lists_and_brings_back_nobody_who_left(site: OperatorsSite) -> None:
    email, place = "left@reader.example", site.readers.place
    join(site, email, "sprache", "graphs")
    remove_from_list(place.app.store, email=email, list_name="graphs", now=place.now[0])
    rows = (
        "email,profile,list,status\n"
        f"{email},lists/graphs.toml,,\n"
        f"{email},,graphs,\n"
        "new@reader.example,,graphs,subscribed\n"
        "gone@reader.example,,graphs,subscribed\n"
        "gone@reader.example,,graphs,unsubscribed\n"
    )
    answer = site.post("/import", rows=rows)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"].removeprefix("/admin")
    shown = unescape(site.get(path).text)
    assert shown.count("has left the list graphs") == 2
    assert "Imported: 1 added" in unescape(site.post(path).text)
    site.readers.run()
    assert lists_of(site, email) == ["sprache"]
    assert lists_of(site, "new@reader.example") == ["graphs"]
    assert lists_of(site, "gone@reader.example") == []
    with place.app.store.read() as tx:
        gone = leavings.find(tx, "gone@reader.example", keys=place.app.signing_keys)
    assert gone is not None, "who left the other list stays gone"


def test_the_profile_of_a_list_is_not_changed_for_one_reader(site: OperatorsSite) -> None:
    (number,) = join(site, "member@reader.example", "graphs")
    path = f"{site.reader('member@reader.example')}/digests/{number}/profile"
    assert "The file <code>lists/graphs.toml</code> decides" in site.get(path).text
    answer = site.post(path, wish="save", text=TOPIC.replace("decoding", "molecules"))
    assert "lists/graphs.toml decides about this profile" in unescape(answer.text)
    with site.readers.place.app.store.read() as tx:
        (item,) = subscriptions.live_subscriptions(tx, email="member@reader.example")
    assert item.profile_file == "lists/graphs.toml"


@pytest.mark.parametrize("way", ["api", "preferences", "operator"])
def test_each_way_to_end_a_list_leaves_it(site: OperatorsSite, way: str) -> None:
    place, email = site.readers.place, f"{way}@reader.example"
    number, _ = join(site, email, "sprache", "graphs")
    with place.app.store.read() as tx:
        before = events.head(tx, now=place.now[0])
    if way == "api":
        known = api(site, "GET", f"/subscriptions/{number}").json()
        assert known["mailing_list"] == "sprache"
        assert api(site, "POST", f"/subscriptions/{number}/stop").status_code == 200
    elif way == "preferences":
        press(site.readers.preferences(number), "end")
    else:
        administration.remove(place.app.store, email=email, now=place.now[0])
    assert has_left(site, email, "sprache")
    assert has_left(site, email, "graphs") is (way == "operator")
    with place.app.store.read() as tx:
        page = events.events_after(tx, before, [WebhookEvent.LEFT], now=place.now[0])
    assert [event.data["event"] for event in page.events] == [
        "unsubscribed" if way == "operator" else "left"
    ]


def test_a_leaving_that_is_undone_after_joining_again_changes_nothing(site: OperatorsSite) -> None:
    place, email = site.readers.place, "again@reader.example"
    join(site, email, "sprache", "graphs")
    with place.app.store.write() as tx:
        old = subscriptions.live_subscriptions(tx, email=email)[1]
        memberships.leave(tx, old, origin="web", now=place.now[0])
    file = place.app.home.path / "lists" / "graphs.toml"
    source = read_source(file, home=place.app.home.path, lists=place.app.lists)
    newer = Consent(text="a form", given_at=place.now[0] + timedelta(seconds=1))
    administration.add(
        place.app.store, email=email, profile=source, now=place.now[0], consent=newer
    )
    with place.app.store.write() as tx:
        memberships.rejoin(tx, old, origin="web", evidence=newer, now=place.now[0])
    assert lists_of(site, email) == ["sprache", "graphs"]
    with place.app.store.write() as tx:
        (_, again) = subscriptions.live_subscriptions(tx, email=email)
        memberships.leave(tx, again, origin="web", now=place.now[0])
        start_subscription(tx, email, name=again.name)
        memberships.rejoin(tx, again, origin="web", evidence=newer, now=place.now[0])
    assert lists_of(site, email) == ["sprache", None], "another digest has its name"


def test_no_digest_is_sent_again_to_a_channel_by_mail_or_to_who_left_its_list(
    site: OperatorsSite,
) -> None:
    place, home = site.readers.place, site.readers.place.app.home.path
    join(site, EVE, "sprache", "graphs")
    team = "team@reader.example"
    source = read_source(home / "team.toml", home=home)
    administration.add(place.app.store, email=team, profile=source, now=place.now[0])
    sent = site.readers.run()
    assert EVE in {message["To"] for message in sent}
    assert team not in {message["To"] for message in sent}
    assert list((home / "notes").iterdir())
    remove_from_list(place.app.store, email=EVE, list_name="sprache", now=place.now[0])
    before = len(site.readers.messages())
    for email, words in (
        (team, "it went to the channel notes"),
        (EVE, "Sprachrohr has ended, so its digests are not sent any more"),
    ):
        number = first_edition(site, email)
        answer = site.post(site.reader(email), wish="send again", edition=str(number))
        assert words in unescape(answer.text)
    assert len(site.readers.messages()) == before


def first_edition(site: OperatorsSite, email: str) -> int:
    """Returns the edition of the first subscription of a reader."""
    rows = site.readers.place.rows()
    addresses = {row[1]: row[0] for row in rows["address"]}  # type: ignore[index]
    own = sorted(row[0] for row in rows["subscription"] if row[1] == addresses[email])  # type: ignore[index]
    return min(row[0] for row in rows["edition"] if row[1] == own[0])  # type: ignore[index, no-any-return]


def test_the_api_shows_a_digest_of_a_list_in_its_look_and_language(site: OperatorsSite) -> None:
    email = "look@reader.example"
    join(site, email, "sprache")
    site.readers.show_papers("Speculative decoding of long looks")
    site.readers.run()
    shown = api(site, "GET", f"/editions/{first_edition(site, email)}/html").text
    assert "Sprachrohr" in shown
    assert "ui-rounded" in shown, "the playful look"
    assert 'lang="de"' in shown
    assert email not in shown


def test_no_token_sends_digests_to_a_channel(site: OperatorsSite) -> None:
    body = {
        "email": "app@reader.example",
        "name": "app",
        "profile": CHANNEL + TOPIC,
        "consent": "form, 2026-05-01",
    }
    refused = api(site, "POST", "/subscriptions", json=body)
    assert refused.status_code == 422
    assert "only the operator chooses a channel" in refused.text
    made = api(site, "POST", "/subscriptions", json={**body, "profile": TOPIC})
    path = f"/subscriptions/{made.json()['id']}/profile"
    changed = api(site, "PUT", path, json={"profile": CHANNEL + TOPIC}, headers={"If-Match": "*"})
    assert changed.status_code == 422
    assert "deliver_to" not in api(site, "GET", path).text


def test_a_name_that_a_list_of_the_reader_has_is_refused(site: OperatorsSite) -> None:
    email = "names@reader.example"
    join(site, email, "graphs")
    body = {"email": email, "name": "Graph Weekly", "profile": TOPIC, "consent": "form, 2026-05-01"}
    answer = api(site, "POST", "/subscriptions", json=body)
    assert answer.status_code == 422
    assert "mailing list of this reader is called" in answer.json()["detail"]
    assert api(site, "POST", "/subscriptions", json={**body, "name": "other"}).status_code == 201


def test_nobody_joins_a_channel_on_the_site(site: OperatorsSite) -> None:
    assert site.readers.client.get(f"{site.readers.url}/topics/graphs").status_code == 200
    assert site.readers.client.get(f"{site.readers.url}/topics/chat").status_code == 404
