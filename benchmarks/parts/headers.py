"""Can any name, subject or address break a message? A million tries.

    python benchmarks/parts/headers.py [--cases 1000000] [--seed 1]

Messages are built, and signed with Ed25519 in one case of a hundred, from texts made of what
has broken mail programs: encoded words that hold line ends, quotes, angle brackets, controls,
other scripts, addresses with hostile parts. Prints a line of JSON: headers that nobody asked
for, lines over 998 octets, bare CR or LF, bytes that are not ASCII, subjects that do not come
back; exits with 1 if there is any. tests/unit/mail/message/test_headers.py tries a thousand at each
run, by hypothesis.
"""

import argparse
import json
import random
import sys
from collections import Counter
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header

from digest.errors import InputError
from digest.mail.authentication import dkim_keys
from digest.mail.authentication.dkim_signer import Signer
from digest.mail.message import mime
from digest.mail.message.crlf import CrlfBytes
from digest.mail.rendering.sanitize import clean

PIECES = (
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x85",
    "\u2028",
    "\u2029",
    "\t",
    " ",
    "Bcc: evil@x.example",
    "\r\nBcc: evil@x.example\r\n\r\nbody",
    "=?utf-8?q?a=0D=0ABcc:_evil@x.example?=",
    "=?utf-8?b?YQ0KQmNjOiBldmlsQHguZXhhbXBsZQ==?=",
    "=?",
    "?=",
    '"',
    "\\",
    "<",
    ">",
    "@",
    ",",
    ";",
    ":",
    "(",
    ")",
    ".",
    "a",
    "Ada",
    "é",
    "ß",
    "日本語",
    "\u202e",
    "\u0661",
    "\N{SNOWMAN}",
    "\U0001f600",
    "\ud800",
    "e\u0301",
    "x" * 80,
    "y" * 1200,
    "xn--",
)
ADDRESSES = ("ada@example.org", "a+b@bücher.example", "ops@sub.example.net")
NAMES = [
    "from",
    "reply-to",
    "to",
    "subject",
    "date",
    "message-id",
    "list-id",
    "auto-submitted",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
    "mime-version",
    "content-type",
]
SIGNER = Signer(domain="example.org", selector="s", key=dkim_keys.generate_key("ed25519"))


def message(
    *, name: str, to: str, subject: str, list_name: str, reply_to: str, body: str
) -> CrlfBytes:
    """A message with these texts; InputError where an address is none."""
    return mime.build_message(
        sender=f"{name} <digest@example.org>",
        to=to,
        subject=subject,
        html=body,
        text=body,
        message_id="<2026-05-11.1.abc@example.org>",
        date=datetime(2026, 5, 11, tzinfo=UTC),
        list_id=f"{list_name} <digest.example.org>",
        reply_to=reply_to,
        headers={
            "List-Unsubscribe": f"<https://example.org/u/{'t' * 200}>, <mailto:b@example.org>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Feedback-ID": "2026-05-11:digest:abcdef",
        },
    )


def faults(raw: bytes, *, subject: str, signed: bool = False) -> set[str]:
    """What is wrong with a message."""
    found = set()
    names = ["dkim-signature", *NAMES] if signed else NAMES
    head = raw.partition(b"\r\n\r\n")[0]
    lines = raw.split(b"\r\n")
    if max(map(len, lines)) > 998:
        found.add("lines over 998")
    if any(b"\r" in line or b"\n" in line for line in lines):
        found.add("bare CR or LF")
    if not raw.isascii() or b"\0" in raw:
        found.add("not ASCII")
    own = [line.partition(b":")[0].decode("latin-1").lower() for line in _unfolded(head)]
    seen = message_from_bytes(raw, policy=policy.compat32)
    if own != names or [name.lower() for name in seen] != names:
        found.add("injected headers")
    words = "".join(str(seen["Subject"]).split("\r\n"))
    shown = str(make_header(decode_header(words)))
    if shown.split() != clean(subject).encode("utf-8", "replace").decode().split():
        found.add("subjects changed")
    # A program that decodes first and parses then must not find a header, either.
    for value in seen.values():
        decoded = str(make_header(decode_header("".join(str(value).split("\r\n")))))
        if any(character in decoded for character in "\r\n\0"):
            found.add("injected headers")
    return found


def _unfolded(head: bytes) -> list[bytes]:
    return head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n")


def main() -> None:
    """Tries and prints a line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    counts: Counter[str] = Counter()

    def text(most: int = 8) -> str:
        return "".join(chance.choices(PIECES, k=chance.randrange(most)))

    def address() -> str:
        if chance.random() < 0.9:
            return chance.choice(ADDRESSES)
        return f"{text()} <{text(3)}{chance.choice(ADDRESSES)}{text(3)}>"

    for number in range(options.cases):
        subject = text()
        try:
            raw = message(
                name=text(),
                to=address(),
                subject=subject,
                list_name=text(),
                reply_to=address(),
                body=text(3),
            )
        except InputError:
            counts["refused addresses"] += 1
            continue
        signed = number % 100 == 0
        counts.update(faults(SIGNER.sign(raw) if signed else raw, subject=subject, signed=signed))
    refused = counts.pop("refused addresses", 0)
    print(json.dumps({"cases": options.cases, "refused addresses": refused, "faults": counts}))
    sys.exit(bool(counts))


if __name__ == "__main__":
    main()
