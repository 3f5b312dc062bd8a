"""Selects the sentences of an abstract that a reader sees: those with the matched keywords."""

from collections.abc import Iterator, Sequence

from digest.core.editions.excerpts import find_evidence, join_sentences, select_sentences
from digest.core.keywords.parser import KeywordError, parse
from digest.core.models.editions import KeywordMatch
from digest.core.models.profiles import Keyword
from digest.core.text.sentences import split

_IN_TEXT = ("title", "abstract", "near", "related")  # others, such as votes, are no words


def excerpt(
    abstract: str, limit: int, matches: Sequence[KeywordMatch] = (), title: str = ""
) -> str:
    """Returns the most relevant sentences of an abstract, at most three.

    An abstract within the limit is returned whole. A single sentence over the limit is cut
    between words.

    Args:
        abstract: display text on one line.
        limit: the maximum length in characters.
        matches: the keywords that the paper matched for this reader.
        title: the title of the paper; sentences that repeat it rank lower.
    """
    return excerpt_of(split(abstract), limit, matches, title)


def excerpt_of(
    sentences: Sequence[str],
    limit: int,
    matches: Sequence[KeywordMatch] = (),
    title: str = "",
    *,
    places: Sequence[int] | None = None,
) -> str:
    """Returns the same as `excerpt`, for an abstract that is split already.

    Args:
        sentences: of the abstract.
        limit: the maximum length in characters.
        matches: the keywords that the paper matched for this reader.
        title: the title of the paper; sentences that repeat it rank lower.
        places: the indexes of the sentences if they are already chosen; None: choose them.
    """
    if places is None:
        evidence = find_evidence(sentences, matches, dict(_keywords(matches)))
        places = select_sentences(
            sentences,
            title=title,
            held=evidence.held,
            weights=evidence.weights,
            budget=limit,
        )
    return "".join(join_sentences(sentences, places, budget=limit))


def _keywords(matches: Sequence[KeywordMatch]) -> Iterator[tuple[str, Keyword]]:
    for match in matches:
        if match.field in _IN_TEXT:
            try:
                yield match.keyword, parse(match.keyword)
            except KeywordError:  # from an edition that another version composed
                continue
