"""Which sentences of an abstract a reader sees: those with what brought the paper here."""

from collections.abc import Iterator, Sequence

from digest.core.editions.excerpts import join_sentences, keywords_per_sentence, select_sentences
from digest.core.keywords.parser import KeywordError, parse
from digest.core.models.editions import KeywordMatch
from digest.core.models.profiles import Keyword
from digest.core.text.sentences import split


def excerpt(
    abstract: str,
    limit: int,
    matches: Sequence[KeywordMatch] = (),
    title: str = "",
    *,
    places: Sequence[int] | None = None,
) -> str:
    """The sentences of an abstract that matter, three at most, in at most `limit` characters.

    An abstract that fits is whole; one sentence that is longer is cut between words.

    Args:
        abstract: as a reader may see it, on one line.
        limit: characters.
        matches: what brought the paper to this reader.
        title: the paper's, which need not be said again.
        places: the sentences, where they are chosen already.
    """
    sentences = split(abstract)
    if places is None:
        places = select_sentences(
            sentences,
            title=title,
            held=keywords_per_sentence(sentences, list(_keywords(matches))),
            weights={match.keyword: match.contribution for match in matches},
            budget=limit,
        )
    return "".join(join_sentences(sentences, places, budget=limit))


def _keywords(matches: Sequence[KeywordMatch]) -> Iterator[Keyword]:
    for match in matches:
        if match.field in ("title", "abstract"):
            try:
                yield parse(match.keyword)
            except KeywordError:  # of an edition by another version
                continue
