"""DKIM signatures (RFC 6376, RFC 8463), canonicalised relaxed/simple.

Relays rewrite headers, and so those are relaxed; bodies here are quoted-printable in short
lines without a space at their end, which nothing on the way has a reason to touch.

The same message and key give the same RSA or Ed25519 signature, as neither is salted here and
no time stands in it: a retry is the same message.
"""

import base64
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

from digest.mail.message.crlf import CrlfBytes

# What a reader sees or a mail provider acts on. Each is signed once more often than it stands
# in the message, so that nobody can add another one (RFC 6376, 8.15).
SIGNED = (
    "from",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "feedback-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
)

_LINE = 72  # letters of the signature on a line
_SPACES = re.compile(rb"[ \t]+")
_ALIKE = 1024  # header lines whose canonical form is kept: most are those of the last letter


class PrivateKey(Protocol):
    """Half of a key pair."""

    @property
    def algorithm(self) -> str:
        """`rsa` or `ed25519`."""

    def sign(self, data: bytes) -> bytes:
        """The signature of SHA-256 over the data (RSA), or of that hash (Ed25519)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """What the signatures of messages with the same header names have in common."""

    chosen: tuple[int, ...]  # numbers of the signed headers, in the order of signing
    before: str  # the signature's header up to the hash of the body
    after: str  # from there to the signature
    canonical_before: bytes
    canonical_after: bytes


class Signer:
    """Signs messages for one domain; for several threads.

    Args:
        domain: in whose name, ASCII.
        selector: the name of the key in that domain.
        key: the private key.
    """

    def __init__(self, *, domain: str, selector: str, key: PrivateKey) -> None:
        self._key = key
        self._start = f"v=1; a={key.algorithm}-sha256; c=relaxed/simple; d={domain}; s={selector};"
        self._layouts: dict[tuple[str, ...], _Layout] = {}

    def sign(self, message: CrlfBytes) -> CrlfBytes:
        """The message with a DKIM-Signature before its headers.

        Args:
            message: headers, an empty line and a body.
        """
        ends = message.find(b"\r\n\r\n")
        head = message if ends < 0 else message[:ends]
        fields = _fields(head)
        layout = self._layout(tuple(name for name, _ in fields))
        body_hash = _encode(hash_of_body(memoryview(message)[len(head) + 4 :]))
        signed = [fields[number][1] for number in layout.chosen]
        signed.append(layout.canonical_before + body_hash.encode("ascii") + layout.canonical_after)
        signature = _encode(self._key.sign(b"\r\n".join(signed)))
        lines = [signature[start : start + _LINE] for start in range(0, len(signature), _LINE)]
        header = f"{layout.before}{body_hash}{layout.after}" + "\r\n ".join(lines) + "\r\n"
        return CrlfBytes(header.encode("ascii") + message)

    def _layout(self, names: tuple[str, ...]) -> _Layout:
        known = self._layouts.get(names)
        if known is not None:
            return known
        chosen: list[int] = []
        listed: list[str] = []
        for signed in SIGNED:
            # From the last to the first (5.4.2), and then once for none.
            mine = [number for number, name in enumerate(names) if name == signed]
            chosen += reversed(mine)
            listed += [signed] * (len(mine) + 1)
        before, after = f"{self._start}\r\n bh=", f";\r\n{_folded_names(listed)};\r\n b="
        layout = self._layouts[names] = _Layout(
            chosen=tuple(chosen),
            before=f"DKIM-Signature: {before}",
            after=after,
            canonical_before=b"dkim-signature:" + _relaxed(before.encode("ascii")),
            canonical_after=_relaxed(after.encode("ascii")),
        )
        return layout


def hash_of_body(body: bytes | memoryview) -> bytes:
    """The SHA-256 of a body in its simple form (RFC 6376, 3.4.3): one line end at its end."""
    end = len(body)
    while body[max(0, end - 2) : end] == b"\r\n":
        end -= 2
    hashed = sha256(body[:end])
    hashed.update(b"\r\n")
    return hashed.digest()


def tags(text: str) -> dict[str, str]:
    """The tags of a record (RFC 6376, 3.2; DMARC's too), without spaces in their values."""
    parts = (part.partition("=") for part in text.split(";"))
    return {name.strip(): re.sub(r"\s+", "", value) for name, _, value in parts if name.strip()}


def _fields(head: bytes) -> list[tuple[str, bytes]]:
    """Each header's name and canonical line (RFC 6376, 3.4.2), in their order."""
    unfolded = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    return [_field(line) for line in unfolded.split(b"\r\n")]


@lru_cache(_ALIKE)
def _field(line: bytes) -> tuple[str, bytes]:
    name, _, value = line.partition(b":")
    lower = name.strip().lower()
    return lower.decode("latin-1"), lower + b":" + _relaxed(value)


def _relaxed(value: bytes) -> bytes:
    return _SPACES.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def _folded_names(names: list[str]) -> str:
    lines, line = [], " h="
    for number, name in enumerate(names):
        item = name if number == len(names) - 1 else f"{name}:"
        if len(line) + len(item) > _LINE:
            lines.append(line)
            line = "  "
        line += item
    return "\r\n".join([*lines, line])


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
