"""What records name by ids, with invented contents."""

import xml.etree.ElementTree as ET
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from digest.core.batch_limits import MAX_CONNECTION, MAX_CONNECTIONS
from digest.core.models.papers import Paper
from digest.sources.records import biorxiv, crossref, datacite, openalex, pubmed
from digest.sources.records.connections import connections

ORCID = "https://orcid.org/0000-0002-1825-0097"
CARBERRY = "orcid:0000-0002-1825-0097 Josiah Carberry"


def named(paper: Paper | None) -> tuple[str, ...]:
    assert paper is not None
    return paper.connections


def test_a_work_of_crossref_names_its_authors_journal_and_references() -> None:
    work: dict[str, Any] = {
        "DOI": "10.1038/x",
        "type": "journal-article",
        "title": ["A Study"],
        "ISSN": ["1476-4687", "0028-0836", "1234-0000", None],
        "author": [
            {
                "given": "Josiah",
                "family": "Carberry",
                "ORCID": ORCID.replace("https", "http"),
                "affiliation": [{"name": "Brown University"}, {"name": None}, "no object"],
            },
            {"family": "Wrong", "ORCID": "https://orcid.org/0000-0002-1825-0098"},
        ],
        "reference": [
            {"DOI": "10.1038/NATURE14539", "key": "1"},
            {"DOI": "10.48550/arXiv.1706.03762"},
            {"unstructured": "A book"},
            {"DOI": "10.1038/nature14539"},
        ],
    }
    assert named(crossref.paper(work)) == (
        CARBERRY,
        "issn:1476-4687",
        "issn:0028-0836",
        "affiliation: Brown University",
        "cites:doi:10.1038/nature14539",
        "cites:arxiv:1706.03762",
    )


def test_a_work_of_openalex_has_the_ids_of_both_registries() -> None:
    source = {
        "id": "https://openalex.org/S137773608",
        "issn": ["1476-4687"],
        "type": "journal",
        "display_name": "Nature",
    }
    work = {
        "doi": "https://doi.org/10.1038/x",
        "title": "A Study",
        "authorships": [
            {
                "author": {
                    "id": "https://openalex.org/A5023888391",
                    "display_name": "Josiah Carberry",
                    "orcid": ORCID,
                },
                "institutions": [
                    {
                        "id": "https://openalex.org/I27804330",
                        "display_name": "Brown University",
                        "ror": "https://ror.org/05gq02987",
                    }
                ],
            }
        ],
        "primary_location": {"source": source, "landing_page_url": "https://doi.org/10.1038/x"},
        "referenced_works": ["https://openalex.org/W2741809807", "https://openalex.org/x", None],
    }
    assert named(openalex.paper(work)) == (
        CARBERRY,
        "openalex:A5023888391 Josiah Carberry",
        "issn:1476-4687",
        "openalex:S137773608",
        "ror:05gq02987 Brown University",
        "openalex:I27804330 Brown University",
        "cites:openalex:W2741809807",
    )


def test_an_article_of_pubmed_names_authors_institutions_journal_and_references() -> None:
    article = ET.fromstring(
        f"""<PubmedArticle><MedlineCitation><PMID>1</PMID><Article>
        <Journal><ISSN IssnType="Electronic">1476-4687</ISSN><Title>Nature</Title></Journal>
        <ArticleTitle>A Study</ArticleTitle>
        <AuthorList><Author><LastName>Carberry</LastName><ForeName>Josiah</ForeName>
        <Identifier Source="ORCID">{ORCID}</Identifier>
        <AffiliationInfo><Affiliation>Brown University, USA.</Affiliation></AffiliationInfo>
        </Author></AuthorList></Article></MedlineCitation><PubmedData><ReferenceList><Reference>
        <ArticleIdList><ArticleId IdType="doi">10.1038/nature14539</ArticleId>
        <ArticleId IdType="pubmed">2</ArticleId></ArticleIdList>
        </Reference></ReferenceList></PubmedData></PubmedArticle>"""
    )
    assert named(pubmed.paper(article)) == (
        CARBERRY,
        "issn:1476-4687",
        "affiliation: Brown University, USA.",
        "cites:doi:10.1038/nature14539",
    )


def test_a_record_of_datacite_and_of_biorxiv_name_what_they_have() -> None:
    record = {
        "doi": "10.5061/x",
        "titles": [{"title": "A Study"}],
        "types": {"resourceTypeGeneral": "Text"},
        "creators": [
            {
                "name": "Carberry, Josiah",
                "nameIdentifiers": [{"nameIdentifier": ORCID}, {"nameIdentifier": "VIAF 1"}],
                "affiliation": ["Brown University", {"name": "ETH", "affiliationIdentifier": 3}],
            }
        ],
        "relatedIdentifiers": [
            {"relationType": "References", "relatedIdentifier": "10.1038/nature14539"},
            {"relationType": "IsPartOf", "relatedIdentifier": "10.1038/other"},
        ],
    }
    assert [text.partition(" ")[0] for text in named(datacite.paper(record))] == [
        "orcid:0000-0002-1825-0097",
        "affiliation:",
        "affiliation:",
        "cites:doi:10.1038/nature14539",
    ]
    preprint = {
        "title": "A Study",
        "doi": "10.64898/2026.01.20.000001",
        "date": "2026-01-20",
        "author_corresponding_institution": "Brown University",
    }
    found = biorxiv.paper(preprint, server="biorxiv")
    assert named(found) == ("affiliation: Brown University",)


def test_a_collaboration_is_bounded_and_keeps_its_references() -> None:
    found = connections(
        (f"openalex:A{number}" for number in range(5_000)),
        institutions=(f"affiliation: {'x' * 500}{number}" for number in range(5_000)),
        cited=(f"cites:openalex:W{number}" for number in range(5_000)),
    )
    assert len(found) == MAX_CONNECTIONS
    assert max(map(len, found)) <= MAX_CONNECTION
    assert sum(text.startswith("cites:") for text in found) == 400


PERSON = st.dictionaries(
    st.sampled_from(("ORCID", "affiliation", "author", "institutions", "nameIdentifiers", "name")),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=30) | st.sampled_from((ORCID, "10.1/x")),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(("id", "name", "ror", "orcid", "display_name", "id-type")),
                inner,
                max_size=3,
            )
        ),
        max_leaves=6,
    ),
    max_size=4,
)


@given(st.lists(PERSON, max_size=3), st.lists(PERSON | st.none() | st.text(max_size=9), max_size=3))
def test_people_and_references_of_any_form_give_names_and_ids_or_none(
    people: list[Any], works: list[Any]
) -> None:
    record = {
        "DOI": "10.1038/x",
        "doi": "10.1038/x",
        "type": "journal-article",
        "types": {"resourceTypeGeneral": "Text"},
        "title": ["A Study"],
        "titles": [{"title": "A Study"}],
        "author": people,
        "authorships": people,
        "creators": people,
        "reference": works,
        "referenced_works": works,
        "relatedIdentifiers": works,
        "ISSN": works,
    }
    for parse in (
        crossref.paper,
        datacite.paper,
        lambda item: openalex.paper({**item, "title": "T"}),
    ):
        found = parse(record)
        assert found is not None
        assert all(isinstance(text, str) and len(text) <= 300 for text in found.connections)
