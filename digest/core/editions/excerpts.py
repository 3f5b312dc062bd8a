"""Selects the sentences of an abstract that a digest shows to a reader.

Sentences that contain the reader's keywords come first, or the words that are named as the reason.
Without them, and between equal sentences, those that say most are taken
(`digest.core.editions.sentence_scores`).
benchmarks/parts/extracts.py measures this against the first sentences and other choices.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum

from digest.core.editions.reasons import LEAST_POINTS
from digest.core.editions.sentence_scores import dependence_penalty, sentence_scores
from digest.core.keywords.aliases import all_forms
from digest.core.keywords.patterns import Pattern, lemma_pattern, pattern
from digest.core.models.editions import Edition, EditionEntry, KeywordMatch
from digest.core.models.profiles import Keyword, Profile
from digest.core.text.display import display_abstract, display_title
from digest.core.text.sentences import separator, split
from digest.core.text.terms import content_words
from digest.core.text.tokens import ENGLISH, lemmatizer, words

EXCERPT_LENGTH = 360
"""Number of characters in an excerpt."""

SHORT_EXCERPT_LENGTH = 180
"""Number of characters in the excerpt of a paper that is shown in less detail."""

MAX_SENTENCES = 3
"""Largest number of sentences in an excerpt."""

GAP = " … "
"""The text between two sentences where others were left out."""

# Values in units of a contribution cue (`sentence_scores._CONTRIBUTES`).
_KEYWORD_VALUE = 3.0  # of all keywords of the reader together
_REPEATED_KEYWORD_VALUE = 0.1  # of a keyword that an earlier chosen sentence contains
_CUT_PENALTY = -0.6  # for a sentence that would have to be cut
_MIN_VALUE = 0.0  # a further sentence below this value is not shown, even if there is space


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceEvidence:
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
    held = tuple(
        frozenset(name for name, parts in wanted if all(part.positions(text) for part in parts))
        for text in texts
    )
    return SentenceEvidence(held=held, weights=weights)


def _items(match: KeywordMatch, keyword: Keyword) -> Iterator[tuple[str, list[Pattern]]]:
    """Yields what to look for in the sentences: a name, and the patterns that must all be there."""
    if keyword.field not in ("text", "title"):
        return
    for form in all_forms(replace(keyword, field="text")):
        form_pattern = pattern(replace(form, field="text"))
        yield match.keyword, [form_pattern]
        if match.field == "near":
            content = content_words(form_pattern.lemmas)
            yield match.keyword, [lemma_pattern((word,), capitals=False) for word in content]
    lemma = lemmatizer(keyword.language)
    for text in match.words:
        lemmas = tuple(map(lemma, text.split(" ")))
        yield f"{match.keyword}: {text}", [lemma_pattern(lemmas, capitals=False)]


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
                    replace(entry, sentences=_select_for_entry(entry, keywords))
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
    all_places = tuple(range(len(sentences)))
    if len(_joined(sentences, all_places)) <= budget:
        return all_places
    scores = sentence_scores(sentences, title)
    shares = _keyword_shares(held, weights or {})
    chosen: tuple[int, ...] = ()
    covered: set[str] = set()
    while len(chosen) < most:
        values = []
        for place in all_places:
            fits = len(_joined(sentences, sorted((*chosen, place)))) <= budget
            if place in chosen or (chosen and not fits):
                continue
            value = scores[place] + (0.0 if fits else _CUT_PENALTY)
            if place - 1 not in chosen:
                value += dependence_penalty(sentences[place])
            if held:
                value += sum(
                    shares[keyword]
                    * (_REPEATED_KEYWORD_VALUE if keyword in covered else _KEYWORD_VALUE)
                    for keyword in held[place]
                )
            values.append((value, -place))  # of equal values, the earlier sentence wins
        if not values or (chosen and max(values)[0] < _MIN_VALUE):
            break
        best = -max(values)[1]
        chosen = tuple(sorted((*chosen, best)))
        covered.update(held[best] if held else ())
    return chosen


def _select_for_entry(entry: EditionEntry, keywords: Mapping[str, Keyword]) -> tuple[int, ...]:
    paper = entry.candidate.paper
    sentences = split(display_abstract(paper))
    evidence = find_evidence(sentences, entry.matches, keywords)
    return select_sentences(
        sentences, title=display_title(paper), held=evidence.held, weights=evidence.weights
    )


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


def _joined(sentences: Sequence[str], places: Sequence[int]) -> str:
    return "".join(_pieces(sentences, places))


def _cut(text: str, limit: int) -> str:
    kept = text[: max(limit - 1, 0)]
    space = kept.rfind(" ")
    if space > limit // 2 and not text[len(kept)].isspace():
        kept = kept[:space]
    return kept.rstrip(" ,;:.–—-") + "…"


def _keyword_shares(
    held: Sequence[Collection[str]], weights: Mapping[str, float]
) -> dict[str, float]:
    """Returns the value of each keyword as a share of the value of all."""
    values = {keyword: weights.get(keyword, 1.0) for keywords in held for keyword in keywords}
    total = fsum(values.values())
    return {keyword: value / total if total > 0 else 0.0 for keyword, value in values.items()}
