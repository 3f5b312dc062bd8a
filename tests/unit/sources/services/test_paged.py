"""Sources that read the papers of some days page by page."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from digest.core.models.batches import SourceRead
from digest.sources.http.responses import FetchedResponse, FetchError, NotModified, Validators
from digest.sources.services.biorxiv import BASE, BiorxivService
from digest.sources.services.paged import PagedSource

NOW = datetime(2026, 1, 22, 12, tzinfo=UTC)
Answer = bytes | FetchError


class Server:
    """Answers requests in their order, and keeps their paths."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.paths: list[str] = []

    def get(
        self,
        url: str,
        *,
        accept: str = "",
        validators: Validators | None = None,
        trusted: bool = False,
        min_interval: float = 0.0,
        max_decoded: int | None = None,
        key: tuple[str, str] | None = None,
    ) -> FetchedResponse | NotModified:
        del accept, validators, trusted, min_interval, max_decoded, key
        self.paths.append(url.removeprefix(BASE))
        answer = self.answers.pop(0)
        if isinstance(answer, FetchError):
            raise answer
        return FetchedResponse(url=url, body=answer)


def row(number: int) -> dict[str, Any]:
    return {
        "title": f"Study {number}",
        "doi": f"10.64898/2026.01.20.{number:06}",
        "date": "2026-01-20",
        "version": "1",
    }


def answer(*rows: Any, total: int) -> bytes:
    messages = [{"status": "ok", "count": len(rows), "cursor": 0, "total": str(total)}]
    return json.dumps({"messages": messages, "collection": rows}).encode()


def fetched(
    server: Server, *categories: str, cursor: dict[str, Any] | None = None
) -> list[SourceRead]:
    source = PagedSource(
        name="biorxiv",
        service=BiorxivService(server="biorxiv", categories=categories),
        client=lambda: server,
        base=BASE,
        lookback=3,
    )
    return list(source.fetch(cursor, now=NOW))


def test_the_next_page_begins_after_as_many_rows_as_were_given() -> None:
    server = Server(answer(row(1), row(2), total=3), answer(row(3), total=3))
    first, last = fetched(server)
    assert server.paths == [
        "/details/biorxiv/2026-01-20/2026-01-22/0",
        "/details/biorxiv/2026-01-20/2026-01-22/2",
    ]
    assert (dict(first.cursor), dict(last.cursor)) == ({}, {"through": "2026-01-22"})
    assert last.batch is not None
    assert not last.batch.rejected


def test_each_category_is_asked_for_and_the_last_one_moves_the_cursor() -> None:
    server = Server(answer(row(1), total=1), answer(row(2), total=1))
    reads = fetched(server, "cell biology", "neuroscience")
    assert [path.partition("?")[2] for path in server.paths] == [
        "category=cell_biology",
        "category=neuroscience",
    ]
    assert [dict(item.cursor) for item in reads] == [{}, {"through": "2026-01-22"}]


def test_a_fetch_begins_days_before_the_last_one() -> None:
    server = Server(answer(total=0))
    fetched(server, cursor={"through": str((NOW - timedelta(days=10)).date())})
    assert server.paths == ["/details/biorxiv/2026-01-10/2026-01-22/0"]


def test_fewer_rows_than_the_service_counts_are_reported() -> None:
    # The second page is empty although the total says that there is more.
    server = Server(answer(row(1), total=5), answer(total=5))
    reads = fetched(server)
    assert reads[-1].batch is not None
    assert "5 rows" in reads[-1].batch.rejected[0].reason


@pytest.mark.parametrize(
    "bad",
    [
        FetchError(BASE, "500 Internal Server Error", status=500),
        b"<html>Error</html>",
        b"[]",
        b'{"messages": []}',
        b'{"messages": [{"status": "ok"}], "collection": {}}',
    ],
)
def test_after_an_error_the_days_are_read_again(bad: Answer) -> None:
    cursor = {"through": "2026-01-21"}
    reads = fetched(Server(answer(row(1), total=2), bad), cursor=cursor)
    assert reads[-1].problem is not None
    assert dict(reads[-1].cursor) == cursor


def test_no_posts_are_an_empty_batch() -> None:
    (read,) = fetched(Server(b'{"messages": [{"status": "no posts found"}]}'))
    assert read.batch is not None
    assert read.batch.papers == ()


def test_rows_that_are_no_records_are_rejected_and_the_others_kept() -> None:
    (read,) = fetched(Server(answer(row(1), None, {"title": "No DOI"}, total=3)))
    assert read.batch is not None
    assert len(read.batch.papers) == 1
    assert [item.reason for item in read.batch.rejected] == [
        "a row is no object",
        "'No DOI' has no DOI",
    ]
