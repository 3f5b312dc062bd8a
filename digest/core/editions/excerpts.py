"""Selects the sentences of an abstract that a digest shows to a reader.

Sentences that contain the reader's keywords come first, or the words that are named as the reason.
Without them, and between equal sentences, those that say most are taken
(`digest.core.editions.sentence_scores`).
benchmarks/parts/extracts.py measures this against the first sentences and other choices.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from digest.core.editions.paper_sentences import (
    WEIGHT_UNIT,
    is_in,
    keyword_patterns,
    sentences_of,
    word_patterns,
)
from digest.core.editions.sentence_choice import (
    EXCERPT_LENGTH,
    GAP,
    MAX_SENTENCES,
    choose_sentences,
    evidence_shares,
    sentence_table,
)
from digest.core.keywords.patterns import Pattern
from digest.core.models.editions import LEAST_POINTS, Edition, KeywordMatch
from digest.core.models.profiles import Keyword, Profile
from digest.core.text.sentences import separator
from digest.core.text.tokens import ENGLISH, words

__all__ = [
    "EXCERPT_LENGTH",
    "GAP",
    "MAX_SENTENCES",
    "SentenceEvidence",
    "find_evidence",
    "join_sentences",
    "select_sentences",
    "with_excerpts",
]


class SentenceEvidence(Struct, frozen=True, kw_only=True):
    """What the sentences of an abstract have to do with a reader's keywords."""

    held: tuple[frozenset[str], ...]  # for each sentence, the keywords and words in it
    weights: Mapping[str, float]  # of each keyword and word: points of the score


def find_evidence(
    sentences: Sequence[str], matches: Sequence[KeywordMatch], keywords: Mapping[str, Keyword]
) -> SentenceEvidence:
    """Finds the keywords in the sentences, and the words that are named as the reason.

    Args:
        sentences: of the abstract.
        matches: of the paper. Those that are not named, and those that are no words of the text,
            such as votes, are ignored.
        keywords: by the text that the matches have; a match of an unknown one is ignored.
    """
    wanted: list[tuple[str, list[Pattern]]] = []  # all patterns of an item must be in a sentence
    weights: defaultdict[str, float] = defaultdict(float)
    language = ENGLISH
    for match in matches:
        keyword = keywords.get(match.keyword)
        if keyword is None or match.contribution < LEAST_POINTS:
            continue
        language = keyword.language
        items = list(_items(match, keyword))
        wanted += items
        for name in dict.fromkeys(name for name, _ in items):
            weights[name] += match.contribution / max(1, len(match.words))
    texts = [words("", sentence, language) for sentence in sentences] if wanted else []
    held = tuple(frozenset(name for name, parts in wanted if is_in(parts, text)) for text in texts)
    return SentenceEvidence(held=held, weights=weights)


def _items(match: KeywordMatch, keyword: Keyword) -> Iterator[tuple[str, list[Pattern]]]:
    """Yields what to look for in the sentences: a name, and the patterns that must all be there."""
    if keyword.field not in ("text", "title"):
        return
    for patterns in keyword_patterns(keyword, near=match.field == "near"):
        yield match.keyword, patterns
    for text in match.words:
        yield f"{match.keyword}: {text}", word_patterns(text, keyword.language)


def with_excerpts(edition: Edition, profile: Profile) -> Edition:
    """Returns the edition with the selected sentences of each paper in its sections.

    Args:
        edition: an edition whose entries have their keyword matches.
        profile: the profile for which the edition was composed.
    """
    keywords = {keyword.text: keyword for topic in profile.topics for keyword in topic.keywords}
    return replace(
        edition,
        sections=tuple(
            replace(
                section,
                entries=tuple(
                    replace(
                        entry,
                        sentences=sentences_of(entry.candidate.paper).select(
                            entry.matches, keywords
                        ),
                    )
                    for entry in section.entries
                ),
            )
            for section in edition.sections
        ),
    )


def select_sentences(
    sentences: Sequence[str],
    *,
    title: str = "",
    held: Sequence[Collection[str]] = (),
    weights: Mapping[str, float] | None = None,
    budget: int = EXCERPT_LENGTH,
    most: int = MAX_SENTENCES,
) -> tuple[int, ...]:
    """Returns the positions of the sentences to show, in ascending order.

    If all sentences fit into the budget, all are returned. Otherwise at most `most` sentences that
    fit together (with the text that `join_sentences` puts between them), or one sentence that is
    too long, which `join_sentences` cuts.

    Args:
        sentences: of the abstract, from `digest.core.text.sentences.split`.
        title: of the paper, as it is shown.
        held: for each sentence its keywords, from `find_evidence`; empty: none.
        weights: the value of each keyword, such as its contribution to the score; by default 1.
        budget: number of characters, from 1.
        most: number of sentences, from 1.
    """
    masks: defaultdict[str, int] = defaultdict(int)
    for place, names in enumerate(held):
        for name in names:
            masks[name] |= 1 << place
    given = weights or {}
    shares = evidence_shares(
        [(mask, round(given.get(name, 1.0) * WEIGHT_UNIT)) for name, mask in masks.items()]
    )
    return choose_sentences(sentence_table(tuple(sentences), title), shares, budget, most)


def join_sentences(
    sentences: Sequence[str], places: Sequence[int], *, budget: int = EXCERPT_LENGTH
) -> tuple[str, ...]:
    """Returns the selected sentences and the texts between them, in order.

    Joined, they are the excerpt. A single sentence that is longer than the budget is cut between
    words and ends with "…".

    Args:
        sentences: all sentences of the abstract.
        places: the positions to show. Positions that do not exist are ignored: they may come from
            an older version of the abstract.
        budget: number of characters.
    """
    existing = [place for place in sorted(set(places)) if 0 <= place < len(sentences)]
    if len(existing) == 1 and len(sentences[existing[0]]) > budget:
        return (_cut(sentences[existing[0]], budget),)
    return tuple(_pieces(sentences, existing))


def _pieces(sentences: Sequence[str], places: Sequence[int]) -> Iterator[str]:
    for index, place in enumerate(places):
        if index:
            previous = places[index - 1]
            adjacent = place == previous + 1
            yield separator(sentences[previous], sentences[place]) if adjacent else GAP
        yield sentences[place]


def _cut(text: str, limit: int) -> str:
    kept = text[: max(limit - 1, 0)]
    space = kept.rfind(" ")
    if space > limit // 2 and not text[len(kept)].isspace():
        kept = kept[:space]
    return kept.rstrip(" ,;:.–—-") + "…"
