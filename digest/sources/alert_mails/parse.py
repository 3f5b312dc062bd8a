"""Parses an alert mail to the papers that it lists.

What follows a title depends on the sender. Google Scholar: a line "Authors - Venue, Year", and an excerpt.
PubMed: a line with the authors, and one with the journal and the DOI. Of other mails, the title and the
identifiers are used.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from digest.core.batch_limits import MAX_VENUE
from digest.core.mime_reader import ParsedMessage
from digest.core.models.papers import Identifier, Paper, PaperLink
from digest.core.text.html_text import html_text
from digest.core.text.paper_ids import doi
from digest.sources.alert_mails.links import PaperAnchor, paper_anchors, pubmed_number
from digest.sources.records.texts.withdrawn_titles import withdrawn_title
from digest.sources.records.values import identified

MAX_PAPERS = 500  # of one mail
_MAX_AFTER = 5_000  # characters after a title that are read
_DOI = re.compile(r"\bdoi:\s*(10\.\S+)", re.IGNORECASE)
_ARXIV = re.compile(r"\barXiv:(\d{4}\.\d{4,5})", re.IGNORECASE)
_AUTHOR = re.compile(r"[^\W\d_][^\d@:;<>]{1,60}")
_YEAR = re.compile(r",?\s{0,9}(?:19|20)\d\d\s{0,9}\Z")
_JOURNAL = re.compile(r"(?P<name>[^.]{2,100}(?:\.[^.\d]{1,40})*?)\.\s*(?:19|20)\d\d\b")


def papers(message: ParsedMessage) -> tuple[Paper, ...]:
    """Returns the papers of an alert mail, in their order; none for any other mail."""
    found: dict[str, Paper] = {}
    for source in message.html:
        anchors = list(paper_anchors(source))[: MAX_PAPERS * 2]
        ends = [*(item.start for item in anchors), len(source)][1:]
        for anchor, end in zip(anchors, ends, strict=True):
            # A picture and a title often lead to the same page.
            if len(found) < MAX_PAPERS:
                after = source[anchor.end : min(end, anchor.end + _MAX_AFTER)]
                found.setdefault(anchor.url, _paper(anchor, after))
    return tuple(found.values())


def _paper(anchor: PaperAnchor, after: str) -> Paper:
    text = html_text(after, limit=_MAX_AFTER, only_html=True)
    lines = [line for line in text.split("\n") if line]
    authors: tuple[str, ...] = ()
    venue = abstract = ""
    if "gse_alrt_sni" in after:
        authors, venue, abstract = _scholar(lines, after)
    elif pubmed_number(anchor.url):
        authors, venue = _pubmed(lines)
    named = _DOI.search(text)
    arxiv = _ARXIV.search(text)
    identifiers, links = identified(
        arxiv_text=anchor.identifier or (f"arXiv:{arxiv[1]}" if arxiv else None),
        doi_text=doi(anchor.identifier) or (named[1].rstrip(".,;") if named else None),
    )
    if number := pubmed_number(anchor.url):
        identifiers = (*identifiers, Identifier(scheme="pmid", value=number))
    title, kind = withdrawn_title(anchor.title)
    return Paper(
        title=title,
        abstract=abstract,
        authors=authors,
        identifiers=identifiers,
        links=links or (PaperLink(rel="abstract", url=anchor.url),),
        venue="" if venue.casefold().startswith("arxiv") else venue[:MAX_VENUE],
        notice=kind,
    )


def _scholar(lines: list[str], after: str) -> tuple[tuple[str, ...], str, str]:
    """Returns authors, venue and excerpt of an entry of Google Scholar."""
    names, _, place = (lines[0] if lines else "").partition(" - ")
    start = after.find(">", after.find("gse_alrt_sni")) + 1
    end = after.find("</div", start)
    excerpt = html_text(after[start : end if end >= 0 else start], limit=2_000, only_html=True)
    authors = _names(names.replace("…", ""))
    return authors, _YEAR.sub("", place).strip(" …"), " ".join(excerpt.split())


def _pubmed(lines: list[str]) -> tuple[tuple[str, ...], str]:
    """Returns authors and journal of an entry of PubMed."""
    for first, second in pairwise(lines[:4]):
        if found := _JOURNAL.match(second):
            return _names(first.rstrip(".")), found["name"].strip()
    return (), ""


def _names(text: str) -> tuple[str, ...]:
    return tuple(_each_name(text))


def _each_name(text: str) -> Iterator[str]:
    for part in text.split(","):
        name = part.strip()
        if _AUTHOR.fullmatch(name):
            yield name
