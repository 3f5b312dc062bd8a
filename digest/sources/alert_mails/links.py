"""Finds the links to papers in the HTML of an alert mail. No link is ever fetched."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct

from digest.core.models.trust import is_within
from digest.core.text.html_text import html_line, unescaped
from digest.core.text.paper_ids import arxiv_id, doi
from digest.sources.feeds.json_feed import MAX_TITLE
from digest.sources.markup import http_url

_ANCHOR = re.compile(
    r"<a\b(?P<attributes>[^<>]{0,8000}+)>(?P<inner>(?:(?!</?a\b).)*+)</a\s*+>",
    re.IGNORECASE | re.DOTALL,
)
_HREF = re.compile(
    r"\bhref\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'|(?P<bare>[^\s\"'>]++))",
    re.IGNORECASE,
)
_MIN_WORDS = 3  # of a title; links such as "Full text" have fewer
_MAX_HOPS = 3  # of redirects inside redirects
# Parameters in which the redirects of Google and of many mail services have the address.
_TARGETS = ("url", "u", "q", "target", "redirect")
_SCHOLAR = re.compile(r"scholar\.google\.(?:com|[a-z]{2}|com?\.[a-z]{2})")
_DOI_IN_PATH = re.compile(r"/(10\.[0-9]{4,9}/[^?#]+)")
_AFTER_DOI = re.compile(
    r"(?:/(?:abstract|full|fulltext|pdf|epdf|html)|\.(?:full|pdf|abstract)){1,4}\Z"
)
_PUBMED = re.compile(r"/(?:pubmed/)?([0-9]{4,9})/?")
# Pages of articles whose addresses contain no DOI.
_ARTICLES = (
    ("nature.com", "/articles/"),
    ("sciencedirect.com", "/science/article/"),
    ("ieeexplore.ieee.org", "/document/"),
    ("openreview.net", "/forum"),
    ("semanticscholar.org", "/paper/"),
)


class PaperAnchor(Struct, frozen=True, kw_only=True):
    """A link to a paper, and its position in the HTML."""

    title: str
    url: str  # of the paper, without the redirect
    identifier: str  # an arXiv id or a DOI in the address; may be empty
    start: int
    end: int


def paper_anchors(source: str) -> Iterator[PaperAnchor]:
    """Yields the links to papers that have a title, in their order.

    Args:
        source: HTML.
    """
    for anchor in _ANCHOR.finditer(source):
        href = _HREF.search(anchor["attributes"])
        if href is None:
            continue
        address = unescaped(href["double"] or href["single"] or href["bare"] or "").strip()
        target, from_scholar = unwrapped(address)
        if target is None:
            continue
        identifier = identifier_in(target)
        if not (from_scholar or identifier or _is_article(target)):
            continue
        title = html_line(anchor["inner"], limit=MAX_TITLE, only_html=True)
        if len(title.split()) >= _MIN_WORDS and http_url(title) is None:
            yield PaperAnchor(
                title=title,
                url=target,
                identifier=identifier,
                start=anchor.start(),
                end=anchor.end(),
            )


def unwrapped(address: str) -> tuple[str | None, bool]:
    """Returns where a redirect leads, as its own address says it.

    Args:
        address: of the link.

    Returns:
        The address of the page, or None if it is not an http or https address; and whether Google
        Scholar redirects to it.
    """
    from_scholar = False
    for _ in range(_MAX_HOPS):
        url = http_url(address)
        if url is None:
            return None, from_scholar
        try:
            parts = urlsplit(url)
            query = parse_qs(parts.query, max_num_fields=100)
        except ValueError:
            return None, from_scholar
        inner = next(
            (query[name][0] for name in _TARGETS if http_url(query.get(name, [""])[0])), None
        )
        if inner is None:
            return url, from_scholar
        if parts.path == "/scholar_url" and _SCHOLAR.fullmatch(parts.hostname or ""):
            from_scholar = True
        address = inner
    return http_url(address), from_scholar


def identifier_in(url: str) -> str:
    """Returns the arXiv id or the DOI in an address; empty if there is none."""
    if found := arxiv_id(url):
        return f"arXiv:{found[0]}"
    if name := doi(url):
        return name
    in_path = _DOI_IN_PATH.search(unquote(urlsplit(url).path))
    return (doi(_AFTER_DOI.sub("", in_path[1])) or "") if in_path else ""


def pubmed_number(url: str) -> str:
    """Returns the number of an article in an address of PubMed; empty for any other address."""
    parts = urlsplit(url)
    is_pubmed = is_within(parts.hostname or "", "ncbi.nlm.nih.gov")
    found = _PUBMED.fullmatch(parts.path) if is_pubmed else None
    return found[1] if found else ""


def _is_article(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return bool(pubmed_number(url)) or any(
        is_within(host, domain) and parts.path.startswith(path) for domain, path in _ARTICLES
    )
