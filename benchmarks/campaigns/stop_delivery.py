"""How long does a delivery take to stop after SIGTERM, and is every message accounted for?

    python benchmarks/campaigns/stop_delivery.py [--messages 10000] [--connections 4] [--slow 0.5]
        [--hang N] [--after 3] [--database sqlite|postgresql|URL] [--policy resend|hold]

A process like `digest deliver` sends to a server that takes `--slow` seconds for each reply
to a final dot, and after N messages gives none any more. It gets SIGTERM in the middle; then
another process, with a server that answers, sends the rest. Prints one line of JSON; exits
with 1 if it took longer than ten seconds to stop, if a message was lost, or one doubled that
was not in doubt.
"""

import argparse
import asyncio
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

from benchmarks.common import smtp_sink as fast
from benchmarks.common.ledger_setup import NOW, database, fill, reader, short_message
from digest.app.signals import stopping_on_signals
from digest.core.models.delivery import EditionState
from digest.mail.transports.smtp import SmtpTransport
from digest.mail.transports.smtp_connect import SmtpServer
from digest.pipeline.cancellation import StopToken
from digest.pipeline.delivery.deliver import DeliveryOptions, Runtime, deliver
from digest.store.database.store import Store
from digest.store.reports.status import status

MOST_SECONDS = 10.0


class Slow(fast.Session):
    """As the sink, but it keeps its answer to a message back for a while, or for good."""

    seconds = 0.0
    hang_after = 0  # messages; 0: never
    messages = 0

    late = False  # an answer is kept back; what comes meanwhile waits

    def data_received(self, data: bytes) -> None:
        """Answers each command at once, and each message late."""
        if self.late:
            self._buffer += data
        elif not self._in_message:
            super().data_received(data)
        else:
            self._buffer += data
            answer = self._message()
            if answer is not None:
                self._keep_back(answer)

    def _keep_back(self, answer: bytes) -> None:
        Slow.messages += 1
        self.late = True
        if not (Slow.hang_after and Slow.messages > Slow.hang_after):
            asyncio.get_running_loop().call_later(self.seconds, self._say, answer)

    def _say(self, answer: bytes) -> None:
        self._transport.write(answer)
        self.late = False
        super().data_received(b"")  # the commands behind the message


async def serve(record: int, ready: int) -> None:
    """Serves until it is killed; tells its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Slow(record), "127.0.0.1", 0, backlog=256)
    os.write(ready, f"{server.sockets[0].getsockname()[1]}\n".encode())
    await server.serve_forever()


def start_server(record: Path, *, seconds: float, hang_after: int) -> tuple[int, int]:
    """A server in a forked process: its id and its port."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        return child, int(os.read(reading, 20))
    Slow.seconds, Slow.hang_after = seconds, hang_after
    asyncio.run(serve(os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), writing))
    os._exit(0)


def start_delivery(url: str, port: int, delivery_options: DeliveryOptions) -> int:
    """As `digest deliver` does it, in a forked process; its id."""
    child = os.fork()
    if child:
        return child
    stop, code = StopToken(), 1
    try:
        server = SmtpServer(host="127.0.0.1", port=port, security="none")
        with Store.open(url) as store, stopping_on_signals(stop, code=70):
            report = deliver(
                store,
                connect=lambda: SmtpTransport(server, clock=time.monotonic),
                write=short_message,
                now=NOW,
                time=Runtime(
                    clock=time.monotonic, sleep=time.sleep, jitter=random.random, stop=stop
                ),
                options=delivery_options,
            )
        code = 1 if report.stopped else 0
    except BaseException as error:  # noqa: BLE001
        print(f"deliverer: {type(error).__name__}: {error}", file=sys.stderr)
        code = 99
    os._exit(code)


def states(url: str) -> Counter[EditionState]:
    """The ledger's editions."""
    with Store.open(url) as store, store.read() as tx:
        return Counter(status(tx, NOW).editions)


def received_count(record: Path) -> int:
    """How many messages the server has noted."""
    return len(record.read_text().splitlines()) if record.exists() else 0


def main() -> None:
    """Sends, stops, sends the rest, compares, prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=10000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--slow", type=float, default=0.5)
    parser.add_argument("--hang", type=int, default=0)
    parser.add_argument("--after", type=float, default=3.0)
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--policy", choices=("resend", "hold"), default="hold")
    options = parser.parse_args()
    delivery_options = DeliveryOptions(
        connections=options.connections, hold=options.policy == "hold"
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database(options.database))
        with Store.open(url) as store:
            fill(store, options.messages)
        record = folder / "received"
        slow, port = start_server(record, seconds=options.slow, hang_after=options.hang)
        stack.callback(os.waitpid, slow, 0)
        stack.callback(os.kill, slow, signal.SIGKILL)
        sending = start_delivery(url, port, delivery_options)
        # Counted, not timed: how soon the server has so many depends on the load of the machine.
        while received_count(record) < options.hang:
            time.sleep(0.05)
        time.sleep(options.after)
        began = time.monotonic()
        os.kill(sending, signal.SIGTERM)
        _, ended = os.waitpid(sending, 0)
        seconds = time.monotonic() - began
        stopped = states(url)
        with fast.sink(record) as good:
            _, again = os.waitpid(start_delivery(url, good, delivery_options), 0)
        rest = states(url)
        received = Counter(line.split()[0] for line in record.read_text().splitlines())
    lost = {reader(number) for number in range(1, options.messages + 1)} - received.keys()
    found = {
        "database": url.split(":", maxsplit=1)[0],
        "messages": options.messages,
        "seconds_to_stop": round(seconds, 2),
        "exit_codes": [os.waitstatus_to_exitcode(ended), os.waitstatus_to_exitcode(again)],
        "after_stop": {str(state): number for state, number in stopped.items()},
        "after_next": {str(state): number for state, number in rest.items()},
        "lost": len(lost),
        "doubled": sum(received.values()) - len(received),
    }
    print(json.dumps(found))
    in_doubt = stopped[EditionState.IN_DOUBT]
    all_there = sum(stopped.values()) == sum(rest.values()) == options.messages
    right = (
        all_there
        and not lost
        and not stopped[EditionState.CLAIMED]
        and in_doubt <= delivery_options.connections
    )
    allowed = 0 if delivery_options.hold else in_doubt
    if not right or seconds > MOST_SECONDS or int(str(found["doubled"])) > allowed:
        sys.exit(1)


if __name__ == "__main__":
    main()
