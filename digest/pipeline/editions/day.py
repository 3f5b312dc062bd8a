"""What all editions of one day share: the papers, their statistics, and what does not depend on readers."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper, tokenize_paper
from digest.core.models.editions import Candidate
from digest.core.models.papers import AnnouncementKind
from digest.core.models.profiles import Profile
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.fingerprint import ScoringFingerprints
from digest.core.text.tokens import ENGLISH, TokenizedText
from digest.pipeline.publishing.ranking_models import RankingModels
from digest.pipeline.publishing.statistics_papers import corpus_of, statistics_papers
from digest.store.database import metadata
from digest.store.database.store import Store
from digest.store.papers import announcements

if TYPE_CHECKING:
    from digest.core.batch_ranking.prepared_papers import PreparedPapers
    from digest.core.editions.together.day_papers import DayPapers
    from digest.core.semantic.evidence import SemanticSpace
    from digest.pipeline.editions.entries import EntryWriter
    from digest.store.editions.packed_editions import EditionPacker

_KEPT_GROUPS = 4  # each takes tens of megabytes for a thousand papers

CandidateQuery = tuple[str, int, tuple[AnnouncementKind, ...], tuple[str, ...]]
"""What determines the papers for a subscription: language, position in the announcements, kinds and
sources."""


def candidate_query(profile: Profile, read_through: int) -> CandidateQuery:
    """Returns what determines the papers for a subscription.

    Args:
        profile: Its profile.
        read_through: Its position in the announcements.
    """
    return profile.language, read_through, profile.kinds, profile.sources or ()


class PaperGroup(Struct, frozen=True, kw_only=True, dict=True):
    """The papers for all subscriptions with one `CandidateQuery`."""

    language: str
    candidates: tuple[Candidate, ...]  # that are ranked
    updates: tuple[Candidate, ...]  # with news for those who were sent them
    index: PaperIndex
    corpus: Corpus
    fingerprints: ScoringFingerprints

    @cached_property
    def papers(self) -> "DayPapers":
        """What many digests share; one digest alone does not need it."""
        from digest.core.editions.together.day_papers import DayPapers

        in_english = self.language == ENGLISH
        return DayPapers(self.candidates, self.index.positions if in_english else None)

    @cached_property
    def prepared(self) -> "PreparedPapers":
        """What ranking many profiles needs of the papers."""
        # Imported here: a few readers do not need it.
        from digest.core.batch_ranking.prepared_papers import PreparedPapers

        return PreparedPapers(self.index, self.corpus)

    @cached_property
    def writer(self) -> "EntryWriter":
        """Writes the entries of these papers."""
        # Imported here: a few digests are made without the matrices of SciPy.
        from digest.pipeline.editions.entries import EntryWriter

        return EntryWriter(self.candidates, self.packer, self.language)

    def forget_keywords(self) -> None:
        """Forgets what was found about keywords once it takes much memory: many readers have many."""
        prepared = self.prepared.with_room()
        if prepared is not self.prepared:
            self.__dict__["prepared"] = prepared
            self.__dict__.pop("writer", None)

    @cached_property
    def packer(self) -> "EditionPacker":
        """Packs editions that show these papers."""
        from digest.store.editions.packed_editions import EditionPacker

        return EditionPacker(self.candidates, updates=self.updates)


class Day:
    """The papers of one run of "publish".

    All scores of a day (UTC) use statistics of the papers that were stored when the first edition of
    the day was made.

    Attributes:
        head: the last announcement that is considered.

    Args:
        store: The database.
        now: The current time.
        models: What the settings choose for ranking.
    """

    def __init__(self, store: Store, *, now: datetime, models: RankingModels) -> None:
        self._store, self._models = store, models
        # Only the first run of a day needs a write transaction for this.
        with store.read() as tx:
            is_frozen = metadata.frozen_statistics(tx, now.date()) is not None
        if not is_frozen:
            with store.write() as tx:
                metadata.freeze_statistics(tx, now.date())
        # A fixed upper bound, so that all editions of this call are made from the same announcements.
        with store.read() as tx:
            self.head = announcements.last_seq(tx)
            self._recent = statistics_papers(tx, now.date())
        self._tokenizer = _Tokenizer()
        self._corpora: dict[str, tuple[Corpus, ScoringFingerprints]] = {}
        self._groups: dict[CandidateQuery, PaperGroup] = {}

    def group(self, query: CandidateQuery) -> PaperGroup:
        """Returns the papers for some subscriptions; the last few groups are kept."""
        found = self._groups.pop(query, None)
        if found is None:
            found = self._read(query)
            if len(self._groups) >= _KEPT_GROUPS:
                del self._groups[next(iter(self._groups))]
        self._groups[query] = found
        return found

    def _read(self, query: CandidateQuery) -> PaperGroup:
        language, read_through, kinds, sources = query
        corpus, fingerprints = self._corpus(language)
        with self._store.read() as tx:
            announced = announcements.candidates(
                tx, after=read_through, upto=self.head, kinds=kinds, sources=sources or None
            )
        ranked = [item for item in announced if not item.is_only_update]
        if corpus.semantic:
            from digest.pipeline.publishing.paper_vectors import add_vectors

            add_vectors(corpus.semantic, self._models, store=self._store, candidates=ranked)
        return PaperGroup(
            language=language,
            candidates=tuple(ranked),
            updates=tuple(replace(item, kind=item.update) for item in announced if item.update),
            index=PaperIndex(self._tokenizer.tokenize(ranked, language)),
            corpus=corpus,
            fingerprints=fingerprints,
        )

    def _corpus(self, language: str) -> tuple[Corpus, ScoringFingerprints]:
        if language not in self._corpora:
            corpus = corpus_of(
                self._tokenizer.tokenize(self._recent, language),
                language,
                self._models,
                semantic=self._semantic_space(language),
            )
            self._corpora[language] = corpus, ScoringFingerprints(corpus)
        return self._corpora[language]

    def _semantic_space(self, language: str) -> "SemanticSpace | None":
        if self._models.semantic is None:
            return None
        # Imported here: most homes have no sentence model.
        from digest.pipeline.publishing.paper_vectors import semantic_space

        return semantic_space(self._models, language, store=self._store, statistics=self._recent)


class _Tokenizer:
    """Tokenizes papers, and remembers the result for each revision and language."""

    def __init__(self) -> None:
        self._words: dict[tuple[int, str], TokenizedText] = {}  # by revision id and language

    def tokenize(self, candidates: Iterable[Candidate], language: str) -> Iterator[TokenizedPaper]:
        for candidate in candidates:
            key = candidate.revision_id, language
            words = self._words.get(key)
            if words is None:
                words = self._words[key] = tokenize_paper(candidate, language).words
            yield TokenizedPaper(candidate=candidate, words=words)
