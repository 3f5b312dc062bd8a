"""Sends papers to a reader's Zotero library, with a key that is used once and never stored.

Source: https://www.zotero.org/support/dev/web_api/v3/write_requests.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from digest.core.reader_text import ReaderText
from digest.errors import DigestError

ADDRESS = "https://api.zotero.org"
"""No setting and no request changes it, so the key goes nowhere else."""

MAX_ITEMS = 50  # in one request
TOTAL_SECONDS = 20.0  # for all requests
_STEP_SECONDS = 8.0  # for one connect, read or write
_MAX_ANSWER = 1 << 20  # bytes


class ZoteroError(DigestError):
    """Why nothing more was sent, in words for the reader."""


def send(
    items: Sequence[Mapping[str, Any]], *, key: str, user_agent: str, clock: Callable[[], float]
) -> int:
    """Adds items to the library of the key's owner; returns how many Zotero took.

    Items that were sent with the same key in the last hours are not added again.

    Args:
        items: from `digest.mail.message.reference_items.zotero_items`.
        key: the reader's key.
        user_agent: the User-Agent header.
        clock: seconds that never go back.

    Raises:
        ZoteroError: the key is wrong, or Zotero cannot be reached or refuses.
    """
    if not (key.isascii() and key.isalnum() and len(key) <= 64):
        raise ZoteroError(
            ReaderText("This is no key of Zotero. A key has letters and digits only.")
        )
    headers = {
        "Zotero-API-Key": key,
        "Zotero-API-Version": "3",
        "User-Agent": user_agent,
        "Accept-Encoding": "identity",  # nothing is decompressed, so the limit is that of the answer
    }
    deadline = clock() + TOTAL_SECONDS
    # No redirect is followed: it could take the key to another server.
    with httpx.Client(
        headers=headers, timeout=_STEP_SECONDS, follow_redirects=False, trust_env=False
    ) as client:
        _, owner = _ask(client, "GET", "/keys/current", left=lambda: deadline - clock())
        user = owner.get("userID") if isinstance(owner, dict) else None
        if not isinstance(user, int):
            raise ZoteroError(
                ReaderText("Zotero did not say whose key this is. Please try again later.")
            )
        taken = 0
        for start in range(0, len(items), MAX_ITEMS):
            part = json.dumps(items[start : start + MAX_ITEMS]).encode()
            status, answer = _ask(
                client,
                "POST",
                f"/users/{user}/items",
                left=lambda: deadline - clock(),
                content=part,
                # Zotero takes requests with the same token once.
                token=hashlib.sha256(key.encode() + part).hexdigest()[:32],
            )
            if status == httpx.codes.PRECONDITION_FAILED:
                taken += len(items[start : start + MAX_ITEMS])
            elif isinstance(answer, dict) and isinstance(answer.get("successful"), dict):
                taken += len(answer["successful"])
    return taken


def _ask(
    client: httpx.Client,
    method: str,
    path: str,
    *,
    left: Callable[[], float],
    content: bytes | None = None,
    token: str = "",
) -> tuple[int, object]:
    headers = {"Content-Type": "application/json", "Zotero-Write-Token": token} if token else {}
    data = bytearray()
    try:
        with client.stream(method, ADDRESS + path, content=content, headers=headers) as answer:
            for chunk in answer.iter_raw():
                data += chunk
                if len(data) > _MAX_ANSWER or left() < 0:
                    raise ZoteroError(
                        ReaderText("Zotero did not answer in time. Please try again later.")
                    )
    except httpx.HTTPError:
        # The text of the error is not passed on: it could name what was sent.
        raise ZoteroError(
            ReaderText("Zotero cannot be reached now. Please try again later.")
        ) from None
    if answer.status_code in (401, 403, 404):
        raise ZoteroError(
            ReaderText(
                "Zotero refuses this key. It must be complete, and allow writing to your library."
            )
        )
    if answer.status_code == httpx.codes.PRECONDITION_FAILED:
        return answer.status_code, None
    if answer.status_code != httpx.codes.OK:
        raise ZoteroError(ReaderText("Zotero takes nothing at the moment. Please try again later."))
    try:
        return answer.status_code, json.loads(bytes(data) or b"null")
    except (ValueError, RecursionError):
        raise ZoteroError(ReaderText("Zotero gave an answer that cannot be read.")) from None
