"""Chooses the one sentence that says what a paper does, and makes it stand alone.

A sentence from the middle of an abstract often begins with what joins it to the sentence before:
"To address this, we propose ...". Where the rest is a sentence by itself, the beginning is left out.
Where it is not ("It ...", "These ..."), another sentence is chosen.
"""

import re
from collections.abc import Collection, Sequence

from digest.core.editions.sentence_choice import SentenceTable, sentence_table

LEAD_LENGTH = 240
"""Number of characters that a lead sentence should have at most."""

MORE_SENTENCES = 2
"""Largest number of sentences that follow the lead in a detailed card."""

_UNIT = 1 << 16  # of the values in `SentenceTable`
_CHOSEN_BONUS = 6 * _UNIT // 10  # for a sentence that was chosen for the reader's keywords
_TOO_LONG = 6 * _UNIT // 10
_FOLLOWS = 8 * _UNIT // 10

# A beginning that joins a sentence to the one before, and ends with a comma.
_JOINT = re.compile(
    r"(?:however|moreover|furthermore|additionally|in addition|besides|therefore|thus|hence"
    r"|consequently|as a result|accordingly|nevertheless|nonetheless|instead|conversely"
    r"|in contrast|by contrast|on the other hand|meanwhile|finally|lastly|overall|in summary"
    r"|in conclusion|specifically|concretely|in particular|notably|importantly|interestingly"
    r"|crucially|for example|for instance|in this (?:paper|work|article|report|study|survey)"
    r"|here|then|next|first(?:ly)?|second(?:ly)?|third(?:ly)?|to begin with|in response|to (?:this end|that end|do so"
    r"|achieve this|this aim)|to (?:\w+ly )?(?:address|tackle|overcome|bridge|solve|resolve|mitigate|alleviate|remedy"
    r"|fill|close|meet|handle|investigate|answer|explore|counter|combat|validate|verify|support|facilitate|enable)"
    r" (?:this|these|that|those|it|them|such|the (?:above|aforementioned|issue|issues|gap|gaps|limitation|limitations"
    r"|challenge|challenges|problem|problems|question|questions))\b[^,;.]{0,100}"
    r"|(?:motivated|inspired|driven|guided) by (?:this|these|that|those|such)\b[^,;.]{0,100}"
    r"|(?:based|building) (?:up)?on (?:this|these|that|those|it|such)\b[^,;.]{0,100}"
    r"|(?:given|considering|in light of|in view of) (?:this|these|that|those|such)\b[^,;.]{0,100}"
    r"|with (?:this|these|that|those|such)\b[^,;.]{0,60}),\s+",
    re.IGNORECASE,
)
# What for, before what was done: the purpose is often the subject of the sentence before.
_PURPOSE = re.compile(
    r"(?:in this (?:paper|work|article|report|study|survey)\s+(?=we\b|our\b)"
    r"|to (?:\w+ly )?(?:address|tackle|overcome|bridge|solve|resolve|mitigate|alleviate|remedy|fill|meet"
    r"|handle|counter|combat)\b[^.;]{0,160}?,\s+(?=we\b|this (?:paper|work|study)\b))",
    re.IGNORECASE,
)
_THIS_PAPER = re.compile(
    r"this (?:paper|work|article|report|study|survey|thesis|review)\s+(?:(?:also|first|then|\w+ly)\s+)?"
    r"(?=(?!is\b|was\b|has\b|does\b)[a-z-]+s\b)",
    re.IGNORECASE,
)
# Words at the beginning of a sentence that point to the sentence before.
_POINTS_BACK = re.compile(
    r"(?:however|moreover|furthermore|additionally|in addition|besides|also|therefore|thus|hence"
    r"|consequently|as a result|as such|accordingly|nevertheless|nonetheless|instead|conversely|in contrast"
    r"|by contrast|on the other hand|on the contrary|meanwhile|otherwise|similarly|likewise|alternatively|in turn|indeed"
    r"|in fact|finally|lastly|overall|in summary|in conclusion|specifically|concretely|in particular"
    r"|more specifically|notably|importantly|interestingly|crucially|for example|for instance|then|next"
    r"|and|but|yet|so|or|nor|first(?:ly)?|second(?:ly)?|third(?:ly)?|it|its|itself|he|she|his|her|they|their|them|these|those|this"
    r"|that|such|both|the (?:former|latter|above|aforementioned|resulting|proposed|same)|here|there(?:by|fore)?"
    r"|another|others?|one such|each|to (?:this|that) end|to do so|doing so|in doing so|by doing so|either|neither"
    r"|in (?:this|these|that|those|such|both)|for (?:this|these|that|those|such)|with (?:this|these|that|those|such)|by (?:this|these|that|those)"
    r"|from (?:this|these|that|those)|under (?:this|these|that|those|such)|on (?:this|these|that|those|top of)"
    r"|through (?:this|these|that|those)|based on (?:this|these|that|those|such)|beyond (?:this|these|that|those)"
    r"|to (?:\w+ly )?(?:address|tackle|overcome|bridge|solve|resolve|mitigate|alleviate|remedy|fill|close"
    r"|meet|handle|investigate|answer|explore|counter|combat|validate|verify|support|facilitate|enable|achieve|realize|realise|evaluate|demonstrate|assess|test)"
    r" (?:this|these|that|those|it|them|such|the (?:above|aforementioned)))\b",
    re.IGNORECASE,
)
_OWN_WORK = re.compile(
    r"(?:in )?this (?:paper|work|article|report|study|survey|thesis|review|tutorial|position paper)\b",
    re.IGNORECASE,
)
# A second thing that the paper does: the first says more.
_SECOND = re.compile(
    r"\b(?:we|our \w+|this (?:paper|work)) (?:\w+ )?(?:also|further|furthermore|additionally|then|finally|next)\b",
    re.IGNORECASE,
)
_MIN_WORDS = 4


def standing_alone(sentence: str) -> str | None:
    """Returns the sentence as it can be shown without the one before it.

    Args:
        sentence: of an abstract.

    Returns:
        The sentence, without a beginning that joins it to the one before; None if it cannot be
        understood without that one. "This paper proposes X" becomes "Proposes X".
    """
    rest = sentence
    while joint := _JOINT.match(rest) or _PURPOSE.match(rest) or _THIS_PAPER.match(rest):
        rest = rest[joint.end() :]
    if rest is not sentence:
        if rest.count(" ") < _MIN_WORDS - 1:
            return None
        rest = rest[0].upper() + rest[1:]
    if _POINTS_BACK.match(rest) and not _OWN_WORK.match(rest):
        return None
    return rest


def choose_lead(
    sentences: Sequence[str], chosen: Collection[int] = (), title: str = ""
) -> tuple[int, str] | None:
    """Returns the sentence that says best what the paper does, and its position.

    Args:
        sentences: of the abstract, from `digest.core.text.sentences.split`.
        chosen: positions of the sentences that were chosen for the reader's keywords.
        title: of the paper; sentences that repeat it are worth more.

    Returns:
        The position and the text, which stands alone. If no sentence does, the first one. None:
        the abstract is empty.
    """
    if not sentences:
        return None
    table = sentence_table(tuple(sentences), title)
    offers = [
        (_value(table, place, text, chosen), -place, text)
        for place, sentence in enumerate(sentences)
        if (text := standing_alone(sentence)) is not None
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


def _value(table: SentenceTable, place: int, text: str, chosen: Collection[int]) -> int:
    value = table.values[place]
    if place in chosen:
        value += _CHOSEN_BONUS
    if len(text) > LEAD_LENGTH:
        value -= _TOO_LONG
    if _SECOND.match(text):
        value -= _FOLLOWS
    return value
