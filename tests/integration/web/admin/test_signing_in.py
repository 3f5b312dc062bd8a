"""How operators sign in: by the code or the link of a message, and how others do not."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from support.servers import served_home
from support.servers.operators_site import OPERATOR, OperatorsSite, later, opened
from support.servers.readers_site import ADDRESS
from support.servers.served_home import KEY

from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.store.admin import action_log
from digest.store.database.store import Store
from digest.store.database.support_tables import admin_session
from digest.store.maintenance import backup, restore


@pytest.fixture
def site(tmp_path: Path) -> Iterator[OperatorsSite]:
    with opened(tmp_path / "home") as served:
        yield served


def test_the_answer_is_the_same_for_every_address_and_only_operators_get_mail(
    site: OperatorsSite,
) -> None:
    site.readers.subscribe()
    before = len(site.readers.messages())
    answers = [site.ask(email) for email in (OPERATOR, ADDRESS, "nobody@example.org")]
    assert len({(answer.status_code, answer.text) for answer in answers}) == 1
    assert site.readers.recipients()[before:] == [OPERATOR]
    # Nor does the page for the code tell: codes are tried in vain.
    tried = [
        site.client.post(str(answer.url), data={"code": "000000"}, headers=site.origin)
        for answer in answers
    ]
    assert len({(answer.status_code, answer.text) for answer in tried}) == 1


def test_the_message_goes_to_the_address_of_the_settings(site: OperatorsSite) -> None:
    site.ask("OPS@example.org")
    assert site.readers.recipients() == [OPERATOR]


def test_the_link_signs_in_by_its_button_once(site: OperatorsSite) -> None:
    site.ask()
    link = site.readers.link(site.readers.messages()[-1], "admin/link")
    for _ in range(2):
        assert "Press the button" in site.client.get(link).text
    assert site.get().status_code == 303
    answer = site.client.post(link, headers=site.origin)
    assert "You are signed in" in answer.text
    assert site.get().status_code == 200
    other = OperatorsSite(site.readers)
    assert other.client.post(link, headers=site.origin).status_code == 410
    assert other.get().status_code == 303


def test_a_code_works_once_and_five_may_be_tried(site: OperatorsSite) -> None:
    waiting = str(site.ask().url)
    code = site.readers.code(site.readers.messages()[-1])
    answers = [
        site.client.post(waiting, data={"code": wrong}, headers=site.origin)
        for wrong in ("000000", "", "12345", "x" * 300, "999999", code)
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert "Too many codes" in answers[-1].text
    site.sign_in()
    waiting = str(site.ask("second@example.org").url)
    code = site.readers.code(site.readers.messages()[-1])
    assert site.client.post(waiting, data={"code": code}, headers=site.origin).status_code == 200
    assert site.client.post(waiting, data={"code": code}, headers=site.origin).status_code == 410


def test_link_and_code_are_over_after_a_quarter_of_an_hour(site: OperatorsSite) -> None:
    waiting = str(site.ask().url)
    message = site.readers.messages()[-1]
    later(site, timedelta(minutes=15, seconds=2))
    link = site.readers.link(message, "admin/link")
    code = {"code": site.readers.code(message)}
    for address in (waiting, link):
        assert site.client.post(address, data=code, headers=site.origin).status_code == 410
    assert site.get().status_code == 303


def test_the_tokens_of_readers_sign_nobody_in(site: OperatorsSite) -> None:
    """Nor does the token of the page for the code, which everybody gets who asks."""
    site.ask()
    now = site.readers.place.now[0]
    for purpose in LinkPurpose:
        token = sign_link(purpose, 1, at=now, secret=KEY)
        if purpose is not LinkPurpose.ADMIN:
            answer = site.client.post(f"{site.url}/link/{token}", headers=site.origin)
            assert answer.status_code == 410, purpose
    # A request of a reader is none of an operator, whatever its code.
    site.readers.sign_up()
    code = site.readers.link(site.readers.messages()[-1], "confirm").rpartition("/")[2]
    assert site.client.post(f"{site.url}/link/{code}", headers=site.origin).status_code == 410
    forged = sign_link(LinkPurpose.ADMIN, 2, at=now, secret=KEY)
    assert site.client.post(f"{site.url}/link/{forged}", headers=site.origin).status_code == 410


def test_an_operator_gets_ten_messages_an_hour(site: OperatorsSite) -> None:
    answers = {site.ask().status_code for _ in range(12)}
    assert answers == {200}
    assert len(site.readers.messages()) == 10
    later(site, timedelta(hours=1, seconds=1))
    site.ask()
    assert len(site.readers.messages()) == 11


def test_signing_out_ends_the_session(site: OperatorsSite) -> None:
    site.sign_in()
    cookie = dict(site.client.cookies)
    assert site.post("/sign-out").headers["location"] == "/admin/sign-in"
    site.client.cookies.update(cookie)
    assert site.get().status_code == 303


def test_the_cookie_is_for_this_site_alone(site: OperatorsSite, tmp_path: Path) -> None:
    def cookie_of(place: OperatorsSite) -> str:
        place.ask()
        link = place.readers.link(place.readers.messages()[-1], "admin/link")
        answer = place.client.post(link, headers=place.origin)
        return str(answer.headers["set-cookie"])

    plain = cookie_of(site)
    assert plain.startswith("digest-admin=")
    assert {"HttpOnly", "Path=/admin", "SameSite=strict"} <= set(plain.split("; "))
    secure = {"DIGEST_BASE_URL": "https://127.0.0.1"}
    with opened(tmp_path / "secure", more=secure) as other:
        cookie = cookie_of(other)
    assert cookie.startswith("__Host-digest-admin=")
    assert {"HttpOnly", "Path=/", "SameSite=strict", "Secure"} <= set(cookie.split("; "))


def test_the_cookie_is_not_stored(site: OperatorsSite) -> None:
    site.sign_in()
    (token,) = dict(site.client.cookies).values()
    assert token not in str(site.readers.place.rows())


def test_operators_without_a_public_address_are_told(tmp_path: Path) -> None:
    more = {"DIGEST_ADMIN": OPERATOR, "DIGEST_BASE_URL": ""}
    with served_home.opened(tmp_path / "home", more=more) as place:
        assert any("DIGEST_BASE_URL" in line for line in place.log)


def test_a_list_bomb_locks_no_operator_out(tmp_path: Path) -> None:
    with opened(tmp_path / "home", more={"DIGEST_SIGNUP_HOURLY": "1"}) as site:
        for number in range(3):
            site.readers.sign_up(f"victim{number}@bomb.example")
        assert site.readers.sign_up("another@bomb.example").status_code == 429
        site.sign_in()
        assert site.get().status_code == 200


def test_a_restored_backup_signs_nobody_in(site: OperatorsSite, tmp_path: Path) -> None:
    site.sign_in()
    url, now = site.readers.place.app.settings.database_url, site.readers.place.now[0]
    backup.backup(url, tmp_path / "backup.db", now=now)
    restore.restore(f"sqlite:///{tmp_path}/restored.db", tmp_path / "backup.db", now=now)
    with Store.open(f"sqlite:///{tmp_path}/restored.db") as restored, restored.read() as tx:
        assert tx.execute(select(admin_session)).all() == []
        assert len(action_log.page(tx, limit=9)) == 1
