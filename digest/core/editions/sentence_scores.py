"""Scores how much a sentence of an abstract says, independently of the reader.

The features are those of Edmundson (New Methods in Automatic Extracting, J. ACM 16, 1969): cue
phrases, words of the title, and position. The weights are round numbers. Doubling or halving any
of them changes little (benchmarks/parts/extracts.py).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from digest.core.text.memo import Memo
from digest.core.text.tokens import BREAK, STOP_WORDS, lemma, tokenise

_TITLE = 1.0  # contains all words of the title; a part of them counts in proportion
_CONTRIBUTES, _AIMS = 1.0, 0.6
_RESULTS = 0.2
_BACKGROUND_PENALTY = -0.4
_ADMINISTRATIVE_PENALTY = -1.2
_FIRST, _LAST = 0.3, 0.1
_DEPENDENCE_PENALTY = -0.3
_HEADING_PENALTY = -2.0
_MIN_WORDS = 4  # a sentence with fewer words is a heading, or a piece of a sentence


class Cue(NamedTuple):
    """A phrase that tells what a sentence is about.

    Searching for a pattern takes much longer than for a text, and most sentences have no cue. So the
    pattern is searched for only where one of some texts is found.
    """

    needs: tuple[str, ...]  # in lower case; what the pattern matches contains one of these
    pattern: re.Pattern[str]  # ignores case

    def is_in(self, sentence: str) -> bool:
        """Whether a sentence contains the cue."""
        # Beyond ASCII, a pattern takes some letters as equal that differ in lower case.
        if sentence.isascii():
            lower = sentence.lower()
            for text in self.needs:
                if text in lower:
                    break
            else:
                return False
        return self.pattern.search(sentence) is not None


_CONTRIBUTION = Cue(
    (
        "propos",
        "introduc",
        "present",
        "develop",
        "design",
        "describ",
        "creat",
        "build",
        "releas",
        "provid",
    ),
    re.compile(
        r"\b(?:we|this (?:paper|work|article|report|study|survey)|our (?:work|paper))"
        r"(?:\s\w+ly|\sthus|\stherefore|\salso|\shere|\sfirst)?\s"
        r"(?:propos|introduc|present|develop|design|describ|creat|build|releas|provid|propose)\w*\b"
        r"|\bis (?:proposed|introduced|presented)\b",
        re.IGNORECASE,
    ),
)
_AIM = Cue(
    ("we ", "this ", "to address", "to tackle", "to overcome", "to bridge", "to solve"),
    re.compile(
        r"\b(?:in this (?:paper|work|article|report|study|survey)|to (?:this end|address|tackle|overcome|bridge|solve))\b"
        r"|\b(?:we|this (?:paper|work|study)) (?:\w+ly )?(?:study|studies|investigat|explor|examin|ask|show|find|found|demonstrat"
        r"|prov|deriv|argu|reveal|report)\w*",
        re.IGNORECASE,
    ),
)
_RESULT = Cue(
    (
        *(
            "outperform",
            "surpass",
            "exceed",
            "improv",
            "achiev",
            "reduc",
            "state-of-the-art",
            "sota",
        ),
        *("result", "experiment", "conclu", "suggest", "significant", *"0123456789"),
    ),
    re.compile(
        r"\b(?:outperform|surpass|exceed|improv|achiev|reduc|state-of-the-art|SOTA|result|experiment"
        r"|conclu|suggest|significant)\w*|\d(?:\.\d+)?\s?(?:%|[x×]\b|×|times\b|points?\b)",
        re.IGNORECASE,
    ),
)
_BACKGROUND = Cue(
    ("has ", "have "),
    re.compile(
        r"\b(?:has|have) (?:been|become|shown|achieved|made|emerged|gained|attracted)\b",
        re.IGNORECASE,
    ),
)
_BACKGROUND_START = re.compile(
    r"(?:recent(?:ly)?|existing|current|previous|prior|traditional(?:ly)?|despite|although|while"
    r"|most|many)\b",
    re.IGNORECASE,
)
_ADMINISTRATIVE = Cue(
    (
        *("://", "available", "all rights reserved", "copyright", "accepted "),
        *("this http", "our web", "project web"),
    ),
    re.compile(
        r"https?://|\b(?:code|data|dataset|models?|project page|website|demo)\b[^.]{0,60}\bavailable\b"
        r"|\bavailable at\b|\bthis https? URL\b|\b(?:our|project) web ?(?:site|page)\b|©"
        r"|\ball rights reserved\b|\bcopyright\b|\baccepted (?:at|to|by)\b",
        re.IGNORECASE,
    ),
)
# Hard to understand without the previous sentence.
_DEPENDENT = re.compile(
    r"^(?:however|moreover|furthermore|additionally|in addition|besides|also|therefore|thus|hence"
    r"|consequently|nevertheless|nonetheless|it|its|they|their|these|those|this|such|both|instead"
    r"|then|second|third|finally|for example|for instance|specifically|in particular)\b(?! paper| work)",
    re.IGNORECASE,
)


MOST_FOR_CUES = _CONTRIBUTES + _RESULTS
MOST_BESIDE_CUES = _TITLE + _FIRST + _LAST


def sentence_scores(sentences: Sequence[str], title: str) -> list[float]:
    """Returns a score for each sentence, from about -2 to 3.

    Args:
        sentences: all sentences of the abstract, in order.
        title: of the paper; may be empty.
    """
    scorer = SentenceScorer(sentences, title)
    return [scorer.score(place, scorer.cues(place)) for place in range(len(sentences))]


class SentenceScorer:
    """Scores single sentences, for those who do not need the scores of all.

    Args:
        sentences: all sentences of the abstract, in order.
        title: of the paper; may be empty.
    """

    def __init__(self, sentences: Sequence[str], title: str) -> None:
        self._sentences = sentences
        self._title_stems = _content_stems(title)

    def cues(self, place: int) -> float:
        """Returns what its phrases add to the score of a sentence, at most `MOST_FOR_CUES`."""
        return _cue_score(self._sentences[place])

    def score(self, place: int, cues: float) -> float:
        """Returns the score of a sentence, at most `MOST_BESIDE_CUES` above that of its phrases.

        Args:
            place: of the sentence.
            cues: what `cues` returned for it.
        """
        score = cues + _title_score(self._sentences[place], self._title_stems)
        if place == len(self._sentences) - 1:
            score += _LAST
        return score + _FIRST if place == 0 else score


def dependence_penalty(sentence: str) -> float:
    """Returns the penalty for showing a sentence without the previous one, 0 or negative.

    It applies to sentences that begin with a word such as "However".
    """
    return _DEPENDENCE_PENALTY if _DEPENDENT.match(sentence) else 0.0


def _cue_score(sentence: str) -> float:
    score = 0.0
    if _CONTRIBUTION.is_in(sentence):
        score += _CONTRIBUTES
    elif _AIM.is_in(sentence):
        score += _AIMS
    if _RESULT.is_in(sentence):
        score += _RESULTS
    if _BACKGROUND_START.match(sentence) or _BACKGROUND.is_in(sentence):
        score += _BACKGROUND_PENALTY
    if _ADMINISTRATIVE.is_in(sentence):
        score += _ADMINISTRATIVE_PENALTY
    # Chinese and Japanese text has no spaces by which words could be counted.
    if sentence.count(" ") < _MIN_WORDS - 1 and not any(map(_needs_no_space, sentence)):
        score += _HEADING_PENALTY
    return score


def _title_score(sentence: str, title_stems: frozenset[str]) -> float:
    if not title_stems:
        return 0.0
    return _TITLE * len(title_stems & _content_stems(sentence)) / len(title_stems)


@lru_cache(maxsize=1 << 14)
def sentence_tokens(sentence: str) -> tuple[str, ...]:
    """Returns `tokenise` of a sentence: for its score, and to find keywords in it."""
    return tuple(tokenise(sentence))


def _content_stems(text: str) -> frozenset[str]:
    return frozenset(map(_content_stem.__getitem__, sentence_tokens(text))) - {BREAK}


_content_stem = Memo(lambda word: BREAK if word.lower() in STOP_WORDS else lemma(word), 1 << 15)
"""The lemma of a word; a break for a stop word."""


def _needs_no_space(sign: str) -> bool:
    # Not a regular expression: one with so many characters takes long to compile at each start.
    return (
        "\u3040" <= sign <= "\u30ff" or "\u3400" <= sign <= "\u4dbf" or "\u4e00" <= sign <= "\u9fff"
    )
