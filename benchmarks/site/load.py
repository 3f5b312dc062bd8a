"""How quick is the site with a million subscriptions, while digests are delivered?

    python -m benchmarks.site.load [--readers 1000000] [--rate 200] [--seconds 60]
        [--database sqlite|postgresql|URL] [--without-delivery]

`digest serve` runs in a process of its own, and so do a delivery of the readers' messages to a mail
server on loopback, and the clients. Requests begin at even intervals, whether or not earlier ones are
answered, on up to 64 connections: the form, lists, preferences, feedback, unsubscribing, the form for
frames, and the assets. The time of a request counts from the moment at which it should begin. Prints
one line of JSON; exits with 1 if a request fails, or if 1 % take longer than 100 ms.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update
from support.samples.feedback_links import feedback_url

from benchmarks.campaigns.stop_delivery import start_delivery
from benchmarks.common.ledger_setup import database, fill
from benchmarks.common.process_usage import tree_cpu
from benchmarks.common.smtp_sink import sink
from digest.core.models.profiles import FeedbackKind
from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.core.subscribers import signed_tokens
from digest.pipeline.delivery.deliver import DeliveryOptions
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.subscribers import profiles

MOST_MS = 100.0
SECRET = "a-key-of-more-than-thirty-two-letters"
CONNECTIONS = 64
PROFILE = """\
[[topics]]
name = "Decoding"
keywords = ["speculative decoding", "KV cache", "quantiz*", "long context"]

[[topics]]
name = "Graphs"
keywords = ["graph neural network", "molecule", "protein"]
"""
# How often each kind of page is asked for, in a hundred requests.
MIX = {
    "/": 25,
    "/topics/nlp": 10,
    "/embed/nlp": 10,
    "/link": 5,
    "/p/": 25,
    "/f/": 5,
    "/u/": 10,
    "asset": 10,
}


def paths(
    readers: int, assets: Sequence[str], count: int, seed: int = 7
) -> Iterator[tuple[str, str]]:
    """Yields kinds of pages and the paths to ask for."""
    chance, key, now = random.Random(seed), SECRET.encode(), datetime.now(UTC)
    for _ in range(count):
        (kind,) = chance.choices(list(MIX), weights=list(MIX.values()))
        number = chance.randrange(1, readers + 1)
        path = kind
        if kind == "/p/":
            path += sign_link(LinkPurpose.MANAGE, number, at=now, secret=key)
        elif kind == "/f/":
            path = feedback_url("", number, 1, FeedbackKind.MORE, at=now, secret=key)
        elif kind == "/u/":
            path += signed_tokens.sign(signed_tokens.UNSUBSCRIBE, number, secret=key)
        elif kind == "asset":
            path = chance.choice(assets)
        yield kind, path


async def ask(
    port: int, requests: Sequence[tuple[str, str]], rate: float
) -> list[tuple[str, int, float]]:
    """Asks for the paths at a rate; returns kinds, statuses and milliseconds."""
    waiting: asyncio.Queue[tuple[str, str, float]] = asyncio.Queue()
    found: list[tuple[str, int, float]] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            kind, path, planned = await waiting.get()
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                head = await reader.readuntil(b"\r\n\r\n")
            except (OSError, asyncio.IncompleteReadError):
                # The server closes a connection that was unused for seconds.
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            status = int(head.split(b" ", 2)[1])
            found.append((kind, status, (time.perf_counter() - planned) * 1000))
            waiting.task_done()

    tasks = [asyncio.create_task(connection()) for _ in range(CONNECTIONS)]
    begin = time.perf_counter() + 0.2
    for number, (kind, path) in enumerate(requests):
        planned = begin + number / rate
        await asyncio.sleep(max(0.0, planned - time.perf_counter()))
        waiting.put_nowait((kind, path, planned))
    await waiting.join()
    for task in tasks:
        task.cancel()
    return found


@contextmanager
def served(home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Runs `digest serve` on a home; yields its process and its port."""
    command = [sys.executable, "-m", "digest", "--home", str(home), "serve"]
    command += ["--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            line = next(item for item in process.stderr if "listening at" in item)
            yield process, int(line.rpartition(":")[2].strip().strip("/"))
        finally:
            process.send_signal(signal.SIGTERM)


def make_home(home: Path, url: str, readers: int, smtp_port: int) -> None:
    """Makes a home with readers who have a profile, and a digest each that waits to be sent."""
    (home / "profiles").mkdir(parents=True)
    (home / "sources.toml").write_text("")
    settings = {
        "DATABASE_URL": url,
        "SECRET": SECRET,
        "BASE_URL": "http://localhost",
        "SIGNUP": "open",
        "SIGNUP_FRAMES": "https://lab.example",
        "FROM": "digest@example.org",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(smtp_port),
        "SMTP_SECURITY": "none",
    }
    lines = [f"DIGEST_{name}={value}\n" for name, value in settings.items()]
    (home / ".env").write_text("".join(lines))
    with Store.open(url) as store:
        fill(store, readers)
        with store.write() as tx:
            number = profiles.store_text(tx, PROFILE, email="")
            later = datetime.now(UTC) + timedelta(days=1)
            # Nobody's next digest is due.
            tx.execute(update(schema.subscription).values(profile_id=number, next_due=later))


def assets_of(port: int) -> list[str]:
    """Returns the addresses of the stylesheet and the script."""
    import re
    from urllib.request import urlopen

    request = urlopen(f"http://localhost:{port}/")
    return re.findall(r'"(/assets/[^"]+)"', request.read().decode())


def report(found: Sequence[tuple[str, int, float]]) -> dict[str, object]:
    """Returns the times in milliseconds, and how many requests failed."""
    times = sorted(taken for _, _, taken in found)
    by_kind = {
        kind: _part(sorted(taken for name, _, taken in found if name == kind), 0.99) for kind in MIX
    }
    # A feedback link for a paper that is not stored.
    failed = Counter(
        f"{kind} {status}"
        for kind, status, _ in found
        if status != 200 and (kind, status) != ("/f/", 410)
    )
    return {
        "requests": len(times),
        "failed": dict(failed),
        "median": _part(times, 0.5),
        "99 %": _part(times, 0.99),
        "most": round(times[-1], 1),
        "99 % of each": by_kind,
    }


def _part(times: Sequence[float], part: float) -> float:
    return round(times[min(len(times) - 1, int(len(times) * part))], 1) if times else 0.0


def main() -> None:
    """Measures the site."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--without-delivery", action="store_true")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="paper-digest-bench-"))
        )
        url = stack.enter_context(database(options.database))
        record = folder / "sent"
        record.touch()
        port = stack.enter_context(sink(record))
        make_home(folder / "home", url, options.readers, port)
        process, site_port = stack.enter_context(served(folder / "home"))
        assets = assets_of(site_port)
        requests = list(paths(options.readers, assets, int(options.rate * options.seconds)))
        # A first request of each kind loads what the program imports late.
        asyncio.run(
            ask(site_port, list({kind: (kind, path) for kind, path in requests}.values()), 5)
        )
        delivery = 0
        if not options.without_delivery:
            delivery = start_delivery(url, port, DeliveryOptions(connections=4))
            time.sleep(2)
        cpu, sent = tree_cpu(process.pid), record.read_bytes().count(b"\n")
        found = asyncio.run(ask(site_port, requests, options.rate))
        cpu = tree_cpu(process.pid) - cpu
        sent = record.read_bytes().count(b"\n") - sent
        if delivery:
            os.kill(delivery, signal.SIGTERM)
            os.waitpid(delivery, 0)
        result = {
            "database": options.database.partition(":")[0],
            "readers": options.readers,
            "rate": options.rate,
            **report(found),
            "CPU ms of the server for a request": round(cpu * 1000 / len(found), 2),
            "messages sent meanwhile": sent,
        }
    print(json.dumps(result))
    is_slow = float(str(result["99 %"])) > MOST_MS
    sys.exit(1 if result["failed"] or is_slow else 0)


if __name__ == "__main__":
    main()
