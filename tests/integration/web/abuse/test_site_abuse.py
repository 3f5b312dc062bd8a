"""What somebody with bad intentions gets from the site: no mail bombs, and no list of readers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from support.servers.readers_site import ADDRESS, ReadersSite, body, opened

from digest.core.models.subscribers import AddressStatus
from digest.pipeline.alerts import RunContext, check_and_notify
from digest.pipeline.subscribers import suppression
from digest.store.subscribers import subscriptions


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ReadersSite]:
    with opened(tmp_path / "home") as served:
        yield served


def shown(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    headers = {
        name: value for name, value in answer.headers.items() if name not in ("date", "location")
    }
    return answer.status_code, answer.text, headers


def test_known_and_unknown_addresses_get_the_same_answer_and_other_mail(site: ReadersSite) -> None:
    site.subscribe("known@reader.example")
    site.place.now[0] += timedelta(days=2)
    answers = [site.sign_up(email) for email in ("known@reader.example", "other@reader.example")]
    assert shown(answers[0]) == shown(answers[1])
    assert [shown(step) for step in answers[0].history] == [
        shown(step) for step in answers[1].history
    ]
    already, confirm = site.messages()[1:]
    assert "You get this digest already" in str(already["Subject"])
    assert "Please confirm" in str(confirm["Subject"])


def test_the_request_of_a_known_address_touches_the_same_tables(site: ReadersSite) -> None:
    """The address is looked up by the thread that sends, never for the answer."""
    from sqlalchemy import event

    site.subscribe("known@reader.example")
    site.place.now[0] += timedelta(days=2)
    statements: list[str] = []
    engine = site.place.served.store.engine
    readers = site.place.site.readers
    assert readers is not None
    # Without the thread, only the answer itself asks the database.
    readers.outbox.wait(120)
    readers.outbox.poke = lambda: None  # type: ignore[method-assign]
    event.listen(engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    runs = []
    for email in ("known@reader.example", "other@reader.example"):
        statements.clear()
        site.sign_up(email)
        runs.append(list(statements))
    assert runs[0] == runs[1]
    assert not any(" address" in statement for statement in runs[0])


def test_the_link_page_does_not_tell_who_is_a_reader(site: ReadersSite) -> None:
    site.subscribe("known@reader.example")
    answers = [site.ask_link(email) for email in ("known@reader.example", "nobody@r.example")]
    assert shown(answers[0]) == shown(answers[1])
    assert "If this address gets the digest" in answers[0].text
    assert site.recipients() == ["known@reader.example", "known@reader.example"]
    assert "/p/" in body(site.messages()[1])


def test_an_address_gets_one_confirmation_a_day_over_all_entrances(site: ReadersSite) -> None:
    spellings = ("ada@reader.example", "ADA@reader.example", "ada+list@Reader.example")
    answers = [site.sign_up(email) for email in (*spellings, spellings[0])]
    answers.append(site.sign_up(spellings[0], path="/topics/nlp"))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert len(site.messages()) == 1
    site.place.now[0] += timedelta(days=1)
    site.sign_up(spellings[0])
    assert len(site.messages()) == 2


def test_a_second_request_takes_nothing_from_the_first(site: ReadersSite) -> None:
    site.sign_up(ADDRESS)
    second = site.sign_up(ADDRESS, keywords0="something else")
    (message,) = site.messages()
    assert "not the code" in site.client.post(second.url, data={"code": site.code(message)}).text
    assert "Confirmed" in site.client.post(site.link(message, "confirm")).text


def test_a_link_is_mailed_three_times_a_day(site: ReadersSite) -> None:
    site.subscribe()
    answers = [site.ask_link() for _ in range(5)]
    assert {answer.text for answer in answers} == {answers[0].text}
    assert len(site.messages()) == 1 + 3


def test_an_address_that_sent_bounces_gets_nothing(site: ReadersSite) -> None:
    site.subscribe()
    with site.place.app.store.write() as tx:
        suppression.suppress(
            tx,
            ADDRESS,
            composed_at=None,
            origin="complaint",
            detail="",
            now=site.place.now[0],
        )
    site.place.now[0] += timedelta(days=2)
    assert "Look into your mail" in site.sign_up().text
    assert site.ask_link().status_code == 200
    assert len(site.messages()) == 1
    assert site.place.status(ADDRESS) is AddressStatus.SUPPRESSED


def test_a_network_gets_ten_messages_an_hour(tmp_path: Path) -> None:
    more = {"DIGEST_TRUSTED_PROXIES": "127.0.0.1", "DIGEST_SIGNUP_HOURLY": "1000"}
    with opened(tmp_path / "home", more=more) as site:
        for number in range(12):
            site.client.headers["X-Forwarded-For"] = f"6.6.6.6, 192.0.2.{number}"
            answer = site.sign_up(f"reader{number}@d{number}.example")
            assert answer.status_code == (200 if number < 10 else 429)
        assert "Too many messages" in answer.text
        site.client.headers["X-Forwarded-For"] = "198.51.100.1"
        assert site.sign_up("other@d.example").status_code == 200
        assert len(site.messages()) == 11


def test_a_domain_gets_thirty_messages_an_hour(tmp_path: Path) -> None:
    with opened(tmp_path / "home", more={"DIGEST_SIGNUP_HOURLY": "1000"}) as site:
        answers = [site.sign_up(f"reader{number}@lab.example") for number in range(31)]
        assert [answer.status_code for answer in answers] == [200] * 30 + [429]
        assert len(site.messages()) == 30


def test_a_list_bomb_closes_the_site_for_an_hour_and_tells_the_operator(tmp_path: Path) -> None:
    with opened(tmp_path / "home", more={"DIGEST_SIGNUP_HOURLY": "3"}) as site:
        for number in range(5):
            answer = site.sign_up(f"reader@d{number}.example")
        assert (answer.status_code, "a break of an hour" in answer.text) == (429, True)
        assert site.ask_link().status_code == 429
        assert len(site.messages()) == 3

        def keys() -> list[str]:
            result = check_and_notify(
                site.place.app.store,
                [],
                RunContext(),
                now=site.place.now[0],
                queue_limit=timedelta(hours=6),
                post=None,
            )
            return [problem.key for problem in result.problems]

        assert keys() == ["signup"]
        site.place.now[0] += timedelta(minutes=61)
        assert site.sign_up("late@d9.example").status_code == 200
        site.place.now[0] += timedelta(days=1)
        assert keys() == []


def test_the_limits_are_those_of_all_processes(tmp_path: Path) -> None:
    """Another process on the same database knows of the first message."""
    from digest.core.signup.limits import RequestVerdict
    from digest.pipeline.signup.asking import AskingRules, RequestKind, ask
    from digest.store.database.store import Store

    with opened(tmp_path / "home") as site:
        site.sign_up()
        rules = AskingRules(key=site.place.site.keys[0], hourly=60)
        with Store.open(site.place.app.settings.database_url) as other:
            result = ask(
                other,
                kind=RequestKind.SIGNUP,
                email=ADDRESS,
                wish={},
                network=None,
                rules=rules,
                now=site.place.now[0],
                language="en",
            )
    assert result.verdict is RequestVerdict.SILENT


def test_nothing_of_an_unconfirmed_request_stays_after_two_days(site: ReadersSite) -> None:
    site.sign_up()
    site.messages()
    site.place.now[0] += timedelta(days=2, minutes=1)
    site.sign_up("other@reader.example")
    rows = site.place.rows()
    assert ADDRESS not in str(rows)
    with site.place.app.store.read() as tx:
        assert subscriptions.find_address(tx, ADDRESS) is None
