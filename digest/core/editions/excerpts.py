"""Selects the sentences of an abstract that a digest shows to a reader.

Sentences that contain the reader's keywords come first. Without keywords, and between equal
sentences, those that say most are taken (`digest.core.editions.sentence_scores`).
benchmarks/parts/extracts.py measures this against the first sentences and other choices.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from math import fsum

from digest.core.editions.sentence_scores import dependence_penalty, sentence_scores
from digest.core.keywords.patterns import pattern
from digest.core.models.editions import Edition, EditionEntry
from digest.core.models.profiles import Keyword, Profile
from digest.core.text.display import display_abstract, display_title
from digest.core.text.sentences import separator, split
from digest.core.text.tokens import ENGLISH, words

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


def keywords_per_sentence(
    sentences: Sequence[str], keywords: Sequence[Keyword]
) -> tuple[frozenset[str], ...]:
    """Returns the keywords in each sentence, as the reader wrote them.

    They are matched as in the ranking. Keywords for authors and categories are ignored, because
    they do not occur in sentences.
    """
    patterns = [
        (keyword.text, pattern(replace(form, field="text")))
        for keyword in keywords
        for form in (keyword, *keyword.forms)
        if form.field in ("text", "title")
    ]
    language = next((keyword.language for keyword in keywords), ENGLISH)
    tokenized = [words("", sentence, language) for sentence in sentences] if patterns else []
    return tuple(
        frozenset(text for text, phrase in patterns if phrase.positions(sentence))
        for sentence in tokenized
    )


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
        held: for each sentence its keywords, from `keywords_per_sentence`; empty: none.
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
    matched = dict.fromkeys(match.keyword for match in entry.matches)
    matched_keywords = [keywords[text] for text in matched if text in keywords]
    return select_sentences(
        sentences,
        title=display_title(paper),
        held=keywords_per_sentence(sentences, matched_keywords),
        weights={match.keyword: match.contribution for match in entry.matches},
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
