"""Ranks many profiles at once, and explains the scores of the papers that are shown."""

from collections.abc import Sequence
from dataclasses import replace

from digest.core.batch_ranking.dense_topical import (
    compile_features,
    compile_semantic,
    compile_topical,
)
from digest.core.batch_ranking.paper_matrix import PaperMatrix
from digest.core.batch_ranking.profile_matrix import compile_avoided, compile_profiles
from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.sparse_related_terms import learn_related_terms
from digest.core.batch_ranking.sparse_scoring import AvoidedMatrix, ExampleAmounts, top_papers
from digest.core.batch_ranking.vocabulary import Vocabulary
from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, RankedPaper
from digest.core.models.profiles import Profile, Topic
from digest.core.ranking.boosts import compile_boosts
from digest.core.ranking.corpus import Corpus, PaperIndex
from digest.core.ranking.keyword_score import compile_keyword, is_text
from digest.core.ranking.related_terms import MOSTLY_KNOWN
from digest.core.ranking.scoring import (
    CompiledProfile,
    distinct,
    feedback_of,
    liked_papers_of,
    rank,
    to_scale,
)
from digest.core.ranking.topic_contributions import CompiledTopic


class BatchRanker:
    """Ranks papers for many profiles, with the scores of `digest.core.ranking.scoring`.

    Args:
        profiles: all in one language; some thousand at a time, to limit the memory.
        index: the papers to rank.
        corpus: the stored papers.
    """

    def __init__(self, profiles: Sequence[Profile], index: PaperIndex, corpus: Corpus) -> None:
        self._profiles, self._index, self._corpus = profiles, index, corpus
        vocabulary = Vocabulary()
        self._matrix = compile_profiles(profiles, vocabulary)
        avoided = compile_avoided(profiles, vocabulary)
        self._topical, self._semantic, self._terms, avoided_topical = None, None, None, None
        if self._matrix.related.any():
            compiled = compile_features(vocabulary, corpus.background)
            self._topical = compile_topical(
                self._matrix, vocabulary, corpus.background, compiled=compiled
            )
            if corpus.semantic:
                self._semantic = compile_semantic(self._matrix, vocabulary, corpus.semantic)
            if avoided:
                avoided_topical = compile_topical(
                    avoided, vocabulary, corpus.background, compiled=compiled
                )
            if (self._topical.known <= MOSTLY_KNOWN).any():
                stored = PaperMatrix(corpus.index, corpus, vocabulary)
                self._terms = learn_related_terms(self._matrix, stored, self._topical.known)
        self._avoided = (
            AvoidedMatrix(profiles=avoided, topical=avoided_topical) if avoided else None
        )
        papers = PaperMatrix(index, corpus, vocabulary)
        self._order = papers.order.tolist()
        self._places = {
            paper.candidate.revision_id: place for place, paper in enumerate(index.papers)
        }
        # For each profile: number of the paper, sum, row of the topic.
        self._matches: list[list[tuple[int, float, int]]] = [[] for _ in profiles]
        top = top_papers(
            self._matrix,
            papers,
            top=len(self._order),
            topical=self._topical,
            semantic=self._semantic,
            avoided=self._avoided,
            examples=self._examples(),
            terms=self._terms,
        )
        for part in top:
            columns = (part.profiles, part.papers, part.totals, part.topics)
            for profile, *match in zip(*(column.tolist() for column in columns), strict=True):
                self._matches[profile].append(tuple(match))

    def ranked(self, number: int) -> list[RankedPaper]:
        """Returns all papers for a profile, best first, also those with score 0.

        They have no explanations.

        Args:
            number: the position of the profile.
        """
        topics, first = self._profiles[number].topics, int(self._matrix.topics[number])
        ranked = [
            self._ranked(paper, to_scale(total), topics[topic - first].name)
            for paper, total, topic in self._matches[number]
        ]
        matched = {paper for paper, _, _ in self._matches[number]}
        return ranked + [
            self._ranked(paper, 0.0, None) for paper in self._order if paper not in matched
        ]

    def explained(self, number: int, edition: Edition) -> Edition:
        """Returns an edition with the keyword matches of its papers.

        Args:
            number: the position of the profile.
            edition: composed from `ranked`.
        """
        shown = [
            self._index.papers[self._places[entry.candidate.revision_id]]
            for entry in edition.entries
        ]
        matches = {
            item.candidate.revision_id: item.matches for item in rank(shown, self._compiled(number))
        }
        sections = tuple(
            replace(section, entries=tuple(_with(entry, matches) for entry in section.entries))
            for section in edition.sections
        )
        return replace(edition, sections=sections)

    def _ranked(self, paper: int, score: float, topic: str | None) -> RankedPaper:
        candidate = self._index.papers[paper].candidate
        return RankedPaper(candidate=candidate, score=score, topic=topic, matches=())

    def _compiled(self, number: int) -> CompiledProfile:
        profile, first = self._profiles[number], int(self._matrix.topics[number])
        return CompiledProfile(
            topics=tuple(
                self._topic(topic, first + place, profile.language)
                for place, topic in enumerate(profile.topics)
            ),
            corpus=self._corpus,
            boosts=compile_boosts(profile.boosts),
            feedback=feedback_of(profile, self._corpus),
        )

    def _topic(self, topic: Topic, number: int, language: str) -> CompiledTopic:
        """Compiles a topic like `compile_profile`, with what was learned here for all topics."""
        keywords = distinct(topic.keywords)
        texts = [keyword.text for keyword in keywords if is_text(keyword)]
        return CompiledTopic(
            name=topic.name,
            weight=float(self._matrix.weights[number]),
            keywords=tuple(
                compile_keyword(
                    keyword, self._corpus, topic_weight=topic.weight, keywords=len(texts)
                )
                for keyword in keywords
            ),
            excluded=tuple(compile_keyword(keyword, self._corpus) for keyword in topic.excluded),
            other_forms=bool(self._matrix.related[number]),
            topical=self._topical.of_topic(number, self._matrix, texts) if self._topical else None,
            semantic=self._semantic.of_topic(number, self._matrix, texts)
            if self._semantic
            else None,
            related=self._terms.of_topic(number, self._matrix, texts) if self._terms else None,
            liked=liked_papers_of(topic, self._corpus, language=language),
            avoided=self._avoided_topic(topic, number) if topic.avoided else None,
        )

    def _examples(self) -> ExampleAmounts | None:
        """Returns what reading lists and feedback add; None if no profile has any."""
        liked: dict[int, Array] = {}
        feedback: dict[int, Array] = {}
        for number, profile in enumerate(self._profiles):
            for place, topic in enumerate(profile.topics, int(self._matrix.topics[number])):
                if papers := liked_papers_of(topic, self._corpus, language=profile.language):
                    liked[place] = papers.scores(self._index).amounts
            if votes := feedback_of(profile, self._corpus):
                feedback[number] = votes.scores(self._index).amounts
        return ExampleAmounts(liked=liked, feedback=feedback) if liked or feedback else None

    def _avoided_topic(self, topic: Topic, number: int) -> CompiledTopic:
        keywords = distinct(topic.avoided)
        texts = [keyword.text for keyword in keywords]
        avoided, topical = self._avoided, None
        if avoided and avoided.topical:
            topical = avoided.topical.of_topic(number, avoided.profiles, texts)
        return CompiledTopic(
            name=topic.name,
            weight=float(self._matrix.weights[number]),
            keywords=tuple(
                compile_keyword(
                    keyword, self._corpus, topic_weight=topic.weight, keywords=len(texts)
                )
                for keyword in keywords
            ),
            excluded=(),
            other_forms=bool(self._matrix.related[number]),
            topical=topical,
            semantic=None,
            related=None,
        )


def _with(entry: EditionEntry, matches: dict[int, tuple[KeywordMatch, ...]]) -> EditionEntry:
    return replace(entry, matches=matches[entry.candidate.revision_id])
