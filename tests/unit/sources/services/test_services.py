"""What is asked of each service, and how its answers and errors are read."""

import json
from datetime import date
from typing import Any

import pytest

from digest.errors import InputError
from digest.sources.services.crossref import CrossrefService
from digest.sources.services.openalex import OpenAlexService
from digest.sources.services.paged import PagedService
from digest.sources.services.pubmed import PubmedService
from digest.sources.services.semanticscholar import SemanticScholarService

SINCE, TODAY = date(2026, 1, 20), date(2026, 1, 22)
DOI = "10.1038/s41586-026-1"


def body(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_crossref_is_asked_for_journals_and_days_until_a_page_is_not_full() -> None:
    service = CrossrefService(issns=("1476-4687", "0028-0836"), contact="me@example.org")
    (path,) = service.first_paths(SINCE, TODAY)
    assert "issn%3A1476-4687%2Cissn%3A0028-0836%2Cfrom-index-date%3A2026-01-20" in path
    assert "mailto=me%40example.org" in path
    item = {"DOI": DOI, "type": "journal-article", "title": ["A Study"]}
    message = {"items": [item] * 200, "next-cursor": "a b", "total-results": 201}
    page = service.parse(path, body({"message": message}))
    assert (page.total, page.rows) == (201, 200)
    assert page.next_path is not None
    assert page.next_path.endswith("cursor=a+b&mailto=me%40example.org")
    last = service.parse(page.next_path, body({"message": message | {"items": [item]}}))
    assert last.next_path is None


def test_openalex_is_asked_with_its_filter_and_its_key() -> None:
    service = OpenAlexService(filter="topics.id:T1|T2", secret="s3cret")
    (path,) = service.first_paths(SINCE, TODAY)
    assert "topics.id%3AT1%7CT2%2Cfrom_publication_date%3A2026-01-20" in path
    assert "api_key=s3cret" in path
    work = {"doi": f"https://doi.org/{DOI}", "title": "A Study"}
    answer = {"meta": {"count": 2, "next_cursor": "next"}, "results": [work]}
    page = service.parse(path, body(answer))
    assert (len(page.papers), page.total) == (1, 2)
    assert page.next_path is not None
    assert "cursor=next" in page.next_path


def test_semantic_scholar_is_searched_and_asked_for_papers_like_others() -> None:
    service = SemanticScholarService(query="caches", likes=("ARXIV:2205.14135",))
    liked, searched = service.first_paths(SINCE, TODAY)
    assert liked.startswith("/recommendations/v1/papers/forpaper/ARXIV:2205.14135?")
    assert "publicationDateOrYear=2026-01-20%3A2026-01-22" in searched
    paper = {"title": "A Study", "externalIds": {"DOI": DOI}}
    page = service.parse(liked, body({"recommendedPapers": [paper, None]}))
    assert len(page.papers) == 1
    page = service.parse(searched, body({"data": [paper], "token": "more", "total": 2}))
    assert page.next_path is not None
    assert "token=more" in page.next_path


def test_pubmed_gives_numbers_then_articles_then_the_next_numbers() -> None:
    service = PubmedService(term="sepsis", contact="me@example.org")
    (search,) = service.first_paths(SINCE, TODAY)
    assert "mindate=2026%2F01%2F20" in search
    found = service.parse(search, body({"esearchresult": {"count": "3", "idlist": ["7", "8"]}}))
    assert found.papers == ()
    assert found.next_path is not None
    assert "id=7%2C8" in found.next_path
    xml = (
        b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article>"
        b"<ArticleTitle>A Study</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
        b"</PubmedArticleSet>"
    )
    page = service.parse(found.next_path, xml)
    assert (len(page.papers), page.rows, page.total) == (1, 2, 3)
    assert page.rejected[0].reason == "PubMed gave 1 of 2 articles"
    assert page.next_path is not None
    assert "retstart=2" in page.next_path
    empty = service.parse(page.next_path, body({"esearchresult": {"count": "3", "idlist": []}}))
    assert empty.next_path is None


@pytest.mark.parametrize(
    "service",
    [
        CrossrefService(issns=("1476-4687",)),
        OpenAlexService(filter="topics.id:T1"),
        PubmedService(term="sepsis"),
        SemanticScholarService(query="caches"),
    ],
)
@pytest.mark.parametrize(
    "answer",
    [
        b"<html>Bad Gateway</html>",
        b"[]",
        b"{}",
        b'{"error": "rate limit"}',
        b'{"message": "Forbidden"}',
        b'{"esearchresult": {"ERROR": "no"}}',
        b"\xff\xfe",
    ],
)
def test_an_answer_in_another_form_is_an_error_with_a_reason(
    service: PagedService, answer: bytes
) -> None:
    with pytest.raises(InputError, match=r"."):
        service.parse(service.first_paths(SINCE, TODAY)[-1], answer)
