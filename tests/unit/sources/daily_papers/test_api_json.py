import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import NOW

from digest.core.models.batches import Batch
from digest.core.models.papers import Identifier, Paper
from digest.errors import InputError
from digest.sources.daily_papers.api_json import MAX_LITERAL_LENGTH, parse


def item(paper_id: str = "2605.01234", **fields: Any) -> dict[str, Any]:
    """Returns an item of the API; `fields` are set in the paper, or in the item if they exist."""
    outer = {"numComments": 2, "publishedAt": "2026-05-11T00:00:00.000Z"}
    outer |= {name: fields.pop(name) for name in [*outer] if name in fields}
    paper = {
        "id": paper_id,
        "authors": [{"name": "Ada Example", "hidden": False}],
        "publishedAt": "2026-05-08T17:59:53.000Z",
        "title": f"A Study of {paper_id}",
        "summary": "We study it.",
        "upvotes": 12,
        "githubStars": 1234,
    }
    return {"paper": paper | fields, "title": "The outer title", **outer}


def read(answer: Any, *, announced: date | None = None) -> Batch:
    data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return parse(data, source="hf", origin="day.json", now=NOW, announced=announced)


def one_paper(**fields: Any) -> Paper:
    (paper,) = read([item(**fields)]).papers
    return paper


def refused(answer: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(answer)
    assert caught.value.file == "day.json"
    assert "\n" not in str(caught.value)
    return caught.value.reason


def test_all_data_of_a_paper_is_read() -> None:
    paper = one_paper(
        ai_summary="A short one.",
        ai_keywords=["graphs", "  retrieval\n"],
        githubRepo="https://github.com/example/study",
        projectPage="https://example.org/study",
    )
    assert paper == Paper(
        title="A Study of 2605.01234",
        abstract="We study it.",
        authors=("Ada Example",),
        identifiers=(Identifier(scheme="arxiv", value="2605.01234"),),
        links=paper.links,
        published=date(2026, 5, 8),
        votes=12,
        comments=2,
        stars=1234,
        position=1,
        summary="A short one.",
        keywords=("graphs", "retrieval"),
    )
    assert {link.rel: link.url for link in paper.links} == {
        "abstract": "https://arxiv.org/abs/2605.01234",
        "pdf": "https://arxiv.org/pdf/2605.01234",
        "page": "https://huggingface.co/papers/2605.01234",
        "code": "https://github.com/example/study",
        "project": "https://example.org/study",
    }


def test_items_that_are_python_literals_are_read_like_objects() -> None:
    items = [item(title='It\'s "quoted" \\alpha', summary="(((["), item("2605.00002")]
    assert read([repr(each) for each in items]).papers == read(items).papers


@pytest.mark.parametrize(
    "written",
    [
        "__import__('os').system('true')",
        "{'paper': open('x')}",
        "[" * 200_000,
        "-" * 100_000 + "1",
        "'" * 7 + "\\'" * 100_000,
        "{[]: 1}",
        "",
        "x" * (MAX_LITERAL_LENGTH + 1),
    ],
)
def test_text_that_is_not_an_object_rejects_only_its_item(written: str) -> None:
    batch = read([item("2605.00001"), written, item("2605.00003")])
    assert [paper.position for paper in batch.papers] == [1, 3]
    (rejected,) = batch.rejected
    assert rejected.reason.startswith("item 2: ")


def test_a_wrapped_answer_gives_its_day() -> None:
    wrapped = {"status": "success", "date": "2026-05-10", "count": 1, "data": [item()]}
    assert read(wrapped).announced == date(2026, 5, 10)
    assert len(read(wrapped).papers) == 1


def test_the_requested_day_has_priority_over_the_day_in_the_response() -> None:
    wrapped = {"date": "2026-05-10", "data": [item()]}
    assert read(wrapped, announced=date(2026, 5, 9)).announced == date(2026, 5, 9)


def test_without_a_day_the_newest_listing_date_that_is_not_in_the_future_counts() -> None:
    older = item(publishedAt="2026-05-09T10:00:00.000Z")
    newer = item("2605.2", submittedOnDailyAt="2026-05-10T00:43:01.816Z")
    slip = item("2605.3", submittedOnDailyAt="2062-05-10T00:43:01.816Z")
    assert read([older, newer, slip]).announced == date(2026, 5, 10)
    assert read([]).announced is None


def test_titles_and_abstracts_are_one_line_without_hidden_characters() -> None:
    paper = one_paper(title="A\n  Wrapped\u200b Title\ud800", summary="Two\nlines\tof it.\x00")
    assert (paper.title, paper.abstract) == ("A Wrapped Title", "Two lines of it.")


def test_hidden_authors_are_ignored_and_hundreds_are_read() -> None:
    names = [f"Author {number}" for number in range(664)]
    authors: list[Any] = [{"name": name} for name in names]
    authors.insert(3, {"name": "Wrongly Claimed", "hidden": True})
    assert one_paper(authors=authors).authors == tuple(names)


def test_a_paper_that_is_not_on_arxiv_is_identified_by_its_id_at_the_site() -> None:
    paper = one_paper(paper_id="lab/report 7")
    assert paper.identifiers == (Identifier(scheme="hf", value="lab/report 7"),)
    assert [link.url for link in paper.links] == ["https://huggingface.co/papers/lab%2Freport%207"]


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//example.org", "https://a b", "", 7]
)
def test_only_web_addresses_become_links(address: Any) -> None:
    paper = one_paper(githubRepo=address, projectPage=address)
    assert {link.rel for link in paper.links} == {"abstract", "pdf", "page"}


def test_missing_values_and_values_of_a_wrong_type_are_absent() -> None:
    odd = one_paper(
        upvotes=True, numComments=-1, publishedAt="yesterday", authors={"a": 1}, ai_keywords="x"
    )
    assert (odd.votes, odd.comments, odd.authors, odd.keywords) == (None, None, (), ())
    bare = read([{"paper": {"id": "2605.01234"}, "title": "Outer", "summary": "Said."}]).papers[0]
    assert (bare.title, bare.abstract, bare.votes, bare.published) == ("Outer", "Said.", None, None)


@pytest.mark.parametrize(
    "broken, reason",
    [
        (7, "item 1: not an object, but int"),
        ({"title": "No paper"}, 'item 1: no object "paper"'),
        ({"paper": {"id": "2605.01234"}}, "item 1: paper 2605.01234: no title"),
        ({"paper": {"title": "Nameless"}}, "item 1: paper “Nameless”: no id"),
        ({"paper": {"title": "Rounded", "id": 2605.1}}, "item 1: paper “Rounded”: no id"),
    ],
)
def test_a_broken_item_is_rejected_with_its_place(broken: Any, reason: str) -> None:
    batch = read([broken, item()])
    assert [rejected.reason for rejected in batch.rejected] == [reason]
    assert [paper.position for paper in batch.papers] == [2]


@pytest.mark.parametrize(
    "answer, reason",
    [
        (7, "a list of papers was expected, but the file contains “7”; fetch the day again"),
        ({"error": "Invalid date"}, "the API answered with an error: “Invalid date”"),
        ({"data": None}, 'an object without a list "data", so no papers'),
        (b"<html>", "not JSON: Expecting value at column 1"),
        (b"\xff[]", "not UTF-8, so no answer of the API"),
        (b"[" * 200_000, "JSON that is nested too deeply"),
        (b"1" * 10_000, "not JSON: a number is too long"),
    ],
)
def test_data_that_is_not_a_response_is_refused_with_the_reason(answer: Any, reason: str) -> None:
    assert refused(answer) == reason


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["paper", "id", "title", "authors", "name", "data", "upvotes", "date"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | json_values.map(json.dumps).map(str.encode))
def test_any_bytes_give_a_batch_or_a_clear_refusal(data: bytes) -> None:
    read = batch_or_reason(data)
    if isinstance(read, str):
        assert "\n" not in read
    else:
        assert all(paper.title and paper.identifiers for paper in read.papers)


def batch_or_reason(data: bytes) -> Batch | str:
    try:
        return parse(data, source="hf", origin="any", now=NOW)
    except InputError as error:
        return str(error)


@settings(max_examples=150, deadline=None)
@given(st.lists(json_values | json_values.map(repr), max_size=5))
def test_every_item_is_a_paper_or_a_rejection(items: list[Any]) -> None:
    batch = read(items)
    assert len(batch.papers) + len(batch.rejected) == len(items)


def test_millions_of_values_are_refused_before_they_are_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json, "loads", lambda *_, **__: pytest.fail("it was parsed"))
    with pytest.raises(InputError, match="more than 1,000,000 values"):
        parse(b"[" + b"{}," * 5_000_000 + b"{}]", source="s", origin="x", now=NOW)


def test_many_items_without_a_paper_give_a_few_reasons_and_their_number() -> None:
    batch = parse(b"[" + b"0," * 60_000 + b"0]", source="s", origin="x", now=NOW)
    assert len(batch.rejected) == 102
    assert [item.reason for item in batch.rejected[-2:]] == [
        "49,900 more problems like these",
        "60,001 items, of which the first 50,000 are read",
    ]


def test_control_characters_and_halves_of_characters_cost_no_other_item() -> None:
    paper = {"id": "2605.00001", "title": "One \ud83d\ude00 \ud83d", "summary": "a\0b"}
    items = [{"paper": paper}, {"paper": {"id": "2605.00002", "title": "Two"}}]
    items.append({"paper": {"id": "2605\x1b.00003", "title": "Three"}})
    text = json.dumps(items).replace("Two", "Two\x1b\0")
    batch = parse(text.encode(), source="s", origin="x", now=NOW)
    assert [(found.title, found.abstract) for found in batch.papers] == [
        ("One \U0001f600", "a b"),
        ("Two", ""),
    ]
    assert [item.reason for item in batch.rejected] == [
        "item 3: paper “2605 .00003”: its id has control characters"
    ]
    literal = json.dumps([repr({"paper": paper})])  # Python writes the halves as escapes
    assert parse(literal.encode(), source="s", origin="x", now=NOW).papers[0].title == (
        "One \U0001f600"
    )
