"""Many profiles ranked for their digests: at once, and explained where it is shown."""

from collections.abc import Sequence
from dataclasses import replace

from digest.core.batch_ranking.paper_matrix import PaperMatrix
from digest.core.batch_ranking.profile_matrix import compile_profiles
from digest.core.batch_ranking.sparse_related_terms import learn_related_terms
from digest.core.batch_ranking.sparse_scoring import top_papers
from digest.core.batch_ranking.vocabulary import Vocabulary
from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, RankedPaper
from digest.core.models.profiles import Profile, Topic
from digest.core.ranking.boosts import compile_boosts
from digest.core.ranking.corpus import Corpus, PaperIndex
from digest.core.ranking.keyword_score import compile_keyword
from digest.core.ranking.scoring import CompiledProfile, CompiledTopic, distinct, rank, to_scale


class BatchRanker:
    """Profiles and the papers that they are ranked against, all by `digest.core.rank`'s score.

    Args:
        profiles: of one language; some thousand at a time, for the memory's sake.
        index: the papers.
        corpus: the papers seen.
    """

    def __init__(self, profiles: Sequence[Profile], index: PaperIndex, corpus: Corpus) -> None:
        self._profiles, self._index, self._corpus = profiles, index, corpus
        vocabulary = Vocabulary()
        self._wants = compile_profiles(profiles, vocabulary)
        wanted = bool(self._wants.related.any())
        seen = PaperMatrix(corpus.index, corpus, vocabulary) if wanted else None
        self._terms = learn_related_terms(self._wants, seen) if seen else None
        held = PaperMatrix(index, corpus, vocabulary)
        self._order = held.order.tolist()
        self._places = {
            paper.candidate.revision_id: place for place, paper in enumerate(index.papers)
        }
        self._found: list[list[tuple[int, float, int]]] = [[] for _ in profiles]
        for part in top_papers(self._wants, held, top=len(self._order), terms=self._terms):
            columns = (part.profiles, part.papers, part.totals, part.topics)
            for profile, *rest in zip(*(one.tolist() for one in columns), strict=True):
                self._found[profile].append(tuple(rest))

    def ranked(self, number: int) -> list[RankedPaper]:
        """All papers for a profile, best first, those at score 0 too; without explanations."""
        topics, first = self._profiles[number].topics, int(self._wants.topics[number])
        found = [
            self._ranked(paper, to_scale(total), topics[topic - first].name)
            for paper, total, topic in self._found[number]
        ]
        matched = {paper for paper, _, _ in self._found[number]}
        return found + [
            self._ranked(paper, 0.0, None) for paper in self._order if paper not in matched
        ]

    def explained(self, number: int, edition: Edition) -> Edition:
        """The edition of a profile, with its matches."""
        shown = [self._index.papers[self._places[e.candidate.revision_id]] for e in edition.entries]
        matches = {
            item.candidate.revision_id: item.matches for item in rank(shown, self._compiled(number))
        }
        sections = tuple(
            replace(section, entries=tuple(_with(entry, matches) for entry in section.entries))
            for section in edition.sections
        )
        return replace(edition, sections=sections)

    def _ranked(self, paper: int, points: float, topic: str | None) -> RankedPaper:
        candidate = self._index.papers[paper].candidate
        return RankedPaper(candidate=candidate, score=points, topic=topic, matches=())

    def _compiled(self, number: int) -> CompiledProfile:
        profile, first = self._profiles[number], int(self._wants.topics[number])
        return CompiledProfile(
            topics=tuple(
                self._topic(topic, first + place) for place, topic in enumerate(profile.topics)
            ),
            corpus=self._corpus,
            boosts=compile_boosts(profile.boosts),
        )

    def _topic(self, topic: Topic, number: int) -> CompiledTopic:
        """The topic as `digest.core.rank` compiles it, with the terms learned here."""
        keywords = distinct(topic.keywords)
        texts = [one.text for one in keywords if one.field in ("text", "title")]
        return CompiledTopic(
            name=topic.name,
            weight=float(self._wants.weights[number]),
            rules=tuple(
                compile_keyword(one, self._corpus, weight=topic.weight) for one in keywords
            ),
            excluded=tuple(compile_keyword(one, self._corpus) for one in topic.excluded),
            related=self._terms.of(number, self._wants, texts) if self._terms else None,
        )


def _with(entry: EditionEntry, matches: dict[int, tuple[KeywordMatch, ...]]) -> EditionEntry:
    return replace(entry, matches=matches[entry.candidate.revision_id])
