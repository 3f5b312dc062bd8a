"""Says in words what a reader's feedback has in common: "4 papers about KV cache eviction"."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from digest.core.background.table import BackgroundTable
from digest.core.examples.paper_terms import term_weights
from digest.core.models.profiles import FeedbackKind, GivenFeedback
from digest.core.text.tokens import TokenizedText, words

LEAST_WEIGHT = 0.06
"""The mean TF-IDF weight from which papers are said to be about a common term."""

PAIR_BONUS = 1.5
"""A pair of words says more to a person than each word alone."""

_GROUPS = (
    (FeedbackKind.MORE, FeedbackKind.SAVED),
    (FeedbackKind.OPENED,),
    (FeedbackKind.LESS,),
)


class LearnedSubject(Struct, frozen=True, kw_only=True):
    """What some papers with the same kind of feedback are about."""

    kind: FeedbackKind  # more stands for saved too
    about: str  # a word or phrase; for a single paper, its title
    papers: int

    @property
    def sign(self) -> str:
        """How it moves like papers."""
        return "-" if self.kind is FeedbackKind.LESS else "+"


def learned_subjects(
    feedback: Sequence[GivenFeedback], *, language: str, background: BackgroundTable
) -> tuple[LearnedSubject, ...]:
    """Returns what papers with feedback are about; each paper counts once.

    Args:
        feedback: each paper once.
        language: of the profile.
        background: the table of this language.
    """
    return tuple(
        subject
        for kinds in _GROUPS
        for subject in _subjects(
            kinds[0], [item for item in feedback if item.kind in kinds], language, background
        )
    )


def _subjects(
    kind: FeedbackKind,
    feedback: Sequence[GivenFeedback],
    language: str,
    background: BackgroundTable,
) -> Iterator[LearnedSubject]:
    texts = [words(item.paper.title, item.paper.abstract, language) for item in feedback]
    weights = [term_weights(text.lemmas, background) for text in texts]
    left = list(range(len(feedback)))
    while common := _common_term({number: weights[number] for number in left}):
        term, numbers = common
        # The whole name: papers about "cache" are about "KV cache eviction" if all of them write
        # that.
        about = _written(
            _extended(term, [weights[n] for n in numbers]), [texts[n] for n in numbers]
        )
        yield LearnedSubject(kind=kind, about=about, papers=len(numbers))
        left = [number for number in left if number not in numbers]
    for number in left:
        yield LearnedSubject(kind=kind, about=feedback[number].paper.title, papers=1)


def _common_term(weights: Mapping[int, Mapping[str, float]]) -> tuple[str, list[int]] | None:
    """Returns the term that most of the papers are most about, and these papers."""
    sums: dict[str, float] = {}
    numbers: dict[str, list[int]] = {}
    for number, vector in weights.items():
        for term, weight in vector.items():
            bonus = PAIR_BONUS if " " in term else 1.0
            sums[term] = sums.get(term, 0.0) + bonus * weight
            numbers.setdefault(term, []).append(number)
    shared = [
        term
        for term, papers in numbers.items()
        if len(papers) > 1 and sums[term] / len(papers) >= LEAST_WEIGHT
    ]
    if not shared:
        return None
    # The term itself decides between equal sums, so that the text is the same on every machine.
    best = min(shared, key=lambda term: (-sums[term], term))
    return best, numbers[best]


def _extended(term: str, weights: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    """Returns a term as lemmas, with the words that are beside it in all papers."""
    phrase = tuple(term.split(" "))
    common = {
        tuple(pair.split(" "))
        for pair in weights[0]
        if " " in pair and all(pair in vector for vector in weights)
    }
    after = sorted(second for first, second in common if first == phrase[-1])
    before = sorted(first for first, second in common if second == phrase[0])
    if after and after[0] not in phrase:
        phrase = (*phrase, after[0])
    if before and before[0] not in phrase:
        phrase = (before[0], *phrase)
    return phrase


def _written(phrase: tuple[str, ...], texts: Sequence[TokenizedText]) -> str:
    """Returns a phrase as a paper writes it, in lower case if one of them does."""
    found: list[str] = []
    for text in texts:
        for start in range(len(text.lemmas) - len(phrase) + 1):
            end = start + len(phrase)
            if tuple(text.lemmas[start:end]) == phrase:
                found.append(" ".join(text.surfaces[start:end]))
    return min(
        found, key=lambda form: (form.istitle(), -found.count(form), form), default=" ".join(phrase)
    )
