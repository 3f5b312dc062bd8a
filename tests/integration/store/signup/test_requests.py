"""Requests of the site and their counts, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from support.builders import NOW

from digest.core.models.subscribers import SubscriptionOrigin
from digest.core.signup.limits import DAY, HOUR, Counted, RequestLimit, RequestVerdict
from digest.pipeline.signup.asking import AskingRules, RequestKind, ask
from digest.store.database.store import Store
from digest.store.signup import addresses, pauses, requests
from digest.store.subscribers import subscriptions

RULES = AskingRules(key=b"k" * 32, hourly=100)
PROFILE = '[[topics]]\nname = "T"\nkeywords = ["x"]\n'


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store.open(database_url) as opened:
        yield opened


def add(store: Store, email: str = "ada@reader.example", *, with_mail: bool = True) -> int:
    with store.write() as tx:
        return requests.add(
            tx, kind="signup", email=email, wish={"name": "x"}, now=NOW, with_mail=with_mail
        )


def subscribe(store: Store, email: str = "ada@reader.example") -> int:
    with store.write() as tx:
        return subscriptions.start(
            tx,
            email=email,
            name="papers",
            origin=SubscriptionOrigin.WEB,
            profile_text=PROFILE,
            read_through=0,
            now=NOW,
            detail="",
        )


def test_a_message_is_taken_once(store: Store) -> None:
    add(store, with_mail=False)
    number = add(store, "bob@reader.example")

    def take() -> requests.SiteRequest | None:
        with store.write() as tx:
            return requests.take_mail(tx, now=NOW)

    with ThreadPoolExecutor(4) as pool:
        taken = [item for item in pool.map(lambda _: take(), range(4)) if item]
    assert [item.request_id for item in taken] == [number]
    with store.write() as tx:
        requests.send_later(tx, number, at=NOW + HOUR)
    assert take() is None
    with store.write() as tx:
        again = requests.take_mail(tx, now=NOW + HOUR)
    assert again is not None
    assert (again.email, again.wish) == ("bob@reader.example", {"name": "x"})


def test_tries_are_counted_up_to_the_limit(store: Store) -> None:
    number = add(store)
    with ThreadPoolExecutor(4) as pool:

        def try_once(_: int) -> bool:
            with store.write() as tx:
                return requests.take_try(tx, number, limit=5)

        allowed = list(pool.map(try_once, range(12)))
    assert sum(allowed) == 5


def test_a_request_is_finished_once(store: Store) -> None:
    number = add(store)
    for expected in (True, False):
        with store.write() as tx:
            assert requests.finish(tx, number, result_id=3, now=NOW) is expected


def test_many_requests_at_once_stay_within_the_limit(store: Store) -> None:
    def one(_: int) -> RequestVerdict:
        return ask(
            store,
            kind=RequestKind.SIGNUP,
            email="ada@reader.example",
            wish={},
            network=None,
            rules=RULES,
            now=NOW,
            language="en",
        ).verdict

    with ThreadPoolExecutor(4) as pool:
        verdicts = list(pool.map(one, range(12)))
    assert verdicts.count(RequestVerdict.ACCEPT) == 1
    assert verdicts.count(RequestVerdict.SILENT) == 11


def test_asking_for_one_address_again_uses_up_the_limit_of_the_network_alone(store: Store) -> None:
    def verdict(email: str, network: str) -> RequestVerdict:
        return ask(
            store,
            kind=RequestKind.SIGNUP,
            email=email,
            wish={},
            network=network,
            rules=RULES,
            now=NOW,
            language="en",
        ).verdict

    asked = [verdict("ada@reader.example", "192.0.2.0/24") for _ in range(6)]
    assert asked == [RequestVerdict.ACCEPT, *[RequestVerdict.SILENT] * 4, RequestVerdict.PROVE]
    assert verdict("bob@reader.example", "198.51.100.0/24") is RequestVerdict.ACCEPT


def test_old_requests_and_counts_are_removed(store: Store) -> None:
    number = add(store)
    limit = RequestLimit(counted=Counted.ALL, number=1, time=DAY)
    with store.write() as tx:
        requests.note(tx, {Counted.ALL: "all"}, now=NOW)
        assert requests.count_used(tx, [(limit, "all")], now=NOW) == {limit: 1}
        assert requests.count_used(tx, [(limit, "other")], now=NOW) == {limit: 0}
        requests.remove_old(tx, now=NOW + 2 * DAY, life=2 * DAY)
        assert requests.find(tx, number) is not None
        requests.remove_old(tx, now=NOW + 2 * DAY + timedelta(seconds=1), life=2 * DAY)
        assert requests.find(tx, number) is None
        assert requests.count_used(tx, [(limit, "all")], now=NOW) == {limit: 0}


def test_the_site_remembers_when_it_closed(store: Store) -> None:
    with store.write() as tx:
        assert requests.closed_at(tx) is None
        requests.lock_counts(tx)
        assert requests.closed_at(tx) is None
        requests.close_signup(tx, now=NOW)
        assert requests.closed_at(tx) == NOW


def test_a_pause_ends_at_its_moment(store: Store) -> None:
    number = subscribe(store)
    with store.write() as tx:
        pauses.set_paused(tx, number, paused=True, until=NOW + DAY)
        assert pauses.over(tx, now=NOW) == []
        assert pauses.over(tx, now=NOW + DAY) == [number]
        pauses.set_paused(tx, number, paused=True)
        assert pauses.over(tx, now=NOW + DAY) == []
        assert pauses.paused_until(tx, number) is None


def test_an_address_changes_only_to_an_unknown_one(store: Store) -> None:
    subscribe(store)
    subscribe(store, "bob@reader.example")
    with store.write() as tx:
        change = addresses.change_email
        assert not change(tx, "ada@reader.example", "BOB@reader.example", now=NOW)
        assert not change(tx, "eve@reader.example", "new@reader.example", now=NOW)
        assert change(tx, "ada@reader.example", "New@Reader.example", now=NOW)
        found = subscriptions.find_address(tx, "new@reader.example")
        assert found is not None
        assert found.email == "New@reader.example"
        assert len(subscriptions.live_subscriptions(tx, email="new@reader.example")) == 1
