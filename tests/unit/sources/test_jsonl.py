import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import NOW

from digest.core.models.batches import Batch
from digest.core.models.papers import AnnouncementKind, Identifier, Paper, PaperLink
from digest.errors import InputError
from digest.sources.jsonl import parse, parse_batch

FULL = {
    "id": 42,
    "title": "A Study\n of Studies",
    "abstract": "We study\nstudies.",
    "authors": [{"name": "Ada Example"}, "Bob Sample"],
    "author_count": 3,
    "categories": ["cs.CL", "cs.AI"],
    "published": "2026-05-08",
    "updated": "2026-05-09T23:30:00-04:00",
    "url": "https://arxiv.org/abs/2605.01234",
    "links": {"code": "https://example.org/code", "unknown": 7},
    "identifiers": {"arXiv": "arXiv:2605.01234v2", "DOI": "https://doi.org/10.1000/ABC", "s2": 9},
    "votes": 5,
    "comments": 0,
    "stars": 1200,
    "keywords": "graphs, retrieval",
    "announced": "2026-05-10",
    "anything": {"else": None},
}


def read(*lines: Any) -> Batch:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return parse_batch(text.encode(), source="mine", origin="papers.jsonl", now=NOW)


def one_paper(**fields: Any) -> Paper:
    (paper,) = read({"title": "T", **fields}).papers
    return paper


def test_every_documented_key_reaches_the_paper() -> None:
    batch = read(FULL)
    assert batch.papers == (
        Paper(
            title="A Study of Studies",
            abstract="We study studies.",
            authors=("Ada Example", "Bob Sample"),
            author_count=3,
            identifiers=(
                Identifier(scheme="arxiv", value="2605.01234"),
                Identifier(scheme="doi", value="10.1000/abc"),
                Identifier(scheme="s2", value="9"),
            ),
            categories=("cs.CL", "cs.AI"),
            links=(
                PaperLink(rel="abstract", url="https://arxiv.org/abs/2605.01234"),
                PaperLink(rel="code", url="https://example.org/code"),
            ),
            published=date(2026, 5, 8),
            updated=date(2026, 5, 10),
            votes=5,
            comments=0,
            stars=1200,
            position=1,
            version=2,
            keywords=("graphs", "retrieval"),
        ),
    )
    assert (batch.announced, batch.source, batch.rejected) == (date(2026, 5, 10), "mine", ())


def test_a_title_is_enough_and_null_counts_as_absent() -> None:
    assert one_paper(**dict.fromkeys(FULL.keys() - {"title"})) == Paper(title="T", position=1)


def test_a_title_may_say_that_the_paper_is_withdrawn() -> None:
    found = one_paper(title="WITHDRAWN: More cells, more doublets")
    assert (found.title, found.notice) == ("More cells, more doublets", AnnouncementKind.WITHDRAWN)


def test_the_short_names_of_keys_are_accepted() -> None:
    paper = one_paper(
        summary="Said.", arxiv_id="2605.01234", doi="10.1000/x", authors="A. One and B. Two"
    )
    assert (paper.abstract, paper.authors) == ("Said.", ("A. One", "B. Two"))
    assert [(name.scheme, name.value) for name in paper.identifiers] == [
        ("arxiv", "2605.01234"),
        ("doi", "10.1000/x"),
    ]


def test_a_line_has_its_id_in_the_file_or_else_its_number() -> None:
    data = b'\xef\xbb\xbf{"title": "A", "id": "x7"}\n\n{"title": "B"}\r\n{"title": "C", "id": 3}'
    lines, rejected = parse(data, origin="papers.jsonl")
    assert [(line.id, line.paper.position) for line in lines] == [("x7", 1), ("3", 3), ("3", 4)]
    assert rejected == ()


@pytest.mark.parametrize(
    "fields, reason",
    [
        ({"title": 7}, '"title" must be a string, not “7”'),
        ({"title": " "}, 'no "title"'),
        ({"abstract": ["x"]}, "\"abstract\" must be a string, not “['x']”"),
        ({"authors": [7]}, '"authors" must be a list of strings, or of objects with "name"'),
        ({"authors": {"name": "A"}}, '"authors" must be a list, not'),
        ({"categories": 7}, '"categories" must be a list, not “7”'),
        ({"votes": "5"}, '"votes" must be a whole number from 0'),
        ({"votes": True}, '"votes" must be a whole number from 0'),
        ({"comments": -1}, '"comments" must be a whole number from 0'),
        ({"version": 2**40}, '"version" must be a whole number from 0'),
        ({"published": "May 5"}, '"published": no date like 2026-05-11: “May 5”'),
        ({"url": "javascript:alert(1)"}, '"url" must be an http or https address'),
        ({"links": {"pdf": "data:x"}}, '"links.pdf" must be an http or https address'),
        ({"links": []}, '"links" must be an object'),
        ({"identifiers": {"arxiv": "x"}}, "not an arXiv id: “x”"),
        ({"doi": "x"}, "not a DOI: “x”"),
    ],
)
def test_a_value_of_a_wrong_type_rejects_its_line_with_a_reason(
    fields: dict[str, Any], reason: str
) -> None:
    batch = read({"title": "Before"}, {"title": "T", **fields}, {"title": "After"})
    assert [paper.title for paper in batch.papers] == ["Before", "After"]
    (rejected,) = batch.rejected
    assert rejected.line == 2
    assert rejected.reason.startswith(reason)


@pytest.mark.parametrize(
    "line, reason",
    [
        ("{", "not JSON: Expecting property name"),
        ("[]", "not an object, but list"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_line_that_is_not_an_object_is_rejected(line: str, reason: str) -> None:
    (rejected,) = read({"title": "Before"}, line).rejected
    assert rejected.reason.startswith(reason)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"nothing\n", b"\xff\n"])
def test_a_file_without_any_paper_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="write one JSON object on each line") as caught:
        parse(data, origin="papers.jsonl")
    assert caught.value.file == "papers.jsonl"


def test_an_announced_day_in_the_future_is_ignored() -> None:
    days = ["2026-05-09", "2062-05-09", None]
    assert read(*({"title": "T", "announced": day} for day in days)).announced == date(2026, 5, 9)


values = st.none() | st.booleans() | st.integers() | st.text(max_size=10) | st.lists(st.text())
objects = st.dictionaries(st.sampled_from(sorted(FULL)), values | st.just({"name": "x"}))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=60) | objects.map(json.dumps).map(str.encode), max_size=6))
def test_any_bytes_give_papers_and_reasons_or_a_clear_refusal(lines: list[bytes]) -> None:
    data = b"\n".join(lines)
    read = batch_or_reason(data)
    if isinstance(read, str):
        assert "\n" not in read
    else:
        filled = [line for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()]
        assert len(read.papers) + len(read.rejected) == len(filled)


def batch_or_reason(data: bytes) -> Batch | str:
    try:
        return parse_batch(data, source="mine", origin="any", now=NOW)
    except InputError as error:
        return str(error)


def test_control_characters_and_halves_of_characters_cost_no_other_line() -> None:
    batch = read(
        '{"title": "One \\ud83d\\ude00\\ud83d", "abstract": "a\\u0000b"}',
        '{"title": "Two\x1b\x00", "url": "https://a.org/\\u001b"}',
        '{"title": "Three", "identifiers": {"x": "a\\u0000b"}}',
        {"title": "Four"},
    )
    assert [paper.title for paper in batch.papers] == ["One \U0001f600", "Four"]
    assert [(item.line, item.reason) for item in batch.rejected] == [
        (2, '"url" has control characters'),
        (3, '"identifiers.x" has control characters'),
    ]


def test_a_line_that_is_too_long_is_cut_with_a_reason() -> None:
    batch = read({"title": "T", "abstract": "a" * 60_000})
    assert len(batch.papers[0].abstract) == 50_000
    assert [(item.line, item.reason) for item in batch.rejected] == [
        (1, "the abstract has 60,000 characters; it is cut at 50,000")
    ]


def test_lines_beyond_the_limit_are_not_read_and_the_reason_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("digest.sources.jsonl.MAX_PAPERS", 2)
    batch = read({"title": "A"}, {"title": "B"}, {"title": "C"}, {"title": "D"})
    assert [paper.title for paper in batch.papers] == ["A", "B"]
    assert [(item.line, item.reason) for item in batch.rejected] == [
        (3, "more than 2 papers; this line and the rest are not read")
    ]
