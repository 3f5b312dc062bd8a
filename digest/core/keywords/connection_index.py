"""Finds the papers whose records name an author, an institution, a journal or a cited work.

Names of institutions match as whole words anywhere in an affiliation, without case and accents. The
name of a journal must be its whole name.
"""

from collections import defaultdict
from collections.abc import Iterable

from digest.core.keywords.connections import AFFILIATION, FollowedItem
from digest.core.models.papers import Paper
from digest.core.text.tokens import BREAK, fold, lemma, tokenise

_INSTITUTIONS = ("ror:", "openalex:I", AFFILIATION)


class ConnectionIndex:
    """What the records of some papers name.

    Args:
        papers: they are numbered in this order.
    """

    def __init__(self, papers: Iterable[Paper]) -> None:
        self._by_id: defaultdict[str, dict[int, str]] = defaultdict(dict)
        self._venues: defaultdict[str, dict[int, str]] = defaultdict(dict)
        # By each of their words: the institutions as folded text, with their papers.
        self._institutions: dict[str, dict[int, str]] = {}
        self._by_word: defaultdict[str, list[str]] = defaultdict(list)
        for number, paper in enumerate(papers):
            if paper.venue:
                self._venues[_folded(paper.venue)][number] = paper.venue
            for text in paper.connections:
                name_id, _, name = text.partition(" ")
                self._by_id[name_id].setdefault(number, name)
                if name and name_id.startswith(_INSTITUTIONS):
                    self._add_institution(number, name)

    def _add_institution(self, number: int, name: str) -> None:
        folded = f" {_folded(name)} "
        papers = self._institutions.get(folded)
        if papers is None:
            papers = self._institutions[folded] = {}
            for word in dict.fromkeys(folded.split()):
                self._by_word[word].append(folded)
        papers.setdefault(number, name)

    def find(self, field: str, wanted: FollowedItem) -> dict[int, str]:
        """Returns the numbers of the papers that name something, each with the name to show.

        Args:
            field: of the keyword.
            wanted: what it names.
        """
        if wanted.id:
            found = self._by_id.get(wanted.id, {})
            return {number: wanted.name or name for number, name in found.items()}
        folded = _folded(wanted.name)
        if field == "venue":
            return dict(self._venues.get(folded, {}))
        words = folded.split()
        if not words:
            return {}
        rarest = min(words, key=lambda word: len(self._by_word.get(word, ())))
        named = (
            self._institutions[text]
            for text in self._by_word.get(rarest, ())
            if f" {folded} " in text
        )
        return {number: wanted.name for papers in named for number in papers}


def _folded(name: str) -> str:
    """Returns the words of a name without case, accents and punctuation."""
    words = [fold(word) for word in tokenise(name.replace("&", " and ")) if lemma(word) != BREAK]
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)
