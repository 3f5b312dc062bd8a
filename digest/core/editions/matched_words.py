"""Finds the words of a text that a reader's keywords matched, as the text writes them.

The same papers and keywords meet in the digests of many readers, so the results are cached.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from digest.core.editions.paper_sentences import keyword_patterns, word_patterns
from digest.core.editions.reasons import EvidenceKind, NamedKeyword
from digest.core.keywords.parser import KeywordError, parse
from digest.core.keywords.patterns import Pattern
from digest.core.text.tokens import ENGLISH, TokenizedText, token_places, words

Spans = tuple[tuple[int, int], ...]
"""Places in a text: start and end, ascending, apart from each other."""

PREFIX_SIGN = "…"
"""The end of the name of a keyword that stands for all words with this beginning."""

_CACHED_TEXTS = 1 << 13
_CACHED_SPANS = 1 << 16
_WITHOUT_WORDS = (
    EvidenceKind.LIKED,
    EvidenceKind.FEEDBACK,
    EvidenceKind.AUTHOR,
    EvidenceKind.INSTITUTION,
    EvidenceKind.VENUE,
    EvidenceKind.CITES,
)


def matched_spans(text: str, named: Sequence[NamedKeyword]) -> Spans:
    """Returns where the named keywords, or the words that are named for them, are in a text.

    Args:
        text: display text in NFC.
        named: what is named as the reason for the paper.
    """
    if len(named) == 1:
        return _spans(text, named[0])
    spans = [span for item in named for span in _spans(text, item)]
    return tuple(_merged(spans)) if len(spans) > 1 else tuple(spans)


@lru_cache(maxsize=_CACHED_SPANS)
def words_in_paper(named: NamedKeyword, title: str, abstract: str) -> str:
    """Returns the name of a keyword; in place of a word's beginning, the word of the paper.

    Args:
        named: the keyword.
        title: of the paper, as it is shown.
        abstract: of the paper, as it is shown.
    """
    if not named.name.endswith(PREFIX_SIGN):
        return named.name
    for text in (abstract, title):
        for start, end in _spans(text, replace(named, words=())):
            word = text[start:end]
            # Only the first letter is a capital: at the start of a sentence, or in a title.
            return " ".join(part.lower() if part[1:].islower() else part for part in word.split())
    return named.words[0] if named.words else named.name


class _Text(Struct, frozen=True):
    """A text in which keywords are looked for."""

    tokens: TokenizedText
    lemmas: frozenset[str]
    places: tuple[tuple[int, int], ...]  # of the words and breaks


@lru_cache(maxsize=_CACHED_SPANS)
def _spans(text: str, named: NamedKeyword) -> Spans:
    known = _text(text)
    if known is None:
        return ()
    tokens, lemmas, places = known.tokens, known.lemmas, known.places
    found: list[tuple[int, int]] = []
    for pattern in _patterns(named):
        # Most texts have no word of most keywords, and a search takes many times as long.
        if pattern.prefix or pattern.lemmas[pattern.anchor] in lemmas:
            # The tokens start with a break.
            last = pattern.size - 2
            found += [
                (places[start - 1][0], places[start + last][1])
                for start in pattern.positions(tokens)
                if start > 0
            ]
    return tuple(_merged(found)) if len(found) > 1 else tuple(found)


@lru_cache(maxsize=_CACHED_TEXTS)
def _text(text: str) -> _Text | None:
    """Returns what is known of a text; None if it is no display text: the places would be wrong."""
    tokens, places = words("", text), token_places(text)
    if len(places) + 1 != len(tokens.surfaces):
        return None
    return _Text(tokens, frozenset(tokens.lemmas), places)


@lru_cache(maxsize=_CACHED_SPANS)
def _patterns(named: NamedKeyword) -> tuple[Pattern, ...]:
    if named.evidence in _WITHOUT_WORDS:
        return ()
    return tuple(_all_patterns(named))


def _all_patterns(named: NamedKeyword) -> Iterator[Pattern]:
    is_prefix = named.name.endswith(PREFIX_SIGN)
    if named.evidence is not EvidenceKind.CLOSE:
        try:
            keyword = parse(named.name.removesuffix(PREFIX_SIGN) + "*" * is_prefix)
        except KeywordError:  # the name of a person, or from an edition of another version
            return
        if keyword.field in ("text", "title"):
            is_near = named.evidence is EvidenceKind.NEAR
            for patterns in keyword_patterns(keyword, near=is_near):
                yield from patterns
    for word in named.words:
        yield from word_patterns(word, ENGLISH)


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yields the spans in order, with those that touch or overlap as one."""
    first, last = -1, -1
    for start, end in sorted(spans):
        if start > last:
            if last >= 0:
                yield first, last
            first, last = start, end
        else:
            last = max(last, end)
    if last >= 0:
        yield first, last
