"""Prepares the display text of a paper: the part for all readers, and the part for one reader.

`build_paper_view` does not depend on a reader, so its result can be rendered once and used in
many messages. `build_card` adds what one reader sees.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from digest.core.editions.excerpts import EXCERPT_LENGTH, SHORT_EXCERPT_LENGTH
from digest.core.editions.reasons import (
    EvidenceKind,
    NamedKeyword,
    score_level,
    words_of,
)
from digest.core.editions.shown import ShownEntry, keyword_matches
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.text.display import display_authors
from digest.core.text.display import display_text as text_shown
from digest.core.text.sentences import split
from digest.mail.rendering.encoded_fragments import BoundedCache
from digest.mail.rendering.excerpt import excerpt_of
from digest.mail.rendering.sanitize import clean, clip, host, is_rtl, safe_url
from digest.mail.rendering.wording import Wording

# Maximum lengths, in characters.
_MAX_TITLE = 450
_MAX_NAME = 80  # of an author or a keyword
_MAX_LIKED_TITLE = 60  # of a paper that the reader likes

# How many are shown.
_MAX_AUTHORS = 6
_MAX_AUTHORS_SHORT = 3
_MAX_CATEGORIES = 3
_MAX_KEYWORDS = 4
_MAX_CLOSE_KEYWORDS = 2
_MAX_CLOSE_WORDS = 4

# Site names that tell more than the kind of the link. They are not translated.
_SITE_NAMES = {
    "arxiv.org": "arXiv",
    "github.com": "GitHub",
    "gitlab.com": "GitLab",
    "huggingface.co": "Hugging Face",
    "openreview.net": "OpenReview",
}
_LINK_KINDS = ("abstract", "pdf", "code", "project", "page")  # in display order


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLink:
    """A link of a card."""

    label: str  # such as "arXiv" or "PDF"
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperView:
    """The display text of a paper for all readers; empty strings are not shown."""

    title: str
    href: str | None  # where the title links to
    rtl: bool  # the title, and so the card, runs from right to left
    label: str  # such as "Revised"; empty for a new paper
    authors: str
    facts: str  # number of authors, date, categories, votes, comments
    links: tuple[ShownLink, ...]


@dataclass(slots=True, eq=False)  # a key of a cache, so compared by identity
class SharedCard:
    """The part of a card that is the same for all readers."""

    paper: PaperView
    short: bool  # for trending papers, and for all but the best of a weekly section
    title_words: int
    title: str  # of the paper, as its source wrote it
    sentences: Sequence[str]  # of the abstract


@dataclass(slots=True, eq=False)  # a key of a cache, so compared by identity
class Excerpt:
    """The sentences of an abstract that some readers see."""

    text: str  # may be empty
    rtl: bool  # it runs from right to left
    words: int
    is_cacheable: bool  # other messages can use the same excerpt


@dataclass(slots=True, eq=False)  # a key of a cache, so compared by identity
class Reason:
    """The display text of what a paper has to do with the keywords of a reader."""

    keywords: str  # that it contains
    rtl: bool  # the keywords run from right to left
    evidence: str = ""  # what it has of other keywords


class Card(NamedTuple):  # created in half the time of a dataclass; each message has new ones
    """A paper as one reader sees it."""

    number: int  # position in the message, counted from 1
    shared: SharedCard
    excerpt: Excerpt
    score: float | None  # 0 to 100; None for a trending paper
    reason: Reason
    match: str  # display text of the score

    @property
    def paper(self) -> PaperView:
        """The display text for all readers."""
        return self.shared.paper

    @property
    def words(self) -> int:
        """The number of words in title and excerpt, for the reading time."""
        return self.shared.title_words + self.excerpt.words


_CHOSEN_FOR_ALL = (-1,)  # in place of indexes: the sentences that are chosen without keywords
_NO_REASON = Reason("", rtl=False)


def display_text(text: str) -> str:
    """Returns the display form of a paper's text: on one line, with TeX and entities as Unicode.

    Unsafe characters are removed.
    """
    return clean(text_shown(text))


def display_title(paper: Paper, words: Wording) -> str:
    """Returns the display form of a paper's title; never empty."""
    return clip(display_text(paper.title), _MAX_TITLE) or words("untitled")


class RenderCache:
    """Caches display texts of papers and keywords for many messages in one language.

    Args:
        papers: how many papers are cached. Their key contains the revision, so all editions
            must come from the same store; 0: cache only scores.
    """

    def __init__(self, papers: int = 0) -> None:
        self.shared_cards = BoundedCache[Hashable, SharedCard](4 * papers)
        # A paper has about 20 excerpts: readers see its sentences about their own keywords.
        self.excerpts = BoundedCache[Hashable, Excerpt](20 * papers)
        self.reasons = BoundedCache[tuple[NamedKeyword, ...], Reason](20 * papers)
        self.matches = BoundedCache[int, str](101)


def build_card(
    entry: ShownEntry,
    words: Wording,
    *,
    number: int,
    short: bool,
    today: date,
    cache: RenderCache,
) -> Card:
    """Builds the card of a paper for one reader.

    Args:
        entry: the paper, its score and its matched keywords.
        words: the phrases.
        number: position in the message, counted from 1.
        short: show fewer authors and a shorter excerpt.
        today: the day of the edition; dates in its year are shown without the year.
        cache: for the same language as `words`.
    """
    revision_id, kind, _, votes, comments, score, named, sentences, matches = entry
    match, reason = "", _NO_REASON
    if score is not None:
        # Rounded first, so that there are at most 101 different texts to cache.
        points = round(score)
        match = cache.matches.get(points) or cache.matches.put(
            points, words(f"match_{score_level(points).value}", n=points)
        )
        reason = cache.reasons.get(named) or cache.reasons.put(named, _reason(named, words))
    # A revision never changes, but its votes and comments may differ between editions.
    key = (revision_id, votes, comments, kind, short, today.year)
    shared = cache.shared_cards.get(key)
    if shared is None:
        shared = cache.shared_cards.put(key, _shared_card(entry, words, short=short, today=today))
    places: tuple[int, ...] | None = sentences
    if short or sentences is None:  # chosen now, by the keywords of this reader
        places = None if matches else _CHOSEN_FOR_ALL
    excerpt = None if places is None else cache.excerpts.get((revision_id, short, places))
    if excerpt is None:
        excerpt = _excerpt(shared, entry, is_cacheable=places is not None)
        if places is not None:
            cache.excerpts.put((revision_id, short, places), excerpt)
    return Card(number, shared, excerpt, score, reason, match)


def _shared_card(entry: ShownEntry, words: Wording, *, short: bool, today: date) -> SharedCard:
    paper = entry.paper
    if (paper.votes, paper.comments) != (entry.votes, entry.comments):
        paper = replace(paper, votes=entry.votes, comments=entry.comments)
    view = build_paper_view(paper, entry.kind, words, short=short, today=today)
    sentences = split(display_text(paper.abstract))
    return SharedCard(view, short, len(view.title.split()), paper.title, sentences)


def _excerpt(shared: SharedCard, entry: ShownEntry, *, is_cacheable: bool) -> Excerpt:
    text = excerpt_of(
        shared.sentences,
        SHORT_EXCERPT_LENGTH if shared.short else EXCERPT_LENGTH,
        keyword_matches(entry.matches),
        shared.title,
        places=None if shared.short else entry.sentences,
    )
    return Excerpt(text, is_rtl(text), len(text.split()), is_cacheable)


def build_paper_view(
    paper: Paper, kind: AnnouncementKind, words: Wording, *, short: bool, today: date
) -> PaperView:
    """Builds the display text of a paper for all readers.

    Args:
        paper: the paper.
        kind: how it was announced; all but NEW give a label.
        words: the phrases.
        short: show fewer authors.
        today: the day of the edition; dates in its year are shown without the year.
    """
    safe_urls = {rel: safe_url(paper.link(rel)) for rel in _LINK_KINDS}
    links = {rel: url for rel, url in safe_urls.items() if url}
    # Several links often have the same address, such as code and project: it is shown once.
    rel_by_url: dict[str, str] = {}
    for rel, url in links.items():
        rel_by_url.setdefault(url, rel)
    title = display_title(paper, words)
    return PaperView(
        title=title,
        href=next(
            (links[rel] for rel in ("abstract", "page", "pdf", "project", "code") if rel in links),
            None,
        ),
        rtl=is_rtl(title),
        label=_label(kind, paper.updated, words),
        authors=_authors(paper, words, max_names=_MAX_AUTHORS_SHORT if short else _MAX_AUTHORS),
        facts=_facts(paper, words, today),
        links=tuple(_link(rel, url, words) for url, rel in rel_by_url.items()),
    )


def _link(rel: str, url: str, words: Wording) -> ShownLink:
    # For a PDF or a project page, the kind tells more than the site.
    site = None if rel in ("pdf", "project") else _SITE_NAMES.get(host(url))
    return ShownLink(label=site or words(f"link_{rel}"), url=url)


def _reason(named: Sequence[NamedKeyword], words: Wording) -> Reason:
    """Returns the keywords that the paper contains, then what it has of others."""
    contained: list[NamedKeyword] = []
    near: list[NamedKeyword] = []
    close: list[NamedKeyword] = []
    liked: list[NamedKeyword] = []
    groups = {
        EvidenceKind.CONTAINED: contained,
        EvidenceKind.NEAR: near,
        EvidenceKind.CLOSE: close,
    }
    for item in named:
        groups.get(item.evidence, liked).append(item)
    keywords = _joined([item.shown for item in contained], words)
    evidence: list[str] = []
    if near:
        near_names = _joined([item.name for item in near], words)
        evidence.append(words("near", keywords=near_names, n=min(len(near), _MAX_KEYWORDS)))
    if close:
        evidence.append(_close([*contained, *near], close, words))
    evidence += [
        words(item.evidence.value, title=clip(display_text(item.name), _MAX_LIKED_TITLE))
        for item in liked
        if item.name
    ]
    line = words("part_separator").join(filter(None, evidence)) if evidence else ""
    return Reason(keywords, is_rtl(keywords), line)


def _close(
    found: Sequence[NamedKeyword],
    close: Sequence[NamedKeyword],
    words: Wording,
) -> str:
    """Returns the keywords that the paper is close to, with the words of the paper.

    Beside keywords that were found in it, one is enough, and only if its words say something new.
    """
    close = close[: 1 if found else _MAX_CLOSE_KEYWORDS]
    keywords = _joined([item.name for item in close], words)
    carrying = words_of(close, beside=found, most=_MAX_CLOSE_WORDS // (2 if found else 1))
    if carrying:
        return words("related_words", keywords=keywords, words=_joined(carrying, words))
    return words("related", keywords=keywords) if keywords and not found else ""


def _joined(names: Sequence[str], words: Wording) -> str:
    shown = [_name(name) for name in names]
    if len(shown) == 1:
        return shown[0]
    return words("list_separator").join(
        [name for name in dict.fromkeys(shown) if name][:_MAX_KEYWORDS]
    )


@lru_cache(maxsize=20_000)  # the same keywords are named again and again
def _name(text: str) -> str:
    return clip(clean(text), _MAX_NAME)


def _label(kind: AnnouncementKind, updated: date | None, words: Wording) -> str:
    match kind:
        case AnnouncementKind.REVISED if updated:
            return words("kind_revised_on", day=words.short(updated))
        case AnnouncementKind.REVISED | AnnouncementKind.LISTED | AnnouncementKind.WITHDRAWN:
            return words(f"kind_{kind.value}")
        case AnnouncementKind.NEW:
            return ""


def _authors(paper: Paper, words: Wording, *, max_names: int) -> str:
    # One more than shown tells that there are others; a paper may have hundreds of authors.
    names = [clip(clean(name), _MAX_NAME) for name in display_authors(paper, max_names + 1)]
    joined = words("list_separator").join(names[:max_names])
    return words("et_al", names=joined) if len(names) > max_names else joined


def _facts(paper: Paper, words: Wording, today: date) -> str:
    categories = [clip(clean(name), _MAX_NAME) for name in paper.categories[: _MAX_CATEGORIES + 1]]
    joined = words("list_separator").join(categories[:_MAX_CATEGORIES])
    if len(categories) > _MAX_CATEGORIES:
        extra = len(paper.categories) - _MAX_CATEGORIES
        joined = words("more_categories", names=joined, n=extra)
    author_count = paper.author_count if not paper.authors else None
    facts = (
        words("authors", n=author_count) if author_count else "",
        words.near(paper.published, today) if paper.published else "",
        joined,
        words("votes", n=paper.votes) if paper.votes else "",
        words("comments", n=paper.comments) if paper.comments else "",
    )
    return words("part_separator").join(filter(None, facts))
