"""Signs messages with DKIM (RFC 6376, RFC 8463), with relaxed/simple canonicalisation.

Headers are relaxed, because relays rewrite them. Bodies are simple: they are quoted-printable in
short lines without trailing spaces, which relays have no reason to change.

The same message and key always give the same signature, because it has no salt and no timestamp.
A retry therefore sends the same bytes.
"""

import base64
import re
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

from msgspec import Struct

from digest.mail.message.crlf import CrlfBytes

# Headers that a reader sees or a mail provider acts on. Each is signed once more often than it
# occurs in the message, so that nobody can add another one (RFC 6376, 8.15).
SIGNED_HEADERS = (
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

_LINE = 72  # characters of the signature on a line
_SPACES = re.compile(rb"[ \t]+")
_CACHED_LINES = 1024  # canonical header lines; most are the same in the next message


class PrivateKey(Protocol):
    """The private key of a key pair."""

    @property
    def algorithm(self) -> str:
        """`rsa` or `ed25519`."""

    def sign(self, data: bytes) -> bytes:
        """Returns a signature of the SHA-256 of the data."""


class _SignatureTemplate(Struct, frozen=True, kw_only=True):
    """The parts of a signature header that messages with the same header names share."""

    indexes: tuple[int, ...]  # of the signed headers, in the order of signing
    before_hash: str  # the signature header up to the hash of the body
    after_hash: str  # from there to the signature
    canonical_before_hash: bytes
    canonical_after_hash: bytes


class Signer:
    """Signs messages for one domain. Several threads may share it.

    Args:
        domain: the signing domain, ASCII.
        selector: the name of the key in that domain.
        key: the private key.
    """

    def __init__(self, *, domain: str, selector: str, key: PrivateKey) -> None:
        self._key = key
        self._first_tags = (
            f"v=1; a={key.algorithm}-sha256; c=relaxed/simple; d={domain}; s={selector};"
        )
        self._templates: dict[tuple[str, ...], _SignatureTemplate] = {}

    def sign(self, message: CrlfBytes) -> CrlfBytes:
        """Returns the message with a DKIM-Signature header before its headers.

        Args:
            message: headers, an empty line and a body.
        """
        head_end = message.find(b"\r\n\r\n")
        head = message if head_end < 0 else message[:head_end]
        headers = _canonical_headers(head)
        template = self._template(tuple(name for name, _ in headers))
        hash_text = _base64(body_hash(memoryview(message)[len(head) + 4 :]))
        signed_lines = [headers[index][1] for index in template.indexes]
        signed_lines.append(
            template.canonical_before_hash
            + hash_text.encode("ascii")
            + template.canonical_after_hash
        )
        signature = _base64(self._key.sign(b"\r\n".join(signed_lines)))
        lines = [signature[start : start + _LINE] for start in range(0, len(signature), _LINE)]
        header = f"{template.before_hash}{hash_text}{template.after_hash}"
        header += "\r\n ".join(lines) + "\r\n"
        return CrlfBytes(header.encode("ascii") + message)

    def _template(self, names: tuple[str, ...]) -> _SignatureTemplate:
        # All messages of a run have the same header names, so this is nearly always cached.
        cached = self._templates.get(names)
        if cached is not None:
            return cached
        indexes: list[int] = []
        signed_names: list[str] = []
        for signed_name in SIGNED_HEADERS:
            # Repeated headers are signed from the last to the first (5.4.2). The name is listed
            # once more than it occurs.
            occurrences = [index for index, name in enumerate(names) if name == signed_name]
            indexes += reversed(occurrences)
            signed_names += [signed_name] * (len(occurrences) + 1)
        before = f"{self._first_tags}\r\n bh="
        after = f";\r\n{_folded_names(signed_names)};\r\n b="
        template = self._templates[names] = _SignatureTemplate(
            indexes=tuple(indexes),
            before_hash=f"DKIM-Signature: {before}",
            after_hash=after,
            canonical_before_hash=b"dkim-signature:" + _relaxed(before.encode("ascii")),
            canonical_after_hash=_relaxed(after.encode("ascii")),
        )
        return template


def body_hash(body: bytes | memoryview) -> bytes:
    """Returns the SHA-256 of a body after simple canonicalisation (RFC 6376, 3.4.3).

    That form ends with exactly one line end.
    """
    end = len(body)
    while body[max(0, end - 2) : end] == b"\r\n":
        end -= 2
    canonical_hash = sha256(body[:end])
    canonical_hash.update(b"\r\n")
    return canonical_hash.digest()


def parse_tags(text: str) -> dict[str, str]:
    """Parses the tags of a DKIM or DMARC record (RFC 6376, 3.2), and removes spaces in values."""
    parts = (part.partition("=") for part in text.split(";"))
    return {name.strip(): re.sub(r"\s+", "", value) for name, _, value in parts if name.strip()}


def _canonical_headers(head: bytes) -> list[tuple[str, bytes]]:
    """Returns the name and the relaxed form (RFC 6376, 3.4.2) of each header, in their order."""
    unfolded = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    return [_canonical_header(line) for line in unfolded.split(b"\r\n")]


@lru_cache(_CACHED_LINES)
def _canonical_header(line: bytes) -> tuple[str, bytes]:
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


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
