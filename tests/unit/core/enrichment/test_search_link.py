"""The address of a search for a title."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.enrichment.search_link import MAX_QUERY, search_link, search_text


def test_a_title_becomes_the_query_of_a_search() -> None:
    assert search_link("Owls & Mice: 100% of C++?") == (
        "https://huggingface.co/papers?q=Owls%20%26%20Mice%3A%20100%25%20of%20C%2B%2B%3F"
    )


@pytest.mark.parametrize(
    "title, query",
    [
        (r"The $S^{2}$-Transform of <i>Owls</i>", "The S²-Transform of Owls"),
        ("Owls\n  and\tmice", "Owls and mice"),
        ("Eulen im Gehölz", "Eulen im Gehölz"),
        ("フクロウの聴覚", "フクロウの聴覚"),
    ],
)
def test_the_query_is_what_a_reader_would_type(title: str, query: str) -> None:
    assert parse_qs(urlsplit(search_link(title)).query)["q"] == [query]


def test_a_long_title_is_cut_at_a_word() -> None:
    text = search_text("owl " * 100)
    assert text == " ".join(["owl"] * 62)
    assert len(text) <= MAX_QUERY
    assert search_text("o" * 1000) == "o" * MAX_QUERY


@given(st.text(min_size=1, max_size=400))
def test_any_title_gives_an_address_of_printable_ascii(title: str) -> None:
    link = search_link(title)
    assert link.isascii()
    assert link.isprintable()
    assert " " not in link
    assert urlsplit(link).hostname == "huggingface.co"
    assert set(parse_qs(urlsplit(link).query, keep_blank_values=True)) == {"q"}
