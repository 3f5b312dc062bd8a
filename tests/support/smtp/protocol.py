"""Every step of an SMTP conversation broken in every way: what the ledger has afterwards."""

import ssl
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import trustme

from benchmarks.common.ledger_setup import NOW, fill, reader, short_message
from digest.core.models.delivery import EditionState
from digest.mail.transports.smtp import SmtpTransport
from digest.mail.transports.smtp_connect import SmtpServer
from digest.pipeline.delivery.deliver import DeliveryOptions, DeliveryReport, Runtime, deliver
from digest.store.database.store import Store
from digest.store.editions import ledger
from support.smtp.scripted_server import HALF, HANG_UP, STALL, TAKEN, Script, served
from support.speed.databases import new_sqlite_store

STEPS = ("connect", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "final dot", "QUIT")
FAULTS = {
    "drops": HANG_UP,
    "stalls": STALL,
    "421": "421 4.3.2 closing",
    "450": "450 4.2.0 later",
    "550 5.1.1": "550 5.1.1 no such user",
    "550 5.7.1": "550 5.7.1 not allowed",
    "garbage": "\x00\x7f what?",
    "half a line": HALF + "25",
}
_NAMES = {"connect": "GREETING", "final dot": "DOT"}
MESSAGES = 2  # the first meets the fault


@dataclass(frozen=True)
class Result:
    """What one broken step led to."""

    cell: str  # of the table in docs/delivery.md
    received: Counter[str]  # messages by recipient, after a second run with a whole server
    states: tuple[EditionState, ...]  # of the editions, after it


class DigestHome:
    """A server that can speak TLS, and the client's view of it."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.tls = self._tls()
        self.ca_file = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(self.ca_file)

    def _tls(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert("localhost").configure_cert(context)
        return context

    def run(
        self,
        store: Store,
        port: int,
        *,
        hours: float = 0,
        hold: bool = False,
        timeout: float = 120,
    ) -> DeliveryReport:
        server = SmtpServer(
            host="localhost",
            port=port,
            security="starttls",
            user="ada",
            password="hunter2",
            ca_file=self.ca_file,
            connect_timeout=timeout,
            timeout=timeout,
            data_timeout=timeout,
            dot_timeout=timeout,
        )
        return deliver(
            store,
            connect=lambda: SmtpTransport(server, clock=time.monotonic),
            write=short_message,
            now=NOW + timedelta(hours=hours),
            time=Runtime(clock=time.monotonic, sleep=time.sleep, jitter=lambda: 0.5),
            options=DeliveryOptions(hold=hold),
        )

    def broken(
        self,
        folder: Path,
        step: str,
        fault: str,
        *,
        pipelining: bool,
        taken: bool = False,
        hold: bool = False,
    ) -> Result:
        """One run against a server that fails at this step, and one, later, that does not."""
        reply = (TAKEN if taken else "") + FAULTS[fault]
        features = ["STARTTLS", "AUTH PLAIN", *(["PIPELINING"] if pipelining else [])]
        script = Script({_NAMES.get(step, step): [reply]}, features=features, tls=self.tls)
        with Store.open(new_sqlite_store(folder / "digest.db")) as store, served(script) as port:
            fill(store, MESSAGES)
            # Only a server that says nothing is waited for until the timeout.
            timeout = 1 if FAULTS[fault] == STALL else 120
            report = self.run(store, port, hold=hold, timeout=timeout)
            with store.read() as tx:
                first = ledger.load(tx, 1)
            cell = str(first.state) + ("; the run stops" if report.problem else "")
            self.run(store, port, hours=1, hold=hold)
            with store.read() as tx:
                states = tuple(ledger.load(tx, one + 1).state for one in range(MESSAGES))
        return Result(
            cell=cell,
            received=Counter(recipient for recipient, _ in script.messages),
            states=states,
        )


def everyone() -> set[str]:
    return {reader(number + 1) for number in range(MESSAGES)}
