"""Prepares the cards of a message: the part for all readers, and the part for one reader.

A pick is shown in full, and the first one may have a picture. A card has less around it, a line has
its title with little else, and a brief is a title in a paragraph with others.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Literal, NamedTuple

from digest.core.editions.excerpts import EXCERPT_LENGTH
from digest.core.editions.lead_sentences import LEAD_LENGTH
from digest.core.editions.matched_words import PREFIX_SIGN, Spans, matched_spans, words_in_paper
from digest.core.editions.reasons import (
    EvidenceKind,
    NamedKeyword,
    RawMatch,
    ScoreLevel,
    keyword_name,
    score_level,
    words_of,
)
from digest.core.editions.shown import ShownEntry, keyword_matches
from digest.core.text.sentences import split
from digest.mail.figures.figure import Figure, FigureSource
from digest.mail.rendering.cards.excerpt import chosen_places, excerpt_of
from digest.mail.rendering.encoded_fragments import BoundedCache
from digest.mail.rendering.paper_view import (
    PaperView,
    build_paper_view,
    display_text,
    with_authors,
)
from digest.mail.rendering.sanitize import clean, clip, is_rtl
from digest.mail.rendering.wording import Wording

TitleForm = Literal["line", "brief"]
CardForm = Literal["first", "pick", "card"] | TitleForm


# Maximum lengths, in characters.
_MAX_NAME = 80  # of a keyword
_MAX_LIKED_TITLE = 60  # of a paper that the reader likes

# How many are shown.
_MAX_AUTHORS = {"first": 3, "pick": 3, "card": 1, "line": 1, "brief": 0}
_TITLE_FORMS = ("line", "brief")
_MAX_KEYWORDS = 4
_MAX_CLOSE_KEYWORDS = 2
_MAX_CLOSE_WORDS = 4

_IN_PAPER = (EvidenceKind.CONTAINED, EvidenceKind.NEAR)
_AUTHOR_FIELDS = frozenset(("followed", "author"))  # of matches
_FIELD = itemgetter(1)


@dataclass(slots=True, eq=False)  # a key of a cache, so compared by identity
class SharedCard:
    """The part of a card that is the same for many readers."""

    paper: PaperView
    form: CardForm
    title_words: int
    title: str  # of the paper, as its source wrote it
    summary: str  # by the source; empty: none
    sentences: Sequence[str]  # of the abstract
    abstract: str
    figure: Figure | None  # of the first pick


@dataclass(slots=True, eq=False)  # a key of a cache, so compared by identity
class Excerpt:
    """What a card says about its paper, as some readers see it."""

    text: str  # may be empty
    rtl: bool  # it runs from right to left
    words: int
    is_cacheable: bool  # other messages can use the same excerpt
    bold: Spans = ()  # where the words stand that the reader's keywords matched


@dataclass(slots=True, eq=False)  # a key of a cache, so compared by identity
class Reason:
    """The display text of what a paper has to do with the keywords of a reader."""

    keywords: str  # that it contains
    rtl: bool  # the keywords run from right to left
    evidence: str  # what it has of other keywords
    match: str  # what the score means
    line: str  # all of these; empty for a trending paper
    form: tuple[bool | None, bool, bool]  # which of them are set; for the keywords, whether `rtl`


class Card(NamedTuple):  # created in half the time of a dataclass; each message has new ones
    """A paper as one reader sees it."""

    number: int  # position in the message, counted from 1
    shared: SharedCard
    excerpt: Excerpt
    score: float | None  # 0 to 100; None for a trending paper
    reason: Reason
    topic: str  # shown above the title; empty: the section says it
    paper_id: int  # which feedback is about

    @property
    def paper(self) -> PaperView:
        """The display text for all readers."""
        return self.shared.paper

    @property
    def words(self) -> int:
        """The number of words in title and excerpt, for the reading time."""
        return self.shared.title_words + self.excerpt.words


_NO_EXCERPT = Excerpt("", rtl=False, words=0, is_cacheable=True)
_NO_REASON = Reason("", rtl=False, evidence="", match="", line="", form=(None, False, False))
_CHOSEN_FOR_ALL = (-1,)  # in place of indexes: the sentences that are chosen without keywords


class RenderCache:
    """Caches display texts of papers and keywords for many messages in one language.

    Args:
        papers: how many papers are cached. Their key contains the revision, so all editions
            must come from the same store; 0: nothing is cached.
        figures: returns the pictures of papers; None: no pictures are shown.
    """

    def __init__(self, papers: int = 0, figures: FigureSource | None = None) -> None:
        self.figures = figures
        self.shared_cards = BoundedCache[Hashable, SharedCard](8 * papers)
        self.paper_views = BoundedCache[Hashable, PaperView](2 * papers)
        self.abstracts = BoundedCache[int, tuple[str, Sequence[str]]](2 * papers)
        # A paper has about 20 excerpts: readers see its sentences about their own keywords.
        self.excerpts = BoundedCache[Hashable, Excerpt](20 * papers)
        self.bold_excerpts = BoundedCache[tuple[Excerpt, Spans], Excerpt](20 * papers)
        self.reasons = BoundedCache[tuple[ScoreLevel, tuple[NamedKeyword, ...]], Reason](
            20 * papers
        )


def build_card(
    entry: ShownEntry,
    words: Wording,
    *,
    number: int,
    form: CardForm,
    detailed: bool = False,
    topic: str = "",
    today: date,
    cache: RenderCache,
) -> Card:
    """Builds the card of a paper for one reader.

    Args:
        entry: the paper, its score and its matched keywords.
        words: the phrases.
        number: position in the message, counted from 1.
        form: how much is shown.
        detailed: show two more sentences.
        topic: shown above the title.
        today: the day of the edition; dates in its year are shown without the year.
        cache: for the same language as `words`.
    """
    revision_id, kind, _, votes, comments, stars, score, named, sentences, matches, paper_id = entry
    followed = _followed(matches)
    # A revision never changes, but its votes, comments and stars may differ between editions.
    key = ((revision_id, votes, comments, stars, kind, today.year), form, followed)
    shared = cache.shared_cards.get(key)
    if shared is None:
        shared = _new_shared_card(entry, words, key, today=today, cache=cache)
    reason = _NO_REASON
    if score is not None:
        reason_key = score_level(score), tuple([_shown(item, shared) for item in named])
        found = cache.reasons.get(reason_key)
        reason = found or cache.reasons.put(reason_key, _reason(*reason_key, words))
    # The summary of a source is shown whatever the keywords.
    places: tuple[int, ...] | None = sentences
    if shared.summary and not detailed:
        places = _CHOSEN_FOR_ALL
    elif sentences is None:  # chosen now, by the keywords of this reader
        places = None if matches else _CHOSEN_FOR_ALL
    excerpt_key = (revision_id, detailed, places)
    excerpt = None if places is None else cache.excerpts.get(excerpt_key)
    if excerpt is None:
        excerpt = _excerpt(shared, entry, detailed=detailed, is_cacheable=places is not None)
        if places is not None:
            cache.excerpts.put(excerpt_key, excerpt)
    if named and (bold := matched_spans(excerpt.text, _worth_marking(named))):
        marked = cache.bold_excerpts.get((excerpt, bold))
        excerpt = marked or cache.bold_excerpts.put((excerpt, bold), replace(excerpt, bold=bold))
    return Card(number, shared, excerpt, score, reason, topic, paper_id)


def build_title_cards(
    entries: Sequence[ShownEntry],
    words: Wording,
    *,
    first: int,
    form: TitleForm,
    today: date,
    cache: RenderCache,
) -> list[Card]:
    """Builds the lines of papers, or their titles alone, for one reader; see `build_card`.

    Args:
        entries: the papers.
        words: the phrases.
        first: position of the first in the message, counted from 1.
        form: how much is shown.
        today: the day of the edition.
        cache: for the same language as `words`.
    """
    cards: list[Card] = []
    find, year = cache.shared_cards.get, today.year
    # A message has a hundred of these, so the loop is flat.
    for number, entry in enumerate(entries, first):
        revision_id, kind, _, votes, comments, stars, score, _, _, matches, paper_id = entry
        followed = _followed(matches) if matches else ()
        key = ((revision_id, votes, comments, stars, kind, year), form, followed)
        shared = find(key)
        if shared is None:
            shared = _new_shared_card(entry, words, key, today=today, cache=cache)
        cards.append(Card(number, shared, _NO_EXCERPT, score, _NO_REASON, "", paper_id))
    return cards


def _followed(matches: Sequence[RawMatch]) -> tuple[str, ...]:
    """Returns the authors of the paper whom the reader follows."""
    if _AUTHOR_FIELDS.isdisjoint(map(_FIELD, matches)):
        return ()
    # Of an author who was found by an id, the name in the record comes with the match.
    return tuple(
        match[3][0] if match[3] else keyword_name(match[0])
        for match in matches
        if match[1] in _AUTHOR_FIELDS
    )


def _new_shared_card(
    entry: ShownEntry,
    words: Wording,
    key: tuple[Hashable, CardForm, Sequence[str]],
    *,
    today: date,
    cache: RenderCache,
) -> SharedCard:
    view_key, form, followed = key
    paper = entry.paper
    counts = (entry.votes, entry.comments, entry.stars)
    if (paper.votes, paper.comments, paper.stars) != counts:
        votes, comments, stars = counts
        paper = replace(paper, votes=votes, comments=comments, stars=stars)
    # The forms of a card differ in their authors alone.
    view = cache.paper_views.get(view_key)
    most = _MAX_AUTHORS[form]
    if view is None:
        view = cache.paper_views.put(
            view_key,
            build_paper_view(
                paper, entry.kind, words, max_authors=most, followed=followed, today=today
            ),
        )
    else:
        view = with_authors(view, paper, words, max_authors=most, followed=followed)
    texts: tuple[str, Sequence[str]] = ("", ())
    if form not in _TITLE_FORMS:
        known = cache.abstracts.get(entry.revision_id)
        if known is None:
            abstract = display_text(paper.abstract)
            known = cache.abstracts.put(entry.revision_id, (abstract, split(abstract)))
        texts = known
    figure = None
    if cache.figures is not None and form == "first" and view.thumbnail is not None:
        figure = cache.figures(view.thumbnail)
    shared = SharedCard(
        paper=view,
        form=form,
        title_words=len(view.title.split()),
        title=paper.title,
        summary="" if form in _TITLE_FORMS else clip(display_text(paper.summary), EXCERPT_LENGTH),
        sentences=texts[1],
        abstract=texts[0],
        figure=figure,
    )
    return cache.shared_cards.put(key, shared)


def _excerpt(
    shared: SharedCard, entry: ShownEntry, *, detailed: bool, is_cacheable: bool
) -> Excerpt:
    places = entry.sentences
    if places is None:
        places = chosen_places(shared.sentences, keyword_matches(entry.matches), shared.title)
    text = excerpt_of(
        shared.sentences,
        places,
        shared.title,
        summary=shared.summary,
        limit=EXCERPT_LENGTH if detailed else LEAD_LENGTH,
        detailed=detailed,
    )
    return Excerpt(text, is_rtl(text), len(text.split()), is_cacheable)


def _worth_marking(named: tuple[NamedKeyword, ...]) -> tuple[NamedKeyword, ...]:
    """Returns the keywords in the paper; if there are none, those that it is close to."""
    # The keywords in the paper come first.
    if named[-1].evidence in _IN_PAPER or named[0].evidence not in _IN_PAPER:
        return named
    return tuple([item for item in named if item.evidence in _IN_PAPER])


def _shown(named: NamedKeyword, shared: SharedCard) -> NamedKeyword:
    """Returns the keyword with the words of the paper in place of a word's beginning."""
    if not named.name.endswith(PREFIX_SIGN) or named.evidence is EvidenceKind.CLOSE:
        return named
    return named._replace(name=words_in_paper(named, shared.paper.title, shared.abstract))


def _reason(level: ScoreLevel, named: Sequence[NamedKeyword], words: Wording) -> Reason:
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
    separator = words("part_separator")
    others = separator.join(filter(None, evidence))
    match = words(f"match_{level.value}")
    rtl = is_rtl(keywords)
    return Reason(
        keywords,
        rtl=rtl,
        evidence=others,
        match=match,
        line=separator.join(filter(None, (keywords, others, match))),
        form=(rtl if keywords else None, bool(others), bool(match)),
    )


def _close(
    found: Sequence[NamedKeyword],
    close: Sequence[NamedKeyword],
    words: Wording,
) -> str:
    """Returns the keywords that the paper is close to, with the words of the paper.

    Beside keywords that were found in it, one is enough, and only if its words say something new.
    """
    close = close[: 1 if found else _MAX_CLOSE_KEYWORDS]
    keywords = _joined([item.name.removesuffix(PREFIX_SIGN) for item in close], words)
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
