"""Masks an erased address where rows of others, or of nobody, mention it.

A mail server can name it in its reply to a message for another reader, for example when that
reader's mail is forwarded. An operator can mention it in a note.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Connection, Text, cast, select, update

from digest.address_spellings import MASK, spellings
from digest.core.subscribers.email_addresses import domain_spellings
from digest.store.access.tables import api_token, webhook
from digest.store.database.learned_tables import (
    author_choice,
    list_edition,
    reader_paper,
    reading_list,
)
from digest.store.database.schema import (
    consent,
    edition,
    job_runs,
    meta,
    profile,
    subscription,
)
from digest.store.database.support_tables import admin_log, site_request
from digest.store.subscribers import profiles

# Words of mail servers. Only the local part is compared, because a server may name the domain of
# a relay.
SERVER_TEXTS: tuple[Column[Any], ...] = (
    edition.c.reason,
    job_runs.c.problems,
    meta.c.value,
    webhook.c.problem,
)
# Words of the operator and of readers. The same local part at another domain is somebody else.
NOTES: tuple[Column[Any], ...] = (
    api_token.c.name,
    admin_log.c.outcome,
    admin_log.c.subject,
    admin_log.c.who,
    author_choice.c.author,
    consent.c.detail,
    consent.c.evidence,
    edition.c.content,
    job_runs.c.outcome,
    list_edition.c.content,
    list_edition.c.list_name,
    profile.c.name,
    profile.c.text,  # what is compiled from it is compiled again
    reader_paper.c.note,
    reading_list.c.file,
    reading_list.c.papers,
    site_request.c.wish,
    subscription.c.list_name,
    subscription.c.name,
    subscription.c.profile_file,
    webhook.c.url,
)


def mask_traces(tx: Connection, email_key: str) -> None:
    """Masks the local part of an address, in any spelling, in the texts of all rows.

    Args:
        tx: Write transaction, in which the rows of the address were deleted.
        email_key: Address in lower case.
    """
    local_part = email_key.rpartition("@")[0]
    everywhere = spellings(local_part)
    before_domain = spellings(local_part, domains=domain_spellings(email_key))
    # Letters and digits are spelled in one way only, so the database can search for them.
    word = max(re.findall("[a-z0-9]*", local_part), key=len)
    for columns, pattern in ((SERVER_TEXTS, everywhere), (NOTES, before_domain)):
        for column in columns:
            _mask_column(tx, column, word, pattern)


def _mask_column(tx: Connection, column: Column[Any], word: str, pattern: re.Pattern[str]) -> None:
    keys = list(column.table.primary_key.columns)
    has_word = cast(column, Text).icontains(word, autoescape=True)
    mask = _masked_meta if column is meta.c.value else _masked
    changed: list[tuple[tuple[Any, ...], Any]] = []
    for row in tx.execute(select(*keys, column).where(has_word)):
        value = row[-1]
        masked = mask(value, lambda text: pattern.sub(MASK, text))
        if masked != value:
            changed.append((tuple(row[:-1]), masked))
    for key, masked in changed:
        if column is profile.c.text:
            profiles.replace_text(tx, key[0], masked)
            continue
        is_row = [part == value for part, value in zip(keys, key, strict=True)]
        tx.execute(update(column.table).where(*is_row).values({column.name: masked}))


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [_masked(item, mask) for item in value]
    if isinstance(value, dict):
        return {_masked(name, mask): _masked(item, mask) for name, item in value.items()}
    return value


def _masked_meta(value: str, mask: Callable[[str], str]) -> str:
    """Masks the texts in a JSON object; other values of `meta` are keys and numbers."""
    if not value.startswith("{"):
        return value
    loaded = json.loads(value)
    masked = _masked(loaded, mask)
    return value if masked == loaded else json.dumps(masked, ensure_ascii=False)
