"""Does a killed delivery lose or double messages?

    python benchmarks/campaigns/kill_delivery.py [--messages 12000] [--kills 200] [--connections 4]
        [--database sqlite|postgresql|URL] [--policy resend|hold] [--seed N]

A process delivers to an SMTP sink over several connections and gets SIGKILL at a random
moment; another one begins at once, and so on; the last ones may finish. Then the sink's
record is compared with the ledger. Prints one line of JSON; exits with 1 if a message was
lost, or if more were doubled than the policy allows: under `resend` one for each open
connection and kill, under `hold` none, and every message not sent is listed.
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
from contextlib import ExitStack
from pathlib import Path

from benchmarks.common.ledger_setup import NOW, database, fill, reader, short_message
from benchmarks.common.smtp_sink import sink
from digest.core.models.delivery import EditionState
from digest.mail.transports.smtp import SmtpTransport
from digest.mail.transports.smtp_connect import SmtpServer
from digest.pipeline.delivery.deliver import DeliveryOptions, Runtime, deliver
from digest.store.database.store import Store
from digest.store.editions import recovery
from digest.store.reports.status import status

WAITING = {EditionState.QUEUED, EditionState.CLAIMED, EditionState.DEFERRED}


def run_once(url: str, port: int, delivery_options: DeliveryOptions) -> None:
    """One delivering process, from opening the store to the end of the queue."""
    server = SmtpServer(host="127.0.0.1", port=port, security="none")
    with Store.open(url) as store:
        deliver(
            store,
            connect=lambda: SmtpTransport(server, clock=time.monotonic),
            write=short_message,
            now=NOW,
            time=Runtime(clock=time.monotonic, sleep=time.sleep, jitter=random.random),
            options=delivery_options,
        )


def start(url: str, port: int, delivery_options: DeliveryOptions) -> int:
    """As `run_once`, in a forked process; its id."""
    child = os.fork()
    if child:
        return child
    try:
        run_once(url, port, delivery_options)
    except BaseException as error:  # noqa: BLE001
        print(f"deliverer: {type(error).__name__}: {error}", file=sys.stderr)
        os._exit(1)
    os._exit(0)


def settled(url: str) -> bool:
    """Whether nothing waits, or belongs to a dead process, any more."""
    with Store.open(url) as store, store.read() as tx:
        found = status(tx, NOW).editions
    return not WAITING & found.keys()


def lines(record: Path) -> list[str]:
    """What the sink has, a line a message."""
    return record.read_text().splitlines() if record.exists() else []


def kill_all(
    url: str,
    port: int,
    record: Path,
    options: argparse.Namespace,
    delivery_options: DeliveryOptions,
) -> int:
    """Kills deliverers at random moments until that was done often enough; how often."""
    chance = random.Random(options.seed)
    kills, span, begun = 0, 0.05, 0
    while kills < options.kills:
        child = start(url, port, delivery_options)
        time.sleep(0.02 + chance.uniform(0, 2 * span))
        os.kill(child, signal.SIGKILL)
        _, code = os.waitpid(child, 0)
        if not os.WIFSIGNALED(code):
            if settled(url):
                break
            continue
        kills += 1
        # So long that the messages last for all kills, and no kill is wasted on the start.
        done = len(lines(record))
        wanted = (options.messages - done) / max(1, options.kills - kills)
        span *= 1.1 if done - begun < wanted else 0.9
        begun = done
    return kills


def finish(url: str, port: int, delivery_options: DeliveryOptions) -> None:
    """Runs undisturbed until nothing is left to do."""
    for _ in range(100):
        _, code = os.waitpid(start(url, port, delivery_options), 0)
        if code:
            sys.exit("a deliverer failed")
        if settled(url):
            return
        time.sleep(0.1)  # PostgreSQL takes a moment to notice that a client is dead
    sys.exit("editions are left in the queue")


def compare(url: str, record: Path, options: argparse.Namespace) -> dict[str, object]:
    """The sink's record against the ledger."""
    received = Counter(line.split()[0] for line in lines(record))
    with Store.open(url) as store, store.read() as tx:
        in_doubt = {item.email for item in recovery.held_editions(tx)}
        states = status(tx, NOW).editions
    everyone = {reader(number) for number in range(1, options.messages + 1)}
    return {
        "database": url.split(":", maxsplit=1)[0],
        "policy": options.policy,
        "messages": options.messages,
        "sent": states.get(EditionState.SENT, 0),
        "held": len(in_doubt),
        "held_and_received": len(in_doubt & received.keys()),
        "lost": len(everyone - received.keys() - in_doubt),
        "doubled": sum(received.values()) - len(received),
        "same_message_id": len(set(lines(record))) == len(received),
        "unaccounted": options.messages - states.get(EditionState.SENT, 0) - len(in_doubt),
    }


def main() -> None:
    """Kills, finishes, compares, prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=12000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--policy", choices=("resend", "hold"), default="resend")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    delivery_options = DeliveryOptions(
        connections=options.connections, hold=options.policy == "hold"
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        record = folder / "received"
        url = stack.enter_context(database(options.database))
        port = stack.enter_context(sink(record))
        with Store.open(url) as store:
            fill(store, options.messages)
        began = time.monotonic()
        kills = kill_all(url, port, record, options, delivery_options)
        finish(url, port, delivery_options)
        seconds = time.monotonic() - began
        found = compare(url, record, options)
    found |= {"kills": kills, "connections": options.connections, "seconds": round(seconds, 1)}
    print(json.dumps(found))
    allowed = kills * options.connections if options.policy == "resend" else 0
    if found["lost"] or found["unaccounted"] or int(str(found["doubled"])) > allowed:
        sys.exit(1)


if __name__ == "__main__":
    main()
