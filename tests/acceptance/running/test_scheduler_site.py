"""The scheduler also runs the site of `digest serve`, even while it stands by."""

import socket
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
from support.homes import DigestHome, Mailbox
from support.processes.simulated_scheduler import Simulated, simulated

NOW = datetime(2026, 5, 11, 5, tzinfo=UTC)


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def health(address: str) -> dict[str, str]:
    answer = httpx.get(f"http://{address}/healthz", timeout=120)
    assert answer.status_code == 200, answer.text
    state = answer.json()
    assert isinstance(state, dict)
    return state


def wait_until_at_work(address: str) -> None:
    for _ in range(6000):
        if health(address)["scheduler"] == "at work":
            return
        time.sleep(0.02)
    raise AssertionError(health(address))


def test_the_site_of_each_scheduler_shows_its_state(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    url = f"sqlite:///{digest_home.path}/digest.db"
    first, second = free_address(), free_address()

    def start(address: str) -> Simulated:
        environ = {**digest_home.whole_environ(), "DIGEST_SCHEDULE_LISTEN": address}
        scheduler = stack.enter_context(simulated(digest_home.path, environ, at=NOW, url=url))
        scheduler.wait_for(f"answering at http://{address}")
        return scheduler

    with ExitStack() as stack:
        working = start(first)
        working.wait_for_slot(NOW)
        standing_by = start(second)
        standing_by.wait_for("standing by")
        assert health(first)["scheduler"] == "at work"
        assert health(second)["scheduler"].startswith("standing by")
        assert httpx.get(f"http://{first}/u/some-token", timeout=120).status_code == 404
        working.process.kill()
        wait_until_at_work(second)
        assert standing_by.stop() == 0, standing_by.log()
    assert len(mailbox.received) == 1
