"""Limits how often papers are sent to Zotero from one page."""

from datetime import datetime

from digest.core.signup.limits import TO_ZOTERO
from digest.core.subscribers import signed_tokens
from digest.store.database.store import Store
from digest.store.signup import requests


def take(store: Store, page: str, *, key: bytes, now: datetime) -> bool:
    """Counts a sending; returns False if there were too many in the last hour.

    Args:
        store: The database.
        page: The page that sends it.
        key: The key of the hash that is counted.
        now: The current time.
    """
    counted = signed_tokens.keyed_hash(page, secret=key)
    with store.write() as tx:
        used = requests.count_used(tx, [(TO_ZOTERO, counted)], now=now)
        if used[TO_ZOTERO] >= TO_ZOTERO.number:
            return False
        requests.note(tx, {TO_ZOTERO.counted: counted}, now=now)
    return True
