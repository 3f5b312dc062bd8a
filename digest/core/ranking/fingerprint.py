"""Names what gave a score, so that scores of different days can be compared."""

from hashlib import sha256

from digest.core.models.profiles import Boosts, Keyword, Profile, Topic
from digest.core.ranking.corpus import Corpus

FORMULA = 9
"""The number of the formula. A change that gives other scores must raise it, so that scores of
earlier editions are not compared with new ones."""

_NO_BOOSTS = Boosts()

_MOST_TEXTS = 50_000  # are remembered: some 25 MB


def scoring_fingerprint(profile: Profile, corpus: Corpus) -> str:
    """Returns a short hash of everything that determines scores, except the stored papers.

    The same fingerprint means the same scores, if the statistics are the same too.

    Args:
        profile: its topics, boosts and language.
        corpus: its background table and its sentence model.
    """
    return ScoringFingerprints(corpus).of(profile)


class ScoringFingerprints:
    """Computes the fingerprints of many profiles that may have the same keywords.

    Args:
        corpus: its background table and its sentence model.
    """

    def __init__(self, corpus: Corpus) -> None:
        semantic = corpus.semantic.model_id if corpus.semantic else ""
        self._start = repr((FORMULA, corpus.background.table_id, semantic))
        # Texts of keyword objects, by their identity; the object is kept so that it stays the same.
        self._texts: dict[int, tuple[Keyword, str]] = {}
        self._usual: dict[tuple[bool, str], str] = {}  # see `_others`

    def of(self, profile: Profile) -> str:
        """Returns the fingerprint of a profile, see `scoring_fingerprint`."""
        parts = [self._start, *map(self._topic, profile.topics), self._others(profile)]
        return sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def _others(self, profile: Profile) -> str:
        # Not the day of the feedback: yesterday's digest keeps its scores.
        if profile.feedback or profile.boosts != _NO_BOOSTS:
            others = profile.boosts, profile.related, profile.language, profile.feedback
            return repr(others)
        key = profile.related, profile.language
        found = self._usual.get(key)
        if found is None:
            found = self._usual[key] = repr((_NO_BOOSTS, *key, ()))
        return found

    def _topic(self, topic: Topic) -> str:
        start, known = repr((topic.name, topic.weight)), self._texts
        try:
            texts = [known[id(keyword)][1] for keyword in topic.keywords]
        except KeyError:
            texts = [self._keyword(keyword) for keyword in topic.keywords]
        if not (topic.excluded or topic.avoided or topic.likes or topic.likes_from):
            return "\n".join([start, *texts, "", "", ""])  # as below, for most topics
        parts = [start, *texts, ""]
        for keywords in (topic.excluded, topic.avoided):
            parts += map(self._keyword, keywords)
            parts.append("")
        if topic.likes or topic.likes_from:
            parts.append(repr((topic.likes, topic.likes_from)))
        return "\n".join(parts)

    def _keyword(self, keyword: Keyword) -> str:
        known = self._texts.get(id(keyword))
        if known is None:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            known = self._texts[id(keyword)] = keyword, repr(keyword)
        return known[1]
