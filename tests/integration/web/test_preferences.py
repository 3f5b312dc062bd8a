"""The page of a reader's preferences on a real server."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.servers.readers_site import ADDRESS, ReadersSite, body, opened, press, stored

from digest.core.models.subscribers import AddressStatus, SubscriptionOrigin
from digest.core.signup.link_tokens import LinkPurpose
from digest.pipeline.publishing.publish import publish
from digest.pipeline.subscribers import administration
from digest.store.subscribers import subscriptions

OLD = timedelta(days=8)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ReadersSite]:
    with opened(tmp_path / "home") as served:
        yield served


EDITED = {
    "name0": "Decoding",
    "keywords0": "speculative decoding^2\nauthor:Ada King",
    "exclude0": "telephones",
    "weight0": "1.5",
    "name1": "Graphs",
    "keywords1": '"graph neural networks"',
    "hour": "06:00",
    "zone": "Asia/Tokyo",
    "length": "25",
    "days": "2",
}


def test_a_reader_changes_topics_and_schedule(site: ReadersSite) -> None:
    number = site.subscribe()
    answer = press(site.preferences(number), "save", **EDITED)
    assert "Saved" in answer.text
    profile = stored(site, number).profile
    assert profile is not None
    first, second = profile.topics
    assert [word.text for word in first.keywords] == ["speculative decoding^2", "author:Ada King"]
    assert ([word.text for word in first.excluded], first.weight) == (["telephones"], 1.5)
    assert second.name == "Graphs"
    assert (profile.send_at, profile.timezone) == ("06:00", "Asia/Tokyo")
    assert (profile.max_papers, profile.days) == (25, (2,))
    assert "author:Ada King" in site.client.get(site.preferences(number)).text


def test_saving_without_a_change_changes_no_profile(site: ReadersSite) -> None:
    number = site.subscribe()
    press(site.preferences(number), "save", **EDITED)
    before = stored(site, number).profile
    press(site.preferences(number), "save", **EDITED)
    assert stored(site, number).profile == before


def test_a_mistake_is_shown_and_nothing_is_saved(site: ReadersSite) -> None:
    number = site.subscribe()
    before = stored(site, number)
    for wrong in ({"keywords0": "x^^"}, {"keywords0": "", "keywords1": ""}, {"zone": "Mars"}):
        answer = press(site.preferences(number), "save", **{**EDITED, **wrong})
        assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    assert stored(site, number) == before


def test_examples_follow_what_is_typed(site: ReadersSite) -> None:
    number = site.subscribe()
    fields = {**EDITED, "keywords0": "molecules", "fragment": "1"}
    before = site.place.rows()
    answer = press(site.preferences(number), "preview", **fields)
    assert "Graph neural networks for molecules" in answer.text
    assert "<h1>" not in answer.text
    whole = press(site.preferences(number), "preview", **{**EDITED, "keywords0": "molecules"})
    assert ">molecules</textarea>" in whole.text
    assert "Graph neural networks for molecules" in whole.text
    assert site.place.rows() == before


def test_a_pause_ends_on_its_day(site: ReadersSite) -> None:
    number = site.subscribe(zone="UTC", hour="", days="")
    store = site.place.app.store
    publish(store, now=site.place.now[0], message_domain="example.org")
    answer = press(site.preferences(number), "pause", until="2026-05-14")
    assert "Paused until 14 May 2026" in answer.text
    publish(store, now=site.place.now[0] + timedelta(days=2), message_domain="example.org")
    assert stored(site, number).subscription.paused
    publish(store, now=site.place.now[0] + timedelta(days=3), message_domain="example.org")
    assert not stored(site, number).subscription.paused


def test_a_new_pause_forgets_the_day_of_the_old_one(site: ReadersSite) -> None:
    number = site.subscribe()
    press(site.preferences(number), "pause", until="2026-05-14")
    press(site.preferences(number), "resume")
    press(site.preferences(number), "pause")
    assert stored(site, number).paused_until is None
    publish(
        site.place.app.store,
        now=site.place.now[0] + timedelta(days=9),
        message_domain="example.org",
    )
    assert stored(site, number).is_paused


def test_a_reader_leaves(site: ReadersSite) -> None:
    number = site.subscribe()
    assert "You are unsubscribed" in press(site.preferences(number), "leave").text
    assert site.place.status(ADDRESS) is AddressStatus.UNSUBSCRIBED
    page = site.client.get(site.preferences(number)).text
    assert "gets no mail any more" in page
    assert "<textarea" not in page


def test_a_pause_by_the_operator_says_whom_to_ask(site: ReadersSite) -> None:
    number = site.subscribe()
    administration.pause(site.place.app.store, email=ADDRESS, now=site.place.now[0])
    page = site.client.get(site.preferences(number)).text
    assert "The operator has paused" in page
    assert "digest@example.org" in page
    press(site.preferences(number), "resume")
    assert site.place.status(ADDRESS) is AddressStatus.PAUSED


@pytest.mark.parametrize("purpose", [LinkPurpose.PREFERENCES, LinkPurpose.MANAGE])
def test_an_old_link_only_pauses_and_leaves(site: ReadersSite, purpose: LinkPurpose) -> None:
    number = site.subscribe()
    url = site.preferences(number, purpose=purpose, age=OLD)
    page = site.client.get(url)
    assert "speculative decoding" not in page.text
    assert ADDRESS not in page.text
    before = stored(site, number)
    for wish in ("save", "preview", "address", "erase"):
        answer = press(url, wish, **EDITED, email="eve@evil.example", sure="yes")
        assert answer.status_code == 403
    assert site.client.get(f"{url}/data.json").status_code == 403
    assert stored(site, number) == before
    assert "Paused" in press(url, "pause").text
    assert "You are unsubscribed" in press(url, "leave").text


def test_a_link_of_a_digest_edits_and_does_not_erase(site: ReadersSite) -> None:
    number = site.subscribe()
    url = site.preferences(number, purpose=LinkPurpose.PREFERENCES)
    assert "Saved" in press(url, "save", **EDITED).text
    for wish in ("address", "erase"):
        assert press(url, wish, email="eve@evil.example", sure="yes").status_code == 403
    assert site.client.get(f"{url}/data.json").status_code == 403
    assert site.place.status(ADDRESS) is AddressStatus.ACTIVE


def test_a_code_by_mail_makes_an_old_link_young(site: ReadersSite) -> None:
    number = site.subscribe()
    waiting = press(site.preferences(number, age=OLD), "code")
    assert "Look into your mail" in waiting.text
    message = site.messages()[-1]
    assert message["To"] == ADDRESS
    page = press(str(waiting.url), "", code=site.code(message))
    assert "/p/" in str(page.url)
    assert "speculative decoding" in page.text
    assert "Erase my address" in page.text


def test_a_code_belongs_to_its_own_request(site: ReadersSite) -> None:
    first = site.subscribe()
    second = site.subscribe("bob@reader.example")
    press(site.preferences(first, age=OLD), "code")
    message = site.messages()[-1]
    waiting = press(site.preferences(second, age=OLD), "code")
    assert "not the code" in press(str(waiting.url), "", code=site.code(message)).text


def test_the_address_changes_when_the_new_one_confirms(site: ReadersSite) -> None:
    number = site.subscribe()
    answer = press(site.preferences(number), "address", email="ada@new.example")
    assert "new mailbox" in answer.text
    message = site.messages()[-1]
    assert message["To"] == "ada@new.example"
    assert stored(site, number).subscription.email == ADDRESS
    assert "Confirmed" in site.client.post(site.link(message, "confirm")).text
    assert stored(site, number).subscription.email == "ada@new.example"
    told = site.messages()[-1]
    assert (told["To"], "new address" in body(told)) == (ADDRESS, True)
    assert "ada@new.example" not in body(told)
    with site.place.app.store.read() as tx:
        log = subscriptions.consent_log(tx, "ada@new.example")
    assert log[-1].event == "address changed"
    # The same link changes nothing more.
    assert "Confirmed" in site.client.post(site.link(message, "confirm")).text


def test_the_address_of_another_reader_is_not_taken(site: ReadersSite) -> None:
    number = site.subscribe()
    site.subscribe("bob@reader.example")
    site.place.now[0] += timedelta(days=1, minutes=1)
    press(site.preferences(number), "address", email="bob@reader.example")
    answer = site.client.post(site.link(site.messages()[-1], "confirm"))
    assert (answer.status_code, "not possible" in answer.text) == (409, True)
    assert stored(site, number).subscription.email == ADDRESS


def test_a_reader_downloads_everything(site: ReadersSite) -> None:
    number = site.subscribe()
    answer = site.client.get(f"{site.preferences(number)}/data.json")
    assert answer.headers["content-disposition"].startswith("attachment")
    rows = json.loads(answer.text)
    assert rows["address"][0]["email"] == ADDRESS
    assert "speculative decoding" in rows["subscription"][0]["profile_text"]


def test_a_reader_is_erased_after_a_confirmation(site: ReadersSite) -> None:
    number = site.subscribe()
    assert "Tick the box" in press(site.preferences(number), "erase").text
    assert "Everything is erased" in press(site.preferences(number), "erase", sure="yes").text
    assert ADDRESS not in str(site.place.rows())
    gone = site.client.get(site.preferences(number))
    nobody = site.client.get(site.preferences(999))
    assert (gone.status_code, gone.text) == (nobody.status_code, nobody.text) == (410, nobody.text)


def test_a_profile_file_is_shown_and_says_whom_to_ask(tmp_path: Path) -> None:
    with opened(tmp_path / "home", more={"DIGEST_REPLY_TO": "editor@lab.example"}) as site:
        with site.place.app.store.write() as tx:
            number = subscriptions.start(
                tx,
                email=ADDRESS,
                name="ada",
                origin=SubscriptionOrigin.FILE,
                profile_text='[[topics]]\nname = "T"\nkeywords = ["quarks"]\nexclude = ["mice"]\n',
                read_through=0,
                now=site.place.now[0],
                detail="",
            )
        page = site.client.get(site.preferences(number))
        assert "quarks" in page.text
        assert "not mice" in page.text
        assert "editor@lab.example" in page.text
        assert "<textarea" not in page.text
        answer = press(site.preferences(number), "save", **EDITED)
        assert (answer.status_code, "kept by the operator" in answer.text) == (422, True)
        assert "Paused" in press(site.preferences(number), "pause").text
