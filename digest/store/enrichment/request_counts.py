"""Counts the requests to each service, by credential and day, for all processes together."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, delete, select, update

from digest.core.schedule.request_budgets import ReportedBudget
from digest.store.database.statements import insert_missing
from digest.store.database.support_tables import service_request

_KEPT = timedelta(days=30)


class RequestCount(Struct, frozen=True, kw_only=True):
    """The requests to one service with one credential on one day."""

    service: str
    credential: str  # `digest.core.schedule.request_budgets.credential_name`
    used: int
    limit: int  # at the last request
    reported: ReportedBudget | None  # what the service said last

    @property
    def remaining(self) -> int:
        """How many requests may still be sent on this day."""
        spent = self.reported is not None and self.reported.is_spent
        return 0 if spent else max(0, self.limit - self.used)


def take(tx: Connection, service: str, credential: str, day: date, *, limit: int) -> bool:
    """Counts a request, unless the budget of the day is used up.

    Args:
        tx: Write transaction.
        service: The name of the service.
        credential: A name of the key.
        day: In UTC.
        limit: Requests a day.

    Returns:
        Whether the request may be sent.
    """
    columns = service_request.c
    is_row = _is_row(service, credential, day)
    counted = (
        update(service_request)
        .where(is_row, columns.requests < limit, columns.spent.is_(False))
        .values(requests=columns.requests + 1, allowed=limit)
    )
    if tx.execute(counted).rowcount:
        return True
    if tx.execute(select(columns.requests).where(is_row)).first() is not None:
        tx.execute(update(service_request).where(is_row).values(allowed=limit))
        return False
    tx.execute(delete(service_request).where(columns.day < day - _KEPT))
    row = {"service": service, "credential": credential, "day": day}
    insert_missing(tx, service_request, [{**row, "requests": 0, "allowed": limit, "spent": False}])
    # Another process may have inserted the row, and used up the budget.
    return bool(tx.execute(counted).rowcount)


def note(
    tx: Connection, service: str, credential: str, day: date, *, reported: ReportedBudget
) -> None:
    """Stores what a service says about its budget.

    Args:
        tx: Write transaction.
        service: The name of the service.
        credential: A name of the key.
        day: In UTC.
        reported: What its last answer said.
    """
    values = {
        "reported": [reported.remaining, reported.limit, reported.unit],
        "spent": reported.is_spent,
    }
    tx.execute(update(service_request).where(_is_row(service, credential, day)).values(values))


def counts_of(tx: Connection, day: date) -> list[RequestCount]:
    """Returns the requests of a day (UTC), by service and credential."""
    columns = service_request.c
    wanted = select(service_request).where(columns.day == day)
    rows = tx.execute(wanted.order_by(columns.service, columns.credential))
    return [
        RequestCount(
            service=row.service,
            credential=row.credential,
            used=row.requests,
            limit=row.allowed,
            reported=_reported(row.reported),
        )
        for row in rows
    ]


def as_json(item: RequestCount) -> Mapping[str, Any]:
    """Returns a count as `digest status --json` shows it."""
    reported = item.reported
    return {
        "service": item.service,
        "credential": item.credential,
        "used": item.used,
        "limit": item.limit,
        "remaining": item.remaining,
        "reported": {
            "remaining": reported.remaining,
            "limit": reported.limit,
            "unit": reported.unit,
        }
        if reported
        else None,
    }


def _is_row(service: str, credential: str, day: date) -> Any:
    columns = service_request.c
    return (columns.day == day) & (columns.service == service) & (columns.credential == credential)


def _reported(value: Any) -> ReportedBudget | None:
    if not value:
        return None
    remaining, limit, unit = value
    return ReportedBudget(remaining=remaining, limit=limit, unit=unit)
