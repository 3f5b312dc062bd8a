"""Sources on the web: their requests, their results, and their cursors."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from digest.core.models.batches import SourceRead
from digest.sources.http.responses import FetchedResponse, FetchError, NotModified, Validators
from digest.sources.kinds.arxiv import ArxivSource
from digest.sources.kinds.arxiv_api import ArxivApiSource
from digest.sources.kinds.feed import FeedSource
from digest.sources.kinds.huggingface import HuggingFaceSource

NOW = datetime(2026, 5, 13, 12, 0, tzinfo=UTC)  # a Wednesday

Answer = bytes | FetchError | None  # None: not modified


class FakeClient:
    """An HTTP client with fixed responses, which records the requests."""

    def __init__(self, answers: Mapping[str, Answer | list[Answer]]) -> None:
        self.answers: dict[str, list[Answer]] = {
            part: list(given) if isinstance(given, list) else [given]
            for part, given in answers.items()
        }
        self.asked: list[tuple[str, str | None]] = []
        self.intervals: set[float] = set()

    def __call__(self) -> "FakeClient":
        return self

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
        del accept, trusted, max_decoded, key
        self.asked.append((url, validators.etag if validators else None))
        self.intervals.add(min_interval)
        waiting = next(given for part, given in self.answers.items() if part in url)
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, FetchError):
            raise answer
        if answer is None:
            return NotModified(url=url, validators=validators or Validators())
        return FetchedResponse(
            url=url, body=answer, validators=Validators(etag=f"etag of {url[-10:]}")
        )


def results_of(source: Any, cursor: Mapping[str, Any] | None = None) -> list[SourceRead]:
    return list(source.fetch(cursor, now=NOW))


def down(url: str = "https://example.org") -> FetchError:
    return FetchError(url, "503 Service Unavailable", status=503)


def day_of(*titles: str) -> bytes:
    return json.dumps(
        [
            {
                "paper": {
                    "id": f"2605.{sum(title.encode()):05}",
                    "title": title,
                    "summary": f"About {title}.",
                    "upvotes": 3,
                    "publishedAt": "2026-05-10T00:00:00.000Z",
                },
                "title": title,
                "publishedAt": "2026-05-12T00:00:00.000Z",
            }
            for title in titles
        ]
    ).encode()


def listing(*entries: tuple[str, str, str], day: str = "2026-05-13") -> bytes:
    items = "".join(
        f"<entry><id>oai:arXiv.org:{number}v1</id><title>Paper {number}</title>"
        f"<link href='https://arxiv.org/abs/{number}'/>"
        f"<summary>arXiv:{number}v1 Announce Type: {kind} \nAbstract: About it.</summary>"
        f"<category term='{category}'/><arxiv:announce_type>{kind}</arxiv:announce_type></entry>"
        for number, kind, category in entries
    )
    return (
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:arxiv='http://arxiv.org/schemas/atom'>"
        f"<updated>{day}T00:00:00-04:00</updated>{items}</feed>"
    ).encode()


def test_hugging_face_is_asked_for_the_last_days_and_each_is_a_batch() -> None:
    web = FakeClient({"05-11": day_of("A"), "05-12": day_of("B", "C"), "05-13": b"[]"})
    found = results_of(HuggingFaceSource(name="hf", client=web))
    assert [read.batch.announced for read in found if read.batch] == [
        date(2026, 5, 11),
        date(2026, 5, 12),
        date(2026, 5, 13),
    ]
    assert [len(read.batch.papers) for read in found if read.batch] == [1, 2, 0]
    assert web.intervals == {0.7}


def test_hugging_face_is_asked_conditionally_the_next_time() -> None:
    source = HuggingFaceSource(name="hf", client=FakeClient({"date=": day_of("A")}))
    cursor = json.loads(json.dumps(results_of(source)[-1].cursor))
    web = FakeClient({"date=": None})
    again = results_of(HuggingFaceSource(name="hf", client=web), cursor)
    assert all(etag for _, etag in web.asked)
    assert [read.batch.unchanged for read in again if read.batch] == [True] * 3


def test_a_gap_is_caught_up_day_by_day() -> None:
    web = FakeClient({"date=": day_of("A")})
    found = results_of(
        HuggingFaceSource(name="hf", client=web), {"through": "2026-05-03", "seen": {}}
    )
    days = [read.batch.announced for read in found if read.batch]
    assert days == [date(2026, 5, day) for day in range(4, 14)]


def test_a_day_that_cannot_be_fetched_is_tried_again_before_the_later_ones() -> None:
    web = FakeClient({"05-11": day_of("A"), "05-12": down(), "05-13": day_of("B")})
    found = results_of(HuggingFaceSource(name="hf", client=web))
    assert [read.problem.reason if read.problem else None for read in found] == [
        None,
        "503 Service Unavailable",
    ]
    assert found[-1].cursor["through"] == "2026-05-11"


def test_a_day_that_cannot_be_read_does_not_hold_up_the_later_ones() -> None:
    web = FakeClient({"05-11": day_of("A"), "05-12": b"42", "05-13": day_of("B")})
    found = results_of(HuggingFaceSource(name="hf", client=web))
    assert [read.batch is not None for read in found] == [True, False, True]
    assert found[-1].cursor["through"] == "2026-05-13"


def test_arxiv_is_asked_once_a_category_and_gives_each_paper_once() -> None:
    web = FakeClient(
        {
            "/cs.CL": listing(("2605.00001", "new", "cs.CL"), ("2605.00002", "new", "cs.CL")),
            "/cs.LG": listing(("2605.00001", "cross", "cs.CL"), ("2605.00003", "new", "cs.LG")),
        }
    )
    (read,) = results_of(ArxivSource(name="arxiv", categories=("cs.CL", "cs.LG"), client=web))
    assert read.batch is not None
    assert [(paper.title[-1], paper.notice) for paper in read.batch.papers] == [
        ("1", "new"),
        ("2", "new"),
        ("3", "new"),
    ]
    assert read.batch.announced == date(2026, 5, 13)
    assert [url for url, _ in web.asked] == [
        "https://rss.arxiv.org/atom/cs.CL",
        "https://rss.arxiv.org/atom/cs.LG",
    ]


def test_unchanged_arxiv_listings_keep_their_day() -> None:
    categories = ("cs.CL", "cs.LG")
    web = FakeClient({"/cs.": listing(("2605.00001", "new", "cs.CL"))})
    (first,) = results_of(ArxivSource(name="arxiv", categories=categories, client=web))
    web = FakeClient({"/cs.": None})
    (again,) = results_of(
        ArxivSource(name="arxiv", categories=categories, client=web), first.cursor
    )
    assert again.batch is not None
    assert again.batch.unchanged
    assert again.batch.announced == date(2026, 5, 13)


def test_if_one_listing_changed_all_are_fetched() -> None:
    cursor = {
        "seen": {"cs.CL": {"etag": "old"}, "cs.LG": {"etag": "old"}},
        "announced": "2026-05-12",
    }
    web = FakeClient(
        {
            "/cs.CL": [None, listing(("2605.00001", "new", "cs.CL"))],
            "/cs.LG": listing(("2605.00001", "cross", "cs.CL")),
        }
    )
    source = ArxivSource(name="arxiv", categories=("cs.CL", "cs.LG"), client=web, include=("new",))
    (read,) = results_of(source, cursor)
    assert read.batch is not None
    assert len(read.batch.papers) == 1
    assert [etag for _, etag in web.asked] == ["old", "old", None]


def test_a_category_that_fails_leaves_the_batch_partial_and_is_asked_for_whole_again() -> None:
    web = FakeClient({"/cs.CL": listing(("2605.00001", "new", "cs.CL")), "/cs.LG": down()})
    (read,) = results_of(ArxivSource(name="arxiv", categories=("cs.CL", "cs.LG"), client=web))
    assert read.batch is not None
    assert [item.reason for item in read.batch.rejected] == ["cs.LG: 503 Service Unavailable"]
    assert set(read.cursor["seen"]) == {"cs.CL"}


def test_if_every_category_fails_there_is_no_batch_and_the_cursor_stays() -> None:
    (read,) = results_of(
        ArxivSource(name="arxiv", categories=("cs.CL",), client=FakeClient({"/cs.CL": down()})),
        {"announced": "2026-05-12"},
    )
    assert read.batch is None
    assert read.cursor == {"announced": "2026-05-12"}


def page(*days: str, total: int, start: int = 0) -> bytes:
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/2605.{start + place:05}v1</id>"
        f"<updated>{day}T10:00:00Z</updated><published>{day}T10:00:00Z</published>"
        f"<title>Paper {start + place}</title><summary>About it.</summary></entry>"
        for place, day in enumerate(days)
    )
    return (
        "<feed xmlns='http://www.w3.org/2005/Atom' "
        "xmlns:opensearch='http://a9.com/-/spec/opensearch/1.1/'>"
        f"<opensearch:totalResults>{total}</opensearch:totalResults>"
        f"<opensearch:startIndex>{start}</opensearch:startIndex>{entries}</feed>"
    ).encode()


def test_a_search_is_read_page_by_page_until_it_is_older_than_the_last_fetch() -> None:
    web = FakeClient(
        {
            "start=0": page("2026-05-12", "2026-05-11", total=5),
            "start=2": page("2026-05-10", "2026-05-01", total=5, start=2),
            "start=4": page("2026-04-01", total=5, start=4),
        }
    )
    source = ArxivApiSource(name="search", query="cat:cs.CL", client=web)
    found = results_of(source, {"through": "2026-05-09"})
    assert [len(read.batch.papers) for read in found if read.batch] == [2, 2]
    assert [read.cursor for read in found] == [{"through": "2026-05-09"}, {"through": "2026-05-12"}]
    assert web.intervals == {3.0}


def test_a_search_stops_at_its_maximum_number_of_papers() -> None:
    web = FakeClient({"start=0": page("2026-05-12", "2026-05-11", total=500)})
    (read,) = results_of(ArxivApiSource(name="search", query="all:bees", client=web, max_papers=2))
    assert "max_results=2" in web.asked[0][0]
    assert read.cursor == {"through": "2026-05-12"}


FEED = b"""<rss version="2.0"><channel><title>Lab</title><item><title>A result</title>
<link>https://example.org/a</link><description>We found it.</description></item></channel></rss>"""


def test_a_feed_is_read_and_then_asked_conditionally() -> None:
    (first,) = results_of(
        FeedSource(name="lab", url="https://example.org/f", client=FakeClient({"/f": FEED}))
    )
    assert first.batch is not None
    assert [paper.title for paper in first.batch.papers] == ["A result"]
    web = FakeClient({"/f": None})
    (again,) = results_of(
        FeedSource(name="lab", url="https://example.org/f", client=web), first.cursor
    )
    assert again.batch is not None
    assert again.batch.unchanged
    assert web.asked[0][1]


def test_a_document_that_is_not_a_feed_is_a_problem_and_keeps_the_cursor() -> None:
    web = FakeClient({"/f": b"<html>Sorry</html>"})
    (read,) = results_of(
        FeedSource(name="lab", url="https://example.org/f", client=web), {"etag": "x"}
    )
    assert read.batch is None
    assert read.problem is not None
    assert read.cursor == {"etag": "x"}
