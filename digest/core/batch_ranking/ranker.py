"""Ranks many profiles at once, and explains the scores of the papers that are shown."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from math import inf

import numpy as np

from digest.core.batch_ranking.explaining import ExplainedPairs, ExplainedTopics
from digest.core.batch_ranking.matched_papers import MatchedPapers, matches_of, merged
from digest.core.batch_ranking.matching import Matcher, ScreenedEvidence, can_be_screened
from digest.core.batch_ranking.prepared_papers import PreparedPapers
from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.sparse_scoring import (
    AvoidedMatrix,
    ExampleAmounts,
    TopPapers,
    top_papers,
)
from digest.core.batch_ranking.topics.dense_topical import (
    compile_semantic,
    compile_topical,
)
from digest.core.batch_ranking.topics.profile_matrix import compile_avoided, compile_profiles
from digest.core.batch_ranking.topics.sparse_related_terms import learn_related_terms
from digest.core.editions.reasons import RawMatch, raw_matches
from digest.core.keywords.paper_index import PaperIndex
from digest.core.models.editions import KeywordMatch
from digest.core.models.profiles import Profile, Topic, is_text
from digest.core.ranking.boosts import compile_boosts
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.keyword_score import compile_keyword
from digest.core.ranking.related_terms import MOSTLY_KNOWN
from digest.core.ranking.scoring import (
    CompiledProfile,
    distinct,
    feedback_of,
    liked_papers_of,
    rank,
)
from digest.core.ranking.topic_contributions import CompiledTopic


class BatchRanker:
    """Ranks papers for many profiles, with the scores of `digest.core.ranking.scoring`.

    Args:
        profiles: all in one language; some thousand at a time, to limit the memory.
        index: the papers to rank.
        corpus: the stored papers.
        prepared: of the same index and corpus. Without it, what depends on keywords and papers
            alone is computed anew; with it, only for keywords that no earlier profile had.
    """

    def __init__(
        self,
        profiles: Sequence[Profile],
        index: PaperIndex,
        corpus: Corpus,
        *,
        prepared: PreparedPapers | None = None,
    ) -> None:
        self._profiles, self._index, self._corpus = profiles, index, corpus
        self._prepared = prepared = prepared or PreparedPapers(index, corpus)
        vocabulary = prepared.vocabulary
        self._matrix = compile_profiles(profiles, vocabulary)
        avoided = compile_avoided(profiles, vocabulary)
        self._topical, self._semantic, self._terms, avoided_topical = None, None, None, None
        if self._matrix.related.any():
            self._topical = compile_topical(
                self._matrix,
                vocabulary,
                corpus.background,
                compiled=prepared.keywords,
                level_rows=prepared.level_rows,
            )
            if corpus.semantic:
                self._semantic = compile_semantic(self._matrix, vocabulary, corpus.semantic)
            if avoided:
                avoided_topical = compile_topical(
                    avoided,
                    vocabulary,
                    corpus.background,
                    compiled=prepared.keywords,
                    level_rows=prepared.level_rows,
                )
            if (self._topical.known <= MOSTLY_KNOWN).any():
                self._terms = learn_related_terms(
                    self._matrix, prepared.stored, self._topical.known
                )
        self._avoided = (
            AvoidedMatrix(profiles=avoided, topical=avoided_topical) if avoided else None
        )
        self._examples = self._found_examples()
        self._order = prepared.papers.order.tolist()
        self._places = {
            paper.candidate.revision_id: place for place, paper in enumerate(index.papers)
        }

    def _top_papers(self, wanted: Array) -> Iterator[TopPapers]:
        """Returns all papers with a sum above 0, best first.

        Args:
            wanted: for each profile whether it is ranked.
        """
        return top_papers(
            self._matrix,
            self._prepared.papers,
            top=len(self._order),
            topical=self._topical,
            semantic=self._semantic,
            avoided=self._avoided,
            examples=self._examples,
            terms=self._terms,
            wanted=wanted,
        )

    def matched(self, *, best: int | None = None) -> MatchedPapers:
        """Returns the papers whose score reaches the `min_match` of the profile.

        Args:
            best: list only so many of the best papers of each profile, and the best paper of each
                of its topics; None: all.
        """
        screened = self._is_screened
        evidence = ScreenedEvidence(
            profiles=self._matrix,
            papers=self._prepared.papers,
            topical=self._topical,
            raised=self._prepared.raised if self._topical else None,
            terms=self._terms,
        )
        found = Matcher(evidence).matched(np.flatnonzero(screened), best)
        if screened.all():
            return found
        return merged(found, matches_of(self._top_papers(~screened), self._matrix, found, best))

    @cached_property
    def _is_screened(self) -> Array:
        """For each profile whether only keywords, authors and categories add to it."""
        screened = can_be_screened(self._matrix)
        topics = self._matrix.topics
        screened[list(self._matrix.boosts)] = False
        if self._semantic:
            screened &= ~self._matrix.related[
                np.minimum(topics[:-1], len(self._matrix.related) - 1)
            ]
        if self._avoided:
            keywords = self._avoided.profiles.text_starts[topics]
            screened &= keywords[1:] == keywords[:-1]
        if self._examples:
            liked = sorted(self._examples.liked)
            screened[np.searchsorted(topics, liked, side="right") - 1] = False
            screened[list(self._examples.feedback)] = False
        return screened

    def explain(
        self, profiles: Array, papers: Array, topics: Array, *, least: float = -inf
    ) -> list[Sequence[RawMatch]]:
        """Returns the keyword matches of some entries of `matched`, as `rank` gives them.

        Args:
            profiles: the number of each profile.
            papers: the place of each paper in the index.
            topics: the place of each topic, as in `matched`.
            least: matches with a smaller contribution are left out.
        """
        found: list[Sequence[RawMatch]] = [()] * len(profiles)
        plain = self.is_plain(profiles, topics)
        together, alone = np.flatnonzero(plain), np.flatnonzero(~plain)
        matches = self.explain_together(
            profiles[together], papers[together], topics[together], least=least
        ).raw_matches()
        for place, match in zip(together.tolist(), matches, strict=True):
            found[place] = match
        others = self._explained_alone(profiles[alone].tolist(), papers[alone].tolist())
        for place, objects in zip(alone.tolist(), others, strict=True):
            found[place] = raw_matches(item for item in objects if item.contribution >= least)
        return found

    def is_plain(self, profiles: Array, topics: Array) -> Array:
        """Returns for some entries of `matched` whether `explain_together` can explain them."""
        plain: Array = self._is_screened[profiles]
        plain &= self._has_texts_only[self._matrix.topics[profiles] + topics]
        plain &= self._prepared.texts.usable
        return plain

    def explain_together(
        self, profiles: Array, papers: Array, topics: Array, *, least: float = -inf
    ) -> ExplainedPairs:
        """Returns the same as `explain` as arrays; all the entries must be plain ones."""
        return ExplainedPairs(
            ExplainedTopics(
                profiles=self._profiles,
                matrix=self._matrix,
                topical=self._topical,
                terms=self._terms,
            ),
            self._prepared,
            profiles=profiles,
            rows=self._matrix.topics[profiles] + topics,
            papers=papers,
            least=least,
        )

    @cached_property
    def _has_texts_only(self) -> Array:
        """For each topic whether all its keywords are looked for in texts."""
        return np.array(
            [
                all(map(is_text, topic.keywords))
                for profile in self._profiles
                for topic in profile.topics
            ],
            dtype=np.bool_,
        )

    def _explained_alone(
        self, profiles: Sequence[int], papers: Sequence[int]
    ) -> list[tuple[KeywordMatch, ...]]:
        """Returns the keyword matches of papers, found by ranking for one profile at a time."""
        shown: dict[int, list[int]] = {}
        for number, paper in zip(profiles, papers, strict=True):
            shown.setdefault(number, []).append(paper)
        matches: dict[tuple[int, int], tuple[KeywordMatch, ...]] = {}
        for number, places in shown.items():
            ranked = rank([self._index.papers[place] for place in places], self._compiled(number))
            for item in ranked:
                place = self._places[item.candidate.revision_id]
                matches[number, place] = item.matches
        return [matches[pair] for pair in zip(profiles, papers, strict=True)]

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

    def _found_examples(self) -> ExampleAmounts | None:
        """Returns what reading lists and feedback add; None if no profile has any."""
        liked: dict[int, Array] = {}
        feedback: dict[int, Array] = {}
        for number, profile in enumerate(self._profiles):
            if not profile.feedback and not any(topic.likes for topic in profile.topics):
                continue
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
