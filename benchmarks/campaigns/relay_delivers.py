"""Do real relays accept our messages, and do they arrive as they were?

    python benchmarks/campaigns/relay_delivers.py [--messages 200]

Debian's Postfix and OpenSMTPD are started on loopback (see relay/relays.py: needs root and
changes nothing), get messages over several connections, and deliver them to a Maildir; each
is parsed back and compared with what was sent, and its signature is verified by Debian's
opendkim and by dkimpy. Prints a line of JSON each; exits with 1 if
a message is missing, doubled, or changed.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import dkim

from benchmarks.common.ledger_setup import NOW, fill, reader
from benchmarks.common.relay.opendkim import unverified
from benchmarks.common.relay.relays import relay
from digest.core.models.delivery import ClaimedEdition, EditionState, Envelope
from digest.mail.authentication import dkim_keys
from digest.mail.authentication.dkim_signer import Signer
from digest.mail.message import mime
from digest.mail.transports.smtp import SmtpTransport
from digest.mail.transports.smtp_connect import SmtpServer
from digest.pipeline.delivery.deliver import DeliveryOptions, Runtime, deliver
from digest.store.database.store import Store
from digest.store.reports.status import status

SUBJECT = "Größe & Maß: \N{GREEK SMALL LETTER ALPHA}-divergence =?utf-8?q?x?= of 3 papers, " * 3
TEXT = ".\n..two dots\nFrom the start\n" + "a long line " * 200 + "\nÄ = ö\n.\n"
KEY = dkim_keys.generate_key("rsa")
RECORD = dkim_keys.dns_record(KEY)
SIGNER = Signer(domain="example.org", selector="digest", key=KEY)
HTML = "<p>" + "word " * 5000 + "</p>\n.\n<p>\N{SNOWMAN}</p>"


def message(claimed: ClaimedEdition) -> Envelope:
    """A message with all that is easily broken on the way."""
    to = claimed.subscription.email
    message = mime.build_message(
        sender="Paper Digést <digest@example.org>",
        to=to,
        subject=SUBJECT,
        html=HTML,
        text=TEXT,
        message_id=claimed.message_id,
        date=claimed.composed_at,
        list_id="Paper Digest <digest.example.org>",
        headers={"List-Unsubscribe": f"<mailto:digest@example.org?subject={'x' * 300}>"},
    )
    return Envelope(sender="digest@example.org", recipient=to, message=SIGNER.sign(message))


def arrived(maildir: Path) -> list[EmailMessage]:
    """All messages of a Maildir."""
    parsed = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (maildir / "new").glob("*")
    ]
    return [message for message in parsed if isinstance(message, EmailMessage)]


def is_whole(message: EmailMessage) -> bool:
    """Whether it says what was sent."""
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    return (
        message["Subject"] == " ".join(SUBJECT.split())
        and html is not None
        and text is not None
        and html.get_content().rstrip("\n") == HTML
        and text.get_content().rstrip("\n") == TEXT.rstrip("\n")
        and len(str(message["List-Unsubscribe"])) > 300
        and "=?" not in str(message["List-Unsubscribe"])
    )


def trial(name: str, packages: Path, sent_count: int) -> bool:
    """One relay; whether all went well."""
    with (
        relay(name, packages) as running,
        tempfile.TemporaryDirectory() as folder,
        Store.open(f"sqlite:///{folder}/digest.db") as store,
    ):
        fill(store, sent_count)
        server = SmtpServer(host="127.0.0.1", port=running.port, security="none", max_messages=20)
        began = time.monotonic()
        report = deliver(
            store,
            connect=lambda: SmtpTransport(server, clock=time.monotonic),
            write=message,
            now=NOW,
            time=Runtime(clock=time.monotonic, sleep=time.sleep, jitter=random.random),
            options=DeliveryOptions(connections=4),
        )
        seconds = time.monotonic() - began
        for _ in range(100):
            if len(list((running.maildir / "new").glob("*"))) >= sent_count:
                break
            time.sleep(0.2)
        messages = arrived(running.maildir)
        raw = [path.read_bytes() for path in (running.maildir / "new").glob("*")]
        with store.read() as tx:
            sent = status(tx, NOW).editions.get(EditionState.SENT, 0)
    to = Counter(str(message["To"]) for message in messages)
    found = {
        "relay": name,
        "messages": sent_count,
        "accepted": sent,
        "problem": report.problem,
        "delivered": len(messages),
        "missing": len({reader(number + 1) for number in range(sent_count)} - to.keys()),
        "doubled": sum(to.values()) - len(to),
        "changed": sum(not is_whole(message) for message in messages),
        "unverified": unverified(
            raw, record=RECORD, name="digest._domainkey.example.org", packages=packages
        ),
        "unverified_by_dkimpy": sum(
            not dkim.verify(one, dnsfunc=lambda *_, **__: RECORD.encode()) for one in raw
        ),
        "a_second": round(sent / seconds),
    }
    print(json.dumps(found))
    wrong = ("doubled", "changed", "unverified", "unverified_by_dkimpy")
    return sent == sent_count == len(messages) and not any(found[name] for name in wrong)


def main() -> None:
    """Tries both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--packages", type=Path, help="where to keep the downloaded packages")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        packages = options.packages or Path(scratch)
        results = [trial(name, packages, options.messages) for name in ("postfix", "opensmtpd")]
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
