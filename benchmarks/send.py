"""How fast letters go out, and in how much memory.

    python benchmarks/send.py [--letters 4000] [--size 30000] [--packages DIR] [--memory]

In one run: CPU time for letters to Postfix's `smtp-sink` over one connection, in times
smtplib's `send_message`; letters a second through the ledger (SQLite, four connections)
to `smtp-sink`, in times what Postfix accepts from its own `smtp-source` with as many
connections; with --memory, the peak memory of 100,000 letters in times that of 10,000.
The ledger's letters go unsigned and with DKIM (RSA). Needs root (see relay/relays.py).
"""

import argparse
import json
import os
import random
import resource
import smtplib
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path

from queue_of import NOW, fill
from relay.relays import package, relay

from digest.core.model import Claimed, Sent
from digest.mail import dkim_keys, mime
from digest.mail.dkim import Signer
from digest.mail.smtp import SmtpTransport
from digest.mail.smtp_connect import Server
from digest.pipeline.deliver import Envelope, Manner, Time, deliver
from digest.store.engine import Store

CONNECTIONS = 4
ROUNDS = 3
SENDER = "digest@example.org"


def words(size: int) -> tuple[str, str]:
    """A text part and an HTML part, together about so large."""
    line = "speculative decoding for large language models, measured again\n"
    return line * (size // 4 // len(line)), f"<p>{line}</p>\n" * (size * 3 // 4 // (len(line) + 8))


def message_to(to: str, message_id: str, size: int) -> bytes:
    """A digest's bytes."""
    text, html = words(size)
    return mime.build(
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


def against_smtplib(port: int, letters: int, size: int) -> dict[str, float]:
    """CPU seconds of smtplib in times ours: the letter's bytes ready, and built each time."""
    text, html = words(size)
    email = EmailMessage()
    email["From"], email["To"], email["Subject"] = SENDER, "ada@example.org", "Paper Digest"
    email["Message-ID"] = "<1@example.org>"
    email.set_content(text)
    email.add_alternative(html, subtype="html")
    data = message_to("ada@example.org", "<1@example.org>", size)
    server = Server(host="127.0.0.1", port=port, security="none", most_letters=10**9)

    def theirs() -> None:
        with smtplib.SMTP("127.0.0.1", port) as connection:
            for _ in range(letters // 4):
                connection.send_message(email)

    def ours(make: Callable[[], bytes]) -> None:
        with SmtpTransport(server, clock=time.monotonic) as transport:
            for _ in range(letters // 4):
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


def through_ledger(port: int, letters: int, size: int, signer: Signer | None = None) -> float:
    """Letters a second from the ledger to the sink, signed if there is a signer."""
    head, _, rest = message_to("reader@example.org", "<MESSAGE-ID@x>", size).partition(
        b"<MESSAGE-ID@x>"
    )

    def write(claimed: Claimed) -> Envelope:
        message = head + claimed.message_id.encode() + rest
        return Envelope(
            sender=SENDER,
            recipient=claimed.subscription.email,
            message=signer.sign(message) if signer else message,
        )

    server = Server(host="127.0.0.1", port=port, security="none")
    with tempfile.TemporaryDirectory() as folder, Store.open(f"sqlite:///{folder}/x.db") as store:
        fill(store, letters)
        began = time.monotonic()
        report = deliver(
            store,
            connect=lambda: SmtpTransport(server, clock=time.monotonic),
            write=write,
            now=NOW,
            time=Time(clock=time.monotonic, sleep=time.sleep, jitter=random.random),
            manner=Manner(connections=CONNECTIONS),
        )
        seconds = time.monotonic() - began
    assert report.count(Sent) == letters, report.problem
    return letters / seconds


def postfix_accepts(packages: Path, letters: int, size: int) -> float:
    """Letters a second that Postfix accepts from smtp-source."""
    root = package("postfix", packages)
    environ = os.environ | {"LD_LIBRARY_PATH": str(root / "usr" / "lib" / "postfix")}
    with relay("postfix", packages) as running:
        arguments: list[str | Path] = [
            root / "usr" / "sbin" / "smtp-source",
            "-s",
            str(CONNECTIONS),
        ]
        arguments += ["-m", str(letters), "-l", str(size), "-d", "-f", SENDER]
        arguments += ["-t", "ada@discard.example", f"127.0.0.1:{running.port}"]
        began = time.monotonic()
        subprocess.run(arguments, env=environ, check=True)
        return letters / (time.monotonic() - began)


def peak(port: int, letters: int, size: int) -> int:
    """Peak memory in KB of a process that delivers so many."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        through_ledger(port, letters, size)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        os.write(writing, json.dumps([before, after]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    found: list[int] = json.loads(os.read(reading, 100))
    return found[1]


def main() -> None:
    """Measures and prints a line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, default=4000)
    parser.add_argument("--size", type=int, default=30000)
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        packages = options.packages or Path(scratch)
        with smtp_sink(packages) as port:
            found = against_smtplib(port, options.letters, options.size)
            rate = statistics.median(
                through_ledger(port, options.letters, options.size) for _ in range(ROUNDS)
            )
            signer = Signer(domain="example.org", selector="s", key=dkim_keys.make("rsa"))
            signed = statistics.median(
                through_ledger(port, options.letters, options.size, signer) for _ in range(ROUNDS)
            )
            if options.memory:
                few, many = (peak(port, count, options.size) for count in (10_000, 100_000))
                found |= {"peak_mb_10000": few // 1024, "peak_mb_100000": many // 1024}
        accepted = statistics.median(
            postfix_accepts(packages, options.letters, options.size) for _ in range(ROUNDS)
        )
    found |= {
        "ledger_letters_a_second": round(rate),
        "ledger_signed_letters_a_second": round(signed),
        "postfix_accepts_a_second": round(accepted),
        "ledger_over_postfix": round(rate / accepted, 1),
        "ledger_signed_over_postfix": round(signed / accepted, 1),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
