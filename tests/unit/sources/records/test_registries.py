"""Records of Crossref, OpenAlex, Semantic Scholar, DataCite and PubMed, with invented contents."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.models.papers import AnnouncementKind, Paper
from digest.errors import InputError
from digest.sources.records import crossref, datacite, openalex, pubmed, semanticscholar
from digest.sources.records.texts.jats import jats_abstract, jats_text

PREPRINT, ARTICLE = "10.1101/2026.01.02.698765", "10.1038/s41586-026-1"


def names(paper: Paper | None) -> list[str]:
    assert paper is not None
    return [f"{item.scheme}:{item.value}" for item in paper.identifiers]


def work(**changed: Any) -> dict[str, Any]:
    return {
        "DOI": ARTICLE,
        "type": "journal-article",
        "title": ["A Study of <i>E. coli</i>"],
        "author": [{"given": "Ada", "family": "Example"}, {"name": "The Group"}],
        "abstract": "<jats:title>Abstract</jats:title><jats:p>We ask.</jats:p>",
        "issued": {"date-parts": [[2026, 5]]},
        "container-title": ["Journal of Studies"],
        **changed,
    }


def test_a_work_of_crossref_gives_all_fields() -> None:
    paper = crossref.paper(work())
    assert paper is not None
    assert (paper.title, paper.abstract) == ("A Study of E. coli", "We ask.")
    assert paper.authors == ("Ada Example", "The Group")
    assert (paper.published, paper.venue) == (date(2026, 5, 1), "Journal of Studies")


@pytest.mark.parametrize("issued", [None, [[None]], [[]], [], "2026", [["2026"]]])
def test_a_work_without_a_day_has_none(issued: Any) -> None:
    paper = crossref.paper(work(issued={"date-parts": issued}))
    assert paper is not None
    assert paper.published is None


def test_relations_join_a_preprint_with_its_article_in_both_directions() -> None:
    related = [{"id-type": "doi", "id": PREPRINT}, {"id-type": "doi", "id": ARTICLE}]
    article = crossref.paper(work(relation={"has-preprint": related}))
    assert names(article) == [f"doi:{ARTICLE}", f"doi:{PREPRINT}"]
    preprint = crossref.paper(
        work(DOI=PREPRINT, type="posted-content", relation={"is-preprint-of": related})
    )
    assert set(names(preprint)) == set(names(article))
    assert preprint is not None
    assert preprint.venue == ""


@pytest.mark.parametrize(
    "what, kind",
    [
        ("correction", AnnouncementKind.CORRECTED),
        ("erratum", AnnouncementKind.CORRECTED),
        ("retraction", AnnouncementKind.RETRACTED),
    ],
)
def test_a_work_that_updates_another_one_is_a_notice(what: str, kind: AnnouncementKind) -> None:
    update = [{"DOI": ARTICLE, "type": what}]
    paper = crossref.paper(
        work(DOI="10.1038/c1", title=["Correction to: A Study"], **{"update-to": update})
    )
    assert names(paper) == [f"doi:{ARTICLE}", "notice:10.1038/c1"]
    assert paper is not None
    assert (paper.title, paper.notice, paper.is_notice) == ("A Study", kind, True)


@pytest.mark.parametrize(
    "title",
    [
        "Issue Information",
        "Front Matter (“Contents”)",
        "Book review: The Year in Hypertension 2000: Editors: HL Elliott",
        "BOOKS RECEIVED",
        "Contents of Forest Ecology and Management, volume 98",
        "Index to Volume 165",
        "Calendar of events",
        "INDEX TO ADVERTISERS",
        "Publisher's Note: Introducing article numbering",
    ],
)
def test_a_part_of_an_issue_is_no_paper(title: str) -> None:
    assert crossref.paper(work(title=[title])) is None


@pytest.mark.parametrize(
    "title",
    [
        "Contents of mercury in fish of the Baltic",
        "Calendar age and the biology of ageing",
        "Index cases of measles",
        "Book reviews as a genre",
        "Front matters in waves",
        "Cover crops and soil",
    ],
)
def test_a_paper_whose_title_begins_so_is_one(title: str) -> None:
    assert crossref.paper(work(title=[title])) is not None


def test_a_new_version_is_no_notice_and_a_review_no_paper() -> None:
    update = [{"DOI": ARTICLE, "type": "new_version"}]
    paper = crossref.paper(work(DOI="10.12688/f1000research.1.2", **{"update-to": update}))
    assert paper is not None
    assert not paper.is_notice
    assert crossref.paper(work(type="peer-review")) is None


@pytest.mark.parametrize(
    "source, text",
    [
        (
            "<jats:sec><jats:title>Methods</jats:title><jats:p>We count.</jats:p></jats:sec>",
            "Methods: We count.",
        ),
        ("<jats:title>Why?</jats:title><jats:p>So.</jats:p>", "Why? So."),
        (
            "in <mml:math><mml:msub><mml:mi>H</mml:mi><mml:mn>2</mml:mn></mml:msub></mml:math>O",
            "in H2O",
        ),
        ("<mml:math>x<mml:annotation>TeX</mml:annotation></mml:math>", "x"),
        ("p < 0.05 and q > 1", "p < 0.05 and q > 1"),
        ("&lt;p&gt;We ask.&lt;/p&gt;", "We ask."),
        ("<jats:title>ABSTRACT</jats:title><jats:p>We ask.</jats:p>", "We ask."),
    ],
)
def test_tags_of_jats_and_mathml_become_text(source: str, text: str) -> None:
    assert jats_abstract(source, limit=1000) == text


def openalex_work(**changed: Any) -> dict[str, Any]:
    return {
        "doi": f"https://doi.org/{ARTICLE}",
        "title": "A Study",
        "type": "article",
        "publication_date": "2026-01-01",
        "authorships": [{"author": {"display_name": "Ada Example"}}],
        "abstract_inverted_index": {"Abstract": [0], "We": [1], "ask": [3]},
        "primary_location": {
            "landing_page_url": f"https://doi.org/{ARTICLE}",
            "source": {"type": "journal", "display_name": "Journal of Studies"},
        },
        "locations": [
            {"landing_page_url": f"https://doi.org/{PREPRINT}", "version": "submittedVersion"},
            {"landing_page_url": "https://doi.org/10.6084/m9.figshare.1"},
        ],
        **changed,
    }


def test_a_work_of_openalex_has_its_preprint_and_not_its_data() -> None:
    paper = openalex.paper(openalex_work())
    assert names(paper) == [f"doi:{ARTICLE}", f"doi:{PREPRINT}"]
    assert paper is not None
    assert (paper.abstract, paper.venue) == ("We ask", "Journal of Studies")


def test_openalex_says_what_is_retracted() -> None:
    paper = openalex.paper(openalex_work(is_retracted=True))
    assert paper is not None
    assert paper.notice is AnnouncementKind.RETRACTED


def test_a_record_of_datacite_has_the_article_of_an_arxiv_paper() -> None:
    attributes = {
        "doi": "10.48550/arxiv.2601.01234",
        "titles": [{"title": "A Study"}],
        "types": {"resourceTypeGeneral": "Preprint"},
        "creators": [{"name": "Example, Ada", "givenName": "Ada", "familyName": "Example"}],
        "dates": [{"date": "2026-01-05T10:00:00Z", "dateType": "Submitted"}],
        "descriptions": [{"description": "We ask.", "descriptionType": "Abstract"}],
        "relatedIdentifiers": [
            {
                "relationType": "IsVersionOf",
                "relatedIdentifier": ARTICLE,
                "relatedIdentifierType": "DOI",
            },
            {
                "relationType": "Cites",
                "relatedIdentifier": "10.1/x",
                "relatedIdentifierType": "DOI",
            },
        ],
    }
    paper = datacite.paper({"attributes": attributes})
    assert names(paper) == ["arxiv:2601.01234", f"doi:{ARTICLE}"]
    assert paper is not None
    assert (paper.authors, paper.published) == (("Ada Example",), date(2026, 1, 5))


def test_a_paper_of_semantic_scholar_may_have_no_abstract() -> None:
    paper = semanticscholar.paper(
        {"title": "A Study", "abstract": None, "year": 2026, "externalIds": {"DOI": ARTICLE}}
    )
    assert names(paper) == [f"doi:{ARTICLE}"]
    assert paper is not None
    assert (paper.abstract, paper.published) == ("", date(2026, 1, 1))


def article(citation: str = "", *, inner: str = "", data: str = "") -> bytes:
    return f"""<?xml version="1.0"?><PubmedArticleSet><PubmedArticle><MedlineCitation>
<PMID>123</PMID><Article><Journal><JournalIssue><PubDate><MedlineDate>2026 Jan-Feb</MedlineDate>
</PubDate></JournalIssue><Title>Journal of Studies</Title></Journal>
<ArticleTitle>A <i>Study</i> of mice.</ArticleTitle>{inner}
<Abstract><AbstractText Label="BACKGROUND">We ask.</AbstractText>
<AbstractText Label="METHODS">We count.</AbstractText></Abstract>
<AuthorList><Author><LastName>Example</LastName><ForeName>Ada B</ForeName></Author>
<Author><CollectiveName>The Group</CollectiveName></Author></AuthorList></Article>
<CommentsCorrectionsList>{citation}</CommentsCorrectionsList></MedlineCitation>
<PubmedData><ArticleIdList>{data}</ArticleIdList></PubmedData>
</PubmedArticle></PubmedArticleSet>""".encode()


def read(body: bytes) -> Paper | None:
    (found,) = pubmed.articles(body)
    return pubmed.paper(found)


def test_an_article_of_pubmed_gives_all_fields_also_without_doi_and_day() -> None:
    paper = read(article())
    assert paper is not None
    assert (paper.title, paper.venue) == ("A Study of mice", "Journal of Studies")
    assert paper.abstract == "Background: We ask. Methods: We count."
    assert paper.authors == ("Ada B Example", "The Group")
    assert paper.published == date(2026, 1, 1)
    assert names(paper) == ["pmid:123"]
    assert paper.link("abstract") == "https://pubmed.ncbi.nlm.nih.gov/123/"


def test_pubmed_joins_a_preprint_with_its_article() -> None:
    update = (
        '<CommentsCorrections RefType="UpdateOf"><RefSource>bioRxiv. 2026 Jan 2. doi: '
        f"{PREPRINT}</RefSource></CommentsCorrections>"
    )
    paper = read(article(update, data=f'<ArticleId IdType="doi">{ARTICLE}</ArticleId>'))
    assert names(paper) == [f"doi:{ARTICLE}", f"doi:{PREPRINT}", "pmid:123"]


def test_pubmed_says_what_is_retracted_and_what_a_correction_is_about() -> None:
    retracted = read(article('<CommentsCorrections RefType="RetractionIn"/>'))
    assert retracted is not None
    assert retracted.notice is AnnouncementKind.RETRACTED
    erratum = read(
        article('<CommentsCorrections RefType="ErratumFor"><PMID>99</PMID></CommentsCorrections>')
    )
    assert names(erratum) == ["pmid:99", "notice:123"]


def test_a_comment_is_no_paper() -> None:
    types = "<PublicationTypeList><PublicationType>Comment</PublicationType></PublicationTypeList>"
    assert read(article(inner=types)) is None


@pytest.mark.parametrize(
    "body, reason",
    [
        (b"<html>Error</html>", "no articles: Error"),
        (b"no XML", "not XML"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><PubmedArticleSet/>', "defines entities"),
    ],
)
def test_what_is_no_answer_of_pubmed_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        list(pubmed.articles(body))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "parser", [crossref.paper, openalex.paper, semanticscholar.paper, datacite.paper]
)
@given(st.data())
def test_any_record_is_a_paper_or_none(parser: Any, data: st.DataObject) -> None:
    more = (
        "titles externalIds relation update-to ISSN reference referenced_works relatedIdentifiers"
    )
    keys = sorted({*work(), *openalex_work(), *more.split(), "creators", "author", "authorships"})
    record = (
        work()
        | openalex_work()
        | data.draw(st.dictionaries(st.sampled_from(keys), json_values, max_size=5))
    )
    found = parser(record)
    assert found is None or found.title


@given(st.text(alphabet="<>/&;lpt jats:mi=\"' x\n", max_size=200))
def test_any_markup_becomes_one_line(text: str) -> None:
    assert "\n" not in jats_text(text, limit=100)
