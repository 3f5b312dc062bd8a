"""Prepares the cards of a message: what a paper says to one reader, and why it is there.

For papers of which only the titles are shown see `title_view`.
"""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from digest.core.editions.excerpts import EXCERPT_LENGTH
from digest.core.editions.lead_sentences import LEAD_LENGTH
from digest.core.editions.matched_words import PREFIX_SIGN, matched_spans, words_in_paper
from digest.core.editions.reasons import (
    EvidenceKind,
    NamedKeyword,
    ScoreLevel,
    name_matches,
    score_level,
    words_of,
)
from digest.core.editions.shown import ShownEntry, keyword_matches
from digest.mail.rendering.cards.excerpt import chosen_places, excerpt_of
from digest.mail.rendering.cards.shared_card import (
    CardForm,
    Excerpt,
    Reason,
    RenderCache,
    SharedCard,
    shared_card,
)
from digest.mail.rendering.paper_view import PaperView, display_text
from digest.mail.rendering.sanitize import clean, clip, is_rtl
from digest.mail.rendering.wording import Wording

# Maximum lengths, in characters.
_MAX_NAME = 80  # of a keyword
_MAX_LIKED_TITLE = 60  # of a paper that the reader likes

# How many are shown.
_MAX_KEYWORDS = 4
_MAX_CLOSE_KEYWORDS = 2
_MAX_CLOSE_WORDS = 4

_IN_PAPER = (EvidenceKind.CONTAINED, EvidenceKind.NEAR)


class Card(Struct, frozen=True, gc=False):
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


NO_EXCERPT = Excerpt("", rtl=False, words=0, is_cacheable=True)
NO_REASON = Reason("", rtl=False, evidence="", match="", line="", form=(None, False, False))
_CHOSEN_FOR_ALL = (-1,)  # in place of indexes: the sentences that are chosen without keywords


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
    score, named, sentences = entry.score, entry.named, entry.sentences
    shared = shared_card(entry, words, form, today=today, cache=cache)
    reason = NO_REASON
    if score is not None:
        if named is None:
            named = name_matches(entry.matches, score)
        reason_key = score_level(score), _shown(named, shared)
        found = cache.reasons.get(reason_key)
        reason = found or cache.reasons.put(reason_key, _reason(*reason_key, words))
    # The summary of a source is shown whatever the keywords.
    places: tuple[int, ...] | None = sentences
    if shared.summary and not detailed:
        places = _CHOSEN_FOR_ALL
    elif sentences is None:  # chosen now, by the keywords of this reader
        places = None if entry.matches else _CHOSEN_FOR_ALL
    excerpt_key = (entry.revision_id, detailed, places)
    excerpt = None if places is None else cache.excerpts.get(excerpt_key)
    if excerpt is None:
        excerpt = _excerpt(shared, entry, detailed=detailed, is_cacheable=places is not None)
        if places is not None:
            cache.excerpts.put(excerpt_key, excerpt)
    if named:
        marked_key = excerpt, named
        excerpt = cache.marked_excerpts.get(marked_key) or cache.marked_excerpts.put(
            marked_key, _marked(excerpt, named, cache)
        )
    return Card(number, shared, excerpt, score, reason, topic, entry.paper_id)


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


def _marked(excerpt: Excerpt, named: tuple[NamedKeyword, ...], cache: RenderCache) -> Excerpt:
    """Returns the excerpt with the words in bold that the named keywords matched."""
    bold = matched_spans(excerpt.text, _worth_marking(named))
    if not bold:
        return excerpt
    key = excerpt, bold
    return cache.bold_excerpts.get(key) or cache.bold_excerpts.put(key, excerpt.with_bold(bold))


def _worth_marking(named: tuple[NamedKeyword, ...]) -> tuple[NamedKeyword, ...]:
    """Returns the keywords in the paper; if there are none, those that it is close to."""
    # The keywords in the paper come first.
    if named[-1].evidence in _IN_PAPER or named[0].evidence not in _IN_PAPER:
        return named
    return tuple([item for item in named if item.evidence in _IN_PAPER])


def _shown(named: tuple[NamedKeyword, ...], shared: SharedCard) -> tuple[NamedKeyword, ...]:
    """Returns the keywords with the words of the paper in place of a word's beginning."""
    for item in named:
        if item.name.endswith(PREFIX_SIGN):
            return tuple([_with_whole_word(item, shared) for item in named])
    return named


def _with_whole_word(named: NamedKeyword, shared: SharedCard) -> NamedKeyword:
    if not named.name.endswith(PREFIX_SIGN) or named.evidence is EvidenceKind.CLOSE:
        return named
    return replace(named, name=words_in_paper(named, shared.paper.title, shared.abstract))


def _reason(level: ScoreLevel, named: Sequence[NamedKeyword], words: Wording) -> Reason:
    """Returns the keywords that the paper contains, then what it has of others."""
    contained: list[NamedKeyword] = []
    near: list[NamedKeyword] = []
    close: list[NamedKeyword] = []
    liked: list[NamedKeyword] = []
    for item in named:
        kind = item.evidence
        if kind is EvidenceKind.CONTAINED:
            contained.append(item)
        elif kind is EvidenceKind.CLOSE:
            close.append(item)
        else:
            (near if kind is EvidenceKind.NEAR else liked).append(item)
    keywords = _joined([item.shown for item in contained], words) if contained else ""
    evidence: list[str] = []
    if near:
        near_names = _joined([item.name for item in near], words)
        evidence.append(words.once("near", keywords=near_names, n=min(len(near), _MAX_KEYWORDS)))
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
        line=separator.join([text for text in (keywords, others, match) if text]),
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
        return words.once("related_words", keywords=keywords, words=_joined(carrying, words))
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
