"""The stage "enrich" over a real database, with services that the tests play."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select
from support.builders import NOW
from support.speed.databases import new_sqlite_store

from digest.core.enrichment.origins import PaperPart
from digest.core.enrichment.outcomes import LookupAnswer, LookupOutcome
from digest.core.models.batches import Batch, SourceRead
from digest.core.models.papers import Identifier, Paper, PaperLink
from digest.core.models.trust import SourceTrust, TrustLevel
from digest.core.schedule.announcement_days import NO_CALENDAR
from digest.pipeline.collect import collect
from digest.pipeline.enrichment.enrich import enrich
from digest.pipeline.enrichment.report import EnrichOptions, EnrichReport, Service
from digest.sources.http.responses import FetchError
from digest.store.database import schema
from digest.store.database.dry_run import DryRunStore
from digest.store.database.store import Store
from digest.store.enrichment.lookups import LookupStatus, lookup_status
from digest.store.papers.announcements import candidates, last_seq
from digest.store.papers.undo import undo_source
from digest.store.reports.paper_history import paper_history

ABSTRACT = (
    "Owls find their prey by hearing, also where the wind moves every leaf of a forest. We study"
    " how sparse attention over few frequencies explains it, with recordings of 31 nights."
)
OWLS = Paper(title="HyperZcdotZ Attention Explains the Hearing of Owls", abstract=ABSTRACT)
MICE = Paper(
    title="Field Mice Remember Where the Owls of the Forest Sleep", abstract="We ask mice."
)
ARXIV = Identifier(scheme="arxiv", value="2605.00001")
LINK = PaperLink(rel="abstract", url="https://arxiv.org/abs/2605.00001")
CODE = PaperLink(rel="code", url="https://github.com/owls/hearing")
FOUND = Paper(
    title=r"Hyper$Z\cdot Z$ Attention Explains the Hearing of Owls",
    abstract=ABSTRACT,
    authors=("Ada Lovelace",),
    identifiers=(ARXIV,),
    links=(LINK, CODE),
    published=date(2026, 5, 8),
    votes=12,
)
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(new_sqlite_store(tmp_path / "digest.db")) as opened:
        yield opened


@dataclass
class Known:
    """A service that knows some papers; each request takes a second of its clock."""

    papers: Sequence[Paper] = ()
    name: str = "huggingface"
    interval: float = 0.0
    titles_at_once: int = 1
    max_requests: int = 100
    error: Exception | None = None
    host: str = "https://huggingface.co"
    takes: float = 1.0
    asked: list[tuple[str, ...]] = field(default_factory=list)
    given: list[float] = field(default_factory=list)
    time: list[float] = field(default_factory=lambda: [0.0])

    def search(self, titles: Sequence[str], *, seconds: float) -> LookupAnswer:
        self.asked.append(tuple(titles))
        self.given.append(seconds)
        self.time[0] += min(self.takes, seconds)
        if self.error:
            raise self.error
        return LookupAnswer(papers=tuple(self.papers), address=f"{self.host}/api?q=x")


@dataclass
class Arxiv(Known):
    """arXiv, which also describes papers."""

    name: str = "arxiv"
    host: str = "https://export.arxiv.org"
    ids_at_once: int = 100
    described: list[tuple[str, ...]] = field(default_factory=list)

    def describe(self, ids: Sequence[str], *, seconds: float) -> LookupAnswer:
        self.described.append(tuple(ids))
        del seconds
        papers = [
            paper for paper in self.papers if any(name.value in ids for name in paper.identifiers)
        ]
        return LookupAnswer(papers=tuple(papers), address=f"{self.host}/api?id_list=x")


@dataclass(frozen=True)
class Shown:
    """A source that shows some papers."""

    name: str
    papers: tuple[Paper, ...]
    calendar = NO_CALENDAR

    def fetch(self, cursor: Any, *, now: datetime) -> Iterator[SourceRead]:
        del cursor, now
        batch = Batch(source=self.name, origin="a file", papers=self.papers)
        yield SourceRead(origin="a file", batch=batch, problem=None, cursor={})


def show(store: Store, *papers: Paper, source: str = "dumps", at: datetime = NOW) -> None:
    collect(store, [Shown(source, papers)], now=at)


def service(known: Known, *, gives_text: bool = True) -> Service:
    arxiv = known.name == "arxiv"
    return Service(
        name=known.name,
        trust=SourceTrust(
            level=TrustLevel.OWNER if arxiv else TrustLevel.AGGREGATOR,
            owns=("arxiv",) if arxiv else (),
            hosts=("arxiv.org",) if arxiv else ("huggingface.co",),
            https=True,
        ),
        gives_text=gives_text,
        describes=arxiv,
        build=lambda: known,
    )


def ask(
    store: Store,
    *known: Known,
    at: datetime = NOW,
    budget: float = 60.0,
    stopped: Callable[[], bool] = lambda: False,
    gives_text: bool = True,
) -> EnrichReport:
    clock = known[0].time
    for item in known:
        item.time = clock
    options = EnrichOptions(budget=budget, clock=lambda: clock[0], stopped=stopped)
    return enrich(
        store, [service(item, gives_text=gives_text) for item in known], now=at, options=options
    )


def shown_to_a_reader(store: Store) -> list[Paper]:
    with store.read() as tx:
        return [item.paper for item in candidates(tx, after=0, upto=last_seq(tx))]


def status(store: Store, *, at: datetime = NOW) -> LookupStatus:
    with store.read() as tx:
        return lookup_status(tx, now=at)


# --- what a found paper gains ---


def test_a_paper_of_a_dump_gets_its_link_before_its_reader_sees_it(store: Store) -> None:
    show(store, OWLS, MICE)
    report = ask(store, Known([FOUND]))
    assert (report.found, report.requests, report.waiting) == (1, 2, 1)
    owls, mice = shown_to_a_reader(store)
    assert owls.title == FOUND.title
    assert owls.links == (LINK, CODE)
    assert (owls.authors, owls.identifiers, owls.votes) == (("Ada Lovelace",), (ARXIV,), 12)
    assert mice.links == ()


def test_nothing_is_announced_and_no_paper_is_added(store: Store) -> None:
    show(store, OWLS, MICE)
    with store.read() as tx:
        before = last_seq(tx)
    ask(store, Known([FOUND, replace(FOUND, title="Another", identifiers=())]))
    with store.read() as tx:
        assert last_seq(tx) == before
        assert tx.execute(select(func.count()).select_from(schema.paper)).scalar_one() == 2


def test_who_said_so_is_recorded(store: Store) -> None:
    show(store, OWLS)
    ask(store, Known([FOUND]))
    with store.read() as tx:
        history = paper_history(tx, 1)
    assert history is not None
    assert [item.source for item in history.sources] == ["dumps", "lookup:huggingface"]
    assert history.revisions[-1].source == "lookup:huggingface"
    (asked,) = history.lookups
    assert (asked.service, asked.outcome) == ("huggingface", LookupOutcome.FOUND)
    assert asked.evidence == "the same title, and abstract or authors agree"
    found = history.origins[-1]
    assert (found.source, found.at, found.evidence) == (
        "lookup:huggingface",
        NOW,
        asked.evidence,
    )
    assert PaperPart("identifier", "arxiv:2605.00001") in found.parts
    assert PaperPart("abstract link", LINK.url) in found.parts


# --- papers without an abstract ---

DOI = Identifier(scheme="doi", value="10.1000/owls")
NAMED = replace(OWLS, abstract="", identifiers=(DOI,), links=(LINK,))


def test_an_abstract_that_the_source_has_not_is_found_and_its_origin_is_told(store: Store) -> None:
    show(store, NAMED)
    known = Known([replace(NAMED, abstract=ABSTRACT)], name="crossref")
    report = ask(store, known, gives_text=False)
    assert (report.found, report.waiting) == (0, 0)
    assert [item.described for item in report.services] == [1]
    (owls,) = shown_to_a_reader(store)
    assert (owls.abstract, owls.abstract_from) == (ABSTRACT, "crossref")
    assert owls.title == NAMED.title
    with store.read() as tx:
        history = paper_history(tx, 1)
    assert history is not None
    assert history.origins[-1].parts == (PaperPart("abstract", ""),)


def test_a_record_without_an_abstract_is_no_help_and_the_next_service_is_asked(
    store: Store,
) -> None:
    show(store, NAMED)
    first, second = Known([NAMED], name="crossref"), Known(name="openalex")
    report = ask(store, first, second, gives_text=False)
    assert (len(first.asked), len(second.asked), report.waiting) == (1, 1, 1)
    ask(store, first, at=NOW + DAY / 2, gives_text=False)
    assert len(first.asked) == 1  # its pause has not ended


def test_arxiv_describes_a_paper_without_an_abstract_by_its_id_alone(store: Store) -> None:
    show(store, replace(OWLS, abstract="", identifiers=(ARXIV,)))
    arxiv = Arxiv([FOUND])
    ask(store, arxiv)
    assert (arxiv.described, arxiv.asked) == ([("2605.00001",)], [])
    (owls,) = shown_to_a_reader(store)
    assert (owls.abstract, owls.abstract_from) == (ABSTRACT, "")


def test_the_paper_is_known_when_its_source_lists_it_later(store: Store) -> None:
    show(store, OWLS)
    ask(store, Known([FOUND]))
    later = replace(FOUND, title="A New Title of the Second Version", version=2)
    show(store, later, source="arxiv", at=NOW + DAY)
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(schema.paper)).scalar_one() == 1


def test_what_a_service_said_can_be_undone_and_is_not_asked_for_again(store: Store) -> None:
    show(store, OWLS)
    ask(store, Known([FOUND]))
    with store.write() as tx:
        undo_source(tx, "lookup:huggingface", now=NOW)
    (owls,) = shown_to_a_reader(store)
    assert (owls.title, owls.links, owls.identifiers) == (OWLS.title, (), ())
    again = Known([FOUND])
    ask(store, again, at=NOW + 5 * DAY)
    assert again.asked == []


def test_a_service_without_texts_fills_in_only_what_is_missing(store: Store) -> None:
    bare = replace(MICE, abstract="")
    show(store, OWLS, bare)
    doi = (Identifier(scheme="doi", value="10.1000/m"),)
    theirs = replace(FOUND, abstract=ABSTRACT + " [holes]", venue="Journal of Owls")
    mice = replace(FOUND, title=MICE.title, abstract="We asked.", identifiers=doi, venue="Mice")
    ask(store, Known([theirs, mice]), gives_text=False)
    first, second = shown_to_a_reader(store)
    assert (first.abstract, first.venue) == (ABSTRACT, "Journal of Owls")
    assert (second.abstract, second.venue) == ("We asked.", "Mice")


def test_a_record_under_another_title_joins_both_titles(store: Store) -> None:
    show(store, OWLS)
    renamed = replace(FOUND, title="Attention Explains the Hearing of Owls")
    ask(store, Known([renamed]))
    (owls,) = shown_to_a_reader(store)
    assert owls.identifiers == (ARXIV,)
    for title in (OWLS.title, renamed.title):
        show(store, Paper(title=title, abstract=ABSTRACT), source="other", at=NOW + DAY)
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(schema.paper)).scalar_one() == 1


def test_two_records_of_one_paper_are_merged_when_a_service_shows_it(store: Store) -> None:
    listed = replace(FOUND, title="An Entirely Different Early Name", abstract="", authors=())
    show(store, OWLS)
    show(store, listed, source="arxiv")
    ask(store, Known([FOUND]))
    with store.read() as tx:
        history = paper_history(tx, 2)
    assert history is not None
    assert history.paper_id == 1
    assert [item.alias_id for item in history.merges] == [2]
    assert status(store).found == 1


def test_arxiv_describes_all_that_others_identified_in_one_request(store: Store) -> None:
    other = replace(
        FOUND,
        title=MICE.title,
        abstract=MICE.abstract * 20,
        identifiers=(Identifier(scheme="arxiv", value="2605.00002"),),
    )
    show(store, OWLS, replace(MICE, abstract=MICE.abstract * 20))
    record = replace(FOUND, categories=("q-bio.NC",), version=3, venue="Owls 7")
    arxiv = Arxiv([record])
    report = ask(store, Known([FOUND, other]), arxiv)
    assert arxiv.described == [("2605.00002", "2605.00001")]
    assert arxiv.asked == []
    assert [item.described for item in report.services] == [0, 1]
    owls, mice = shown_to_a_reader(store)
    assert (owls.categories, owls.version, owls.venue) == (("q-bio.NC",), 3, "Owls 7")
    assert mice.categories == ()
    # The one that arXiv did not know is asked for again after its pause, the other one never.
    ask(store, arxiv, at=NOW + DAY / 2)
    ask(store, arxiv, at=NOW + 2 * DAY)
    assert arxiv.described[1:] == [("2605.00002",)]


# --- what is asked, and when ---


@pytest.mark.parametrize(
    "known",
    [
        replace(OWLS, links=(LINK,)),
        replace(OWLS, identifiers=(ARXIV,)),
        replace(OWLS, identifiers=(Identifier(scheme="doi", value="10.1000/x"),)),
    ],
)
def test_a_paper_with_a_link_or_an_identifier_is_not_looked_up(store: Store, known: Paper) -> None:
    show(store, known)
    asked = Known([FOUND])
    assert ask(store, asked) == EnrichReport()
    assert asked.asked == []


def test_a_paper_from_before_the_window_is_not_looked_up(store: Store) -> None:
    show(store, OWLS, at=NOW - 41 * DAY)
    asked = Known([FOUND])
    ask(store, asked)
    assert asked.asked == []


def test_the_next_service_is_asked_only_for_what_the_one_before_did_not_find(store: Store) -> None:
    show(store, OWLS, MICE)
    first, second = Known([FOUND]), Arxiv()
    ask(store, first, second)
    assert first.asked == [(MICE.title,), (OWLS.title,)]
    assert second.asked == [(MICE.title,)]


def test_several_titles_go_into_one_request_where_the_service_allows_it(store: Store) -> None:
    show(store, OWLS, MICE)
    arxiv = Arxiv([FOUND], titles_at_once=6)
    assert ask(store, arxiv).found == 1
    assert arxiv.asked == [(MICE.title, OWLS.title)]


def test_what_is_not_found_is_asked_again_with_growing_pauses_and_then_given_up(
    store: Store,
) -> None:
    show(store, MICE)
    asked = Known()
    days = []
    for day in range(40):
        before = len(asked.asked)
        ask(store, asked, at=NOW + day * DAY)
        days += [day] * (len(asked.asked) - before)
    assert days == [0, 1, 4, 11, 32]
    last = status(store, at=NOW + 39 * DAY)
    assert (last.waiting, last.given_up, last.services[0].requests) == (0, 1, 5)


def test_what_is_found_later_ends_the_requests(store: Store) -> None:
    show(store, OWLS)
    asked = Known()
    ask(store, asked)
    asked.papers = [FOUND]
    assert ask(store, asked, at=NOW + DAY).found == 1
    ask(store, asked, at=NOW + 30 * DAY)
    assert len(asked.asked) == 2


# --- limits and failures ---


def many(count: int) -> list[Paper]:
    return [Paper(title=f"Paper number {number} of many about owls") for number in range(count)]


def test_a_run_ends_with_its_budget_and_the_next_one_continues(store: Store) -> None:
    show(store, *many(30))
    asked = Known(takes=1.0)
    ask(store, asked, budget=10.0)
    assert asked.time[0] <= 10.0
    assert 9 <= len(asked.asked) <= 10
    assert max(asked.given) <= 10.0
    ask(store, asked, budget=100.0)
    assert len(asked.asked) == len(set(asked.asked)) == 30


def test_a_slow_service_gets_no_more_time_than_the_budget_has(store: Store) -> None:
    show(store, *many(3))
    asked = Known(takes=1e9, error=FetchError("https://x", "too slow"))
    ask(store, asked, budget=5.0)
    assert asked.time[0] <= 5.0


def test_the_wait_for_the_next_turn_counts_as_well(store: Store) -> None:
    show(store, *many(3))
    asked = Known(interval=3.0)
    ask(store, asked, budget=3.5)
    assert asked.asked == []


def test_a_service_is_sent_no_more_requests_than_it_allows_in_a_run(store: Store) -> None:
    show(store, *many(9))
    asked = Known(max_requests=4)
    ask(store, asked)
    assert len(asked.asked) == 4


def test_a_stop_request_ends_the_run_and_keeps_what_was_found(store: Store) -> None:
    show(store, *many(5), OWLS)
    asked = Known([FOUND])
    report = ask(store, asked, stopped=lambda: len(asked.asked) >= 2)
    assert (len(asked.asked), report.found) == (2, 1)
    assert shown_to_a_reader(store)[-1].links == (LINK, CODE)


@pytest.mark.parametrize("status_code", [None, 401, 403, 429, 500, 503])
def test_a_service_that_fails_is_not_asked_again_in_the_run_and_then_rests(
    store: Store, status_code: int | None
) -> None:
    show(store, OWLS, MICE)
    broken = Known(error=FetchError("https://x/?key=k", "answered so", status=status_code))
    working = Arxiv([FOUND])
    report = ask(store, broken, working)
    assert len(broken.asked) == 1
    assert report.problems == ("enrich: huggingface: answered so",)
    assert report.found == 1
    ask(store, broken, at=NOW + timedelta(minutes=29))
    assert len(broken.asked) == 1
    ask(store, broken, at=NOW + timedelta(minutes=31))
    assert len(broken.asked) == 2
    # The second rest is longer, and a success ends it.
    ask(store, broken, at=NOW + timedelta(minutes=80))
    assert len(broken.asked) == 2
    broken.error = None
    ask(store, broken, at=NOW + timedelta(minutes=92))
    ask(store, broken, at=NOW + timedelta(minutes=93))
    assert len(broken.asked) == 3


def test_a_bug_in_reading_an_answer_stops_that_service_alone(store: Store) -> None:
    show(store, OWLS)
    broken = Known(error=KeyError("id"))
    report = ask(store, broken, Arxiv([FOUND]))
    assert report.found == 1
    assert report.problems == ("enrich: huggingface: KeyError (a bug; the log has the details)",)


def test_a_service_may_ask_for_a_longer_rest(store: Store) -> None:
    show(store, OWLS)
    broken = Known(error=FetchError("https://x", "later", status=429, retry_after=7200.0))
    ask(store, broken)
    ask(store, broken, at=NOW + timedelta(minutes=119))
    assert len(broken.asked) == 1
    ask(store, broken, at=NOW + timedelta(minutes=121))
    assert len(broken.asked) == 2


def test_a_title_that_a_service_refuses_does_not_stop_the_others(store: Store) -> None:
    show(store, *many(2), OWLS)

    class Picky(Known):
        def search(self, titles: Sequence[str], *, seconds: float) -> LookupAnswer:
            answer = super().search(titles, seconds=seconds)
            if "number 1" in titles[0]:
                raise FetchError("https://x", "bad request", status=400)
            return answer

    picky = Picky([FOUND])
    assert ask(store, picky).found == 1
    assert len(picky.asked) == 3
    ask(store, picky, at=NOW + DAY / 2)
    assert len(picky.asked) == 3


def test_an_answer_of_another_host_is_not_believed(store: Store) -> None:
    show(store, OWLS)
    captured = Known([FOUND], host="https://captive.example")
    report = ask(store, captured)
    assert report.found == 0
    assert "another host" in report.problems[0]
    assert shown_to_a_reader(store)[0].links == ()


def test_a_dry_run_shows_what_would_be_found_and_stores_nothing(
    store: Store, tmp_path: Path
) -> None:
    show(store, OWLS)
    with DryRunStore.open(f"sqlite:///{tmp_path / 'digest.db'}") as dry:
        assert ask(dry, Known([FOUND])).found == 1
    assert shown_to_a_reader(store)[0].links == ()
    assert status(store).services == ()


def test_without_services_nothing_happens(store: Store) -> None:
    show(store, OWLS)
    options = EnrichOptions(budget=1.0, clock=lambda: 0.0, stopped=lambda: False)
    assert enrich(store, [], now=NOW, options=options) == EnrichReport()
    assert status(store).waiting == 1
