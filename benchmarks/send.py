"""How fast messages go out, and in how much memory.

    python benchmarks/send.py [--messages 4000] [--size 30000] [--rounds 3] [--packages DIR]
        [--processes 1 2] [--connections 4 8] [--databases sqlite postgresql]
        [--signed rsa|ed25519] [--memory]

In one run: CPU time for messages to Postfix's `smtp-sink` over one connection, in times
smtplib's `send_message`; messages a second through the ledger to `smtp-sink`, in times what
Postfix accepts from its own `smtp-source`, with the number of connections that suits each
best; with --memory, the peak memory of 100,000 messages in times that of 10,000.

Included: claims, starts, outcomes and their commits, framing, SMTP; with --signed a DKIM
signature of each message. Not included: rendering; a message is a head and a body put together. Ours and Postfix's alternate in each
round, since the load of the machine changes, and both have it to themselves meanwhile.
Needs root (see relay/relays.py).
"""

import argparse
import json
import os
import random
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.common.ledger_setup import NOW, database, fill
from benchmarks.common.relay.relays import package, relay
from digest.core.models.delivery import ClaimedEdition, EditionState, Envelope, Sent
from digest.mail.authentication import dkim_keys
from digest.mail.authentication.dkim_signer import Signer
from digest.mail.message import mime
from digest.mail.message.crlf import CrlfBytes
from digest.mail.transports.smtp import SmtpTransport
from digest.mail.transports.smtp_connect import SmtpServer
from digest.pipeline.delivery.deliver import DeliveryOptions, Runtime, deliver
from digest.store.database.store import Store
from digest.store.reports.status import status

CONNECTIONS = 4
ROUNDS = 3
SENDER = "digest@example.org"


def words(size: int) -> tuple[str, str]:
    """A text part and an HTML part, together about so large."""
    line = "speculative decoding for large language models, measured again\n"
    return line * (size // 4 // len(line)), f"<p>{line}</p>\n" * (size * 3 // 4 // (len(line) + 8))


def message_to(to: str, message_id: str, size: int) -> CrlfBytes:
    """A digest's bytes."""
    text, html = words(size)
    return mime.build_message(
        sender=SENDER,
        to=to,
        subject="Paper Digest: 12 papers",
        html=html,
        text=text,
        message_id=message_id,
        date=NOW,
        list_id="<digest.example.org>",
        headers={},
    )


@contextmanager
def smtp_sink(packages: Path) -> Iterator[int]:
    """Postfix's test server; its port."""
    root = package("postfix", packages)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    environ = os.environ | {"LD_LIBRARY_PATH": str(root / "usr" / "lib" / "postfix")}
    program = root / "usr" / "sbin" / "smtp-sink"
    arguments: list[str | Path] = [program, "-u", "nobody", f"127.0.0.1:{port}", "256"]
    with subprocess.Popen(arguments, env=environ) as process:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        try:
            yield port
        finally:
            process.kill()


def cpu(work: Callable[[], None]) -> float:
    """CPU seconds of this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def against_smtplib(port: int, messages: int, size: int) -> dict[str, Any]:
    """CPU seconds of smtplib in times ours: the message's bytes ready, and built each time."""
    text, html = words(size)
    email = EmailMessage()
    email["From"], email["To"], email["Subject"] = SENDER, "ada@example.org", "Paper Digest"
    email["Message-ID"] = "<1@example.org>"
    email.set_content(text)
    email.add_alternative(html, subtype="html")
    data = message_to("ada@example.org", "<1@example.org>", size)
    server = SmtpServer(host="127.0.0.1", port=port, security="none", max_messages=10**9)

    def theirs() -> None:
        with smtplib.SMTP("127.0.0.1", port) as connection:
            for _ in range(messages // 4):
                connection.send_message(email)

    def ours(make: Callable[[], bytes]) -> None:
        with SmtpTransport(server, clock=time.monotonic) as transport:
            for _ in range(messages // 4):
                outcome = transport.send(sender=SENDER, recipient="ada@example.org", message=make())
                assert isinstance(outcome, Sent)

    ready, built = [], []
    for _ in range(ROUNDS):
        base = cpu(theirs)
        ready.append(base / cpu(lambda: ours(lambda: data)))
        built.append(
            base / cpu(lambda: ours(lambda: message_to("ada@example.org", "<1@example.org>", size)))
        )
    return {
        "smtplib_cpu_over_ours": round(statistics.median(ready), 1),
        "smtplib_cpu_over_ours_with_mime": round(statistics.median(built), 1),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is to be sent, and how."""

    messages: int
    size: int
    database: str = "sqlite"
    processes: int = 1  # that deliver at once
    connections: int = CONNECTIONS  # of each
    signer: Signer | None = None


def through_ledger(port: int, load: Load) -> float:
    """Messages a second from the ledger to the sink."""
    with database(load.database) as url:
        with Store.open(url) as store:
            fill(store, load.messages)
        gate, opening = os.pipe()
        children = []
        for _ in range(load.processes):
            child = os.fork()
            if not child:
                os.close(opening)
                os._exit(deliver_all(url, port, load, gate))
            children.append(child)
        os.close(gate)
        time.sleep(0.3)  # all stores are open
        began = time.monotonic()
        os.close(opening)
        failed = [child for child in children if os.waitpid(child, 0)[1]]
        seconds = time.monotonic() - began
        with Store.open(url) as store, store.read() as tx:
            sent = status(tx, NOW).editions.get(EditionState.SENT, 0)
    assert not failed
    assert sent == load.messages
    return load.messages / seconds


def deliver_all(url: str, port: int, load: Load, gate: int) -> int:
    """One delivering process, when the gate opens; its exit code."""
    head, _, rest = message_to("reader@example.org", "<MESSAGE-ID@x>", load.size).partition(
        b"<MESSAGE-ID@x>"
    )

    def write(claimed: ClaimedEdition) -> Envelope:
        message = CrlfBytes(head + claimed.message_id.encode() + rest)
        return Envelope(
            sender=SENDER,
            recipient=claimed.subscription.email,
            message=load.signer.sign(message) if load.signer else message,
        )

    server = SmtpServer(host="127.0.0.1", port=port, security="none")
    with Store.open(url) as store:
        os.read(gate, 1)
        report = deliver(
            store,
            connect=lambda: SmtpTransport(server, clock=time.monotonic),
            write=write,
            now=NOW,
            time=Runtime(clock=time.monotonic, sleep=time.sleep, jitter=random.random),
            options=DeliveryOptions(connections=load.connections),
        )
    if report.problem:
        print(report.problem, file=sys.stderr)
    return 1 if report.problem else 0


def postfix_accepts(packages: Path, messages: int, size: int, connections: int) -> float:
    """Messages a second that Postfix accepts from smtp-source."""
    root = package("postfix", packages)
    environ = os.environ | {"LD_LIBRARY_PATH": str(root / "usr" / "lib" / "postfix")}
    with relay("postfix", packages) as running:
        arguments: list[str | Path] = [
            root / "usr" / "sbin" / "smtp-source",
            "-s",
            str(connections),
        ]
        arguments += ["-m", str(messages), "-l", str(size), "-d", "-f", SENDER]
        arguments += ["-t", "ada@discard.example", f"127.0.0.1:{running.port}"]
        began = time.monotonic()
        subprocess.run(arguments, env=environ, check=True)
        return messages / (time.monotonic() - began)


def against_postfix(port: int, packages: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The rates, and ours in times Postfix's best."""
    key = dkim_keys.generate_key(options.signed) if options.signed else None
    signer = Signer(domain="example.org", selector="s", key=key) if key else None
    ours: dict[tuple[str, int, int], list[float]] = {}
    theirs: dict[int, list[float]] = {}
    for _ in range(options.rounds):
        for kind, processes, connections in product(
            options.databases, options.processes, options.connections
        ):
            load = Load(
                messages=options.messages,
                size=options.size,
                database=kind,
                processes=processes,
                connections=connections,
                signer=signer,
            )
            rate = through_ledger(port, load)
            ours.setdefault((kind, processes, connections), []).append(rate)
        for connections in options.postfix_connections:
            rate = postfix_accepts(packages, options.messages, options.size, connections)
            theirs.setdefault(connections, []).append(rate)
    accepted = {number: statistics.median(rates) for number, rates in theirs.items()}
    best = max(accepted.values())
    rates = {key: statistics.median(each) for key, each in ours.items()}
    return {
        "ledger_messages_a_second": {_name(*key): round(rate) for key, rate in rates.items()},
        "postfix_accepts_a_second": {number: round(rate) for number, rate in accepted.items()},
        "ledger_over_postfix": {_name(*key): round(rate / best, 2) for key, rate in rates.items()},
    }


def _name(kind: str, processes: int, connections: int) -> str:
    return f"{kind}, {processes} x {connections} connections"


def peak(port: int, messages: int, size: int) -> int:
    """Peak memory in KB of a process that delivers so many."""
    child = os.fork()
    if not child:
        through_ledger(port, Load(messages=messages, size=size))
        os._exit(0)
    return os.wait4(child, 0)[2].ru_maxrss


def main() -> None:
    """Measures and prints a line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=4000)
    parser.add_argument("--size", type=int, default=30000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--connections", type=int, nargs="+", default=[CONNECTIONS, 8])
    parser.add_argument("--postfix-connections", type=int, nargs="+", default=[4, 8, 16])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--signed", choices=["rsa", "ed25519"])
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        packages = options.packages or Path(scratch)
        with smtp_sink(packages) as port:
            found = against_smtplib(port, options.messages, options.size)
            found |= against_postfix(port, packages, options)
            if options.memory:
                few, many = (peak(port, count, options.size) for count in (10_000, 100_000))
                found |= {"peak_mb_10000": few // 1024, "peak_mb_100000": many // 1024}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
