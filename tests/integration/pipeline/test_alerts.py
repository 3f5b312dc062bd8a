"""Alerts over a real database: at most one a day, from whatever process, never about readers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from threading import Barrier

import pytest
from support.builders import NOW
from support.smtp.transports import FakeTransport
from support.subscribers import start_subscription

from benchmarks.common.ledger_setup import fill, reader, short_message
from digest.app.application import App
from digest.core.alerts import AlertMessage
from digest.core.models.batches import Rejection
from digest.core.models.delivery import Deferred, Outcome, Refused, Sent
from digest.core.models.subscribers import AddressStatus
from digest.core.schedule.announcement_days import AnnouncementCalendar
from digest.errors import DeliveryBlocked, DeliveryError
from digest.mail.message import alert_mail
from digest.pipeline import alerts
from digest.pipeline.alerts import AlertResult, RunContext
from digest.pipeline.delivery import deliver
from digest.pipeline.delivery.deliver import Runtime, Transport
from digest.pipeline.source_health import MonitoredSource
from digest.pipeline.subscribers import bounces
from digest.store.database.store import Store
from digest.store.papers import announcements, source_state
from digest.store.papers import batches as batch_store
from digest.store.subscribers import subscriptions

NOTHING = RunContext()
SIX_HOURS = timedelta(hours=6)


class AlertRecorder:
    """Sends alerts with fixed results, and records those that were sent."""

    def __init__(self, *answers: Outcome | Exception) -> None:
        self.answers = list(answers)
        self.alerts: list[AlertMessage] = []

    def __call__(self, alert: AlertMessage) -> Outcome:
        answer = self.answers.pop(0) if self.answers else Sent(reply="250 ok")
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Sent):
            self.alerts.append(alert)
        return answer


def check(
    store: Store,
    post: AlertRecorder | None,
    *,
    hours: float = 0,
    done: RunContext = NOTHING,
    watched: str = "",
) -> AlertResult:
    sources = [MonitoredSource(name=watched, calendar=AnnouncementCalendar())] if watched else []
    return alerts.check_and_notify(
        store, sources, done, now=NOW + timedelta(hours=hours), queue_limit=SIX_HOURS, post=post
    )


BROKEN = RunContext(profile_errors=["profiles/ada.toml:2:1: unknown key"])


def problem_keys(result: AlertResult) -> list[str]:
    return [problem.key for problem in result.problems]


def test_an_empty_database_has_no_problems(store: Store) -> None:
    post = AlertRecorder()
    assert check(store, post) == AlertResult(problems=())
    assert post.alerts == []


def test_all_processes_together_send_at_most_one_mail_a_day(
    store: Store, database_url: str
) -> None:
    post = AlertRecorder()
    assert check(store, post, done=BROKEN).sent
    with Store.open(database_url) as other:
        assert not check(other, post, done=BROKEN, hours=1).sent
        assert not check(
            other, post, done=RunContext(run_errors=["collect: no space left"]), hours=2
        ).sent
        assert check(
            other, post, done=RunContext(run_errors=["collect: no space left"]), hours=25
        ).sent
    assert [[note.key for note in alert.open] for alert in post.alerts] == [["profiles"], ["run"]]


def test_only_one_of_many_simultaneous_processes_sends_the_mail(database_url: str) -> None:
    with Store.open(database_url):
        pass
    post, ready = AlertRecorder(), Barrier(4)

    def look_once(_: int) -> bool:
        with Store.open(database_url) as mine:
            ready.wait()
            return check(mine, post, done=BROKEN).sent

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(look_once, range(4))) == [False, False, False, True]
    assert len(post.alerts) == 1


@pytest.mark.parametrize(
    "answer",
    [DeliveryError("no route to mail.example.org"), Deferred(reason="451 later", code=451),
     Refused(reason="550 no", code=550)],
)  # fmt: skip
def test_a_mail_that_fails_is_sent_after_the_next_run(
    store: Store, answer: Outcome | Exception
) -> None:
    post = AlertRecorder(answer)
    failed = check(store, post, done=BROKEN)
    assert not failed.sent
    assert failed.send_error
    assert check(store, post, done=BROKEN, hours=1).sent
    assert not check(store, post, done=BROKEN, hours=2).sent


def test_without_an_operator_nothing_is_stored(store: Store) -> None:
    assert problem_keys(check(store, None, done=BROKEN)) == ["profiles"]
    assert check(store, AlertRecorder(), done=BROKEN, hours=1).sent, "nobody was told yet"


def send(store: Store, transport: FakeTransport, *, hours: float = 0) -> None:
    deliver.deliver(
        store,
        connect=transport.connect,
        write=short_message,
        now=NOW + timedelta(hours=hours),
        time=Runtime(clock=lambda: 0.0, sleep=lambda _: None, jitter=lambda: 0.5),
    )


def test_a_pause_is_reported_with_the_reply_of_the_server_and_without_readers(store: Store) -> None:
    fill(store, 3)
    send(store, FakeTransport({1: DeliveryBlocked(f"550 5.7.1 spam to <{reader(1)}>")}))
    post = AlertRecorder()
    assert problem_keys(check(store, post)) == ["paused"]
    (note,) = post.alerts[0].open
    assert "550 5.7.1 spam to <***" in note.what
    with store.read() as tx:
        kept = tx.exec_driver_sql("SELECT value FROM meta WHERE key = 'operator diary'").scalar()
    assert "550 5.7.1" in str(kept)
    assert reader(1) not in str(kept)


def test_a_refused_message_is_reported_and_a_deferred_one_is_not(store: Store) -> None:
    fill(store, 2)
    send(store, FakeTransport({1: Refused(reason="550 5.1.1 no such user", code=550),
                     2: Deferred(reason="451 later", code=451)}))  # fmt: skip
    assert problem_keys(check(store, AlertRecorder())) == ["refused"]
    assert problem_keys(check(store, AlertRecorder(), hours=25)) == []


def test_an_unreachable_server_is_reported_until_the_queue_is_sent(store: Store) -> None:
    fill(store, 2)

    class Away(FakeTransport):
        def connect(self) -> AbstractContextManager[Transport]:
            raise DeliveryError("mail.example.org: no route")

    send(store, Away())
    assert problem_keys(check(store, None, done=RunContext(patience=timedelta(hours=1)))) == [
        "server"
    ]
    send(store, FakeTransport(), hours=1)
    assert problem_keys(check(store, None, hours=1)) == []


def test_a_digest_that_is_not_sent_is_reported_after_hours(store: Store) -> None:
    fill(store, 1)
    assert problem_keys(check(store, None, hours=6)) == []
    assert problem_keys(check(store, None, hours=6.1)) == ["queue"]
    with store.write() as tx:
        tx.exec_driver_sql("UPDATE subscription SET paused = true")
    assert problem_keys(check(store, None, hours=6.1)) == [], "its reader paused"


def test_a_source_that_fails_for_a_day_is_reported_and_one_that_recovers_is_not(
    store: Store,
) -> None:
    def poll(hours: float, *, works: bool = False) -> list[str]:
        now = NOW + timedelta(hours=hours)
        with store.write() as tx:
            if works:
                tx.exec_driver_sql("UPDATE batch SET verdict = 'unchanged' WHERE source = 'arxiv'")
            else:
                problem = (Rejection(reason="503 Service Unavailable"),)
                batch_store.record_failure(
                    tx, source="arxiv", origin="arxiv", rejected=problem, now=now
                )
        return problem_keys(check(store, None, hours=hours, watched="arxiv"))

    assert poll(0) == []
    assert poll(12) == []
    assert poll(24) == ["source arxiv"]
    assert poll(25, works=True) == []


def watched_problems(store: Store, *failures: float, works: bool = False) -> list[str]:
    """The problems of a source that failed so many hours ago, or was read without new papers."""
    for hours in failures:
        with store.write() as tx:
            batch_store.record_failure(
                tx,
                source="arxiv",
                origin="arxiv",
                rejected=(Rejection(reason="503 Service Unavailable"),),
                now=NOW - timedelta(hours=hours),
            )
            if works:
                tx.exec_driver_sql("UPDATE batch SET verdict = 'unchanged' WHERE source = 'arxiv'")
    with store.write() as tx:
        source_state.save(
            tx,
            "arxiv",
            now=NOW,
            next_poll_at=None,
            failures=0 if works else len(failures),
            failing_since=None if works else NOW - timedelta(hours=max(failures)),
        )
    source = MonitoredSource(name="arxiv", calendar=AnnouncementCalendar(), quiet_days=1)
    result = alerts.check_and_notify(
        store, [source], NOTHING, now=NOW, queue_limit=SIX_HOURS, post=None
    )
    return [problem.what for problem in result.problems]


def test_a_source_that_is_read_without_new_papers_is_reported_as_silent(store: Store) -> None:
    (what,) = watched_problems(store, 240, works=True)
    assert "nothing new since" in what


def test_a_source_that_could_not_be_read_for_hours_is_not_reported_as_silent(store: Store) -> None:
    assert watched_problems(store, 5, 0) == []


def test_a_source_that_could_not_be_read_for_days_is_reported_once(store: Store) -> None:
    (what,) = watched_problems(store, 240, 120, 1, 0)
    assert "could not be read, 4 times in a row" in what


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "sources.toml").write_text("")
    environ = {
        "DIGEST_FROM": "Papers <digest@example.org>",
        "DIGEST_BOUNCES": "bounces@example.org",
        "DIGEST_SECRET": "a-key-of-more-than-thirty-two-letters",
    }
    with App.open(tmp_path, environ=environ) as opened:
        yield opened


def test_a_bounce_of_an_alert_suppresses_nobody_not_even_the_operator(app: App) -> None:
    operator = "op@own.example"
    with app.store.write() as tx:
        start_subscription(tx, operator, read_through=announcements.start_seq(tx))
    envelope = app.message_writer.write_alert(to=operator, subject="s", text="t", now=NOW)
    assert envelope.sender == "bounces@example.org"
    bounce = (
        b"From: MAILER-DAEMON@mx.own.example\r\nTo: bounces@example.org\r\n"
        b"Subject: Undelivered\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mx.own.example\r\n\r\n"
        b"Final-Recipient: rfc822; op@own.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        b"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + envelope.message + b"\r\n--b--\r\n"
    )
    taken = bounces.process(app.store, bounce, name="b", keys=app.signing_keys, now=NOW)
    assert taken.effect != "suppressed"
    with app.store.read() as tx:
        found = subscriptions.find_address(tx, operator)
    assert found is not None
    assert found.status is AddressStatus.ACTIVE


def test_an_alert_is_plain_text_and_is_marked_as_automatic(app: App) -> None:
    post = AlertRecorder()
    check(app.store, post, done=RunContext(run_errors=["collect: no space left on device"]))
    (message,) = post.alerts
    envelope = app.message_writer.write_alert(
        to="op@own.example",
        subject=alert_mail.subject(message, list_name="Papers"),
        text=alert_mail.text(message, home="/srv/digest"),
        now=NOW,
    )
    read = message_from_bytes(envelope.message, policy=policy.default)
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["List-Unsubscribe"] is None
    assert read["Subject"] == "Papers: a run ended before its work was done"
    assert read.get_content().replace("\r\n", "\n") == (
        "The following needs your attention; everything else continues to run.\n"
        "\n"
        "1. A run ended before its work was done: collect: no space left on device.\n"
        f"   since  {NOW:%-d %B %Y, %H:%M} UTC\n"
        "   do     do what the message says, then start a run: digest run\n"
        "   more   digest doctor\n"
        "\n"
        "-- \n"
        "Sent to DIGEST_OPERATOR at most once a day, and again after a week for a\n"
        "problem that is not solved. Nobody reads replies to this message.\n"
        "Home: /srv/digest\n"
    )
