"""On SIGTERM and Ctrl-C, messages being sent are finished, and the next run sends the rest."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from threading import Event
from types import ModuleType

import pytest
from support.homes import DigestHome, Mailbox
from support.processes.fork_server import fork_server

from digest.cli import run
from digest.demo.server import ReceivedMessage, mail_server

READERS = 40
NOW = "2026-05-11T06:00:00Z"


class Slow(Mailbox):
    """A mail server that answers to the third message only after the signal was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.signalled = Event(), Event()

    def slow_take(self, message: ReceivedMessage) -> str | None:
        self.received.append(message)
        if len(self.received) == 3:
            self.reached.set()
            self.signalled.wait(120)
        if len(self.received) >= 3 and len(self.received) < READERS:
            time.sleep(0.1)  # so that the other messages would take seconds
        return None


@pytest.mark.parametrize(
    "command, number, code",
    [
        (["run", "--now", NOW], signal.SIGTERM, 1),
        (["deliver", "--now", NOW], signal.SIGINT, 1),
        (["schedule"], signal.SIGTERM, 0),
    ],
)
def test_messages_being_sent_are_finished_and_the_next_run_sends_the_rest(
    digest_home: DigestHome,
    samples: list[Path],
    command: list[str],
    number: int,
    code: int,
) -> None:
    slow = Slow()
    folder = digest_home.path.parent
    fork_server().install(folder)
    for reader in range(READERS):
        digest_home.profile(f"reader{reader}")
    digest_home.dump(samples[0])
    if command[0] == "deliver":
        for stage in ("collect", "publish"):
            assert digest_home.digest(stage, "--now", NOW).code == 0
    with mail_server(slow.slow_take) as port:
        digest_home.environ["DIGEST_SMTP_PORT"] = str(port)
        process = subprocess.Popen(
            [folder / "digest", "--home", digest_home.path, *command],
            env=digest_home.whole_environ(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert slow.reached.wait(120)
            process.send_signal(number)
            slow.signalled.set()
            _, err = process.communicate(timeout=120)
        finally:
            process.kill()
        assert process.returncode == code, err
        assert "stopped as it was asked to" in err
        sent = len(slow.received)
        states = digest_home.json("status")["editions"]
        assert states == {"queued": READERS - sent, "sent": sent}
        assert 3 <= sent < READERS
        if command[0] != "schedule":
            digest_home.json("run", "--now", NOW)
        else:
            digest_home.json("run")
    assert digest_home.json("status")["editions"] == {"sent": READERS}
    received = Counter(message.recipients[0] for message in slow.received)
    assert len(received) == READERS
    assert set(received.values()) == {1}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="it reads /proc")
def test_publish_that_is_asked_to_stop_makes_no_more_digests_and_the_next_run_makes_them(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    assert digest_home.digest("collect", "--now", NOW).code == 0
    with closing(sqlite3.connect(digest_home.path / "digest.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # the command waits for it before it makes digests
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "digest",
                "--home",
                str(digest_home.path),
                "publish",
                "--now",
                NOW,
            ],
            env=digest_home.whole_environ(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            while not handles(process.pid, signal.SIGTERM):
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            other.execute("ROLLBACK")
            _, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 1
    assert "stopped as it was asked to" in err
    assert digest_home.json("status")["editions"] == {}
    assert [item["edition"] for item in digest_home.json("publish", "--now", NOW)["published"]] == [
        1
    ]


def handles(process: int, number: int) -> bool:
    """Whether a process has a handler for a signal."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


def test_a_run_is_stored_without_addresses_of_readers(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    mailbox.replies = ["550 5.1.1 no such user ada@example.org"]
    assert digest_home.digest("run", "--now", NOW).code == 1
    (job,) = digest_home.json("status")["jobs"]
    assert (job["job"], job["slot"]) == ("run", None)
    assert job["outcome"] == "16 new papers in 1 batch; 1 digest made; 0 sent"
    assert job["problems"] == ["1 message was refused"]
    assert "Last run of each job" in digest_home.digest("status").out
    assert "ada" not in str(job)


class Interrupted(ModuleType):
    """A module during whose import Ctrl-C was pressed."""

    def __getattr__(self, name: str) -> object:
        raise KeyboardInterrupt


def test_ctrl_c_while_the_program_starts_ends_it_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "digest.cli.root", Interrupted("digest.cli.root"))
    assert run() == 128 + signal.SIGINT
    assert capsys.readouterr().err == ""
