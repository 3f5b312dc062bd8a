"""Do several deliverers at once ever claim the same edition?

    python benchmarks/campaigns/claims.py [--editions 20000] [--processes 8]
        [--database sqlite|postgresql|URL]

The processes start together and deliver until the queue is empty; each keeps what it was
given to send. Prints one line of JSON; exits with 1 if an edition was claimed twice, or
not at all.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

from benchmarks.common.ledger_setup import NOW, database, fill, short_message
from digest.core.models.delivery import EditionState, Envelope, Outcome, Sent
from digest.pipeline.delivery.deliver import DeliveryOptions, Runtime, deliver
from digest.store.database.store import Store
from digest.store.reports.status import status


class Keeper:
    """A transport that notes the recipients, in one write each."""

    def __init__(self, file: int) -> None:
        self._file = file

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Takes everything."""
        del following
        del sender, message
        os.write(self._file, f"{recipient}\n".encode())
        return Sent(reply="kept")


def work(url: str, kept: Path, gate: int) -> None:
    """One deliverer; begins when the gate is closed by the parent."""
    file = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Store.open(url) as store:
        os.read(gate, 1)
        deliver(
            store,
            connect=lambda: nullcontext(Keeper(file)),
            write=short_message,
            now=NOW,
            time=Runtime(clock=time.monotonic, sleep=time.sleep, jitter=random.random),
            options=DeliveryOptions(connections=2),
        )


def main() -> None:
    """Starts, waits, compares, prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--editions", type=int, default=20000)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--database", default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, database(options.database) as url:
        with Store.open(url) as store:
            fill(store, options.editions)
        gate, closing = os.pipe()
        children = []
        for number in range(options.processes):
            child = os.fork()
            if not child:
                os.close(closing)
                try:
                    work(url, Path(folder) / str(number), gate)
                except BaseException as error:  # noqa: BLE001
                    print(f"deliverer: {type(error).__name__}: {error}", file=sys.stderr)
                    os._exit(1)
                os._exit(0)
            children.append(child)
        began = time.monotonic()
        os.close(closing)
        failed = sum(os.waitpid(child, 0)[1] != 0 for child in children)
        seconds = time.monotonic() - began
        each = [(Path(folder) / str(n)).read_text().split() for n in range(options.processes)]
        claims = Counter(name for names in each for name in names)
        with Store.open(url) as store, store.read() as tx:
            sent = status(tx, NOW).editions.get(EditionState.SENT, 0)
    found = {
        "database": url.split(":")[0],
        "editions": options.editions,
        "processes": options.processes,
        "at_work": sum(bool(names) for names in each),
        "failed": failed,
        "double_claims": sum(claims.values()) - len(claims),
        "missing": options.editions - len(claims),
        "sent": sent,
        "seconds": round(seconds, 1),
    }
    print(json.dumps(found))
    if failed or found["double_claims"] or found["missing"] or sent != options.editions:
        sys.exit(1)


if __name__ == "__main__":
    main()
