"""How much a sentence of an abstract says, whoever reads it.

The features are those of Edmundson (New Methods in Automatic Extracting, J. ACM 16, 1969):
cue phrases, words of the title, and place. Their weights are round numbers; doubling or
halving any of them changes little (benchmarks/parts/extracts.py).
"""

import re
from collections.abc import Sequence

from digest.core.text.tokens import BREAK, STOP_WORDS, stem, tokenise

_TITLE = 1.0  # for holding all of its words
_CONTRIBUTES, _AIMS = 1.0, 0.6
_RESULTS = 0.2
_KNOWN = -0.4
_ADMINISTERS = -1.2
_FIRST, _LAST = 0.3, 0.1
_LEANS = -0.3
_HEADING = -2.0
_SHORT = 4  # words; a sentence with fewer is a heading, or a piece

_CONTRIBUTION = re.compile(
    r"\b(?:we|this (?:paper|work|article|report|study|survey)|our (?:work|paper))"
    r"(?:\s\w+ly|\sthus|\stherefore|\salso|\shere|\sfirst)?\s"
    r"(?:propos|introduc|present|develop|design|describ|creat|build|releas|provid|propose)\w*\b"
    r"|\bis (?:proposed|introduced|presented)\b",
    re.IGNORECASE,
)
_AIM = re.compile(
    r"\b(?:in this (?:paper|work|article|report|study|survey)|to (?:this end|address|tackle|overcome|bridge|solve))\b"
    r"|\b(?:we|this (?:paper|work|study)) (?:\w+ly )?(?:study|studies|investigat|explor|examin|ask|show|find|found|demonstrat"
    r"|prov|deriv|argu|reveal|report)\w*",
    re.IGNORECASE,
)
_RESULT = re.compile(
    r"\b(?:outperform|surpass|exceed|improv|achiev|reduc|state-of-the-art|SOTA|result|experiment"
    r"|conclu|suggest|significant)\w*|\d(?:\.\d+)?\s?(?:%|[x×]\b|×|times\b|points?\b)",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(
    r"^(?:recent(?:ly)?|existing|current|previous|prior|traditional(?:ly)?|despite|although|while"
    r"|most|many)\b|\b(?:has|have) (?:been|become|shown|achieved|made|emerged|gained|attracted)\b",
    re.IGNORECASE,
)
_ADMINISTRATIVE = re.compile(
    r"https?://|\b(?:code|data|dataset|models?|project page|website|demo)\b[^.]{0,60}\bavailable\b"
    r"|\bavailable at\b|©|\ball rights reserved\b|\bcopyright\b|\baccepted (?:at|to|by)\b",
    re.IGNORECASE,
)
# Hangs in the air without the sentence before it.
_LEANING = re.compile(
    r"^(?:however|moreover|furthermore|additionally|in addition|besides|also|therefore|thus|hence"
    r"|consequently|nevertheless|nonetheless|it|its|they|their|these|those|this|such|both|instead"
    r"|then|second|third|finally|for example|for instance|specifically|in particular)\b(?! paper| work)",
    re.IGNORECASE,
)
_NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")


def sentence_scores(sentences: Sequence[str], title: str) -> list[float]:
    """What each sentence says, about -2 to 3.

    Args:
        sentences: all of them, in order.
        title: the paper's; may be empty.
    """
    wanted = _content(title)
    found = [_cued(sentence) + _shared(sentence, wanted) for sentence in sentences]
    if found:
        found[-1] += _LAST
        found[0] += _FIRST
    return found


def dependence_penalty(sentence: str) -> float:
    """What is taken off if the sentence before it is not shown: it begins with "However"."""
    return _LEANS if _LEANING.match(sentence) else 0.0


def _cued(sentence: str) -> float:
    merit = 0.0
    if _CONTRIBUTION.search(sentence):
        merit += _CONTRIBUTES
    elif _AIM.search(sentence):
        merit += _AIMS
    if _RESULT.search(sentence):
        merit += _RESULTS
    if _BACKGROUND.search(sentence):
        merit += _KNOWN
    if _ADMINISTRATIVE.search(sentence):
        merit += _ADMINISTERS
    if sentence.count(" ") < _SHORT - 1 and not _NO_SPACES.search(sentence):
        merit += _HEADING
    return merit


def _shared(sentence: str, wanted: frozenset[str]) -> float:
    return _TITLE * len(wanted & _content(sentence)) / len(wanted) if wanted else 0.0


def _content(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in tokenise(text) if word.lower() not in STOP_WORDS) - {
        BREAK
    }
