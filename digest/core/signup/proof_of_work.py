"""Work that a browser does before its request is taken, in the format of ALTCHA (version 1).

The server chooses a number and shows `SHA-256(salt, number)`. The browser tries all numbers until it
finds the one that was chosen, and sends it back as base64 of JSON. Source: the ALTCHA libraries,
https://altcha.org/docs/v1/proof-of-work.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

MAX_NUMBER = 150_000
"""The largest number; a telephone tries all of them in about a second."""

PROOF_LIFE = timedelta(minutes=20)
"""How long a challenge can be solved."""

MAX_PROOF = 1000
"""The longest proof, in characters."""

_ALGORITHM = "SHA-256"
# The "&" at the end keeps digits of the number from becoming part of the expiry.
_SALT = re.compile(r"[0-9a-f]{24}\?expires=([0-9]{1,12})&")


def make_challenge(*, salt: bytes, number: int, now: datetime, secret: bytes) -> dict[str, Any]:
    """Returns a challenge as ALTCHA writes it in JSON.

    Args:
        salt: 12 random bytes.
        number: a random number from 0 to MAX_NUMBER, which the browser has to find.
        now: the current time.
        secret: the key that signs.
    """
    text = f"{salt.hex()}?expires={int((now + PROOF_LIFE).timestamp())}&"
    challenge = _hash(text, number)
    return {
        "algorithm": _ALGORITHM,
        "challenge": challenge,
        "maxnumber": MAX_NUMBER,
        "salt": text,
        "signature": _signature(challenge, secret),
    }


def verify_proof(text: str, *, now: datetime, secrets: Sequence[bytes]) -> str | None:
    """Returns the challenge that a proof solves, which may be used once; None if it is not valid.

    Args:
        text: untrusted: base64 of JSON with algorithm, challenge, number, salt and signature.
        now: the current time.
        secrets: all valid keys.
    """
    proof = _decoded(text)
    salt, number = proof.get("salt"), proof.get("number")
    found = _SALT.fullmatch(salt) if isinstance(salt, str) else None
    if found is None or not isinstance(number, int) or isinstance(number, bool):
        return None
    challenge = _hash(found[0], number)
    signature = str(proof.get("signature")).encode()
    # Every key is tried, so that the time does not show which one signed.
    good = [
        hmac.compare_digest(signature, _signature(challenge, secret).encode()) for secret in secrets
    ]
    is_whole = proof.get("algorithm") == _ALGORITHM and proof.get("challenge") == challenge
    if not is_whole or not any(good) or int(found[1]) < now.timestamp():
        return None
    return challenge


def _decoded(text: str) -> dict[str, Any]:
    if len(text) > MAX_PROOF:
        return {}
    try:
        proof = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return proof if isinstance(proof, dict) else {}


def _hash(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()


def _signature(challenge: str, secret: bytes) -> str:
    # With a key of its own: nothing else that the secret signs is a valid challenge.
    key = hmac.digest(secret, b"proof of work\0", "sha256")
    return hmac.digest(key, challenge.encode(), "sha256").hex()
