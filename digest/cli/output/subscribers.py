"""Prints subscribers, their consent logs, and the result of an import."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.core.models.subscribers import Subscription
    from digest.pipeline.subscribers.csv_import import UnsubscribedRow
    from digest.pipeline.subscribers.former_lists.import_export import ImportedExport
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


def row_lines(done: "ImportedExport") -> Iterator[str]:
    """Returns what would become of each row, as lines."""
    for file, result in done.files:
        for row in result.rows:
            place = f"{file.name} line {row.line}" if done.is_zip else f"line {row.line}"
            yield f"  {place}: {row.email or '(no address)'}: {_OUTCOMES.get(row.outcome, row.outcome)}"


_OUTCOMES = {
    "known": "known before",
    "updated": "would follow the file of the list",
    "added": "would be added",
    "left": "would not be added, as the reader has left",
    "gone": "would not be added, as the list says that the reader left or bounced",
    "unconfirmed": "would not be added, as the reader never confirmed",
    "has file": "would not be added, as there is a profile file",
}


def imported(done: "ImportedExport", *, dry_run: bool = False) -> dict[str, object]:
    """Returns the result of an import as JSON."""
    results = [result for _, result in done.files]

    def rows(kind: str, values: Callable[[Any], dict[str, object]]) -> list[dict[str, object]]:
        return [
            {**({"file": file.name} if done.is_zip else {}), **values(item)}
            for file, result in done.files
            for item in getattr(result, kind)
        ]

    return {
        "added": [email for result in results for email in result.added],
        "known": [email for result in results for email in result.existing],
        "rejected": rows("rejected", lambda row: {"line": row.line, "reason": row.reason}),
        "updated": [email for result in results for email in result.updated],
        "left": rows("left", left_row),
        "with_file": rows(
            "with_file",
            lambda row: {"line": row.line, "email": row.email, "reason": row.result.reason},
        ),
        "gone": rows(
            "gone",
            lambda row: {
                "line": row.line,
                "email": row.email,
                "status": row.status,
                "since": row.at,
            },
        ),
        "unconfirmed": rows(
            "unconfirmed",
            lambda row: {"line": row.line, "email": row.email, "status": row.status},
        ),
        "newly_gone": done.newly_gone,
        "rows": rows(
            "rows",
            lambda row: {
                "line": row.line,
                "email": row.email,
                "outcome": row.outcome,
                "reason": row.reason,
            },
        ),
        "dry_run": dry_run,
    }


def import_problems(done: "ImportedExport") -> Iterator[str]:
    """Returns the rows that the operator has to look at, each with its file and line."""
    for file, result in done.files:
        problems = [(item.line or 0, item.reason) for item in result.rejected]
        problems += [(item.line, item.result.reason) for item in (*result.left, *result.with_file)]
        for line, reason in sorted(problems):
            yield f"{file}:{line}: {reason}"


def import_lines(done: "ImportedExport", *, dry_run: bool = False) -> Iterator[str]:
    """Returns the result of an import as lines."""
    if dry_run:
        yield "Nothing was changed. It would be:"
    results = [result for _, result in done.files]

    def number(kind: str) -> int:
        return sum(len(getattr(result, kind)) for result in results)

    yield (
        f"{number('added'):,} added, {number('existing'):,} known before,"
        f" {number('rejected'):,} rejected"
    )
    if updated := number("updated"):
        yield f"  {count(updated, 'subscription')} changed to the file of the list"
    if left := number("left"):
        yield f"  {count(left, 'reader')} not added, because they have left"
    if with_file := number("with_file"):
        yield f"  {count(with_file, 'reader')} not added, because they have a profile file"
    if gone := number("gone"):
        yield (
            f"  {count(gone, 'reader')} not added, because they left the list or bounced;"
            f" {done.newly_gone:,} newly recorded, so that they stay gone"
        )
    if unconfirmed := number("unconfirmed"):
        yield f"  {count(unconfirmed, 'reader')} not added, because they never confirmed"
