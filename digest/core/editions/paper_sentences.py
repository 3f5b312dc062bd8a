"""Finds a reader's keywords in the sentences of papers: once for a paper and a keyword.

The same papers and keywords meet again and again in the digests of a day.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec.structs import replace

from digest.core.editions.sentence_choice import (
    choose_sentences,
    evidence_shares,
    sentence_table,
)
from digest.core.editions.sentence_scores import sentence_tokens
from digest.core.keywords.aliases import all_forms
from digest.core.keywords.patterns import Pattern, lemma_pattern, pattern
from digest.core.models.editions import LEAST_POINTS, KeywordMatch
from digest.core.models.papers import Paper
from digest.core.models.profiles import Keyword
from digest.core.text.display import display_abstract, display_title
from digest.core.text.sentences import split
from digest.core.text.terms import content_words
from digest.core.text.tokens import BREAK, TokenizedText, lemmatizer

WEIGHT_UNIT = 1024
"""One point of a score has this weight among the keywords of a reader."""

_CACHED_PAPERS = 1 << 13  # the papers of some days
_CACHED_PATTERNS = 1 << 15  # of the keywords and words of many readers
_MOST_MASKS = 1 << 9  # of keywords and words, kept for one paper; there may be thousands of papers

MaskKey = tuple[Keyword | str, bool | str]
"""A keyword (its text, if it has no other forms) and whether its words may be apart, or one word."""


class PaperSentences:
    """The sentences of a paper's abstract. Use `sentences_of`."""

    def __init__(self, title: str, sentences: tuple[str, ...]) -> None:
        self.sentences = sentences
        self.table = sentence_table(sentences, title)
        self._texts: dict[str, SentenceWords] = {}  # by language
        self._masks: dict[tuple[str, MaskKey], int] = {}  # by language and what is looked for

    def select(
        self, matches: Iterable[KeywordMatch], keywords: Mapping[str, Keyword]
    ) -> tuple[int, ...]:
        """Returns the positions of the sentences that a reader is shown.

        Args:
            matches: of the paper. Those that are not named, and those that are no words of the text,
                such as votes, are ignored.
            keywords: of the reader, by the text that the matches have.
        """
        return choose_sentences(self.table, evidence_shares(self._evidence(matches, keywords)))

    def _evidence(
        self, matches: Iterable[KeywordMatch], keywords: Mapping[str, Keyword]
    ) -> list[tuple[int, int]]:
        masks: dict[str, int] = {}
        weights: dict[str, int] = {}
        others: list[tuple[int, int]] = []
        for match in matches:
            if match.contribution < LEAST_POINTS:
                continue
            keyword = keywords.get(match.keyword)
            if keyword is None or keyword.field not in ("text", "title"):
                continue
            name, found_words = match.keyword, match.words
            points = match.contribution / len(found_words) if found_words else match.contribution
            weight = round(points * WEIGHT_UNIT)
            masks[name] = masks.get(name, 0) | self.mask(keyword, near=match.field == "near")
            weights[name] = weights.get(name, 0) + weight
            others += [(self.word_mask(word, keyword.language), weight) for word in found_words]
        return [*((masks[name], weights[name]) for name in masks), *others]

    def mask(self, keyword: Keyword, *, near: bool) -> int:
        """Returns the sentences with a keyword: bit n is sentence n.

        Args:
            keyword: of the field text or title.
            near: its words need not be together.
        """
        key = keyword.language, (keyword if keyword.forms else keyword.text, near)
        mask = self._masks.get(key)
        if mask is None:
            mask = self._remember(key, keyword_patterns(keyword, near=near), keyword.language)
        return mask

    def word_mask(self, word: str, language: str) -> int:
        """Returns the sentences with a word of a paper, or with some words in a row."""
        key = language, ("", word)
        mask = self._masks.get(key)
        if mask is None:
            mask = self._remember(key, [word_patterns(word, language)], language)
        return mask

    def _remember(
        self, key: tuple[str, MaskKey], wanted: Iterable[list[Pattern]], language: str
    ) -> int:
        mask = self.words(language).with_any(wanted)
        if len(self._masks) >= _MOST_MASKS:
            self._masks.clear()
        self._masks[key] = mask
        return mask

    def words(self, language: str) -> "SentenceWords":
        """Returns the words of the sentences, with the lemmas of a language."""
        found = self._texts.get(language)
        if found is None:
            found = self._texts[language] = SentenceWords(self.sentences, language)
        return found


class SentenceWords:
    """The words of some sentences in one language. A set of sentences is a number: bit n is sentence n."""

    def __init__(self, sentences: Iterable[str], language: str) -> None:
        self._texts = [sentence_words(sentence, language) for sentence in sentences]
        self._all = (1 << len(self._texts)) - 1
        self._with_lemma: dict[str, int] = {}
        for place, text in enumerate(self._texts):
            for lemma in set(text.lemmas):
                self._with_lemma[lemma] = self._with_lemma.get(lemma, 0) | 1 << place

    def with_any(self, wanted: Iterable[list[Pattern]]) -> int:
        """Returns the sentences with all patterns of at least one list."""
        found = 0
        for parts in wanted:
            both = self._all
            for part in parts:
                both &= self._with(part)
                if not both:
                    break
            found |= both
        return found

    def _with(self, wanted: Pattern) -> int:
        mask = self._all
        for lemma in wanted.lemmas[:-1] if wanted.prefix else wanted.lemmas:
            mask &= self._with_lemma.get(lemma, 0)
        if not mask or wanted.is_one_lemma:
            return mask
        # Few sentences have all the words: only these are searched.
        for place, text in enumerate(self._texts):
            if mask >> place & 1 and not wanted.positions(text):
                mask ^= 1 << place
        return mask


def sentences_of(paper: Paper) -> PaperSentences:
    """Returns the sentences of a paper; the last thousands of papers are kept by their texts."""
    return _sentences_of(paper.title, paper.abstract)


@lru_cache(maxsize=_CACHED_PAPERS)
def _sentences_of(title: str, abstract: str) -> PaperSentences:
    paper = Paper(title=title, abstract=abstract)
    return PaperSentences(display_title(paper), split(display_abstract(paper)))


@lru_cache(maxsize=_CACHED_PATTERNS)
def keyword_patterns(keyword: Keyword, *, near: bool) -> tuple[list[Pattern], ...]:
    """Returns what shows that a sentence is about a keyword: patterns that must all be there.

    Args:
        keyword: of the field text or title.
        near: its words need not be together.
    """
    found: list[list[Pattern]] = []
    for form in all_forms(keyword):
        form_pattern = pattern(form if form.field == "text" else replace(form, field="text"))
        found.append([form_pattern])
        if near:
            content = content_words(form_pattern.lemmas)
            found.append([lemma_pattern((word,), capitals=False) for word in content])
    return tuple(found)


@lru_cache(maxsize=_CACHED_PATTERNS)
def word_patterns(text: str, language: str) -> list[Pattern]:
    """Returns the pattern of a word, or some words, of a paper."""
    return [lemma_pattern(tuple(map(lemmatizer(language), text.split(" "))), capitals=False)]


def sentence_words(sentence: str, language: str) -> TokenizedText:
    """Returns a sentence as `digest.core.text.tokens.words` does: as an abstract without a title."""
    surfaces = (".", *sentence_tokens(sentence))
    lemmas = tuple(map(lemmatizer(language), surfaces))
    length = len(lemmas) - lemmas.count(BREAK)
    return TokenizedText(surfaces=surfaces, lemmas=lemmas, title=0, length=length)


def is_in(parts: Iterable[Pattern], text: TokenizedText) -> bool:
    """Returns whether all patterns are in a text."""
    return all(part.positions(text) for part in parts)
