"""Which sentences of an abstract are shown: those that matter for this reader.

Where the reader's keywords stand in the abstract, the sentences that hold them come first.
Else, and between equals, it is those that say most (`digest.core.merit`). Measured by
benchmarks/parts/extracts.py against the first sentences, and others.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from math import fsum

from digest.core.editions.sentence_scores import dependence_penalty, sentence_scores
from digest.core.keywords.patterns import pattern
from digest.core.models.editions import Edition, EditionEntry
from digest.core.models.profiles import Keyword, Profile
from digest.core.text.display import abstract_shown, title_shown
from digest.core.text.sentences import between, split
from digest.core.text.tokens import ENGLISH, words

BUDGET = 360
"""Characters of an extract."""

SHORT = 180
"""The same, of a paper that is shown with less."""

MOST = 3
"""Sentences of an extract."""

GAP = " … "
"""Stands between two sentences where others were left out."""

_KEYWORD = 3.0  # what all the reader's keywords together are worth, beside a cue's 1
_AGAIN = 0.1  # and when they are shown already
_CUT = -0.6  # for a sentence that would have to be cut
_LEAST = 0.0  # what does not say so much only fills the room


def keywords_per_sentence(
    sentences: Sequence[str], keywords: Sequence[Keyword]
) -> tuple[frozenset[str], ...]:
    """For each sentence which keywords it holds, as their reader wrote them.

    They are found as the ranking finds them, by `digest.core.patterns`; those for authors and
    categories stand in no sentence.
    """
    patterns = [
        (keyword.text, pattern(replace(form, field="text")))
        for keyword in keywords
        for form in (keyword, *keyword.forms)
        if form.field in ("text", "title")
    ]
    language = next((keyword.language for keyword in keywords), ENGLISH)
    cut = [words("", sentence, language) for sentence in sentences] if patterns else []
    return tuple(
        frozenset(text for text, wanted in patterns if wanted.starts(sentence)) for sentence in cut
    )


def with_excerpts(edition: Edition, profile: Profile) -> Edition:
    """The edition with the sentences that matter to its reader, for the papers of its sections."""
    keywords = {one.text: one for topic in profile.topics for one in topic.keywords}
    return replace(
        edition,
        sections=tuple(
            replace(
                section,
                entries=tuple(
                    replace(entry, sentences=_places(entry, keywords)) for entry in section.entries
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
    budget: int = BUDGET,
    most: int = MOST,
) -> tuple[int, ...]:
    """The places of the sentences to show, ascending.

    All of them if they fit; else at most `most` that fit into the budget together, with what
    `shown` puts between them; or a single longer one, which `shown` cuts.

    Args:
        sentences: what `digest.core.sentences.split` gives for the abstract.
        title: the paper's, as it is shown.
        held: for each sentence the keywords that it holds, as `held` finds them; or nothing.
        weights: what each keyword is worth, such as its contribution to the score; else 1.
        budget: in characters, from 1.
        most: of sentences, from 1.
    """
    whole = tuple(range(len(sentences)))
    if len(_joined(sentences, whole)) <= budget:
        return whole
    said = sentence_scores(sentences, title)
    worth = _worth(held, weights or {})
    chosen: tuple[int, ...] = ()
    covered: set[str] = set()
    while len(chosen) < most:
        values = []
        for place in whole:
            fits = len(_joined(sentences, sorted((*chosen, place)))) <= budget
            if place in chosen or (chosen and not fits):
                continue
            value = said[place] + (0.0 if fits else _CUT)
            if place - 1 not in chosen:
                value += dependence_penalty(sentences[place])
            if held:
                value += sum(
                    worth[word] * (_AGAIN if word in covered else _KEYWORD) for word in held[place]
                )
            values.append((value, -place))  # the earlier one of equals
        if not values or (chosen and max(values)[0] < _LEAST):
            break
        best = -max(values)[1]
        chosen = tuple(sorted((*chosen, best)))
        covered.update(held[best] if held else ())
    return chosen


def _places(entry: EditionEntry, keywords: Mapping[str, Keyword]) -> tuple[int, ...]:
    paper = entry.candidate.paper
    sentences = split(abstract_shown(paper))
    matched = dict.fromkeys(match.keyword for match in entry.matches)
    wanted = [keywords[text] for text in matched if text in keywords]
    return select_sentences(
        sentences,
        title=title_shown(paper),
        held=keywords_per_sentence(sentences, wanted),
        weights={match.keyword: match.contribution for match in entry.matches},
    )


def join_sentences(
    sentences: Sequence[str], places: Sequence[int], *, budget: int = BUDGET
) -> tuple[str, ...]:
    """The chosen sentences and what separates them, in turn: joined, they are the extract.

    Places that are none, as those of an older text may be, are passed over. A single sentence
    that is longer than the budget is cut between words and ends in "…".
    """
    known = [place for place in sorted(set(places)) if 0 <= place < len(sentences)]
    if len(known) == 1 and len(sentences[known[0]]) > budget:
        return (_cut(sentences[known[0]], budget),)
    return tuple(_pieces(sentences, known))


def _pieces(sentences: Sequence[str], places: Sequence[int]) -> Iterator[str]:
    for at, place in enumerate(places):
        if at:
            before = places[at - 1]
            near = place == before + 1
            yield between(sentences[before], sentences[place]) if near else GAP
        yield sentences[place]


def _joined(sentences: Sequence[str], places: Sequence[int]) -> str:
    return "".join(_pieces(sentences, places))


def _cut(text: str, limit: int) -> str:
    kept = text[: max(limit - 1, 0)]
    space = kept.rfind(" ")
    if space > limit // 2 and not text[len(kept)].isspace():
        kept = kept[:space]
    return kept.rstrip(" ,;:.–—-") + "…"


def _worth(held: Sequence[Collection[str]], weights: Mapping[str, float]) -> dict[str, float]:
    """Each keyword's share of what all of them are worth."""
    raw = {word: weights.get(word, 1.0) for some in held for word in some}
    total = fsum(raw.values())
    return {word: one / total if total > 0 else 0.0 for word, one in raw.items()}
