"""Names of authors, and of papers in the registries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.identity.name_parsing import author, find_arxiv_id, find_doi, split_authors


@pytest.mark.parametrize(
    "text, names",
    [
        ("Chunhua Liu, Kabir Shrestha", ("Chunhua Liu", "Kabir Shrestha")),
        (
            r"Ada B. Lovelace (1 and 2), Jos\'e X ((1) Univ, (2) Inst)",
            ("Ada B. Lovelace", "José X"),
        ),
        ("A. One and B. Two", ("A. One", "B. Two")),
        ("A. One, B. Two, and C. Three", ("A. One", "B. Two", "C. Three")),
        ("A. One &amp; B. Tw&ouml;", ("A. One", "B. Twö")),
        ("Lovelace, Ada; Turing, Alan M.", ("Ada Lovelace", "Alan M. Turing")),
        ("King, Jr., Martin; Two, B.", ("Martin King Jr.", "B. Two")),
        (
            "Sammy Davis, Jr., Henry VIII, John Doe, III",
            ("Sammy Davis Jr.", "Henry VIII", "John Doe III"),
        ),
        ("CMS Collaboration: A. One, B. Two et al.", ("CMS Collaboration", "A. One", "B. Two")),
        ("Anders Sandberg", ("Anders Sandberg",)),
        ("A. One (Univ. of (broken, B. Two", ("A. One",)),
        ("", ()),
        (" , ; (1)", ()),
    ],
)
def test_a_list_of_authors_becomes_names(text: str, names: tuple[str, ...]) -> None:
    assert split_authors(text) == names


@pytest.mark.parametrize(
    "text, name",
    [
        ("Lovelace, Ada", "Ada Lovelace"),
        ("Ada Lovelace", "Ada Lovelace"),
        (r"Erd\H{o}s, Paul", "Paul Erdős"),
        ("Doe, John, III", "John Doe III"),
        (":", ""),
    ],
)
def test_one_author_is_written_first_name_first(text: str, name: str) -> None:
    assert author(text) == name


@given(st.text(max_size=200) | st.text("(),;& and\\{}'\"ab", max_size=60))
def test_any_text_gives_names_that_are_not_blank(text: str) -> None:
    assert all(name.strip() == name and name for name in split_authors(text))


@pytest.mark.parametrize(
    "text, found",
    [
        ("oai:arXiv.org:2508.13426v1", ("2508.13426", 1)),
        ("http://arxiv.org/abs/1601.00001v12", ("1601.00001", 12)),
        ("https://arxiv.org/pdf/2508.13426", ("2508.13426", None)),
        ("arXiv:hep-th/9901001v2", ("hep-th/9901001", 2)),
        ("https://arxiv.org/abs/math.GT/0309136", ("math/0309136", None)),
        ("https://doi.org/10.48550/arXiv.2508.13426", ("2508.13426", None)),
        ("https://example.org/2508.13426", None),
        ("https://arxiv.org/list/cs.AI/recent", None),
    ],
)
def test_an_arxiv_identifier_is_found_with_its_version(
    text: str, found: tuple[str, int | None] | None
) -> None:
    assert find_arxiv_id(text) == found


@pytest.mark.parametrize(
    "text, found",
    [
        ("10.1063/1.4944470", "10.1063/1.4944470"),
        ("http://dx.doi.org/10.1103/PhysRevD.93.016005", "10.1103/physrevd.93.016005"),
        ("doi:10.1000/ABC.", "10.1000/abc"),
        ("https://dl.acm.org/doi/abs/10.1145/3292500?x=1", "10.1145/3292500"),
        ("info:doi/10.1000/ABC", "10.1000/abc"),
        ("https://doi.org/10.1000%2Fabc", "10.1000/abc"),
        ("https://doi.org/10.1002/a%28b%29", "10.1002/a(b)"),
        ("https://doi.org/10.1000/a%00b%1B", None),
        ("https://example.org/10.5/x", None),
        ("version 10.1234/x", None),
    ],
)
def test_a_doi_is_found_and_normalised(text: str, found: str | None) -> None:
    assert find_doi(text) == found
