"""One paper as it is shown: its own part, and what depends on its reader.

`paper_view` knows nothing of a reader, so that a paper can be rendered once and joined into
many letters; `card` adds what one reader sees of it.
"""

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from digest.core.editions.excerpts import BUDGET, SHORT
from digest.core.models.editions import EditionEntry, KeywordMatch
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.text.display import authors_shown, text_shown
from digest.mail.rendering.encoded_fragments import BoundedCache
from digest.mail.rendering.excerpt import excerpt
from digest.mail.rendering.sanitize import clean, clip, host, is_rtl, safe_url
from digest.mail.rendering.wording import Wording

_TITLE = 450
_NAME = 80  # an author's, a keyword's
_AUTHORS = 6
_SHORT_AUTHORS = 3
_CATEGORIES = 3
_KEYWORDS = 4

_OPERATORS = re.compile(r"^(?:title|author|category):|\^[\d.]+$")
_NOT_HELD = ("related", "votes", "code")  # fields of matches that are no words of the paper

# Where a link leads, if it says more than what is there. Names, the same in all languages.
_PLACES = {
    "arxiv.org": "arXiv",
    "github.com": "GitHub",
    "gitlab.com": "GitLab",
    "huggingface.co": "Hugging Face",
    "openreview.net": "OpenReview",
}
_LINKS = ("abstract", "pdf", "code", "project", "page")  # in the order they are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLink:
    """A link as it is shown."""

    label: str  # where it leads, in a word or two: "arXiv", "PDF"
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperView:
    """What every reader sees of a paper; an empty string is not shown."""

    title: str
    href: str | None
    rtl: bool  # the title runs from right to left, and the card with it
    label: str  # of a paper that is not simply new
    authors: str
    facts: str  # number of authors, date, categories, votes, comments
    links: tuple[ShownLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # equal by identity: asked for often
class SharedCard:
    """A paper with the sentences that are shown of it: the same for many readers."""

    paper: PaperView
    short: bool  # less of it: trending papers, and the lesser ones of a week
    excerpt: str
    words: int  # that a reader reads
    lasting: bool  # further letters will have the same sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """The keywords that brought a paper here, as they are shown."""

    keywords: str
    rtl: bool


class Card(NamedTuple):  # which is made in half the time: each letter has new ones
    """One paper as one reader sees it."""

    number: int  # counted from 1 through the whole letter
    sheet: SharedCard
    score: float | None
    reason: Reason
    match: str

    @property
    def paper(self) -> PaperView:
        """What every reader sees of it."""
        return self.sheet.paper


_NO_REASON = Reason(keywords="", rtl=False)


def shown(text: str) -> str:
    """A paper's text as it is shown: entities and TeX as Unicode, on one line, harmless.

    The one place that decides it.
    """
    return clean(text_shown(text))


def title(paper: Paper, words: Wording) -> str:
    """The paper's title as it is shown; never empty."""
    return clip(shown(paper.title), _TITLE) or words("untitled")


class RenderCache:
    """What is made of papers and of keywords once for many readers.

    Args:
        papers: how many papers, in any of their forms, are kept. They are known by their
            revision, so it takes editions of one store; 0 for others.
    """

    def __init__(self, papers: int = 0) -> None:
        self.papers = BoundedCache[Hashable, PaperView](papers)
        self.sheets = BoundedCache[Hashable, SharedCard](4 * papers)
        self.reasons = BoundedCache[tuple[tuple[str, str], ...], Reason](10_000)
        self.matches = BoundedCache[int, str](101)


def card(
    entry: EditionEntry, words: Wording, *, number: int, short: bool, today: date, kept: RenderCache
) -> Card:
    """What one reader sees of a paper.

    Args:
        entry: the paper, and why it is here.
        words: the language.
        number: its place in the letter.
        short: one or two sentences are enough.
        today: the letter's day; dates of its year need no year.
        kept: for one language.
    """
    match, reason = "", _NO_REASON
    if entry.score is not None:
        points = round(entry.score)
        match = kept.matches.get(points) or kept.matches.put(points, words("match", n=points))
        named = tuple([(one.keyword, one.field) for one in entry.matches])
        reason = kept.reasons.get(named) or kept.reasons.put(named, _reason(entry.matches, words))
    item, paper = entry.candidate, entry.candidate.paper
    places = None if short else entry.sentences
    # A revision is what it is for ever; votes and comments are of the moment of the edition.
    year = today.year
    key = (item.revision_id, paper.votes, paper.comments, item.kind, short, year, places)
    lasting = places is not None or not entry.matches  # else its sentences are this reader's
    sheet = kept.sheets.get(key) if lasting else None
    if sheet is None:
        view = kept.papers.get(key[:-1]) or kept.papers.put(
            key[:-1], paper_view(paper, item.kind, words, short=short, today=today)
        )
        sheet = _sheet(entry, view, short=short, lasting=lasting)
        if lasting:
            kept.sheets.put(key, sheet)
    return Card(number=number, sheet=sheet, score=entry.score, reason=reason, match=match)


def _sheet(entry: EditionEntry, view: PaperView, *, short: bool, lasting: bool) -> SharedCard:
    paper = entry.candidate.paper
    chosen = excerpt(
        shown(paper.abstract),
        SHORT if short else BUDGET,
        entry.matches,
        paper.title,
        places=None if short else entry.sentences,
    )
    return SharedCard(
        paper=view,
        short=short,
        excerpt=chosen,
        words=len(view.title.split()) + len(chosen.split()),
        lasting=lasting,
    )


def paper_view(
    paper: Paper, kind: AnnouncementKind, words: Wording, *, short: bool, today: date
) -> PaperView:
    """What every reader sees of a paper that is announced as `kind`."""
    safe = {rel: safe_url(paper.link(rel)) for rel in _LINKS}
    links = {rel: url for rel, url in safe.items() if url}
    # A project page is often the code's: the first name of an address is enough.
    once: dict[str, str] = {}
    for rel, url in links.items():
        once.setdefault(url, rel)
    heading = title(paper, words)
    return PaperView(
        title=heading,
        href=next(
            (links[rel] for rel in ("abstract", "page", "pdf", "project", "code") if rel in links),
            None,
        ),
        rtl=is_rtl(heading),
        label=_label(kind, paper.updated, words),
        authors=_authors(paper, words, most=_SHORT_AUTHORS if short else _AUTHORS),
        facts=_facts(paper, words, today),
        links=tuple(_link(rel, url, words) for url, rel in once.items()),
    )


def _link(rel: str, url: str, words: Wording) -> ShownLink:
    # A PDF and a project page are what they are, wherever they lie.
    place = None if rel in ("pdf", "project") else _PLACES.get(host(url))
    return ShownLink(label=place or words(f"link_{rel}"), url=url)


def _reason(matches: Sequence[KeywordMatch], words: Wording) -> Reason:
    """The keywords that the paper holds; where there are none, those it is related to."""
    held = _listed((_bare(item) for item in matches if item.field not in _NOT_HELD), words)
    akin = _listed((_bare(item) for item in matches if item.field == "related"), words)
    keywords = held or (akin and words("related", keywords=akin))
    return Reason(keywords=keywords, rtl=is_rtl(keywords))


def _bare(match: KeywordMatch) -> str:
    return _OPERATORS.sub("", match.keyword)


def _listed(names: Iterable[str], words: Wording) -> str:
    once = dict.fromkeys(clip(clean(name).strip('"'), _NAME) for name in names)
    return words("list_separator").join([name for name in once if name][:_KEYWORDS])


def _label(kind: AnnouncementKind, updated: date | None, words: Wording) -> str:
    match kind:
        case AnnouncementKind.REVISED if updated:
            return words("kind_revised_on", day=words.short(updated))
        case AnnouncementKind.REVISED | AnnouncementKind.LISTED | AnnouncementKind.WITHDRAWN:
            return words(f"kind_{kind.value}")
        case AnnouncementKind.NEW:
            return ""


def _authors(paper: Paper, words: Wording, *, most: int) -> str:
    # Of 664, no more are looked at than tell that there are others.
    names = [clip(clean(name), _NAME) for name in authors_shown(paper, most + 1)]
    listed = words("list_separator").join(names[:most])
    return words("et_al", names=listed) if len(names) > most else listed


def _facts(paper: Paper, words: Wording, today: date) -> str:
    categories = [clip(clean(name), _NAME) for name in paper.categories[: _CATEGORIES + 1]]
    listed = words("list_separator").join(categories[:_CATEGORIES])
    if len(categories) > _CATEGORIES:
        extra = len(paper.categories) - _CATEGORIES
        listed = words("more_categories", names=listed, n=extra)
    crowd = paper.author_count if not paper.authors else None
    facts = (
        words("authors", n=crowd) if crowd else "",
        words.near(paper.published, today) if paper.published else "",
        listed,
        words("votes", n=paper.votes) if paper.votes else "",
        words("comments", n=paper.comments) if paper.comments else "",
    )
    return words("part_separator").join(filter(None, facts))
