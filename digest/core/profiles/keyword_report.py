"""Shows the writer of a profile what each keyword does on stored papers.

For each keyword: the forms that it finds, the papers in which it or its words were found, and how
many of these match the profile. For the profile: the papers just below `min_match`, and words that
the best papers of each topic have in common and no keyword covers.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from digest.core.background.table import BackgroundTable, unit
from digest.core.editions.reasons import GOOD
from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper
from digest.core.models.editions import RankedPaper
from digest.core.models.profiles import Profile
from digest.core.profiles.keyword_forms import FoundForms, found_forms
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.keyword_score import contributions
from digest.core.ranking.scoring import compile_profile, rank
from digest.core.ranking.topic_contributions import CompiledTopic
from digest.core.text.tokens import EMPTY_LEMMAS, TokenizedText

NEAR_MISS = 5.0
"""A paper is a near miss if its score is at most this many points below `min_match`."""

MAX_NEAR_MISSES = 5

BEST_PAPERS = 20
"""Words are suggested from this many papers of a topic, at most, that are a good match."""

FEWEST_PAPERS = 3
"""A word is suggested if this many of them contain it."""

MAX_SUGGESTIONS = 5  # for a topic

MAX_SHARE = 0.02
"""A single word that is in more of the background papers is too common to be a keyword."""

PHRASE_SHARE = 0.75
"""A word belongs to a phrase if it follows in this share of its occurrences."""

LEAST_NEARNESS = 0.2
"""A word is suggested if the cosine of its vector and the topic's is at least this: other words, such
as those of a link to the code, are in many papers without being their subject."""


class KeywordReport(Struct, frozen=True, kw_only=True):
    """What one keyword finds, and what it brought."""

    topic: str
    keyword: str  # as written in the profile
    forms: FoundForms
    papers: int  # in which it, or its words near each other, were found
    matched: int  # of these, those that match the profile


class SuggestedKeyword(Struct, frozen=True, kw_only=True):
    """A word or phrase that the best papers of a topic have in common."""

    topic: str
    keyword: str
    papers: int  # of the topic's best papers, those that contain it


class ProfileReport(Struct, frozen=True, kw_only=True):
    """What a profile does on some papers."""

    papers: int  # that were ranked
    matched: int  # of these, those with at least `min_match`
    min_match: float
    keywords: tuple[KeywordReport, ...]  # in the order of the profile
    near_misses: tuple[RankedPaper, ...]  # best first
    suggestions: tuple[SuggestedKeyword, ...]  # topic by topic, the most telling first


def report(profile: Profile, papers: Sequence[TokenizedPaper], corpus: Corpus) -> ProfileReport:
    """Tries a profile on papers.

    Args:
        profile: the profile.
        papers: the papers, in the language of the profile; none: only the forms are reported.
        corpus: what the scores are computed with.
    """
    compiled = compile_profile(profile, corpus)
    index = PaperIndex(papers)
    numbers = {paper.candidate.paper_id: number for number, paper in enumerate(index.papers)}
    ranked = rank(index, compiled)
    matched = [item for item in ranked if item.score >= profile.min_match]
    matching = {numbers[item.candidate.paper_id] for item in matched}
    found = {
        (topic.name, keyword.keyword.text): {
            number for number, _ in contributions(keyword, index, corpus)
        }
        for topic in compiled.topics
        for keyword in topic.keywords
    }
    below = [
        item for item in ranked if profile.min_match - NEAR_MISS <= item.score < profile.min_match
    ]
    return ProfileReport(
        papers=len(index.papers),
        matched=len(matched),
        min_match=profile.min_match,
        keywords=tuple(
            KeywordReport(
                topic=topic.name,
                keyword=keyword.text,
                forms=found_forms(keyword, corpus),
                papers=len(found.get((topic.name, keyword.text), ())),
                matched=len(matching.intersection(found.get((topic.name, keyword.text), ()))),
            )
            for topic in profile.topics
            for keyword in topic.keywords
        ),
        near_misses=tuple(below[:MAX_NEAR_MISSES]),
        suggestions=tuple(
            suggestion
            for topic in compiled.topics
            for suggestion in _suggestions(topic, matched, numbers, index, corpus.background)
        ),
    )


def _suggestions(
    topic: CompiledTopic,
    matched: Iterable[RankedPaper],
    numbers: dict[int, int],
    index: PaperIndex,
    background: BackgroundTable,
) -> Iterator[SuggestedKeyword]:
    best = [item for item in matched if item.topic == topic.name and item.score >= GOOD]
    texts = [index.papers[numbers[item.candidate.paper_id]].words for item in best[:BEST_PAPERS]]
    if topic.topical is None or len(texts) < FEWEST_PAPERS:
        return
    # The shares of the topic's keywords, not of one of them: what is near to several comes first.
    direction = unit((topic.topical.shares[:, None] * topic.topical.keywords.vectors).sum(axis=0))
    amounts: defaultdict[str, float] = defaultdict(float)
    papers: Counter[str] = Counter()
    for text in texts:
        terms, shares = background.term_shares(text.lemmas, direction[None, :])
        for term, share in zip(terms, shares[:, 0].tolist(), strict=True):
            amounts[term] += share
            papers[term] += 1
    suggested: list[tuple[str, ...]] = []
    for term in sorted(amounts, key=lambda term: (-amounts[term], term)):
        words = tuple(term.split(" "))
        if (
            papers[term] < FEWEST_PAPERS
            or (len(words) == 1 and background.frequency(term) >= MAX_SHARE * background.papers)
            or float(background.vector(words) @ direction) < LEAST_NEARNESS
            or any(set(words) & set(other) for other in suggested)
        ):
            continue
        words, spelling = _as_written(words, texts)
        if not _covered(words, topic):
            suggested.append(words)
            yield SuggestedKeyword(topic=topic.name, keyword=spelling, papers=papers[term])
        if len(suggested) == MAX_SUGGESTIONS:
            return


def _covered(words: tuple[str, ...], topic: CompiledTopic) -> bool:
    """Returns whether a keyword or exclusion of the topic has these words, or is a part of them."""
    for keyword in (*topic.keywords, *topic.excluded):
        for form in keyword.forms:
            lemmas, prefix = form.pattern.lemmas, form.pattern.prefix
            if prefix and any(word.startswith(form.pattern.folded[-1]) for word in words):
                return True
            if set(words) <= set(lemmas) or set(lemmas) <= set(words):
                return True
    return False


def _as_written(
    words: tuple[str, ...], texts: Iterable[TokenizedText]
) -> tuple[tuple[str, ...], str]:
    """Returns a word or pair, with the word that nearly always follows it: lemmas and spelling."""
    spellings: Counter[str] = Counter()
    followed: defaultdict[str, Counter[str]] = defaultdict(Counter)
    size = len(words)
    for text in texts:
        for start in range(len(text.lemmas) - size + 1):
            if text.lemmas[start : start + size] == words:
                end = start + size
                spellings[" ".join(text.surfaces[start:end])] += 1
                if end < len(text.lemmas) and text.lemmas[end] not in EMPTY_LEMMAS:
                    followed[text.lemmas[end]][text.surfaces[end]] += 1
    spelling = _usual(spellings)
    # Half of a phrase, such as "large language", is no keyword.
    for lemma, next_words in followed.items():
        if next_words.total() >= PHRASE_SHARE * spellings.total():
            return (*words, lemma), f"{spelling} {_usual(next_words)}"
    return words, spelling


def _usual(spellings: Counter[str]) -> str:
    """Returns the most frequent spelling, in lower case if there is one: titles have capitals."""
    return min(spellings, key=lambda text: (not text.islower(), -spellings[text], text))
