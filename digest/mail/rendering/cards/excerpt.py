"""What a card says about its paper: a summary by its source, or a sentence of its abstract."""

import re
from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

from digest.core.editions.excerpts import find_evidence, select_sentences
from digest.core.editions.lead_sentences import (
    LEAD_LENGTH,
    choose_lead,
    choose_more,
    standing_alone,
)
from digest.core.editions.matched_words import Spans
from digest.core.keywords.parser import KeywordError, parse
from digest.core.models.editions import KeywordMatch
from digest.core.models.profiles import Keyword
from digest.mail.rendering.sanitize import clip
from digest.mail.rendering.template_engine import safe

_NEEDS_ESCAPE = re.compile("[&<>'\"]")
_IN_TEXT = ("title", "abstract", "near", "related")  # others, such as votes, are no words


def bold_words(text: str, spans: Spans) -> Markup:
    """Returns a text in HTML, with the words at these places in bold."""
    # Each piece is escaped by itself, so that no place of a word falls into an escape.
    pieces: list[str] = []
    last = 0
    for start, end in spans:
        pieces += (text[last:start], "<b>", text[start:end], "</b>")
        last = end
    pieces.append(text[last:])
    if not _NEEDS_ESCAPE.search(text):  # most texts
        return safe("".join(pieces))
    pieces[::2] = map(escape, pieces[::2])
    return safe("".join(pieces))


def excerpt_of(
    sentences: Sequence[str],
    places: Sequence[int] = (),
    title: str = "",
    *,
    summary: str = "",
    limit: int = LEAD_LENGTH,
    detailed: bool = False,
) -> str:
    """Returns one sentence that says what the paper does, or some more.

    Args:
        sentences: of the abstract.
        places: the indexes of the sentences that were chosen for the reader's keywords.
        title: of the paper; sentences that repeat it are preferred.
        summary: by the source; it replaces the first sentence.
        limit: the maximum length in characters. A single longer sentence is cut between words.
        detailed: add up to two of the chosen sentences that fit.
    """
    lead: int | None = None
    text = standing_alone(summary) or summary
    if not summary:
        found = choose_lead(sentences, places, title)
        if found is None:
            return ""
        lead, text = found
        text = clip(text, limit)
    if not detailed:
        return text
    return " ".join([text, *choose_more(sentences, places, lead, limit - len(text), title)])


def chosen_places(
    sentences: Sequence[str], matches: Sequence[KeywordMatch], title: str
) -> tuple[int, ...]:
    """Returns the sentences with the keywords of a reader, for editions that name none.

    Args:
        sentences: of the abstract.
        matches: the keywords that the paper matched for this reader.
        title: of the paper; sentences that repeat it are preferred.
    """
    evidence = find_evidence(sentences, matches, dict(_keywords(matches)))
    return select_sentences(sentences, title=title, held=evidence.held, weights=evidence.weights)


def _keywords(matches: Sequence[KeywordMatch]) -> Iterator[tuple[str, Keyword]]:
    for match in matches:
        if match.field in _IN_TEXT:
            try:
                yield match.keyword, parse(match.keyword)
            except KeywordError:  # from an edition that another version composed
                continue
