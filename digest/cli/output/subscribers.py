"""Prints subscribers, their consent logs, and the result of an import."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.core.models.subscribers import Subscription
    from digest.pipeline.subscribers.csv_import import ImportResult, UnsubscribedRow
    from digest.store.subscribers.consent import ConsentEntry


def subscription(item: "Subscription") -> dict[str, object]:
    """Returns a subscription as JSON."""
    return {
        "email": item.email,
        "name": item.name,
        "origin": item.origin,
        "status": item.status,
        "paused": item.paused,
        "profile_file": profile_file(item),
        "list": item.list_name,
    }


def profile_file(item: "Subscription") -> str | None:
    """Returns the file that the profile follows; None if it was only copied."""
    from digest.core.models.subscribers import SubscriptionOrigin

    return (
        f"profiles/{item.name}.toml"
        if item.origin is SubscriptionOrigin.FILE
        else item.profile_file
    )


def table_row(item: "Subscription") -> tuple[str, ...]:
    """Returns a subscription as a row of a table."""
    state = "paused" if item.paused else item.status
    return item.email, item.name, item.origin, state, profile(item)


def profile(item: "Subscription") -> str:
    """Returns where the profile comes from, for people."""
    return profile_file(item) or "copied, follows no file"


def consent_entry(entry: "ConsentEntry") -> dict[str, object]:
    """Returns an entry of a consent log as JSON; with the evidence, if there is any."""
    result: dict[str, object] = {
        "at": entry.at,
        "event": entry.event,
        "origin": entry.origin,
        "detail": entry.detail,
    }
    if entry.evidence is not None:
        result |= {"evidence": entry.evidence, "given_at": entry.given_at}
    return result


def consent_line(entry: "ConsentEntry") -> str:
    """Returns an entry of a consent log as a line."""
    line = (
        f"  {entry.at:%Y-%m-%d %H:%M} UTC  {entry.event} ({entry.origin}) {entry.detail}".rstrip()
    )
    return f"{line}; consent: {entry.evidence}" if entry.evidence is not None else line


def left_row(item: "UnsubscribedRow") -> dict[str, object]:
    """Returns a row of a file whose reader has left as JSON."""
    leaving = item.result.leaving
    return {
        "line": item.line,
        "email": item.email,
        "status": leaving.status if leaving else None,
        "since": leaving.at if leaving else None,
        "reason": item.result.reason,
    }


def row_lines(done: "ImportResult") -> Iterator[str]:
    """Returns what would become of each row, as lines."""
    for row in done.rows:
        yield f"  line {row.line}: {row.email or '(no address)'}: {_FATES.get(row.fate, row.fate)}"


_FATES = {
    "known": "known before",
    "updated": "would follow the file of the list",
    "added": "would be added",
    "left": "would not be added, as the reader has left",
    "has file": "would not be added, as there is a profile file",
}


def import_lines(done: "ImportResult", *, dry_run: bool = False) -> Iterator[str]:
    """Returns the result of an import as lines."""
    if dry_run:
        yield "Nothing was changed. It would be:"
    yield (
        f"{len(done.added):,} added, {len(done.existing):,} known before,"
        f" {len(done.rejected):,} rejected"
    )
    if done.updated:
        yield f"  {count(len(done.updated), 'subscription')} changed to the file of the list"
    if done.left:
        yield f"  {count(len(done.left), 'reader')} not added, because they have left"
    if done.with_file:
        yield f"  {count(len(done.with_file), 'reader')} not added, because they have a profile file"
