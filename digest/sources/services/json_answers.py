"""JSON answers of services, and their lists of records as pages."""

from collections.abc import Callable
from typing import Any

from digest.core.models.batches import Rejection
from digest.core.models.papers import Paper
from digest.errors import InputError
from digest.printable import printable_line
from digest.sources.json_values import load_json
from digest.sources.services.paged import Page

_MAX_REASON = 200  # characters of a service's own words


def json_value(body: bytes) -> Any:
    """Parses an answer that must be JSON.

    Raises:
        InputError: It is not.
    """
    try:
        return load_json(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"the answer is not JSON: {error}") from None


def json_object(body: bytes) -> dict[str, Any]:
    """Parses an answer that must be a JSON object.

    Raises:
        InputError: It is not, or it is an error; the service's reason is quoted.
    """
    answer = json_value(body)
    if not isinstance(answer, dict):
        raise InputError("the answer is no JSON object")
    if reason := answer.get("error"):
        text = printable_line(f"{reason}: {answer.get('message') or ''}".rstrip(": "))
        raise InputError(f"the service answers with an error: {text[:_MAX_REASON]}")
    return answer


def page_of(
    rows: Any,
    parse: Callable[[dict[str, Any]], Paper | None],
    *,
    total: Any = None,
    next_path: str | None = None,
) -> Page:
    """Returns the page of a list of records.

    Args:
        rows: the list; items that are no objects are rejected, `null` is passed over.
        parse: returns the paper of a record, or None if it is no paper.
        total: how many records the service has for the query.
        next_path: of the next page.

    Raises:
        InputError: it is no list.
    """
    if not isinstance(rows, list):
        raise InputError("the answer has no list of records")
    papers: list[Paper] = []
    rejected: list[Rejection] = []
    for row in rows:
        if row is None:  # a record that the service does not have any more
            continue
        if not isinstance(row, dict):
            rejected.append(Rejection(reason="a record is no JSON object"))
        elif found := parse(row):
            papers.append(found)
    is_count = isinstance(total, int) and not isinstance(total, bool) and total >= 0
    return Page(
        papers=tuple(papers),
        rejected=tuple(rejected),
        rows=len(rows),
        total=total if is_count else None,
        next_path=next_path,
    )
