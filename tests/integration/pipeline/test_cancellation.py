"""A delivery that is stopped finishes the started messages, and none is lost or sent twice."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from support.smtp.transports import FakeTransport, timeless
from support.speed.databases import new_sqlite_store

from benchmarks.common.ledger_setup import NOW, fill, short_message
from digest.app import signals
from digest.app.signals import stopping_on_signals
from digest.core.models.delivery import EditionState, Sent
from digest.pipeline.cancellation import STOPPED, StopToken
from digest.pipeline.delivery.deliver import DeliveryOptions, deliver
from digest.store.database.store import Store
from digest.store.reports.status import status

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks" / "campaigns"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store.open(new_sqlite_store(tmp_path / "digest.db"))
    fill(opened, 200)
    return opened


def stopping(stop: StopToken) -> FakeTransport:
    """A transport that requests the stop while it sends its third message."""
    return FakeTransport(on_send=lambda count: stop.request() if count == 3 else None)


def send(store: Store, transport: FakeTransport, stop: StopToken, *, connections: int = 1) -> Any:
    return deliver(
        store,
        connect=transport.connect,
        write=short_message,
        now=NOW,
        time=timeless(stop),
        options=DeliveryOptions(connections=connections),
    )


def states(store: Store) -> dict[EditionState, int]:
    with store.read() as tx:
        return dict(status(tx, NOW).editions)


@pytest.mark.parametrize("connections", [1, 4])
def test_started_messages_are_finished_and_the_rest_stays_queued(
    store: Store, connections: int
) -> None:
    stop = StopToken()
    transport = stopping(stop)
    report = send(store, transport, stop, connections=connections)
    sent = len(transport.to)
    assert report.stopped
    assert report.problem == STOPPED
    assert 3 <= sent <= 3 + connections
    assert states(store) == {EditionState.SENT: sent, EditionState.QUEUED: 200 - sent}
    rest = FakeTransport()
    send(store, rest, StopToken(), connections=connections)
    assert states(store) == {EditionState.SENT: 200}
    assert not set(transport.to) & set(rest.to)


def test_a_run_that_is_stopped_before_it_starts_sends_nothing(store: Store) -> None:
    stop = StopToken()
    stop.request()
    assert send(store, stopping(stop), stop).count(Sent) == 0
    assert states(store) == {EditionState.QUEUED: 200}


def test_a_signal_requests_the_stop_and_the_handlers_are_restored() -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop = StopToken()
    with stopping_on_signals(stop, code=1):
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(120)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_blocked_connection_is_interrupted_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "CUT_AFTER", 0.01)
    monkeypatch.setattr(signals, "END_AFTER", 600)
    cut = threading.Event()

    class Hanging:
        def interrupt(self) -> None:
            cut.set()

    stop = StopToken()
    with stopping_on_signals(stop, code=1), stop.interruptible(Hanging()):
        os.kill(os.getpid(), signal.SIGINT)
        assert cut.wait(120)


ENDLESS_WORK = """
import signal, sys, time
from digest.app import signals
from digest.pipeline.cancellation import StopToken
signals.CUT_AFTER, signals.END_AFTER = float(sys.argv[1]), float(sys.argv[2])
with signals.stopping_on_signals(StopToken(), code=7):
    print("ready", flush=True)
    while True:
        time.sleep(60)
"""


def start_endless_work(cut: float, end: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS_WORK, str(cut), str(end)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_second_signal_ends_the_process_at_once() -> None:
    process = start_endless_work(600, 600)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    assert "after a second signal" in stderr


def test_work_that_does_not_end_after_a_signal_is_ended() -> None:
    process = start_endless_work(0.01, 0.01)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 7
    assert "took too long" in stderr


def stop_delivery(*args: str) -> dict[str, Any]:
    """Runs the short form of a benchmark and returns its JSON result."""
    process = subprocess.run(
        [sys.executable, str(BENCHMARKS / "stop_delivery.py"), "--messages", "400", *args],
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert process.stdout, process.stderr
    result = json.loads(process.stdout)
    assert isinstance(result, dict)
    return result


def test_sigterm_during_a_delivery_loses_no_message_and_sends_none_twice(database_url: str) -> None:
    result = stop_delivery("--slow", "0.2", "--after", "1", "--database", database_url)
    assert result["exit_codes"] == [1, 0]
    assert result["after_stop"]["queued"] > 0
    assert set(result["after_stop"]) <= {"queued", "sent"}
    assert result["after_next"] == {"sent": 400}
    assert (result["lost"], result["doubled"]) == (0, 0)


def test_a_server_that_stops_answering_leaves_editions_in_doubt() -> None:
    result = stop_delivery("--slow", "0.01", "--hang", "20", "--after", "2")
    assert result["exit_codes"] == [1, 0]
    assert result["after_stop"] == {"queued": 376, "sent": 20, "in doubt": 4}
    assert result["after_next"] == {"sent": 396, "in doubt": 4}
    assert (result["lost"], result["doubled"]) == (0, 0)
