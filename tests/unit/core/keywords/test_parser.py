from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.core.keywords.parser import MAX_LENGTH, KeywordError, parse, parse_all, unparse
from digest.core.models.profiles import Keyword


@pytest.mark.parametrize(
    "text, expected",
    [
        ("KV cache", {"term": "KV cache"}),
        ("  KV \t cache ", {"term": "KV cache", "text": "KV cache"}),
        ("speculative decoding^2", {"term": "speculative decoding", "weight": 2.0}),
        ("pruning ^.5", {"term": "pruning", "weight": 0.5}),
        ("quantiz*", {"term": "quantiz", "prefix": True}),
        ("quantiz*^1.5", {"term": "quantiz", "prefix": True, "weight": 1.5}),
        ('"mixture of experts"', {"term": "mixture of experts", "exact": True}),
        ("“mixture of experts”^3", {"term": "mixture of experts", "exact": True, "weight": 3.0}),
        ('"L^2 norm"', {"term": "L^2 norm", "exact": True}),
        ("title:pruning", {"term": "pruning", "field": "title"}),
        ("Title: pruning", {"term": "pruning", "field": "title"}),
        ("author:Tri Dao", {"term": "Tri Dao", "field": "author"}),
        ("category:cs.LG", {"term": "cs.LG", "field": "category"}),
        ("category:cs.*", {"term": "cs.", "field": "category", "prefix": True}),
        ("RAG", {"term": "RAG", "capitals": True}),
        ("RAGs", {"term": "RAGs", "capitals": True}),
        ("IT", {"term": "IT", "capitals": True}),
        ("title:SAM", {"term": "SAM", "field": "title", "capitals": True}),
        ("MAMBA2", {"term": "MAMBA2"}),
        ("STRINGENT", {"term": "STRINGENT"}),
        ("Foo: bar", {"term": "Foo: bar"}),
        ("C++^2", {"term": "C++", "weight": 2.0}),
        ("強化学習", {"term": "強化学習"}),
        ("mixture-of-experts", {"term": "mixture-of-experts"}),
        ("large language models (LLMs)", {"term": "large language models (LLMs)"}),
    ],
)
def test_a_keyword_is_read(text: str, expected: dict[str, Any]) -> None:
    assert parse(text) == Keyword(**{"text": text, **expected})


@pytest.mark.parametrize(
    "text, column, says",
    [
        ("", 1, "empty"),
        ("   ", 1, "empty"),
        ("!!!", 1, "write one with letters"),
        ("-federated learning", 1, "under exclude"),
        ("  –federated", 3, "under exclude"),
        ("title:-x", 7, "under exclude"),
        ("title:", 7, "write one"),
        ("^2", 1, "write one"),
        ("foo:bar", 1, "title:, author:, category:, institution:"),
        ("the", 1, "add one"),
        ("of the", 1, "add one"),
        ("*", 1, "write one"),
        ("a*", 1, "at least two letters"),
        ("qu*nt", 3, "after the last word"),
        ("x^0", 2, "write ^2"),
        ("x^-1", 2, "write ^2"),
        ("x^101", 2, "write ^2"),
        ("x^nan", 2, "write ^2"),
        ("x^1e1", 2, "write ^2"),
        ("x^2^3", 2, "at the end"),
        ('"open', 1, "at the end too"),
        ('"a"b', 4, "remove it"),
        ('5" disk', 2, "around the whole"),
        ("a\x00b", 2, "remove it"),
        ("author:Dao*", 8, "initial"),
        ("category:cs LG", 10, "cs.LG"),
        ("category:*", 10, "write one"),
        ("x" * (MAX_LENGTH + 1), MAX_LENGTH + 1, "at most 200"),
    ],
)
def test_an_invalid_keyword_is_refused_with_its_column_and_a_remedy(
    text: str, column: int, says: str
) -> None:
    with pytest.raises(KeywordError) as caught:
        parse(text)
    assert caught.value.column == column
    assert says in caught.value.problem
    assert "\n" not in caught.value.problem


def test_ten_megabytes_of_junk_are_refused_in_a_short_message() -> None:
    with pytest.raises(KeywordError) as caught:
        parse('"^*' * 3_500_000)
    assert len(str(caught.value)) < 200
    assert len(caught.value.keyword) == MAX_LENGTH


def test_a_dash_among_the_keywords_makes_an_exclusion() -> None:
    included, excluded = parse_all(["KV cache", "-federated learning"], ["medical", "-legal"])
    assert [keyword.term for keyword in included] == ["KV cache"]
    assert [keyword.term for keyword in excluded] == ["federated learning", "medical", "legal"]
    assert excluded[0].text == "-federated learning"


def test_an_exclusion_has_no_weight() -> None:
    with pytest.raises(KeywordError, match="no weight") as caught:
        parse_all(["-medical^2"])
    assert (caught.value.column, caught.value.keyword) == (9, "-medical^2")


WRITTEN = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", " ", "title:", "author: ", "category:"]),
        st.text(alphabet="abRAGé強 -:.,'*^\"()2", min_size=1, max_size=30),
        st.sampled_from(["", "*", "^2", "^.25", "*^0.000001", "^100"]),
    ),
)


@given(st.one_of(WRITTEN, st.text(max_size=MAX_LENGTH // 2)))
def test_a_keyword_written_as_text_is_parsed_as_the_same_keyword(text: str) -> None:
    try:
        keyword = parse(text)
    except KeywordError:
        assume(condition=False)
        return
    printed = unparse(keyword)
    assert replace(parse(printed), text=keyword.text) == keyword
    assert unparse(parse(printed)) == printed


@given(st.text(max_size=MAX_LENGTH + 20))
def test_any_text_is_a_keyword_or_is_refused_with_a_column_within_it(text: str) -> None:
    try:
        assert parse(text).term
    except KeywordError as error:
        column = error.column
    else:
        column = 1
    assert 1 <= column <= len(text) + 1


@pytest.mark.parametrize(
    "written, capitals",
    [
        ("RAG", True),
        ("title:RAG", True),
        ("RAG*", False),
        ('"RAG"', False),
        ("author:RAG", False),
        ("category:RAG", False),
    ],
)
def test_only_a_whole_acronym_in_a_text_matches_capitals_alone(
    written: str, *, capitals: bool
) -> None:
    assert parse(written).capitals is capitals
