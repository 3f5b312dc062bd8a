"""Chooses the one sentence that says what a paper does, and makes it understandable by itself.

A sentence from the middle of an abstract often begins with what joins it to the sentence before:
"To address this, we propose ...". Where the rest is a sentence by itself, the beginning is left out.
Where it is not ("It ...", "These ..."), another sentence is chosen.
"""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

from digest.core.editions.sentence_choice import sentence_table
from digest.core.editions.sentence_scores import (
    MOST_BESIDE_CUES,
    MOST_FOR_CUES,
    SentenceScorer,
)

LEAD_LENGTH = 240
"""Number of characters that a lead sentence should have at most."""

MORE_SENTENCES = 2
"""Largest number of sentences that follow the lead in a detailed card."""

_CACHED_PAPERS = 1 << 13  # the papers of some days
_UNIT = 1 << 16  # of the values in `SentenceTable`
_CHOSEN_BONUS = 6 * _UNIT // 10  # for a sentence that was chosen for the reader's keywords
_OWN_BONUS = _UNIT  # for a sentence about what the authors did
_FIRST_OWN_BONUS = 3 * _UNIT // 10
_NAMED_BONUS = 5 * _UNIT // 10  # for one that introduces what the title names
_TOO_LONG = 6 * _UNIT // 10
_BACKGROUND = 6 * _UNIT // 10  # before the first sentence about what the authors did
_WEAK_HEADING_VALUE = -8 * _UNIT // 10
_ADDED = 8 * _UNIT // 10  # for a sentence that adds something to the one before

_PAPER = r"(?:(?!prior|previous|existing|earl|recent|past|other)[\w-]+ )?(?:paper|work|article|report|study|survey|thesis|dissertation|review|tutorial|letter|chapter)\b"
# "In this paper", "in the present study", "in current research".
_IN_PAPER = rf"in (?:this|our|(?:the )?(?:present|current)) (?:research\b|{_PAPER})"
# Of a structured abstract: "Methods: We ...", "Results We ...".
_HEADING = (
    r"(?:background|introduction|motivation|rationale|importance|significance|objectives?|aims?|purpose"
    r"|hypothesis|design|approach|methods?|methodology|(?:main )?results?|findings|discussion|interpretation"
    r"|conclusions?|summary)(?: and [a-z]+)?"
)
_BACK = (
    r"(?:this|these|those|it|them|such(?! as)|(?:the )?above|(?:the )?aforementioned"
    r"|our (?:findings?|observations?|insights?|explorations?|analys[ie]s))\b"
)
# Adverbs that join a sentence to the one before.
_JOINING = (
    r"however|moreover|furthermore|additionally|in addition|besides|therefore|thus|hence|consequently"
    r"|as a result|accordingly|nevertheless|nonetheless|instead|conversely|in contrast|by contrast"
    r"|on the other hand|meanwhile|finally|lastly|overall|in summary|in conclusion|specifically|concretely"
    r"|in particular|notably|importantly|interestingly|crucially|for example|for instance|namely"
    r"|more (?:precisely|specifically|concretely|importantly)|to be specific|in other words|here|then|next"
    r"|first(?:ly)?|second(?:ly)?|third(?:ly)?|as an example"
)
# Apart from the patterns below: to compile these many words once takes less time.
_JOINING_WORDS = re.compile(
    rf"(?!instead of\b|next-|first-|second-|third-)(?:{_JOINING})\b", re.IGNORECASE
)
_IN_THIS_PAPER = re.compile(_IN_PAPER, re.IGNORECASE)
_COMMA_OR_WE = re.compile(r",\s+|\s+(?=we\b|our\b)", re.IGNORECASE)  # after one of these
# A beginning that joins a sentence to the one before, and ends with a comma.
_JOINT = re.compile(
    rf"(?:\(?(?:[1-9]|[ivx]{{1,4}})\)\s+|{_HEADING}(?::\s+(?!to\b)|\s+(?=(?-i:We|Here|This|In this)\b))"
    r"|(?:to begin with|in response|to (?:this end|that end|do so"
    r"|achieve this|this aim)|(?:to (?:\w+ly )?(?:address|tackle|overcome|bridge|solve|resolve|mitigate|alleviate|remedy"
    r"|fill|close|meet|handle|investigate|answer|explore|counter|combat|validate|verify|support|facilitate|enable)"
    r" (?:this|these|that|those|it|them|such"
    r"|the (?:above|aforementioned|(?:issue|gap|limitation|challenge|problem|question)s?))"
    r"|(?:(?:motivated|inspired|driven|guided) by|given|considering|in light of|in view of)"
    r" (?:this|these|that|those|such)"
    r"|(?:based|building) (?:up)?on (?:this|these|that|those|it|such))\b[^,;.]{0,100}"
    r"|with (?:this|these|that|those|such)\b[^,;.]{0,60}),\s+)",
    re.IGNORECASE,
)
# What for, before what was done: the purpose is often the subject of the sentence before.
_PURPOSE = re.compile(
    # "Unlike these works, we ...", "By using the above insights, we ..."
    rf"(?:(?:[^,;.]{{1,140}} )?{_BACK}(?! {_PAPER})[^,;.]{{0,80}},\s+(?=we\b|this {_PAPER})"
    r"|to (?:\w+ly )?(?:address|tackle|overcome|bridge|solve|resolve|mitigate|alleviate|remedy|fill|meet"
    r"|handle|counter|combat)\b[^.;]{0,160}?,\s+(?=we\b|this (?:paper|work|study)\b))",
    re.IGNORECASE,
)
_THIS_PAPER = re.compile(
    rf"this {_PAPER}\s+(?:(?:also|first|then|\w+ly)\s+)?"
    r"(?=(?!is\b|was\b|has\b|does\b)[a-z-]+s\b)",
    re.IGNORECASE,
)
# What authors do: "we propose", "we thus study".
_WE_DO = (
    r"we (?:\w+ly |thus |therefore |hence |first |here |also |then )?(?:propos|introduc|present|develop|design|devis"
    r"|describ|creat|build|construct|formulat|establish|conduct|investigat|study|studied|explor|examin|analy[sz]"
    r"|evaluat|show|demonstrat|find|found|ask|argu)\w*\b"
)
# In a sentence that is too long: what comes before the clause that says what was done.
_LATE = re.compile(
    rf".{{40,}}?,\s+(?:and\s+|thus\s+)?(?={_WE_DO}|this {_PAPER} [a-z]+s\b)", re.IGNORECASE
)
# "We tackle this issue by introducing a cache": what was done is the second verb.
_BY_DOING = re.compile(
    r"(?P<we>we )?[^,.;]{1,60}? (?:this|these|those|such|the (?:above|aforementioned))(?: [^,.;]{1,60}?)? by"
    r" (?P<verb>introduc|propos|present|develop|design|build|train|creat|formulat|construct)ing\s",
    re.IGNORECASE,
)
_ENDS_WITH_E = ("introduc", "propos", "creat", "formulat")
_MADE = "designed|aimed|intended|tailored|developed|proposed"
# Words that need what comes after them: "is designed to ...", "and to ...".
_NO_OBJECT = "".join(
    f"(?<! {word})"
    for word in (
        *_MADE.split("|"),
        *["is", "are", "was", "were", "be", "and", "or", "but", "used", "able"],
    )
)
# At the end of a sentence that says what was made: what for, by pointing to the sentence before.
_PURPOSE_AFTER = re.compile(
    rf"{_NO_OBJECT},?(?: (?:\w+ly )?(?:{_MADE}))?"
    r" (?:to|that|which|for) (?:\w+ly )?(?:address|tackl|overcom|bridg|solv|resolv|mitigat|alleviat|remed|fill|meet"
    r"|handl)\w* (?:all |both )?(?:of )?(?:this|these|those|such|both|the (?:above|aforementioned))(?: [\w-]+){0,2}\.$",
    re.IGNORECASE,
)
# Words at the beginning of a sentence that point to the sentence before.
_POINTS_BACK = re.compile(
    r"(?:(?!both-)(?:as such|also|on the contrary|otherwise|similarly|likewise|alternatively|in turn|indeed|in fact"
    r"|and|but|yet|so|or|nor|it|its|itself|he|she|his|her|they|their|them|these|those|this"
    r"|that|such|both|the (?:former|latter|above|aforementioned|resulting|proposed|same)|there(?:by|fore)?"
    r"|another|others?|one such|each|to (?:this|that) end|to do so|doing so|in doing so|by doing so|either|neither"
    r"|in both|on top of|(?:by|from|on|through|beyond) (?:this|these|that|those)"
    r"|(?:in|for|with|under|based on) (?:this|these|that|those|such)"
    r"|to \w+(?: \w+)? (?:this|these|that|those|it|them|such|the (?:above|aforementioned))"
    r"|(?:unlike|despite|among|building on|using|given) (?:this|these|those|it|them|such)))\b",
    re.IGNORECASE,
)
_OWN_WORK = re.compile(rf"(?:in )?this {_PAPER}", re.IGNORECASE)
# It says what the authors did, or what their paper does.
_OWN = re.compile(
    r"(?:.*[\s,(])?(?:we (?:\w+ly |thus |therefore |hence |first |here |also |then |further )?(?!(?:\w+ly|thus|also"
    r"|are|were|can|could|have|had|will|would|may|must|should|do|need|want|hope"
    r"|believe|expect|know|live|call|name|note)\b)[a-z]+\b|is (?:proposed|introduced|presented)\b)"
    rf"|our\b|(?:.{{0,40}}\s)?this {_PAPER}|.*,\s+this {_PAPER} [a-z]+s\b",
    re.IGNORECASE,
)
# What they made, and no purpose before it: the purpose is often one of many.
_PROPOSES = re.compile(
    r"(?:we (?:\w+ly |thus |therefore |first )?(?:propose|introduce|present|develop|design|create|build)d?\b"
    r"|(?:proposes|introduces|presents)\s)",
    re.IGNORECASE,
)
_RESULTS = re.compile(
    r"(?:(?:through|with|in|across|on) )?(?:our |the |these )?(?:\w{1,20} ){0,2}"
    r"(?:results?|findings?|experiments?|evaluations?|experimentation|analys[ie]s)\b"
    r"|we (?:can |are able to |thus )?(?:achieve|outperform|surpass|reach)\b",
    re.IGNORECASE,
)
# What was before, and what came out, in a structured abstract. `_JOINT` has removed it from the text.
_WEAK_HEADING = re.compile(
    r"(?:background|introduction|motivation|(?:main )?results?|findings)(?::| (?=(?-i:We|Here|This|In this)\b))",
    re.IGNORECASE,
)
# Something that the sentence before named: early, or in a sentence that says little else.
_POINTER = rf"\s(?:the following\s|(?:this|these|those)\s(?!{_PAPER}|end\b|way\b)\w|both (?:issue|limitation|problem|challenge)s)"
_POINTING_OBJECT = re.compile(rf"(?:.{{0,25}}|(?=.{{0,119}}$).*){_POINTER}", re.IGNORECASE)
# What the authors give away or hope for, without a word about what it is.
_OFFERS = re.compile(
    r"(?:we|our)\b.{0,30}\b(?:(?:(?:releas|open-sourc|shar)\w* the|(?:releas|open-sourc|shar|provid)\w* (?:our|all|both|code|data\b|models?\b))"
    r"|hope|believe|plan|invite|thank|aim to (?:provide|inspire|motivate|encourage|stimulate))\b",
    re.IGNORECASE,
)
# A second thing that the paper does: the first says more.
_SECOND = re.compile(
    r"(?:we|our \w+|this (?:paper|work)) (?:\w+ )?(?:also|further|furthermore|additionally|subsequently|then|finally|next"
    r"|conclude (?:the|this|our|with|by))\b",
    re.IGNORECASE,
)
_ADDS = re.compile(
    r"(?:moreover|furthermore|additionally|in addition|besides|finally|lastly|second|secondly|third|thirdly"
    r"|then|next|\(?(?:[2-9]|ii|iii|iv|v)\))(?=[\s,])",
    re.IGNORECASE,
)
_TEXT_CUES = (
    (_PROPOSES, 4 * _UNIT // 10),
    (_RESULTS, -8 * _UNIT // 10),
    (_POINTING_OBJECT, -5 * _UNIT // 10),
    (_SECOND, -15 * _UNIT // 10),
    (_OFFERS, -15 * _UNIT // 10),
)
_MIN_WORDS = 4
_MIN_WORDS_BEFORE = 7  # a purpose that is left out
_PURPOSE_LENGTH = 120  # at most; more is not searched
_HIGHEST_SCORE = round((MOST_FOR_CUES + MOST_BESIDE_CUES) * _UNIT)


def standing_alone(sentence: str) -> str | None:
    """Returns the sentence as it can be shown without the one before it.

    Args:
        sentence: of an abstract.

    Returns:
        The sentence, without a beginning that joins it to the one before; None if it cannot be
        understood without that one. "This paper proposes X" becomes "Proposes X".
    """
    rest = _without_joints(sentence)
    if len(rest) > LEAD_LENGTH and (late := _LATE.match(rest)):
        rest = _without_joints(rest[late.end() :])
    doing = _BY_DOING.match(rest)
    if doing and (doing["we"] or rest is not sentence):
        verb = doing["verb"].lower() + "e" * (doing["verb"].lower() in _ENDS_WITH_E)
        rest = f"{'We ' + verb if doing['we'] else verb + 's'} {rest[doing.end() :]}"
    if rest is not sentence:
        if rest.count(" ") < _MIN_WORDS - 1:
            return None
        rest = rest[0].upper() + rest[1:]
    if _PROPOSES.match(rest) and (
        after := _PURPOSE_AFTER.search(rest, max(0, len(rest) - _PURPOSE_LENGTH))
    ):
        kept = rest[: after.start()]
        # "We present a way to solve these problems." is no sentence about a way.
        rest = f"{kept}." if kept.count(" ") >= _MIN_WORDS_BEFORE else rest
    points_back = _JOINING_WORDS.match(rest) or _POINTS_BACK.match(rest)
    return None if points_back and not _OWN_WORK.match(rest) else rest


def _without_joints(text: str) -> str:
    while joint := _joint(text):
        text = text[joint.end() :]
    return text


def _joint(text: str) -> re.Match[str] | None:
    if opening := _JOINING_WORDS.match(text) or _IN_THIS_PAPER.match(text):
        joint = _COMMA_OR_WE.match(text, opening.end())
        if joint:
            return joint
    return _JOINT.match(text) or _PURPOSE.match(text) or _THIS_PAPER.match(text)


def choose_lead(
    sentences: Sequence[str], chosen: Collection[int] = (), title: str = ""
) -> tuple[int, str] | None:
    """Returns the sentence that says best what the paper does, and its position.

    Args:
        sentences: of the abstract, from `digest.core.text.sentences.split`.
        chosen: positions of the sentences that were chosen for the reader's keywords.
        title: of the paper; sentences that repeat it are worth more.

    Returns:
        The position and the text, which can be read by itself. If no sentence does, the first one. None:
        the abstract is empty.
    """
    if not sentences:
        return None
    offers = [
        (value + _CHOSEN_BONUS * (place in chosen), -place, text)
        for value, place, text in _offers(tuple(sentences), title)
    ]
    if not offers:
        return 0, sentences[0]
    _, place, text = max(offers)
    return -place, text


def choose_more(
    sentences: Sequence[str],
    chosen: Collection[int],
    lead: int | None,
    budget: int,
    title: str = "",
) -> list[str]:
    """Returns the sentences that follow the lead in a detailed card, in their order.

    The sentences that were chosen for the reader come first, then those that say most.

    Args:
        sentences: of the abstract.
        chosen: positions of the sentences that were chosen for the reader's keywords.
        lead: position of the lead; None: it is not from the abstract.
        budget: number of characters for all of them.
        title: of the paper; sentences that repeat it are worth more.
    """
    table = sentence_table(tuple(sentences), title)
    order = sorted(
        range(len(sentences)), key=lambda place: (place not in chosen, -table.values[place])
    )
    shown = set() if lead is None else {lead}
    kept: dict[int, str] = {}
    for place in order:
        # After the sentence that it refers to, a sentence may begin as it does.
        text = sentences[place] if place - 1 in shown else standing_alone(sentences[place])
        if place in shown or text is None or len(text) > budget or table.values[place] < 0:
            continue
        budget -= len(text)
        shown.add(place)
        kept[place] = text
        if len(kept) == MORE_SENTENCES:
            break
    return [kept[place] for place in sorted(kept)]


# The same papers are in the digests of many readers, with other sentences chosen.
@lru_cache(maxsize=_CACHED_PAPERS)
def _offers(sentences: tuple[str, ...], title: str) -> tuple[tuple[int, int, str], ...]:
    """Returns value, place and text of the sentences that can be read by themselves, whoever reads them.

    Those are left out that are never the best, whatever is chosen for a reader: scoring takes time.
    """
    # "Halfway: A Cache That Forgets": the name of what was made.
    name, colon, _ = title.partition(":")
    name = name if colon and name.count(" ") < _MIN_WORDS - 1 else ""
    own = [
        place
        for place, sentence in enumerate(sentences)
        if (_OWN.match(sentence) and (sentence[-1:] != "?" or sentence.startswith("We ")))
        or (name and sentence.startswith(name))
    ]
    unscored: list[tuple[int, int, str]] = []
    for place, sentence in enumerate(sentences):
        text = standing_alone(sentence)
        if text is None:
            continue
        value = _text_value(text, name)
        if _WEAK_HEADING.match(sentence):
            value += _WEAK_HEADING_VALUE
        if place in own:
            value += _OWN_BONUS + _FIRST_OWN_BONUS * (place == own[0])
        elif own and place < own[0]:
            value -= _BACKGROUND
        if _ADDS.match(sentence):
            value -= _ADDED
        unscored.append((value, place, text))
    return tuple(_scored(unscored, SentenceScorer(sentences, title)))


def _scored(
    offers: Iterable[tuple[int, int, str]], scorer: SentenceScorer
) -> Iterator[tuple[int, int, str]]:
    """Adds the scores to the values of sentences, without those that can never be the best."""
    best = -math.inf
    # Those with a high value first: they may show that the others need no score.
    for value, place, text in sorted(offers, reverse=True):
        if value + _HIGHEST_SCORE + _CHOSEN_BONUS < best:
            return
        cues = scorer.cues(place)
        if value + _rounded(cues + MOST_BESIDE_CUES) + _CHOSEN_BONUS < best:
            continue
        scored = value + _rounded(scorer.score(place, cues))
        best = max(best, scored)
        yield scored, place, text


def _rounded(score: float) -> int:
    return round(score * _UNIT)


def _text_value(text: str, name: str) -> int:
    value = sum(points for cue, points in _TEXT_CUES if cue.match(text))
    if len(text) > LEAD_LENGTH:
        value -= _TOO_LONG
    if name and name in text and _PROPOSES.match(text):
        value += _NAMED_BONUS
    return value
