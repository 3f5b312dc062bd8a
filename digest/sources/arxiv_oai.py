"""Records of arXiv's OAI-PMH (metadataPrefix=arXiv), bytes to Batch.

Source of the format: https://info.arxiv.org/help/oa/index.html. Titles and abstracts are
kept as they are, TeX and all; the format has no version of the text.
"""

from datetime import datetime
from xml.etree.ElementTree import Element

from digest.core.identity.name_parsing import MAX_AUTHORS, find_doi, split_authors
from digest.core.models.batches import Batch, Rejection
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.text.html_text import html_line, plain_paragraphs
from digest.core.text.tex import readable
from digest.errors import InputError
from digest.sources import markup
from digest.sources.feeds import arxiv, json_feed


def parse(data: bytes, *, source: str, origin: str, now: datetime) -> Batch:  # noqa: ARG001 - the signature of all parsers
    """Read the records of an answer.

    Args:
        data: the document.
        source: the source's name.
        origin: the address or file that it was read from.
        now: not needed.

    Returns:
        The papers, and the records that are none: deleted ones, and those without title.

    Raises:
        InputError: it is no answer of OAI-PMH, or it is an error's.
    """
    root = markup.tree(data, origin=origin)
    if arxiv.local(root) != "OAI-PMH":
        raise InputError(f"no answer of OAI-PMH: <{arxiv.local(root)}>", file=origin)
    error = root.find("{*}error")
    if error is not None and error.get("code") != "noRecordsMatch":
        said = html_line(error.text or error.get("code") or "an error", limit=300)
        raise InputError(f"arXiv answered: {said}", file=origin)
    papers: list[Paper] = []
    rejected: list[Rejection] = []
    for number, record in enumerate(root.iterfind(".//{*}record"), start=1):
        paper = _paper(record, number)
        if isinstance(paper, Paper):
            papers.append(paper)
        else:
            rejected.append(Rejection(reason=f"record {number}: {paper}"))
    return Batch(
        source=source,
        origin=origin,
        papers=tuple(papers),
        rejected=tuple(rejected),
        fingerprint=json_feed.fingerprint(data),
    )


def _paper(record: Element, position: int) -> Paper | str:
    """The paper of a record, or why there is none."""
    header = record.find("{*}header")
    if header is not None and header.get("status") == "deleted":
        return f"deleted ({arxiv.text_of(header, 'identifier')[:100]})"
    meta = record.find("{*}metadata/{*}arXiv")
    if meta is None:
        return "no metadata in the format arXiv"
    title = " ".join(
        plain_paragraphs(arxiv.text_of(meta, "title"), limit=json_feed.MAX_TITLE).split()
    )
    number = arxiv.text_of(meta, "id")
    if not title or not number:
        return f"no {'id' if title else 'title'}"
    abstract = arxiv.text_of(meta, "abstract")
    people = meta.findall("{*}authors/{*}author")[:MAX_AUTHORS]
    return Paper(
        title=title,
        abstract=plain_paragraphs(abstract, limit=json_feed.MAX_ABSTRACT),
        authors=tuple(filter(None, map(_author, people))),
        identifiers=tuple(
            arxiv.identifiers(number, find_doi((arxiv.text_of(meta, "doi").split() or [""])[0]))
        ),
        categories=tuple(arxiv.text_of(meta, "categories").split()),
        links=arxiv.links(number, version=None),
        published=json_feed.day_of(arxiv.text_of(meta, "created")),
        updated=json_feed.day_of(arxiv.text_of(meta, "updated")),
        position=position,
        notice=AnnouncementKind.WITHDRAWN
        if arxiv.is_withdrawn(abstract, arxiv.text_of(meta, "comments"))
        else None,
    )


def _author(person: Element) -> str:
    """`Forenames Keyname Suffix`; "" for the colon that arXiv puts after a collaboration."""
    parts = [arxiv.text_of(person, name) for name in ("forenames", "keyname", "suffix")]
    name = readable(" ".join(" ".join(filter(None, parts)).split()))
    return name if split_authors(name) else ""
