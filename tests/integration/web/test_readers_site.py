"""Signing up on a real server with a real mail server."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import NOW
from support.servers.readers_site import ADDRESS, ReadersSite, body, opened
from support.servers.served_home import KEY

from digest.core.models.subscribers import AddressStatus
from digest.core.signup.link_tokens import CODE_TRIES, LinkPurpose, sign_link
from digest.errors import StoreError
from digest.pipeline.publishing.publish import publish
from digest.store.subscribers import subscriptions


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ReadersSite]:
    with opened(tmp_path / "home") as served:
        yield served


def live(site: ReadersSite, email: str = ADDRESS) -> list[str]:
    with site.place.app.store.read() as tx:
        return [item.name for item in subscriptions.live_subscriptions(tx, email=email)]


def test_a_newcomer_confirms_by_the_button_behind_the_link(site: ReadersSite) -> None:
    answer = site.sign_up()
    assert answer.status_code == 200
    assert "Look into your mail" in answer.text
    (message,) = site.messages()
    assert message["To"] == ADDRESS
    assert live(site) == []
    assert "One more click" in site.client.get(site.link(message, "confirm")).text
    assert live(site) == []
    assert "Confirmed" in site.client.post(site.link(message, "confirm")).text
    assert live(site) == ["papers"]


def test_confirming_twice_succeeds_and_changes_nothing_more(site: ReadersSite) -> None:
    site.sign_up()
    (message,) = site.messages()
    link = site.link(message, "confirm")
    site.client.post(link)
    before = site.place.rows()
    assert "Confirmed" in site.client.post(link).text
    assert site.place.rows() == before


def test_the_code_of_the_message_confirms_too(site: ReadersSite) -> None:
    waiting = site.sign_up()
    (message,) = site.messages()
    wrong = site.client.post(waiting.url, data={"code": "000000"})
    assert "not the code" in wrong.text
    assert "Confirmed" in site.client.post(waiting.url, data={"code": site.code(message)}).text
    assert live(site) == ["papers"]


def test_after_five_wrong_codes_only_the_link_is_left(site: ReadersSite) -> None:
    waiting = site.sign_up()
    (message,) = site.messages()
    for _ in range(CODE_TRIES):
        answer = site.client.post(waiting.url, data={"code": "no"})
    assert "Too many codes" in answer.text
    assert "Too many codes" in site.client.post(waiting.url, data={"code": site.code(message)}).text
    assert live(site) == []
    assert "Confirmed" in site.client.post(site.link(message, "confirm")).text


def test_the_consent_is_logged_with_its_wording(tmp_path: Path) -> None:
    terms = "I accept https://example.org/privacy"
    with opened(tmp_path / "home", more={"DIGEST_SIGNUP_TERMS": terms}) as site:
        assert "Please accept" in site.sign_up().text
        assert 'href="https://example.org/privacy"' in site.client.get(f"{site.url}/").text
        site.subscribe(terms="yes")
        with site.place.app.store.read() as tx:
            (entry,) = subscriptions.consent_log(tx, ADDRESS)
    assert (entry.event, entry.origin) == ("subscribed", "web")
    assert entry.evidence is not None
    assert entry.evidence.startswith(
        "form of the site 2026-05-11T06:00Z, confirmed by link: I want"
    )
    assert entry.evidence.endswith(terms)
    assert entry.given_at == site.place.now[0]


def test_the_first_digest_is_made_by_the_next_run(site: ReadersSite) -> None:
    # Before the hour of the profile, and on a day that it does not have.
    site.subscribe(hour="23:00", days="4")
    report = publish(site.place.app.store, now=site.place.now[0], message_domain="example.org")
    assert report.made == 1
    later = publish(site.place.app.store, now=NOW + timedelta(days=1), message_domain="example.org")
    assert later.made == 0


def test_a_confirmation_brings_the_first_digest_at_once(tmp_path: Path) -> None:
    """It welcomes the reader; after it, the schedule of the reader holds."""
    with opened(tmp_path / "home", first_digests=True) as site:
        number = site.subscribe(hour="23:00", days="4")
        readers = site.place.site.readers
        assert readers is not None
        readers.first_digests.wait()
        _, digest = site.messages()
        assert digest["To"] == ADDRESS
        assert str(digest["Subject"]).startswith("Welcome to")
        assert "Speculative decoding with a small draft model" in body(digest)
        assert site.place.state(number) == "sent"
        # Confirming again brings no second one.
        site.client.post(site.link(site.messages()[0], "confirm"))
        readers.first_digests.wait()
        assert len(site.messages()) == 2


def test_a_first_digest_that_cannot_be_made_at_once_is_made_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path / "home", first_digests=True) as site:
        readers = site.place.site.readers
        assert readers is not None

        def broken(number: int) -> None:
            raise StoreError(f"the disk is full: {number}")

        monkeypatch.setattr(readers.first_digests, "_make", broken)
        site.subscribe()
        readers.first_digests.wait()
        assert "waits for the next run: the disk is full" in site.place.log[-1]
        report = publish(site.place.app.store, now=site.place.now[0], message_domain="example.org")
        assert report.made == 1


def test_a_list_of_the_operator_can_be_chosen(site: ReadersSite) -> None:
    answer = site.client.get(f"{site.url}/topics/robotics")
    assert "<h1>Robotics</h1>" in answer.text
    site.subscribe(path="/topics/robotics", keywords0="")
    assert live(site) == ["robotics"]
    assert site.client.get(f"{site.url}/topics/nothing").status_code == 404


def test_a_profile_file_of_the_home_can_be_offered(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "ours.toml").write_text('[[topics]]\nname = "Ours"\nkeywords = ["x-ray"]\n')
    with opened(home, more={"DIGEST_SIGNUP_TOPICS": "ours.toml"}) as site:
        assert "x-ray" in site.client.get(f"{site.url}/topics/ours").text


@pytest.mark.parametrize("mode", ["closed", "invite"])
def test_without_an_invitation_nobody_signs_up(tmp_path: Path, mode: str) -> None:
    more = {"DIGEST_SIGNUP": mode, "DIGEST_SIGNUP_INVITATION": "come-and-read"}
    with opened(tmp_path / "home", more=more) as site:
        token = sign_link(LinkPurpose.FORM, 0, at=NOW - timedelta(minutes=1), secret=KEY)
        fields = {"form": token, "email": ADDRESS, "keywords0": "x", "wish": "signup"}
        for invite in ("", "come-and-rea", "Come-and-read"):
            answer = site.client.post(f"{site.url}/", data={**fields, "invite": invite})
            assert "<form" not in answer.text
        invited = site.client.get(f"{site.url}/?invite=come-and-read")
        assert ("<form" in invited.text) is (mode == "invite")
        answer = site.client.post(
            f"{site.url}/", data={**fields, "invite": "come-and-read"}, follow_redirects=True
        )
        assert len(site.messages()) == (1 if mode == "invite" else 0)


def test_without_a_way_to_send_mail_sign_up_is_closed(tmp_path: Path) -> None:
    with opened(tmp_path / "home", more={"DIGEST_SMTP_HOST": ""}) as site:
        assert "Closed for new readers" in site.client.get(f"{site.url}/").text
        assert "nobody can sign up" in site.place.log[0]


@pytest.mark.parametrize(
    "fields, problem",
    [
        ({"email": "nobody"}, "e-mail address"),
        ({"email": "ada@reader.example\nBcc: x@y.example"}, "e-mail address"),
        ({"keywords0": ""}, "at least one keyword"),
        ({"keywords0": "x^^"}, "Your topics"),
        ({"keywords0": "\n".join(f"word{n}" for n in range(61))}, "at most 60"),
        ({"zone": "Nowhere/Land"}, "time zone"),
        ({"website": "https://spam.example"}, "press the button again"),
        ({"email": "ada@trash.example"}, "cannot sign up"),
        ({"email": "ada@mail.trash.example"}, "cannot sign up"),
    ],
)
def test_a_wrong_form_is_shown_again_with_the_problem(
    tmp_path: Path, fields: dict[str, str], problem: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "blocked.txt").write_text("trash.example\n")
    with opened(home, more={"DIGEST_SIGNUP_BLOCKED": "blocked.txt"}) as site:
        answer = site.sign_up(**fields)
        assert answer.status_code == 422
        assert problem in answer.text
        assert 'role="alert"' in answer.text
        assert site.messages() == []


def test_a_changed_file_of_blocked_domains_counts_at_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    file = home / "blocked.txt"
    file.write_text("trash.example\n")
    with opened(home, more={"DIGEST_SIGNUP_BLOCKED": "blocked.txt"}) as site:
        assert site.sign_up("ada@waste.example").status_code == 200
        file.write_text("# both\ntrash.example\nm\u00fcll.example  # a domain in its own script\n")
        for domain in ("trash.example", "m\u00fcll.example", "xn--mll-hoa.example"):
            assert "cannot sign up" in site.sign_up(f"ada@mail.{domain}").text
        file.unlink()
        assert "cannot sign up" in site.sign_up("ada@trash.example").text
        assert "the domains of before stay blocked" in site.place.log[-1]


def test_only_the_domains_of_the_settings_may_sign_up(tmp_path: Path) -> None:
    with opened(tmp_path / "home", more={"DIGEST_SIGNUP_DOMAINS": "lab.example"}) as site:
        assert "cannot sign up" in site.sign_up("ada@notlab.example").text
        site.sign_up("ada@a.lab.example")
        assert site.recipients() == ["ada@a.lab.example"]


def test_a_form_that_was_sent_too_quickly_works_when_it_is_sent_again(site: ReadersSite) -> None:
    token = site.form()
    site.place.now[0] -= timedelta(seconds=5)
    fields = {"form": token, "email": ADDRESS, "keywords0": "x", "wish": "signup"}
    answer = site.client.post(f"{site.url}/", data=fields)
    assert "That was quick" in answer.text
    assert f'value="{token}"' in answer.text
    site.place.now[0] += timedelta(seconds=3)
    assert site.client.post(f"{site.url}/", data=fields).status_code == 303


def test_after_two_days_a_request_cannot_be_confirmed(site: ReadersSite) -> None:
    waiting = site.sign_up()
    (message,) = site.messages()
    link = site.link(message, "confirm")
    site.place.now[0] += timedelta(days=2, seconds=1)
    for answer in (
        site.client.get(link),
        site.client.post(link),
        site.client.post(waiting.url, data={"code": site.code(message)}),
    ):
        assert (answer.status_code, "too old" in answer.text) == (410, True)
    assert live(site) == []


def test_a_reader_who_left_comes_back_by_signing_up(site: ReadersSite) -> None:
    first = site.subscribe()
    site.client.post(site.preferences(first), data={"wish": "leave"})
    assert site.place.status(ADDRESS) is AddressStatus.UNSUBSCRIBED
    site.place.now[0] += timedelta(days=2)
    second = site.subscribe()
    assert second != first
    assert site.place.status(ADDRESS) is AddressStatus.ACTIVE


def test_examples_are_shown_with_and_without_a_script(site: ReadersSite) -> None:
    fields = {
        "form": site.form(),
        "keywords0": "speculative decoding\nunicorn<b>",
        "wish": "preview",
    }
    before = site.place.rows()
    whole = site.client.post(f"{site.url}/", data=fields)
    assert "<h1>" in whole.text
    part = site.client.post(f"{site.url}/", data={**fields, "fragment": "1"})
    assert "<h1>" not in part.text
    for answer in (whole, part):
        assert answer.status_code == 200
        assert "Speculative decoding with a small draft model" in answer.text
        assert "of the 5 papers" in answer.text
        assert "unicorn&lt;b&gt;" in answer.text
    assert site.place.rows() == before


def test_a_message_that_the_mail_server_defers_is_sent_later(site: ReadersSite) -> None:
    site.mail.replies["DOT"] = ["451 later"]
    site.sign_up()
    assert site.messages() == []
    site.mail.replies.clear()
    site.place.now[0] += timedelta(minutes=6)
    readers = site.place.site.readers
    assert readers is not None
    readers.outbox.poke()
    (message,) = site.messages()
    assert "confirm" in body(message)


def test_the_messages_name_nobody_else_and_load_nothing(site: ReadersSite) -> None:
    site.sign_up()
    (message,) = site.messages()
    html = message.get_body(("html",))
    assert html is not None
    assert "<img" not in html.get_content()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert ADDRESS not in body(message)
    assert all(len(line) <= 78 or "://" in line for line in body(message).splitlines())
