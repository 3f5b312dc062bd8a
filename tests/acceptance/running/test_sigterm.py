"""SIGTERM and Ctrl-C: what is under way is finished, and the next run does the rest."""

import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from threading import Event

import pytest
from support.homes import House, Mailbox

from digest.demo.server import ReceivedMessage, mail_server

READERS = 40
NOW = "2026-05-11T06:00:00Z"


class Slow(Mailbox):
    """A mail server that keeps the third letter until somebody sends a signal."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.signalled = Event(), Event()

    def slow_take(self, letter: ReceivedMessage) -> str | None:
        self.letters.append(letter)
        if len(self.letters) == 3:
            self.reached.set()
            self.signalled.wait(120)
        if len(self.letters) >= 3 and len(self.letters) < READERS:
            time.sleep(0.1)  # the letters that are left would take seconds
        return None


@pytest.mark.parametrize(
    "command, number, code",
    [
        (["run", "--now", NOW], signal.SIGTERM, 1),
        (["deliver", "--now", NOW], signal.SIGINT, 1),
        (["schedule"], signal.SIGTERM, 0),
    ],
)
def test_letters_under_way_are_finished_and_the_next_run_does_the_rest(
    house: House,
    samples: list[Path],
    command: list[str],
    number: int,
    code: int,
) -> None:
    slow = Slow()

    for reader in range(READERS):
        house.profile(f"reader{reader}")
    house.dump(samples[0])
    if command[0] == "deliver":
        for stage in ("collect", "publish"):
            assert house.digest(stage, "--now", NOW).code == 0
    with mail_server(slow.slow_take) as port:
        house.environ["DIGEST_SMTP_PORT"] = str(port)
        process = subprocess.Popen(
            [sys.executable, "-m", "digest", "--home", str(house.path), *command],
            env=house.whole_environ(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert slow.reached.wait(120)
            process.send_signal(number)
            slow.signalled.set()
            _, said = process.communicate(timeout=120)
        finally:
            process.kill()
        assert process.returncode == code, said
        assert "stopped as it was asked to" in said
        before = len(slow.letters)
        states = house.json("status")["editions"]
        assert states == {"queued": READERS - before, "sent": before}
        assert 3 <= before < READERS
        if command[0] != "schedule":
            house.json("run", "--now", NOW)
        else:
            house.json("run")
    assert house.json("status")["editions"] == {"sent": READERS}
    received = Counter(letter.recipients[0] for letter in slow.letters)
    assert len(received) == READERS
    assert set(received.values()) == {1}


def test_a_single_run_is_written_down_without_its_readers(
    house: House, mailbox: Mailbox, samples: list[Path]
) -> None:
    house.profile("ada")
    house.dump(samples[0])
    mailbox.replies = ["550 5.1.1 no such user ada@example.org"]
    assert house.digest("run", "--now", NOW).code == 1
    (job,) = house.json("status")["jobs"]
    assert (job["job"], job["slot"]) == ("run", None)
    assert job["outcome"] == "16 new papers in 1 batch; 1 digest made; 0 sent"
    assert job["problems"] == ["1 letter was refused"]
    assert "Last run of each job" in house.digest("status").out
    assert "ada" not in str(job)
