"""The demo: two days, a real SMTP server on loopback, and the digests that arrive."""

import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib.resources import as_file, files
from pathlib import Path

from digest.app.application import App
from digest.core.models.editions import Edition
from digest.demo.server import ReceivedMessage, mail_server
from digest.errors import HomeError
from digest.pipeline.run import RunReport, run
from digest.store.editions import ledger

_HOUR = time(6, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDay:
    """What happened on one day."""

    date: date
    read: int  # papers in the dump
    new: int
    shown: int  # papers in the digest, without the trending ones
    to: str
    subject: str
    titles: tuple[str, ...]  # of all papers in the digest
    eml: Path  # the message as the server received it
    html: Path  # its HTML part


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """Both days, and where their files are."""

    home: Path
    days: tuple[DemoDay, ...]


def run_demo(folder: Path | None = None) -> DemoResult:
    """Runs the whole program twice, on the sample dumps of two days.

    Args:
        folder: where to put everything; made if needed. None: a temporary folder, which
            is kept, so that the mails can be looked at.

    Raises:
        HomeError: the folder is not empty, or cannot be made.
    """
    home = _make(folder)
    received: list[ReceivedMessage] = []

    def keep(letter: ReceivedMessage) -> None:
        received.append(letter)

    with ExitStack() as stack:
        here = stack.enter_context(as_file(files("digest.demo")))
        port = stack.enter_context(mail_server(keep))
        shutil.copy(here / "profile.toml", home / "profiles" / "reader.toml")
        days = []
        for dump in sorted((here / "samples").glob("*.txt")):
            shutil.copy(dump, home / "dumps")
            day = date.fromisoformat(dump.stem)
            report, editions = _one_run(home, port, datetime.combine(day, _HOUR))
            days.append(_day(home, day, report, editions, received.pop()))
    return DemoResult(home=home, days=tuple(days))


def _make(folder: Path | None) -> Path:
    if folder is None:
        home = Path(tempfile.mkdtemp(prefix="paper-digest-demo-"))
    else:
        home = folder.absolute()
        if home.exists() and (not home.is_dir() or any(home.iterdir())):
            raise HomeError(f"{home} is not empty; name a new folder for the demo")
    try:
        for name in ("dumps", "profiles", "received"):
            (home / name).mkdir(parents=True)
    except OSError as error:
        raise HomeError(f"{home}: cannot be written: {error.strerror}") from error
    (home / "sources.toml").write_text(
        '[[sources]]\nname = "demo"\nkind = "dump"\npath = "dumps"\n'
    )
    return home


def _one_run(home: Path, port: int, now: datetime) -> tuple[RunReport, list[Edition]]:
    environ = {
        "DIGEST_SMTP_HOST": "127.0.0.1",
        "DIGEST_SMTP_PORT": str(port),
        "DIGEST_SMTP_SECURITY": "none",
        "DIGEST_FROM": "Paper Digest <digest@example.org>",
    }
    with App.open(home, environ=environ) as app:
        report = run(app.parts(), now=now)
        with app.store.read() as tx:
            editions = [
                ledger.load(tx, item.edition_id).edition
                for item in report.published
                if item.edition_id is not None
            ]
        return report, editions


def _day(
    home: Path, day: date, report: RunReport, editions: list[Edition], letter: ReceivedMessage
) -> DemoDay:
    message = message_from_bytes(letter.message, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what the default policy makes
    body = message.get_body(("html",))
    eml = home / "received" / f"{day}.eml"
    html = home / "received" / f"{day}.html"
    eml.write_bytes(letter.message)
    html.write_text(body.get_content() if body else "", encoding="utf-8")
    return DemoDay(
        date=day,
        read=sum(batch.papers for batch in report.batches),
        new=sum(batch.new for batch in report.batches),
        shown=sum(item.papers for item in report.published),
        to=", ".join(letter.recipients),
        subject=str(message["Subject"]),
        titles=tuple(
            entry.candidate.paper.title
            for edition in editions
            for entry in (*edition.entries, *edition.trending)
        ),
        eml=eml,
        html=html,
    )
