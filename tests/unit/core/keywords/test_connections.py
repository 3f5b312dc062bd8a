"""Ids of authors, institutions, journals and cited papers in keywords and records."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.keywords.connections import (
    CONNECTION_FIELDS,
    ConnectionIdError,
    FollowedItem,
    issn_in,
    openalex_in,
    orcid_in,
    parse_connection,
    ror_in,
)
from digest.core.keywords.parser import KeywordError, parse, unparse


@pytest.mark.parametrize(
    "field, term, found",
    [
        ("author", "orcid:0000-0002-1825-0097", "orcid:0000-0002-1825-0097"),
        ("author", "0000-0002-1825-0097", "orcid:0000-0002-1825-0097"),
        ("author", "https://orcid.org/0000-0002-1694-233x", "orcid:0000-0002-1694-233X"),
        ("author", "openalex:a5023888391", "openalex:A5023888391"),
        ("author", "https://openalex.org/A5023888391", "openalex:A5023888391"),
        ("institution", "ror:02mhbdp94", "ror:02mhbdp94"),
        ("institution", "https://ror.org/02MHBDP94", "ror:02mhbdp94"),
        ("institution", "https://openalex.org/institutions/I124055696", "openalex:I124055696"),
        ("venue", "1476-4687", "issn:1476-4687"),
        ("venue", "ISSN:2434-561x", "issn:2434-561X"),
        ("venue", "openalex:S137773608", "openalex:S137773608"),
        ("cites", "arXiv:1706.03762v5", "cites:arxiv:1706.03762"),
        ("cites", "https://doi.org/10.1038/NATURE14539", "cites:doi:10.1038/nature14539"),
        ("cites", "10.48550/arXiv.1706.03762", "cites:arxiv:1706.03762"),
        ("cites", "10.21203/rs.3.rs-1/v2", "cites:doi:10.21203/rs.3.rs-1"),
        ("cites", "openalex:W2741809807", "cites:openalex:W2741809807"),
    ],
)
def test_an_id_is_read_in_every_form_and_a_name_may_follow_it(
    field: str, term: str, found: str
) -> None:
    assert parse_connection(field, term) == FollowedItem(id=found, name="")
    assert parse_connection(field, f"{term} A Name") == FollowedItem(id=found, name="A Name")
    keyword = parse(f"{field}:{term} A Name")
    assert (keyword.field, keyword.term) == (field, f"{term} A Name")
    assert parse(unparse(keyword)).term == keyword.term


def test_a_name_without_an_id_is_the_name_of_an_institution_a_journal_or_an_author() -> None:
    assert parse_connection("institution", "ETH Zürich") == FollowedItem(id="", name="ETH Zürich")
    assert parse_connection("venue", "Cell") == FollowedItem(id="", name="Cell")
    assert parse_connection("author", "Tri Dao") is None


@pytest.mark.parametrize(
    "keyword, says",
    [
        ("author:orcid:0000-0002-1825-0098", "its last character"),
        ("author:0000-0002-1825-0098", "its last character"),
        ("author:orcid:12", "write orcid:"),
        ("author:openalex:I5", "no id of an author"),
        ("institution:ror:12345", "no id of an institution"),
        ("venue:1476-4688", "its last character"),
        ("venue:https://nature.com", "no id of a journal"),
        ("cites:Attention is all you need", "no id of a paper"),
        ("cites:openalex:A5", "no id of a paper"),
        ("institution:ETH*", "a star in a name"),
        ("venue:", "no word to look for"),
    ],
)
def test_a_wrong_id_is_refused_with_its_place(keyword: str, says: str) -> None:
    with pytest.raises(KeywordError) as caught:
        parse(keyword)
    assert says in str(caught.value)
    assert caught.value.column == keyword.index(":") + 2


@given(
    st.integers(min_value=0, max_value=10**15 - 1), st.integers(min_value=0, max_value=10**7 - 1)
)
def test_exactly_one_check_digit_fits_a_number(person: int, journal: int) -> None:
    digits = f"{person:015}"
    orcids = [f"{digits[:4]}-{digits[4:8]}-{digits[8:12]}-{digits[12:]}{x}" for x in "0123456789X"]
    assert sum(orcid_in(number) is not None for number in orcids) == 1
    first = f"{journal:07}"
    issns = [f"{first[:4]}-{first[4:]}{x}" for x in "0123456789X"]
    assert sum(issn_in(number) is not None for number in issns) == 1


@given(st.one_of(st.text(max_size=60), st.none(), st.integers(), st.lists(st.text(max_size=3))))
def test_any_value_of_a_record_is_an_id_or_none(value: object) -> None:
    for found in (orcid_in(value), ror_in(value), issn_in(value), openalex_in(value, "AISW")):
        assert found is None or str(found).isascii()


@given(st.sampled_from(("author", *CONNECTION_FIELDS)), st.text(min_size=1, max_size=40))
def test_any_term_is_an_id_a_name_or_refused(field: str, term: str) -> None:
    with contextlib.suppress(ConnectionIdError):
        found = parse_connection(field, term)
        assert found is None or found.id or found.name
