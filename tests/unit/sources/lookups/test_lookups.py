"""What each service is asked, and what its answers give. The answers are invented."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.models.papers import Identifier, Paper
from digest.errors import DigestError, InputError
from digest.sources.http.responses import FetchedResponse, FetchError
from digest.sources.lookups.arxiv import ArxivLookup
from digest.sources.lookups.common import Connection
from digest.sources.lookups.crossref import CrossrefLookup
from digest.sources.lookups.huggingface import HuggingFaceLookup
from digest.sources.lookups.openalex import OpenAlexLookup
from digest.sources.lookups.semanticscholar import SemanticScholarLookup

ARXIV = (Identifier(scheme="arxiv", value="2605.00001"),)
DOI = (Identifier(scheme="doi", value="10.1000/owls.1"),)


class Service:
    """A client that gives one answer, and keeps the requests."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def get(self, url: str, **options: Any) -> FetchedResponse:
        self.requests.append((url, options))
        if isinstance(self.answer, Exception):
            raise self.answer
        body = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        return FetchedResponse(url=url, body=body)

    @property
    def query(self) -> dict[str, str]:
        ((url, _),) = self.requests
        return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}

    def connection(self, **fields: Any) -> Connection:
        return Connection(
            client=lambda: self, base="https://service.example", interval=2.5, **fields
        )


def search(
    kind: Callable[..., Any], answer: Any, title: str = "Owl Hearing", **fields: Any
) -> tuple[tuple[Paper, ...], Service]:
    service = Service(answer)
    found = kind(connection=service.connection(), **fields).search([title], seconds=7.0)
    return found.papers, service


# --- Hugging Face ---

DAILY = {
    "paper": {
        "id": "2605.00001",
        "authors": [{"name": "Ada Lovelace", "hidden": False}, {"name": "X", "hidden": True}],
        "publishedAt": "2026-05-08T10:00:00.000Z",
        "title": "Owl\n  Hearing",
        "summary": "How owls hear.",
        "upvotes": 12,
        "githubRepo": "https://github.com/owls/hearing",
        "projectPage": "javascript:alert(1)",
        "ai_summary": "Owls hear well.",
    },
    "title": "Owl\n  Hearing",
    "numComments": 2,
}


def test_hugging_face_gives_the_paper_with_its_code() -> None:
    (paper,), service = search(HuggingFaceLookup, [DAILY, {"paper": {"id": "x"}}, "?"])
    assert (paper.title, paper.abstract, paper.identifiers) == (
        "Owl Hearing",
        "How owls hear.",
        ARXIV,
    )
    assert paper.authors == ("Ada Lovelace",)
    assert paper.published == date(2026, 5, 8)
    assert paper.link("abstract") == "https://arxiv.org/abs/2605.00001"
    assert paper.link("code") == "https://github.com/owls/hearing"
    assert paper.link("project") is None
    assert (paper.summary, paper.votes) == ("Owls hear well.", 12)
    assert service.query == {"q": "Owl Hearing", "limit": "10"}


def test_hugging_face_is_sent_at_most_250_characters() -> None:
    _, service = search(HuggingFaceLookup, [], "owl " * 100)
    assert len(service.query["q"]) <= 250


# --- arXiv ---

FEED = b"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"
  xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
  <title>arXiv Query</title>
  <opensearch:totalResults>1</opensearch:totalResults>
  <opensearch:startIndex>0</opensearch:startIndex>
  <entry>
    <id>http://arxiv.org/abs/2605.00001v2</id>
    <title>Owl
  Hearing</title>
    <published>2026-05-08T10:00:00Z</published>
    <updated>2026-05-10T10:00:00Z</updated>
    <summary>How owls hear.</summary>
    <author><name>Ada Lovelace</name></author>
    <arxiv:doi>10.1000/OWLS.1</arxiv:doi>
    <arxiv:journal_ref>Journal of Owls 7 (2026) 1-9</arxiv:journal_ref>
    <arxiv:primary_category term="q-bio.NC"/>
    <category term="q-bio.NC"/><category term="cs.SD"/>
  </entry>
</feed>"""


def test_arxiv_gives_categories_version_doi_and_venue() -> None:
    (paper,), _ = search(ArxivLookup, FEED)
    assert paper.identifiers == (*ARXIV, *DOI)
    assert paper.categories == ("q-bio.NC", "cs.SD")
    assert (paper.version, paper.venue) == (2, "Journal of Owls 7 (2026) 1-9")


def test_arxiv_is_asked_for_several_titles_at_once_as_plain_words() -> None:
    service = Service(FEED)
    lookup = ArxivLookup(connection=service.connection())
    lookup.search(
        ['Owls" AND ("Mice" OR all:x)', r"The $S^{2}$ of of Owls", "Eulen-Gehör"], seconds=7.0
    )
    assert service.query == {
        "search_query": 'ti:"owls and mice or all x" OR ti:"the s2 of of owls" OR ti:"eulen gehor"',
        "max_results": "24",
    }


def test_arxiv_describes_many_papers_in_one_request() -> None:
    service = Service(FEED)
    found = ArxivLookup(connection=service.connection()).describe(
        ["2605.00001", "hep-th/9901001"], seconds=7.0
    )
    assert [paper.identifiers[0] for paper in found.papers] == list(ARXIV)
    assert service.query == {"id_list": "2605.00001,hep-th/9901001", "max_results": "2"}


def test_a_title_without_words_is_not_sent_to_arxiv() -> None:
    papers, service = search(ArxivLookup, FEED, "🦉!")
    assert papers == ()
    assert service.requests == []


def test_an_error_of_arxiv_is_an_error() -> None:
    error = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/api/errors</id>'
        b"<title>Error</title><summary>rate exceeded</summary></entry></feed>"
    )
    with pytest.raises(InputError, match="rate exceeded"):
        search(ArxivLookup, error)


# --- OpenAlex ---


def work(**fields: Any) -> dict[str, Any]:
    usual = {
        "doi": "https://doi.org/10.1000/OWLS.1",
        "title": "Owl <i>Hearing</i>",
        "publication_date": "2026-05-08",
        "authorships": [{"author": {"display_name": "Ada Lovelace"}}, {"author": None}, None],
        "abstract_inverted_index": {"Abstract": [0], "How": [1], "hear.": [4], "owls": [3]},
        "primary_location": {
            "landing_page_url": "https://doi.org/10.1000/owls.1",
            "source": {"display_name": "Journal of Owls", "type": "journal"},
        },
        "locations": [{"landing_page_url": "http://arxiv.org/abs/2605.00001v1"}],
    }
    return usual | fields


def test_openalex_gives_doi_arxiv_id_venue_and_the_abstract_in_order() -> None:
    (paper,), service = search(OpenAlexLookup, {"results": [work(), None, {"title": "no id"}]})
    assert (paper.title, paper.abstract) == ("Owl Hearing", "How owls hear.")
    assert paper.identifiers == (*ARXIV, *DOI)
    assert paper.venue == "Journal of Owls"
    assert paper.authors == ("Ada Lovelace",)
    assert paper.link("page") == "https://doi.org/10.1000/owls.1"
    assert service.query["filter"] == "title.search:owl hearing"


def test_a_preprint_at_openalex_has_its_arxiv_id_and_no_venue() -> None:
    item = work(
        doi="https://doi.org/10.48550/arxiv.2605.00001",
        abstract_inverted_index=None,
        primary_location={"source": {"display_name": "arXiv", "type": "repository"}},
        locations=[],
    )
    (paper,), _ = search(OpenAlexLookup, {"results": [item]})
    assert (paper.identifiers, paper.venue, paper.abstract) == (ARXIV, "", "")


def test_the_filter_of_openalex_has_only_letters_digits_and_spaces() -> None:
    _, service = search(OpenAlexLookup, {"results": []}, "Owls, mice | cats: !x & (y)")
    assert service.query["filter"] == "title.search:owls mice cats x y"


def test_the_key_of_openalex_is_in_no_address_that_is_stored() -> None:
    service = Service({"results": [work()]})
    lookup = OpenAlexLookup(connection=service.connection(), key="secret-key")
    found = lookup.search(["Owl Hearing"], seconds=7.0)
    assert service.query["api_key"] == "secret-key"
    assert "secret-key" not in found.address
    service.answer = b"no JSON"
    with pytest.raises(InputError) as failure:
        lookup.search(["Owl Hearing"], seconds=7.0)
    assert "secret-key" not in str(failure.value)


# --- Crossref ---


def item(**fields: Any) -> dict[str, Any]:
    usual = {
        "DOI": "10.1000/Owls.1",
        "type": "journal-article",
        "title": ["Owl <i>Hearing</i>"],
        "author": [{"given": "Ada", "family": "Lovelace"}, {"name": "The Owl Group"}, {}],
        "issued": {"date-parts": [[2026, 5]]},
        "abstract": "<jats:title>Abstract</jats:title><jats:p>How owls hear, if x &lt; y.</jats:p>",
        "container-title": ["Journal of Owls"],
    }
    return usual | fields


def test_crossref_gives_doi_venue_and_abstract() -> None:
    (paper,), service = search(
        CrossrefLookup, {"message": {"items": [item()]}}, contact="admin@example.org"
    )
    assert (paper.title, paper.identifiers) == ("Owl Hearing", DOI)
    assert paper.abstract == "How owls hear, if x < y."
    assert paper.authors == ("Ada Lovelace", "The Owl Group")
    assert (paper.published, paper.venue) == (date(2026, 5, 1), "Journal of Owls")
    assert paper.link("abstract") == "https://doi.org/10.1000/owls.1"
    assert service.query["mailto"] == "admin@example.org"


def test_without_an_address_crossref_is_told_none() -> None:
    _, service = search(CrossrefLookup, {"message": {"items": []}}, contact="https://example.org")
    assert "mailto" not in service.query


@pytest.mark.parametrize(
    "title, subtitle, whole",
    [
        (["Owls"], ["Hearing in Forests"], "Owls: Hearing in Forests"),
        (["Owls: Hearing in Forests"], ["Hearing in Forests"], "Owls: Hearing in Forests"),
        (["Owls"], [], "Owls"),
    ],
)
def test_the_subtitle_belongs_to_the_title(
    title: list[str], subtitle: list[str], whole: str
) -> None:
    answer = {"message": {"items": [item(title=title, subtitle=subtitle)]}}
    (paper,), _ = search(CrossrefLookup, answer)
    assert paper.title == whole


@pytest.mark.parametrize("issued", [None, {}, {"date-parts": [[None]]}, {"date-parts": [["2026"]]}])
def test_a_work_of_crossref_may_have_no_date(issued: Any) -> None:
    (paper,), _ = search(CrossrefLookup, {"message": {"items": [item(issued=issued)]}})
    assert paper.published is None


@pytest.mark.parametrize(
    "wrong", [{"title": []}, {"title": None}, {"DOI": None}, {"type": "component"}, {"type": None}]
)
def test_a_work_of_crossref_that_is_no_paper_is_left_out(wrong: dict[str, Any]) -> None:
    papers, _ = search(CrossrefLookup, {"message": {"items": [item(**wrong)]}})
    assert papers == ()


# --- Semantic Scholar ---

MATCH = {
    "data": [
        {
            "title": "Owl Hearing",
            "abstract": None,
            "authors": [{"name": "Ada Lovelace"}, {"name": None}],
            "year": 2026,
            "publicationDate": None,
            "externalIds": {"ArXiv": "2605.00001", "DOI": "10.1000/OWLS.1", "CorpusId": 1},
            "venue": "arXiv.org",
        }
    ]
}


def test_semantic_scholar_gives_both_identifiers() -> None:
    (paper,), _ = search(SemanticScholarLookup, MATCH)
    assert paper.identifiers == (*ARXIV, *DOI)
    assert (paper.published, paper.venue, paper.abstract) == (date(2026, 1, 1), "", "")


def test_semantic_scholar_says_404_if_it_knows_no_such_title() -> None:
    papers, _ = search(SemanticScholarLookup, FetchError("https://x", "not found", status=404))
    assert papers == ()
    with pytest.raises(FetchError):
        search(SemanticScholarLookup, FetchError("https://x", "too many", status=429))


# --- all of them ---

KINDS = (HuggingFaceLookup, ArxivLookup, OpenAlexLookup, CrossrefLookup, SemanticScholarLookup)


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_is_bounded_and_paced_and_carries_the_key(kind: Callable[..., Any]) -> None:
    service = Service(FEED if kind is ArxivLookup else {"data": []})
    connection = service.connection(key=("x-api-key", "secret"))
    kind(connection=connection).search(["Owl Hearing"], seconds=7.0)
    ((url, options),) = service.requests
    assert url.startswith("https://service.example/")
    assert (options["total"], options["min_interval"]) == (7.0, 2.5)
    assert options["key"] == ("x-api-key", "secret")
    assert options["max_decoded"] == 8 * 2**20
    assert kind(connection=connection).interval == 2.5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"<html>busy</html>", b"[" * 100_000, b"1" * 10_000, b"null"]
)
def test_an_answer_of_another_form_is_an_error_or_has_no_papers(
    kind: Callable[..., Any], body: bytes
) -> None:
    try:
        papers, _ = search(kind, body)
    except DigestError as error:
        assert "\n" not in str(error)  # noqa: PT017 - both outcomes are right
    else:
        assert papers == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "data",
                    "results",
                    "message",
                    "items",
                    "paper",
                    "title",
                    "DOI",
                    "doi",
                    "author",
                    "authors",
                    "authorships",
                    "issued",
                    "date-parts",
                    "type",
                    "abstract",
                    "abstract_inverted_index",
                    "externalIds",
                    "ArXiv",
                    "venue",
                    "name",
                    "id",
                    "locations",
                    "primary_location",
                    "source",
                    "landing_page_url",
                    "container-title",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not ArxivLookup])
@given(value=JSON)
def test_any_json_is_papers_with_identifiers_or_an_error(
    kind: Callable[..., Any], value: Any
) -> None:
    shapes = {"data": [value], "results": [value], "message": {"items": [value]}}
    for answer in (value, shapes, [value]):
        try:
            papers, _ = search(kind, answer)
        except InputError:
            continue
        assert all(paper.title and paper.identifiers for paper in papers)
