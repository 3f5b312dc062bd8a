"""Finds the words of a text that a reader's keywords matched, as the text writes them.

The same papers and keywords meet in the digests of many readers, so the results are cached.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

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


@lru_cache(maxsize=_CACHED_SPANS)
def _spans(text: str, named: NamedKeyword) -> Spans:
    tokens = _tokens(text)
    places = _places(text)
    if len(places) + 1 != len(tokens.surfaces):  # not display text: the places would be wrong
        return ()
    found = {
        (places[start - 1][0], places[start + pattern.size - 2][1])  # the tokens start with a break
        for pattern in _patterns(named)
        for start in pattern.positions(tokens)
        if start > 0
    }
    return tuple(_merged(sorted(found)))


@lru_cache(maxsize=_CACHED_TEXTS)
def _tokens(text: str) -> TokenizedText:
    return words("", text)


_places = lru_cache(maxsize=_CACHED_TEXTS)(token_places)


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
