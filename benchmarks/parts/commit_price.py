"""What does it cost that each commit to PostgreSQL waits for the disk?

    python benchmarks/parts/commit_price.py [--messages 2000] [--rounds 5] [--connections 8]

Delivers from the ledger to an SMTP sink, alternating with commits that wait (as the program makes
them) and with commits that do not (`synchronous_commit = off`), and compares the messages a
second. Prints one line of JSON. The disk decides: the time of one `fdatasync` is printed too.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.campaigns.kill_delivery import start
from benchmarks.common.ledger_setup import database, fill
from benchmarks.common.smtp_sink import sink
from digest.pipeline.delivery.deliver import DeliveryOptions
from digest.store.database import connection
from digest.store.database.store import Store

_REQUIRED = connection._require_synchronous_commit  # noqa: SLF001 - what is measured


def _do_not_wait(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.autocommit = True
    dbapi_connection.execute("SET synchronous_commit = off")
    dbapi_connection.autocommit = False


def rate(messages: int, connections: int, *, waits: bool) -> float:
    """Messages a second from the ledger to the sink."""
    on_connect = _REQUIRED if waits else _do_not_wait
    with (
        mock.patch.object(connection, "_require_synchronous_commit", on_connect),
        tempfile.TemporaryDirectory() as folder,
        database("postgresql") as url,
        sink(Path(folder) / "received") as port,
    ):
        with Store.open(url) as store:
            fill(store, messages)
        began = time.monotonic()
        child = start(url, port, DeliveryOptions(connections=connections))
        assert os.waitpid(child, 0)[1] == 0
        return messages / (time.monotonic() - began)


def sync_ms() -> float:
    """The median time of an `fdatasync` after a write of 8 KB."""
    with tempfile.TemporaryFile() as file:
        times = []
        for _ in range(100):
            os.write(file.fileno(), b"x" * 8192)
            began = time.monotonic()
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - began)
    return 1000 * statistics.median(times)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    waiting, not_waiting = [], []
    for _ in range(options.rounds):
        waiting.append(rate(options.messages, options.connections, waits=True))
        not_waiting.append(rate(options.messages, options.connections, waits=False))
    ratios = [ours / theirs for ours, theirs in zip(waiting, not_waiting, strict=True)]
    found = {
        "messages_a_second_waiting": round(statistics.median(waiting)),
        "messages_a_second_not_waiting": round(statistics.median(not_waiting)),
        "ratio": round(statistics.median(ratios), 2),
        "ratios": [round(ratio, 2) for ratio in sorted(ratios)],
        "fdatasync_ms": round(sync_ms(), 2),
        "connections": options.connections,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
