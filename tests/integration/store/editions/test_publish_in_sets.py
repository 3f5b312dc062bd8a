"""Editions that are composed in sets, or in several processes, are those that each reader alone gets."""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import wait
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, func, select, update
from support.builders import NOW, paper
from support.samples.random_profiles import WORDS, made_paper
from support.subscribers import start_subscription

from digest.core.batch_ranking import prepared_papers
from digest.core.editions import compose
from digest.core.models.editions import Edition
from digest.core.models.papers import AnnouncementKind, Identifier, Paper
from digest.core.models.profiles import AuthorChoice, FeedbackKind
from digest.core.profiles import encoding
from digest.core.ranking import fingerprint
from digest.pipeline.cancellation import StopToken
from digest.pipeline.editions import in_sets, processes, publisher, shards
from digest.pipeline.editions.shards import Shard
from digest.pipeline.publishing import publish as publishing
from digest.pipeline.publishing.publish import publish
from digest.store.archive import shown_papers
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.editions import ledger
from digest.store.subscribers import feedback

Collect = Callable[..., object]
READERS = 24
FEW = 15  # papers, where it does not matter how they are ranked
FEWER = 12  # readers, where it does not matter what they want


def profile_text(number: int) -> str:
    """Some readers have the same profile, others aliases, another limit, or trending papers only."""
    chance = random.Random(number % 18)
    topics = [
        f'[[topics]]\nname = "T{topic}"\nkeywords = {[*chance.sample(WORDS, 3), "honey comb"]}\n'
        for topic in range(chance.choice([1, 2, 3]))
    ]
    aliases = '[aliases]\nLLM = ["bee dance"]\n' if chance.random() < 0.3 else ""
    options = [
        f"max_papers = {chance.choice([1, 2, 5, 15])}",
        f"min_match = {chance.choice([5, 20, 20, 40])}",
        f"trending = {chance.choice([0, 3, 10])}",
        f'when_empty = "{chance.choice(["skip", "send"])}"',
    ]
    if number % 18 != 2:  # who gets the papers of which there is news, and wants none
        options.append('kinds = ["new", "listed", "revised", "published", "withdrawn"]')
    return "\n".join([f'email = "reader{number}@example.org"', *options, *topics, aliases])


def join(store: Store, readers: int = READERS) -> list[int]:
    with store.write() as tx:
        return [
            start_subscription(
                tx,
                f"reader{number}@example.org",
                name=f"reader{number}",
                profile_text=profile_text(number),
            )
            for number in range(readers)
        ]


def papers(seed: int, count: int = 40) -> list[Paper]:
    """Papers of which some are near-identical to others, and one has very many sentences."""
    chance = random.Random(seed)
    made = [made_paper(chance) for _ in range(count)]
    series = [
        paper(f"The honey comb of a bee swarm near {place}", abstract="A hive and its queen dance.")
        for place in ("Ulm", "Bonn", "Bern")
    ]
    sentences = [f"The honey comb of hive {number} is full." for number in range(70)]
    return [*made, *series, paper("Each honey comb", abstract=" ".join(sentences))]


def preprint(*dois: str, **fields: Any) -> Paper:
    """A paper that many readers get, with its DOIs."""
    names = tuple(Identifier(scheme="doi", value=value) for value in dois)
    return paper("Honey comb and the memory of bees", identifiers=names, **fields)


def editions(store: Store) -> dict[int, tuple[Edition, int]]:
    """The newest edition of each subscription, with its position in the announcements."""
    with store.read() as tx:
        table = schema.edition.c
        newest = select(func.max(table.id)).group_by(table.subscription_id)
        found = [ledger.load(tx, number) for number in tx.execute(newest).scalars()]
    return {
        item.subscription.subscription_id: (item.edition, item.subscription.read_through)
        for item in found
    }


def states(store: Store) -> list[tuple[Any, ...]]:
    columns = schema.subscription.c
    wanted = select(
        columns.id, columns.next_due, columns.waiting_until, columns.used_at, columns.read_through
    )
    with store.read() as tx:
        return [tuple(row) for row in tx.execute(wanted.order_by(columns.id))]


def shown(store: Store) -> list[tuple[int, int]]:
    table = schema.shown_papers
    with store.read() as tx:
        return sorted(
            (row.subscription_id, paper_id)
            for row in tx.execute(select(table))
            for paper_id in shown_papers.unpacked(row.block, row.papers)
        )


def edition_ids(store: Store) -> list[int]:
    with store.read() as tx:
        return list(tx.execute(select(schema.edition.c.id)).scalars())


def undo(store: Store, *, read_through: int, after_edition: int = 0) -> None:
    """Takes the editions of a day back, so that they are made again."""
    with store.write() as tx:
        made = schema.shown_papers.c.edition_id > after_edition
        tx.execute(delete(schema.shown_papers).where(made))
        tx.execute(delete(schema.edition).where(schema.edition.c.id > after_edition))
        tx.execute(
            update(schema.subscription).values(
                read_through=read_through, next_due=NOW, used_at=None, waiting_until=None
            )
        )


@pytest.fixture
def in_sets_from(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Returns a function that sets from how many readers on editions are composed in sets."""
    return lambda least: monkeypatch.setattr(publisher, "BATCH_RANKING_MIN_PROFILES", least)


def test_editions_in_sets_are_those_that_each_reader_alone_gets(
    collect: Collect,
    store: Store,
    in_sets_from: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(in_sets, "_SPARE", 0)  # more readers need all their matches
    for module in (in_sets, compose):  # some papers that match are not shown by their titles either
        monkeypatch.setattr(module, "MAX_SURPLUS", 10)
    withdrawn = paper("A honey comb that was not there")
    collect(*papers(1), preprint("10.1101/123456"), withdrawn)
    numbers = join(store)
    with store.write() as tx:
        feedback.record(tx, numbers[3], 7, FeedbackKind.MORE, now=NOW)
        feedback.choose_author(tx, numbers[4], "Tri Dao", AuthorChoice.MUTE, now=NOW)
    in_sets_from(1000)
    publish(store, now=NOW, message_domain="example.org")
    first, head = max(edition_ids(store)), min(row[4] for row in states(store))
    # Some papers of the first day come again, in another source or revised.
    again = [
        *papers(1)[:20],
        preprint("10.1101/123456", "10.1038/honey", venue="Journal of Bees"),
        replace(withdrawn, notice=AnnouncementKind.WITHDRAWN),
    ]
    collect(*papers(2), *again, source="others", at=NOW + timedelta(hours=1))
    tomorrow = NOW + timedelta(days=1)
    publish(store, now=tomorrow, message_domain="example.org")
    alone = editions(store), states(store), shown(store)
    undo(store, read_through=head, after_edition=first)
    in_sets_from(1)
    publish(store, now=tomorrow, message_domain="example.org")
    together = editions(store), states(store), shown(store)
    assert together == alone
    found = [edition for edition, _ in alone[0].values()]
    assert any(edition.left_out for edition in found)
    news = {item.candidate.kind for edition in found for item in edition.updates}
    assert news == {AnnouncementKind.PUBLISHED, AnnouncementKind.WITHDRAWN}
    assert any(edition.considered < max(one.considered for one in found) for edition in found)
    assert any(
        item.candidate.kind is AnnouncementKind.LISTED for one in found for item in one.entries
    )


def test_editions_in_sets_of_papers_without_abstracts_are_those_of_each_reader_alone(
    collect: Collect, store: Store, in_sets_from: Callable[[int], None]
) -> None:
    collect(*(replace(item, abstract="") for item in papers(1, FEW)))
    join(store, FEWER)
    in_sets_from(1000)
    publish(store, now=NOW, message_domain="example.org")
    alone = editions(store), states(store), shown(store)
    undo(store, read_through=0)
    in_sets_from(1)
    publish(store, now=NOW, message_domain="example.org")
    assert (editions(store), states(store), shown(store)) == alone
    assert any(edition.entries for edition, _ in alone[0].values())


def test_editions_in_sets_of_a_day_with_news_alone_are_those_of_each_reader_alone(
    collect: Collect, store: Store, in_sets_from: Callable[[int], None]
) -> None:
    withdrawn = paper("A honey comb that was not there")
    collect(*papers(1, FEW), withdrawn)
    join(store)
    publish(store, now=NOW, message_domain="example.org")
    first, head = max(edition_ids(store)), min(row[4] for row in states(store))
    notice = replace(withdrawn, notice=AnnouncementKind.WITHDRAWN)
    collect(notice, at=NOW + timedelta(hours=1))
    found = []
    for least in (1000, 1):
        undo(store, read_through=head, after_edition=first)
        in_sets_from(least)
        publish(store, now=NOW + timedelta(days=1), message_domain="example.org")
        found.append((editions(store), states(store), shown(store)))
    alone, together = found
    assert together == alone
    made = [edition for edition, _ in alone[0].values() if not edition.considered]
    assert any(edition.updates for edition in made)


def test_what_is_forgotten_about_keywords_changes_no_edition(
    collect: Collect,
    store: Store,
    in_sets_from: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collect(*papers(1, FEW))
    join(store, FEWER)
    in_sets_from(1)
    publish(store, now=NOW, message_domain="example.org")
    whole = editions(store), states(store), shown(store)
    undo(store, read_through=0)
    monkeypatch.setattr(shards, "SUBSCRIPTIONS_PER_TRANSACTION", 2)
    monkeypatch.setattr(prepared_papers, "MOST_FEATURES", 9)
    monkeypatch.setattr(prepared_papers, "KEPT_FEATURES", 5)
    for module, bound in ((encoding, "_MOST_KEYWORDS"), (fingerprint, "_MOST_TEXTS")):
        monkeypatch.setattr(module, bound, 3)
    publish(store, now=NOW, message_domain="example.org")
    assert (editions(store), states(store), shown(store)) == whole


def test_shards_together_make_the_editions_of_one_run(collect: Collect, store: Store) -> None:
    collect(*papers(1, FEW))
    join(store, FEWER)
    publish(store, now=NOW, message_domain="example.org")
    whole = editions(store), states(store), shown(store)
    undo(store, read_through=0)
    made = [
        publish(store, now=NOW, message_domain="example.org", shard=Shard(number=number, of=3)).made
        for number in (2, 0, 1)
    ]
    assert (editions(store), states(store), shown(store)) == whole
    assert all(made)
    assert sum(made) == len(whole[0])


@contextmanager
def many_processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(publishing, "MIN_SUBSCRIPTIONS_FOR_PROCESSES", 1)
    monkeypatch.setattr(shards, "SUBSCRIPTIONS_PER_TRANSACTION", 2)
    monkeypatch.setattr(
        processes, "can_use_processes", lambda _: True
    )  # a test has threads of its own
    yield


def test_several_processes_make_the_editions_of_one(
    collect: Collect, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(*papers(1, FEW))
    join(store, FEWER)
    alone = publish(store, now=NOW, message_domain="example.org")
    whole = editions(store), states(store), shown(store)
    undo(store, read_through=0)
    with many_processes(monkeypatch):
        report = publish(store, now=NOW, message_domain="example.org", processes=3)
    assert (editions(store), states(store), shown(store)) == whole
    assert (report.made, report.subscriptions) == (alone.made, alone.subscriptions)


@pytest.mark.parametrize("probability", [0.5, 1.0])  # 1: already the first one, before it divides
def test_the_editions_of_a_process_that_dies_are_made_all_the_same(
    collect: Collect, store: Store, monkeypatch: pytest.MonkeyPatch, probability: float
) -> None:
    collect(*papers(1, FEW))
    join(store, FEWER)
    publish(store, now=NOW, message_domain="example.org")
    whole = editions(store), states(store), shown(store)
    undo(store, read_through=0)
    parent, compose = os.getpid(), publisher.Publisher.compose

    def dies(self: publisher.Publisher, *args: object, **named: object) -> object:
        if os.getpid() != parent and random.random() < probability:
            os._exit(9)
        return compose(self, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(publisher.Publisher, "compose", dies)
    with many_processes(monkeypatch):
        publish(store, now=NOW, message_domain="example.org", processes=3)
    assert (editions(store), states(store), shown(store)) == whole


@pytest.mark.parametrize("count", [1, 3])
def test_what_was_begun_when_a_stop_is_requested_is_finished_and_the_next_run_makes_the_rest(
    collect: Collect, store: Store, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    collect(*papers(1, FEW))
    join(store, FEWER)
    publish(store, now=NOW, message_domain="example.org")
    whole = editions(store), states(store), shown(store)
    undo(store, read_through=0)
    stop, compose = StopToken(), publisher.Publisher.compose

    def asked_meanwhile(self: publisher.Publisher, *args: object, **named: object) -> object:
        if count == 1:
            stop.request()
        return compose(self, *args, **named)  # type: ignore[arg-type]

    def asked_while_others_work(pipes: Sequence[Any]) -> object:
        stop.request()
        return wait(pipes)

    with monkeypatch.context() as patched, many_processes(patched):
        patched.setattr(publisher.Publisher, "compose", asked_meanwhile)
        patched.setattr(processes, "wait", asked_while_others_work)
        first = publish(store, now=NOW, message_domain="example.org", processes=count, stop=stop)
    assert first.stopped
    assert 2 <= first.subscriptions <= 2 + 2 * (count if count > 1 else 0)
    assert first.made == len(edition_ids(store)) < len(whole[0])
    second = publish(store, now=NOW, message_domain="example.org")
    assert not second.stopped
    assert (editions(store), states(store), shown(store)) == whole


def test_what_another_process_made_meanwhile_is_neither_repeated_nor_overwritten(
    collect: Collect, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(*papers(1, FEW))
    join(store, FEWER)
    compose = publisher.Publisher.compose
    others: list[int] = []

    def slow(self: publisher.Publisher, *args: object, **named: object) -> object:
        composed = compose(self, *args, **named)  # type: ignore[arg-type]
        if not others:  # another process is faster for a part
            others.append(1)
            part = Shard(number=0, of=2)
            others[0] = publish(store, now=NOW, message_domain="example.org", shard=part).made
        return composed

    monkeypatch.setattr(publisher.Publisher, "compose", slow)
    report = publish(store, now=NOW, message_domain="example.org")
    assert others[0] > 0
    assert report.made + others[0] == len(edition_ids(store)) == len(editions(store))
    pairs = shown(store)
    assert len(pairs) == len(set(pairs))


def test_only_the_first_results_of_many_subscriptions_are_kept(
    collect: Collect, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.pipeline.editions.report.MAX_RESULTS", 5)
    monkeypatch.setattr(publishing, "MAX_RESULTS", 5)
    collect(*papers(1, FEW))
    join(store, FEWER)
    report = publish(store, now=NOW, message_domain="example.org")
    assert len(report.results) == 5
    assert (report.made, report.subscriptions) == (len(edition_ids(store)), FEWER)
    later = publish(store, now=NOW + timedelta(minutes=1), message_domain="example.org")
    assert len(later.results) == 5
    assert (later.made, later.subscriptions) == (0, FEWER)
    assert later.next_due is not None
