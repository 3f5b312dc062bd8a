"""DKIM signatures (RFC 6376, RFC 8463), canonicalised relaxed/relaxed.

The same message and key give the same RSA or Ed25519 signature, as neither is salted here and
no time stands in it: a retry is the same message.
"""

import base64
import re
from hashlib import sha256
from typing import Protocol

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
_RUNS = re.compile(rb"  +")


class PrivateKey(Protocol):
    """Half of a key pair."""

    @property
    def algorithm(self) -> str:
        """`rsa` or `ed25519`."""

    def sign(self, data: bytes) -> bytes:
        """The signature of SHA-256 over the data (RSA), or of that hash (Ed25519)."""


class Signer:
    """Signs messages for one domain.

    Args:
        domain: in whose name, ASCII.
        selector: the name of the key in that domain.
        key: the private key.
    """

    def __init__(self, *, domain: str, selector: str, key: PrivateKey) -> None:
        self._key = key
        self._start = f"v=1; a={key.algorithm}-sha256; c=relaxed/relaxed; d={domain}; s={selector};"

    def sign(self, message: bytes) -> bytes:
        """The message with a DKIM-Signature before its headers.

        Args:
            message: headers, an empty line and a body, with CRLF alone.
        """
        head, _, body = message.partition(b"\r\n\r\n")
        fields = _fields(head)
        names: list[str] = []
        signed: list[bytes] = []
        for name in SIGNED:
            # From the last to the first (5.4.2), and then once for none.
            signed += reversed(fields.get(name, ()))
            names += [name] * (len(fields.get(name, ())) + 1)
        value = (
            f"{self._start}\r\n bh={_encode(sha256(relaxed_body(body)).digest())};\r\n"
            f"{_folded_names(names)};\r\n b="
        )
        own = b"dkim-signature:" + _relaxed(value.encode("ascii"))
        signature = _encode(self._key.sign(b"\r\n".join([*signed, own])))
        lines = [signature[start : start + _LINE] for start in range(0, len(signature), _LINE)]
        header = f"DKIM-Signature: {value}" + "\r\n ".join(lines) + "\r\n"
        return header.encode("ascii") + message


def relaxed_body(body: bytes) -> bytes:
    """The body as it is hashed (RFC 6376, 3.4.4)."""
    # In these steps, as one pattern for all of it takes ten times as long.
    body = _RUNS.sub(b" ", body.replace(b"\t", b" "))
    body = body.replace(b" \r\n", b"\r\n")
    body = body.removesuffix(b" ").rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def tags(text: str) -> dict[str, str]:
    """The tags of a record (RFC 6376, 3.2; DMARC's too), without spaces in their values."""
    parts = (part.partition("=") for part in text.split(";"))
    return {name.strip(): re.sub(r"\s+", "", value) for name, _, value in parts if name.strip()}


def _fields(head: bytes) -> dict[str, list[bytes]]:
    """Each header's canonical lines (RFC 6376, 3.4.2), by its name, in their order."""
    fields: dict[str, list[bytes]] = {}
    for line in head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n"):
        name, _, value = line.partition(b":")
        lower = name.strip().lower()
        fields.setdefault(lower.decode("latin-1"), []).append(lower + b":" + _relaxed(value))
    return fields


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
