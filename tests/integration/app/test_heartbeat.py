"""The heartbeat is sent only after successful runs, and its failure is only logged."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from support.homes import SAMPLES, DigestHome, Mailbox

from digest.app import heartbeat
from digest.app.messages import alerts
from digest.core.problems import Problem
from digest.demo.server import mail_server
from digest.pipeline.alerts import AlertResult

SECRET_PATH = "/ping/3f2c8a00-canary-uuid"
NOW = "2026-05-11T06:00:00Z"


@contextmanager
def monitor(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """Runs a monitor on this machine; gives its URL and the paths that it was asked for."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}{SECRET_PATH}", requests
        server.shutdown()
        thread.join()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    with mail_server(box.take) as port:
        box.port = port
        yield box


@pytest.fixture
def digest_home(tmp_path: Path, mailbox: Mailbox) -> DigestHome:
    path = tmp_path / "home"
    for name in ("profiles", "dumps"):
        (path / name).mkdir(parents=True)
    (path / "sources.toml").write_text(
        '[[sources]]\nname = "dumps"\nkind = "dump"\npath = "dumps"\n', "utf-8"
    )
    made = DigestHome(path, dict(mailbox.environ))
    made.profile("ada")
    made.dump(min(SAMPLES.glob("*.txt")))
    return made


@pytest.mark.parametrize("status", [200, 204])
def test_a_monitor_in_the_local_network_is_reached_and_any_success_code_is_good(
    status: int,
) -> None:
    with monitor(status) as (url, requests):
        assert heartbeat.ping(url, contact="op@own.example") == ""
    assert requests == [SECRET_PATH]


def test_the_failure_of_a_monitor_is_reported_without_its_url() -> None:
    with monitor(404) as (url, _):
        problem = heartbeat.ping(url, contact="op@own.example")
    assert "404" in problem
    assert "DIGEST_HEARTBEAT_URL" in problem
    assert "canary" not in problem


def test_a_good_run_pings_once_and_a_dry_run_not_at_all(digest_home: DigestHome) -> None:
    with monitor() as (url, requests):
        digest_home.environ["DIGEST_HEARTBEAT_URL"] = url
        assert digest_home.digest("run", "--dry-run", "--now", NOW).code == 0
        assert requests == []
        assert digest_home.digest("run", "--now", NOW).code == 0
    assert requests == [SECRET_PATH]


def test_a_run_without_a_reachable_mail_server_does_not_ping(digest_home: DigestHome) -> None:
    with monitor() as (url, requests):
        digest_home.environ |= {"DIGEST_HEARTBEAT_URL": url, "DIGEST_SMTP_PORT": "1"}
        assert digest_home.digest("run", "--now", NOW).code == 3
    assert requests == []


def test_an_unreachable_monitor_fails_no_run_and_its_url_stays_secret(
    digest_home: DigestHome,
) -> None:
    with monitor(500) as (url, requests):
        digest_home.environ["DIGEST_HEARTBEAT_URL"] = url
        answer = digest_home.digest("run", "--now", NOW)
    assert answer.code == 0
    assert requests
    assert "heartbeat failed" in answer.err
    assert "canary" not in answer.err + answer.out


def result_with(key: str) -> AlertResult:
    found = Problem(key=key, what="x", remedy="y", command="digest status")
    return AlertResult(problems=(found,))


def test_a_mailed_problem_does_not_suppress_the_heartbeat_but_stopped_delivery_does() -> None:
    assert alerts.may_ping(AlertResult(problems=()), has_operator=False)
    assert alerts.may_ping(result_with("source arxiv"), has_operator=True)
    assert not alerts.may_ping(result_with("source arxiv"), has_operator=False)
    for key in ("run", "server", "paused", "queue"):
        assert not alerts.may_ping(result_with(key), has_operator=True)
    assert not alerts.may_ping(AlertResult(problems=(), send_error="no route"), has_operator=True)


def test_a_broken_profile_is_mailed_once_a_day_and_delays_no_digest(
    digest_home: DigestHome, mailbox: Mailbox
) -> None:
    digest_home.environ["DIGEST_OPERATOR"] = "op@own.example"
    digest_home.profile("broken", 'email = "zed@reader.example"\nfoo = 1\n')
    for hour in ("06", "07", "08"):
        assert digest_home.digest("run", "--now", f"2026-05-11T{hour}:00:00Z").code == 2
    assert [message.recipients for message in mailbox.received] == [
        ("ada@example.org",),
        ("op@own.example",),
    ]
    assert digest_home.digest(
        "run", "--only", "ada@example.org", "--now", "2026-05-13T07:00:00Z"
    ).code
    assert len(mailbox.received) == 2, "a run for one address sends no alert"


def test_an_error_that_ends_a_run_is_mailed_and_still_ends_the_run(
    digest_home: DigestHome, mailbox: Mailbox
) -> None:
    digest_home.environ["DIGEST_OPERATOR"] = "op@own.example"
    (digest_home.path / "sources.toml").write_text("[[sources]]\nname = 1\n", "utf-8")
    answer = digest_home.digest("run", "--now", NOW)
    assert answer.code == 2
    assert "sources.toml" in answer.err
    # The alert is sent although sources.toml cannot be read.
    (message,) = mailbox.messages()
    assert "a run ended before its work was done" in str(message["Subject"])
    assert "sources.toml" in message.get_content()
