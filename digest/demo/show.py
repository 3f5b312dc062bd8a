"""Runs the demo: digests of two days, sent to a real SMTP server on the loopback interface."""

import shutil
import tempfile
from contextlib import ExitStack
from datetime import UTC, date, datetime, time
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib.resources import as_file, files
from pathlib import Path

from msgspec import Struct

from digest.app.application import App
from digest.core.models.editions import Edition
from digest.demo.server import ReceivedMessage, mail_server
from digest.errors import HomeError
from digest.pipeline.run import RunReport, run
from digest.store.editions import ledger

_HOUR = time(6, tzinfo=UTC)


class DemoDay(Struct, frozen=True, kw_only=True):
    """The result of one day."""

    date: date
    read: int  # number of papers in the dump
    new: int  # number of papers that were not known before
    shown: int  # number of papers in the digest, without the trending ones
    to: str
    subject: str
    titles: tuple[str, ...]  # of all papers in the digest
    eml: Path  # the message as the server received it
    html: Path  # its HTML part


class DemoResult(Struct, frozen=True, kw_only=True):
    """The results of both days, and the folder with all files."""

    home: Path
    days: tuple[DemoDay, ...]


def run_demo(folder: Path | None = None) -> DemoResult:
    """Runs the whole program twice, on the sample dumps of two days.

    Args:
        folder: The home of the demo, which is created if needed. None: a temporary folder. It is
            not deleted, so that the messages can be opened.

    Raises:
        HomeError: The folder is not empty, or cannot be created.
    """
    home = _create_home(folder)
    received: list[ReceivedMessage] = []

    def store(message: ReceivedMessage) -> None:
        received.append(message)

    with ExitStack() as stack:
        package = stack.enter_context(as_file(files("digest.demo")))
        port = stack.enter_context(mail_server(store))
        shutil.copy(package / "profile.toml", home / "profiles" / "reader.toml")
        days = []
        # Their names are dates, so the older dump comes first.
        for dump in sorted((package / "samples").glob("*.txt")):
            shutil.copy(dump, home / "dumps")
            day = date.fromisoformat(dump.stem)
            report, editions = _run_day(home, port, datetime.combine(day, _HOUR))
            days.append(_demo_day(home, day, report, editions, received.pop()))
    return DemoResult(home=home, days=tuple(days))


def _create_home(folder: Path | None) -> Path:
    if folder is None:
        home = Path(tempfile.mkdtemp(prefix="paper-digest-demo-"))
    else:
        home = folder.absolute()
        if home.exists() and (not home.is_dir() or any(home.iterdir())):
            raise HomeError(f"{home} is not empty; choose a new folder for the demo")
    try:
        for name in ("dumps", "profiles", "received"):
            (home / name).mkdir(parents=True)
    except OSError as error:
        raise HomeError(f"{home}: cannot be written: {error.strerror}") from error
    (home / "sources.toml").write_text(
        '[[sources]]\nname = "demo"\nkind = "dump"\npath = "dumps"\n'
    )
    return home


def _run_day(home: Path, port: int, now: datetime) -> tuple[RunReport, list[Edition]]:
    environ = {
        "DIGEST_SMTP_HOST": "127.0.0.1",
        "DIGEST_SMTP_PORT": str(port),
        # The server of the demo is on the loopback interface, so it needs no encryption.
        "DIGEST_SMTP_SECURITY": "none",
        "DIGEST_FROM": "Paper Digest <digest@example.org>",
        # The sample papers are invented, and the demo needs no network.
        "DIGEST_ENRICH": "off",
    }
    with App.open(home, environ=environ) as app:
        report = run(app.run_dependencies(), now=now)
        with app.store.read() as tx:
            editions = [
                ledger.load(tx, item.edition_id).edition
                for item in report.published
                if item.edition_id is not None
            ]
        return report, editions


def _demo_day(
    home: Path, day: date, report: RunReport, editions: list[Edition], received: ReceivedMessage
) -> DemoDay:
    """Writes the message and its HTML part to files, and returns the result of the day."""
    message = message_from_bytes(received.message, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - the default policy makes this type
    body = message.get_body(("html",))
    eml = home / "received" / f"{day}.eml"
    html = home / "received" / f"{day}.html"
    eml.write_bytes(received.message)
    html.write_text(body.get_content() if body else "", encoding="utf-8")
    return DemoDay(
        date=day,
        read=sum(batch.papers for batch in report.batches),
        new=sum(batch.new for batch in report.batches),
        shown=sum(item.papers for item in report.published),
        to=", ".join(received.recipients),
        subject=str(message["Subject"]),
        titles=tuple(
            entry.candidate.paper.title
            for edition in editions
            for entry in (*edition.entries, *edition.trending)
        ),
        eml=eml,
        html=html,
    )
