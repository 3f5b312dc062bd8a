"""Parses PubMed's XML (https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html).

Abstracts may have labelled parts. A third of the articles have no DOI, and many no day. `UpdateOf`
and `UpdateIn` connect a preprint with its article; `RetractionIn` and `ErratumIn` are notices.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date

from digest.core.batch_limits import (
    MAX_ABSTRACT,
    MAX_CONNECTION,
    MAX_KEYWORDS,
    MAX_TITLE,
    MAX_VENUE,
)
from digest.core.identity.name_parsing import author, find_doi
from digest.core.models.papers import AnnouncementKind, Identifier, Paper, PaperLink
from digest.core.text.html_text import html_line
from digest.errors import InputError
from digest.sources.markup import http_url
from digest.sources.records.connections import (
    author_ids,
    cited_ids,
    connections,
    institution_ids,
    journal_ids,
)
from digest.sources.records.relations import notice_identifiers, with_other_forms
from digest.sources.records.texts.withdrawn_titles import noticed_title, withdrawn_title
from digest.sources.records.values import identified

_SAME_PAPER = ("UpdateOf", "UpdateIn")
_ABOUT = {
    "RetractionOf": AnnouncementKind.RETRACTED,
    "ErratumFor": AnnouncementKind.CORRECTED,
}
_NOTICES = {
    "Retraction of Publication": AnnouncementKind.RETRACTED,
    "Published Erratum": AnnouncementKind.CORRECTED,
}
_NO_PAPERS = frozenset(("Comment", "Editorial", "News", "Portrait", "Biography"))
_MONTHS = {name: number for number, name in enumerate(
    "jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1  # noqa: SIM905
)}  # fmt: skip
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
# Entities could be defined to grow without bound; PubMed defines none.
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)


def articles(body: bytes) -> Iterator[ET.Element]:
    """Yields the articles of an answer of `efetch`.

    Raises:
        InputError: It is not such an answer; PubMed's own reason is quoted.
    """
    if _ENTITY.search(body):
        raise InputError("the XML defines entities, which PubMed does not")
    try:
        root = ET.fromstring(body)  # noqa: S314 - without entities, and bounded by the client
    except ET.ParseError as error:
        raise InputError(f"the answer is not XML: {error}") from None
    if root.tag == "PubmedArticle":
        yield root
        return
    if root.tag not in ("PubmedArticleSet", "pubmed-article-set"):
        reason = html_line(" ".join(root.itertext()), limit=200)
        raise InputError(f"the answer has no articles: {reason or root.tag}")
    yield from root.iter("PubmedArticle")


def paper(article: ET.Element) -> Paper | None:
    """Returns the paper of an article, or the notice; None without a title, or for a comment."""
    title, kind = withdrawn_title(_title(article).rstrip())
    pmid = _text(article.find("MedlineCitation/PMID"), limit=20)
    if not title or not pmid.isdigit():
        return None
    types = {_text(item, limit=100) for item in article.iter("PublicationType")}
    own = _doi(article)
    if notice := _notice(article, title, own or pmid, types):
        return notice
    if types & _NO_PAPERS:
        return None
    others = (_linked(item) for item in _related(article, _SAME_PAPER))
    names, links = with_other_forms(own, others)
    is_retracted = "Retracted Publication" in types or bool(_related(article, ("RetractionIn",)))
    address = http_url(f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/")
    page = (PaperLink(rel="page" if links else "abstract", url=address),) if address else ()
    return Paper(
        title=title,
        abstract=_abstract(article),
        authors=tuple(filter(None, map(_name, article.iterfind(".//AuthorList/Author")))),
        identifiers=(*names, Identifier(scheme="pmid", value=pmid)),
        links=(*links, *page),
        published=_published(article),
        venue=""
        if "Preprint" in types
        else _text(article.find(".//Journal/Title"), limit=MAX_VENUE),
        keywords=tuple(filter(None, (_text(item, limit=100) for item in article.iter("Keyword"))))[
            :MAX_KEYWORDS
        ],
        connections=_connections(article),
        notice=AnnouncementKind.RETRACTED if is_retracted else kind,
    )


def _connections(article: ET.Element) -> tuple[str, ...]:
    people = list(article.iterfind(".//AuthorList/Author"))
    journals = (*article.iterfind(".//Journal/ISSN"), *article.iter("ISSNLinking"))
    works = article.iterfind(".//ReferenceList/Reference/ArticleIdList/ArticleId[@IdType='doi']")
    return connections(
        (text for person in people for text in author_ids(_name(person), orcid=_orcid(person))),
        journal_ids([_text(item, limit=20) for item in journals]),
        institutions=(
            text
            for person in people
            for place in person.iterfind("AffiliationInfo")
            for text in institution_ids(
                _text(place.find("Affiliation"), limit=MAX_CONNECTION),
                ror=_text(place.find("Identifier[@Source='ROR']"), limit=100),
            )
        ),
        cited=cited_ids(_text(work, limit=500) for work in works),
    )


def _orcid(person: ET.Element) -> str:
    return _text(person.find("Identifier[@Source='ORCID']"), limit=100)


def _text(element: ET.Element | None, *, limit: int) -> str:
    return "" if element is None else html_line("".join(element.itertext()), limit=limit)


def _title(article: ET.Element) -> str:
    title = _text(article.find(".//ArticleTitle"), limit=MAX_TITLE)
    # A translated title is in brackets; without one there is only the original.
    if title.startswith("[") and title.rstrip(".").endswith("]"):
        title = title.rstrip(".")[1:-1].strip()
    title = title.removesuffix(".") if not title.endswith("..") else title
    return title or _text(article.find(".//VernacularTitle"), limit=MAX_TITLE)


def _doi(article: ET.Element) -> str | None:
    places = (
        *article.iterfind("PubmedData/ArticleIdList/ArticleId[@IdType='doi']"),
        *article.iterfind(".//ELocationID[@EIdType='doi']"),
    )
    return next((text for place in places if (text := _text(place, limit=500))), None)


def _related(article: ET.Element, kinds: tuple[str, ...]) -> list[ET.Element]:
    related = article.iterfind(".//CommentsCorrectionsList/CommentsCorrections")
    return [item for item in related if item.get("RefType") in kinds]


def _linked(item: ET.Element) -> str | None:
    """Returns the DOI in the citation of another article: "medRxiv. 2020 ... doi: 10.1101/..."."""
    return find_doi(_text(item.find("RefSource"), limit=500))


def _notice(article: ET.Element, title: str, name: str, types: set[str]) -> Paper | None:
    kind = next((kind for what, kind in _NOTICES.items() if what in types), None)
    for item in _related(article, tuple(_ABOUT)):
        pmid = _text(item.find("PMID"), limit=20)
        about, _ = identified(doi_text=_linked(item))
        if pmid.isdigit():
            about = (*about, Identifier(scheme="pmid", value=pmid))
        if identifiers := notice_identifiers(name, about):
            return Paper(
                title=noticed_title(title) or title,
                identifiers=identifiers,
                notice=kind or _ABOUT[str(item.get("RefType"))],
            )
    return None


def _abstract(article: ET.Element) -> str:
    parts: list[str] = []
    for part in article.iterfind(".//Article/Abstract/AbstractText"):
        text = _text(part, limit=MAX_ABSTRACT)
        label = (part.get("Label") or "").strip().rstrip(":")
        if text:
            parts.append(
                f"{label.capitalize()}: {text}" if label and label != "UNLABELLED" else text
            )
    return " ".join(parts)[:MAX_ABSTRACT]


def _name(person: ET.Element) -> str:
    group = _text(person.find("CollectiveName"), limit=200)
    given = _text(person.find("ForeName"), limit=100) or _text(person.find("Initials"), limit=20)
    family = _text(person.find("LastName"), limit=100)
    return group or author(f"{given} {family}".strip())


def _published(article: ET.Element) -> date | None:
    """Returns the day of the article online, otherwise that of its issue; parts may be missing."""
    for place in (".//ArticleDate", ".//JournalIssue/PubDate"):
        if (item := article.find(place)) is not None and (found := _day(item)):
            return found
    return None


def _day(item: ET.Element) -> date | None:
    year = _YEAR.search(
        _text(item.find("Year"), limit=10) or _text(item.find("MedlineDate"), limit=30)
    )
    if year is None:
        return None
    month, number = _text(item.find("Month"), limit=10), _text(item.find("Day"), limit=4)
    place = _MONTHS.get(month[:3].casefold()) or (int(month) if month.isdigit() else 1)
    try:
        return date(int(year[0]), place, int(number) if number.isdigit() else 1)
    except ValueError:
        return date(int(year[0]), 1, 1)
