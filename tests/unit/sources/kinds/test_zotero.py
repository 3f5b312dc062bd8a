"""The source that reads a library of Zotero. The answers are invented in the documented form."""

import json
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.models.batches import SourceRead
from digest.sources.http.responses import FetchedResponse, FetchError, NotModified
from digest.sources.kinds import zotero
from digest.sources.kinds.zotero import ZoteroSource
from digest.sources.library.zotero_items import paper

NOW = datetime(2026, 1, 22, 12, tzinfo=UTC)


class Library:
    """Answers like the API: items after a version, 100 at once."""

    def __init__(self, *items: Any) -> None:
        self.items = items
        self.keys: list[tuple[str, str] | None] = []
        self.paths: list[str] = []
        self.broken: FetchError | None = None

    def get(self, url: str, **given: Any) -> FetchedResponse | NotModified:
        query = {name: int(value) for name, (value,) in parse_qs(urlsplit(url).query).items()
                 if value.isdigit()}  # fmt: skip
        self.paths.append(urlsplit(url).path)
        self.keys.append(given["key"])
        if self.broken and query["start"]:
            raise self.broken
        found = [item for item in self.items if item["version"] > query["since"]]
        page = found[query["start"] : query["start"] + query["limit"]]
        return FetchedResponse(url=url, body=json.dumps(page).encode())


def item(number: int, **data: Any) -> dict[str, Any]:
    values = {"itemType": "journalArticle", "title": f"Study {number}"} | data
    return {"key": f"K{number}", "version": number, "data": values, "meta": {}}


def fetched(
    library: Library, cursor: Any = None, *, collection: str = "", key: str | None = None
) -> list[SourceRead]:
    source = ZoteroSource(
        name="z", library="groups/1", collection=collection, client=lambda: library, key=key
    )
    return list(source.fetch(cursor, now=NOW))


def titles(reads: list[SourceRead]) -> list[str]:
    return [paper.title for read in reads if read.batch for paper in read.batch.papers]


def test_a_library_is_read_page_by_page_and_then_only_what_is_new() -> None:
    library = Library(*(item(number) for number in range(1, 251)))
    reads = fetched(library)
    assert len(titles(reads)) == 250
    assert [read.cursor for read in reads] == [{}, {}, {"version": 250}]
    library.items = (*library.items, item(251))
    again = fetched(library, reads[-1].cursor)
    assert (titles(again), again[-1].cursor) == (["Study 251"], {"version": 251})
    nothing = fetched(library, again[-1].cursor)
    assert (titles(nothing), nothing[-1].cursor) == ([], {"version": 251})


def test_after_an_error_the_cursor_stays() -> None:
    library = Library(*(item(number) for number in range(1, 251)))
    library.broken = FetchError("https://api.zotero.org", "503", status=503)
    reads = fetched(library, {"version": 3})
    assert reads[-1].batch is None
    assert reads[-1].cursor == {"version": 3}


def test_a_library_that_is_too_large_for_one_fetch_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zotero, "_MAX_PAGES", 2)
    reads = fetched(Library(*(item(number) for number in range(1, 251))))
    assert [len(read.batch.rejected) for read in reads if read.batch] == [0, 1]


def test_a_collection_is_asked_for_with_the_key_in_a_header() -> None:
    library = Library(item(1))
    fetched(library, collection="EAWCSKSF", key="secret")
    assert library.paths == ["/groups/1/collections/EAWCSKSF/items/top"]
    assert library.keys == [("Zotero-API-Key", "secret")]


@pytest.mark.parametrize("body", [b"Forbidden", b"{}", b"null", b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_list_is_a_problem_and_keeps_the_cursor(body: bytes) -> None:
    library = Library()
    library.get = lambda url, **_: FetchedResponse(url=url, body=body)  # type: ignore[method-assign]
    (read,) = fetched(library, {"version": 3})
    assert read.problem is not None
    assert read.cursor == {"version": 3}


def test_an_item_becomes_a_paper_with_its_identifiers() -> None:
    record = item(
        1,
        title="A <i>study</i>",
        abstractNote="Abstract: We look.",
        creators=[
            {"creatorType": "author", "firstName": "Zoë", "lastName": "Doe"},
            {"creatorType": "author", "name": "The Group"},
            {"creatorType": "editor", "firstName": "Ed", "lastName": "Itor"},
        ],
        DOI="10.1038/ABC",
        extra="arXiv: 2501.00001\nPMID: 3",
        publicationTitle="Nature",
    )
    record["meta"] = {"parsedDate": "2026-01"}
    found = paper(record)
    assert found is not None
    assert (found.title, found.abstract, found.venue) == ("A study", "We look.", "Nature")
    assert found.authors == ("Zoë Doe", "The Group")
    assert {(one.scheme, one.value) for one in found.identifiers} == {
        ("arxiv", "2501.00001"),
        ("doi", "10.1038/abc"),
    }
    assert found.published == date(2026, 1, 1)


@pytest.mark.parametrize(
    "data, identifier",
    [
        ({"extra": "DOI: 10.1000/x"}, "10.1000/x"),
        ({"url": "https://arxiv.org/abs/2501.00001v2"}, "2501.00001"),
        ({"archiveID": "arXiv:2501.00001"}, "2501.00001"),
    ],
)
def test_identifiers_are_found_where_zotero_keeps_them(data: Any, identifier: str) -> None:
    found = paper(item(1, **data))
    assert found is not None
    assert [one.value for one in found.identifiers] == [identifier]


@pytest.mark.parametrize("data", [{"itemType": "note"}, {"itemType": "attachment"}, {"title": ""}])
def test_notes_and_attachments_are_no_papers(data: Any) -> None:
    assert paper(item(1, **data)) is None


def test_an_item_type_that_is_no_text_is_that_of_a_paper() -> None:
    assert paper(item(1, itemType=["note"])) is not None


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda value: st.lists(value, max_size=3) | st.dictionaries(st.text(max_size=3), value),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["title", "creators", "DOI", "url", "extra", "itemType"]), JSON),
       JSON)  # fmt: skip
def test_any_record_gives_a_paper_or_none(data: Any, meta: Any) -> None:
    paper({"data": data, "meta": meta})
