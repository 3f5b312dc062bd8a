"""Solves the challenge of a page, as a browser does."""

import base64
import hashlib
import html
import json
import re
from typing import Any

_CHALLENGE = re.compile(r"data-challenge='([^']*)'")


def challenge_of(page: str) -> dict[str, Any] | None:
    """Returns the challenge in a page; None if it has none."""
    found = _CHALLENGE.search(page)
    return None if found is None else dict(json.loads(html.unescape(found[1])))


def solve(challenge: dict[str, Any]) -> str:
    """Returns the proof for a challenge."""
    begin = hashlib.sha256(challenge["salt"].encode())
    for number in range(challenge["maxnumber"] + 1):
        tried = begin.copy()
        tried.update(b"%d" % number)
        if tried.hexdigest() == challenge["challenge"]:
            return encoded({**challenge, "number": number})
    raise AssertionError("no number solves this challenge")


def encoded(proof: dict[str, Any]) -> str:
    """Returns a proof as it is sent."""
    names = ("algorithm", "challenge", "number", "salt", "signature")
    text = json.dumps({name: proof[name] for name in names if name in proof})
    return base64.b64encode(text.encode()).decode()
