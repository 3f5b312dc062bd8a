"""The states of a reader's day, each in words."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.core.models.batches import Verdict
from digest.core.models.delivery import EditionState
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers.due_times import DueState, decide
from digest.core.subscribers.reader_day import (
    BatchArrival,
    DayFacts,
    DayState,
    EditionSummary,
    SourceNews,
    day_state,
    describe_day,
    describe_edition,
    describe_news,
    explain_days_without_digest,
    source_news,
)

PROFILE = Profile(
    topics=(Topic(name="T", keywords=(Keyword(text="t", term="t"),)),),
    send_at="07:30",
    timezone="Europe/Paris",
    days=(0, 1, 2, 3, 4),
)
OPENS = datetime(2026, 8, 4, 5, 30, tzinfo=UTC)  # Tuesday 4 August, 07:30 in Paris
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEXT = "a run after 2026-08-05 05:30 UTC makes the next digest"


def facts(
    now: datetime = OPENS + HOUR, *, state: DueState | None = None, **more: object
) -> DayFacts:
    """Returns the facts of a moment for an active reader of PROFILE."""
    stored = state or DueState(next_due=OPENS)
    values: dict[str, object] = {
        "now": now,
        "status": AddressStatus.ACTIVE,
        "decision": decide(PROFILE, stored, now),
        "waiting": stored.waiting_until is not None,
    }
    return DayFacts(**(values | more))  # type: ignore[arg-type] # a builder takes any field


def edition(state: EditionState, **more: object) -> EditionSummary:
    values: dict[str, object] = {
        "edition_id": 7,
        "subscription_id": 1,
        "local_date": date(2026, 8, 4),
        "state": state,
        "composed_at": OPENS,
        "attempts": 1,
        "settled_at": OPENS + MINUTE,
        "next_attempt_at": OPENS + HOUR,
        "code": None,
        "reason": None,
        "papers": 10,
    }
    return EditionSummary(**(values | more))  # type: ignore[arg-type] # a builder takes any field


def arrival(verdict: Verdict, *, new: int = 0, source: str = "arxiv") -> BatchArrival:
    return BatchArrival(source=source, collected_at=OPENS, verdict=verdict, new=new, listed=0)


USED = DueState(next_due=OPENS + DAY, used_at=OPENS + 4 * HOUR)
WAITS = DueState(next_due=OPENS, waiting_until=OPENS + 4 * HOUR)
EVENING = OPENS + 6 * HOUR
PAUSE_ENDS = EVENING + DAY


def made(state: EditionState, **more: object) -> DayFacts:
    return facts(EVENING, state=USED, edition=edition(state), **more)


STATES = {
    DayState.SENT: (made(EditionState.SENT), f"its digest of 2026-08-04 was sent; {NEXT}"),
    DayState.SENDING: (
        made(EditionState.CLAIMED),
        f"its digest of 2026-08-04 is being sent; {NEXT}",
    ),
    DayState.QUEUED: (
        made(EditionState.QUEUED),
        f"its digest of 2026-08-04 is made, and the next run sends it; {NEXT}",
    ),
    DayState.DEFERRED: (
        made(EditionState.DEFERRED),
        f"its digest of 2026-08-04 is made, and a later run tries again to send it; {NEXT}",
    ),
    DayState.STOPPED_BY_READER: (
        made(EditionState.QUEUED, paused=True),
        "its digest of 2026-08-04 is made, and not sent: mail to this reader is stopped",
    ),
    DayState.STOPPED_BY_PAUSE: (
        made(EditionState.DEFERRED, sending_paused_until=PAUSE_ENDS),
        f"its digest of 2026-08-04 is made, and not sent yet: all sending is paused; {NEXT}",
    ),
    DayState.IN_DOUBT: (
        made(EditionState.IN_DOUBT),
        f"its digest of 2026-08-04 is made, and may have arrived; {NEXT}",
    ),
    DayState.REFUSED: (
        made(EditionState.REFUSED),
        f"its digest of 2026-08-04 was refused by the mail server; {NEXT}",
    ),
    DayState.EXPIRED: (
        made(EditionState.EXPIRED),
        f"its digest of 2026-08-04 was made, and not sent in time; {NEXT}",
    ),
    DayState.WITHDRAWN: (
        made(EditionState.WITHDRAWN),
        f"its digest of 2026-08-04 was made, and is not sent; {NEXT}",
    ),
    DayState.ADDRESS_STOPPED: (
        facts(status=AddressStatus.PAUSED),
        "no digest is made: the address is paused; to end that: digest subscribers resume",
    ),
    DayState.PAUSED: (facts(paused=True), "paused; to end that: digest subscribers resume"),
    DayState.UNREADABLE: (
        facts(decision=None, profile_error="ada: unknown key 'tpics'"),
        "its profile cannot be read: ada: unknown key 'tpics'",
    ),
    DayState.OTHER_DAY: (
        facts(datetime(2026, 8, 8, 9, tzinfo=UTC), state=DueState(next_due=OPENS + 6 * DAY)),
        (
            "not now: Saturday is not among its days (Mon, Tue, Wed, Thu, Fri);"
            " a run after 2026-08-10 05:30 UTC makes the next digest"
        ),
    ),
    DayState.TOO_EARLY: (
        facts(OPENS - MINUTE),
        (
            "not now: not before 07:30 in Europe/Paris; it is 07:29 there;"
            " a run after 2026-08-04 05:30 UTC makes the next digest"
        ),
    ),
    DayState.DUE: (facts(), "due today: the next run makes it, if papers for it have come"),
    DayState.WAITING: (
        facts(state=WAITS, arrivals=[arrival(Verdict.UNCHANGED)]),
        "due today: the sources had nothing new, and the next run that brings something makes it",
    ),
    DayState.CATCH_UP: (
        facts(OPENS + DAY - HOUR),
        "due now: no run came within the hours of its last digest, and the next run makes up",
    ),
    DayState.OVER: (
        facts(EVENING, state=USED, arrivals=[arrival(Verdict.FAILED)]),
        f"no digest on 2026-08-04: no source could be read (arxiv; digest status shows why); {NEXT}",
    ),
}


@pytest.mark.parametrize("state", DayState)
def test_every_state_of_a_day_is_said_in_words(state: DayState) -> None:
    of_day, text = STATES[state]
    assert (day_state(of_day), describe_day(of_day)) == (state, text)


NEWS: dict[SourceNews, tuple[Sequence[BatchArrival], str]] = {
    SourceNews.NOT_COLLECTED: (
        [],
        "nothing had come for it",
    ),
    SourceNews.UNREACHABLE: (
        [arrival(Verdict.FAILED), arrival(Verdict.FAILED, source="hf")],
        "no source could be read (arxiv, hf; digest status shows why)",
    ),
    SourceNews.PARTLY_UNREACHABLE: (
        [arrival(Verdict.FAILED), arrival(Verdict.EMPTY_EXPECTED, source="hf")],
        "arxiv could not be read (digest status shows why), and the other sources had nothing new",
    ),
    SourceNews.NOTHING_NEW: (
        # The newest batch of a source decides: it failed once, and could be read later.
        [arrival(Verdict.UNCHANGED), arrival(Verdict.FAILED)],
        "the sources had nothing new",
    ),
    SourceNews.NO_MATCH: (
        [arrival(Verdict.FRESH, new=16), arrival(Verdict.FAILED, source="hf")],
        (
            "the sources had 16 new papers, and none reached its min_match"
            " (digest profile volume shows what the profile would bring)"
        ),
    ),
    SourceNews.UNREAD: (
        [arrival(Verdict.FRESH, new=1)],
        "the sources had 1 new paper, and no run has ranked all of them for it yet",
    ),
}


@pytest.mark.parametrize("news", SourceNews)
def test_what_the_sources_brought_is_said_in_words(news: SourceNews) -> None:
    arrivals, text = NEWS[news]
    of_day = facts(arrivals=arrivals, unread=news is SourceNews.UNREAD)
    assert (source_news(of_day), describe_news(of_day)) == (news, text)


@pytest.mark.parametrize(
    "state, reader, text",
    [
        (
            EditionState.SENT,
            facts(),
            (
                "10 papers, sent 2026-08-04 05:31 UTC; the server said: 250 OK. If it is not in the"
                " mailbox, look among the spam"
            ),
        ),
        (
            EditionState.QUEUED,
            facts(),
            "10 papers, queued since 2026-08-04 05:30 UTC: 250 OK; the next run sends it",
        ),
        (
            EditionState.QUEUED,
            facts(status=AddressStatus.PAUSED),
            (
                "10 papers, queued since 2026-08-04 05:30 UTC: 250 OK; it is sent when the reader has"
                " resumed, if no later digest has come"
            ),
        ),
        (
            EditionState.DEFERRED,
            facts(status=AddressStatus.UNSUBSCRIBED),
            (
                "10 papers, queued since 2026-08-04 05:30 UTC: 250 OK; it will not be sent: the"
                " address is unsubscribed"
            ),
        ),
        (
            EditionState.QUEUED,
            facts(sending_paused_until=PAUSE_ENDS),
            (
                "10 papers, queued since 2026-08-04 05:30 UTC: 250 OK; it is sent when the pause of"
                " all sending is over"
            ),
        ),
        (
            EditionState.DEFERRED,
            facts(),
            (
                "deferred after 1 attempt, 2026-08-04 05:31 UTC: 250 OK; tried again from"
                " 2026-08-04 06:30 UTC"
            ),
        ),
        (
            EditionState.IN_DOUBT,
            facts(),
            "in doubt, 2026-08-04 05:31 UTC: 250 OK; it may have arrived",
        ),
        (EditionState.CLAIMED, facts(), "being sent right now"),
        (EditionState.REFUSED, facts(), "refused, 2026-08-04 05:31 UTC: 250 OK"),
        (EditionState.EXPIRED, facts(), "expired, 2026-08-04 05:31 UTC: 250 OK"),
        (EditionState.WITHDRAWN, facts(), "withdrawn, 2026-08-04 05:31 UTC: 250 OK"),
    ],
)
def test_every_state_of_a_digest_is_said_in_words(
    state: EditionState, reader: DayFacts, text: str
) -> None:
    assert describe_edition(edition(state, reason="250 OK"), reader) == text


def test_a_digest_for_a_channel_is_not_looked_for_in_the_mailbox() -> None:
    sent = edition(EditionState.SENT, reason="folder: 2026-08-04-7.md", channel="notes")
    assert (
        describe_edition(sent, facts())
        == "10 papers, sent 2026-08-04 05:31 UTC to the channel notes: folder: 2026-08-04-7.md"
    )


def test_an_unsubscribed_reader_is_not_offered_to_resume() -> None:
    of_day = facts(status=AddressStatus.UNSUBSCRIBED)
    assert describe_day(of_day) == "no digest is made: the address is unsubscribed"


MOMENTS = st.integers(-48, 96).map(lambda half: OPENS + half * HOUR / 2)
DUE_STATES = st.builds(
    DueState,
    next_due=MOMENTS,
    used_at=st.none() | MOMENTS,
    waiting_until=st.none() | MOMENTS,
)
ARRIVALS = st.lists(
    st.sampled_from(Verdict).flatmap(
        lambda verdict: st.builds(
            arrival,
            st.just(verdict),
            new=st.integers(1, 9) if verdict is Verdict.FRESH else st.just(0),
            source=st.sampled_from(["arxiv", "hf"]),
        )
    ),
    max_size=4,
)


@st.composite
def any_facts(draw: st.DrawFn) -> DayFacts:
    now = draw(MOMENTS)
    of_day = facts(
        now,
        state=draw(DUE_STATES),
        status=draw(st.sampled_from(AddressStatus)),
        paused=draw(st.booleans()),
        edition=draw(st.none() | st.sampled_from(EditionState).map(edition)),
        sending_paused_until=draw(st.none() | MOMENTS),
        arrivals=draw(ARRIVALS),
        unread=draw(st.booleans()),
    )
    return replace(of_day, decision=None) if draw(st.booleans()) else of_day


@given(any_facts())
def test_the_sentences_about_one_day_never_contradict_each_other(of_day: DayFacts) -> None:
    text = f"{describe_day(of_day)}. {explain_days_without_digest(of_day) if not of_day.edition else ''}"
    if of_day.edition:
        text += describe_edition(of_day.edition, of_day)
        assert "no digest" not in text
        assert "nothing had come" not in text
        assert "nothing new" not in text
        assert "due today" not in text
        assert "due now" not in text
    if of_day.edition and of_day.edition.state is not EditionState.SENT:
        assert "sent 2026" not in text
        assert "was sent" not in text
    if not of_day.gets_mail:
        assert "due" not in text
        assert "next run" not in text
        assert "next digest" not in text
    if of_day.sending_is_paused:
        assert "the next run sends it" not in text
    failed = {item.verdict for item in of_day.arrivals} == {Verdict.FAILED}
    if failed:
        assert "nothing new" not in text
    if any(item.new for item in of_day.arrivals):
        assert "nothing new" not in text
        assert "nothing had come" not in text
        assert "no source could be read" not in text
