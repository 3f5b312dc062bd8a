"""Lets a language model grade the best papers of a profile, within a daily budget.

A grade from 0 to 10 moves the score of a paper by -15 to 15 points; 5 leaves it as it is. So the model
can lift a paper over `min_match`, or push one below it, and the keywords still decide what is
looked at. The first failure ends the requests of this run: the digests go out without them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from msgspec.structs import replace

from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, RankedPaper
from digest.core.models.profiles import Profile
from digest.knowledge.grading import MAX_PAPERS, GradedPaper, RerankError
from digest.logs import get_logger
from digest.store.database import metadata
from digest.store.database.store import Store

if TYPE_CHECKING:
    from digest.knowledge.rerank_endpoint import RerankEndpoint

_log = get_logger("digest.rerank")

MAX_POINTS = 15.0
"""The most points that a grade adds or takes."""

MAX_SECONDS = 600.0
"""The requests of one run begin within this time: a slow server must not hold up the digests."""

FIELD = "model"
"""The field, and the name, of what the model adds to a score."""

_POLL_SECONDS = 0.5  # how soon a stop request ends the waiting for an answer

Lifts = Mapping[int, float]
"""The points that the model adds to papers, by revision id; below 0 it takes some."""


class Reranker:
    """Asks the model, and counts the requests. Use `ranking_models.open_reranker`.

    Attributes:
        problem: why some papers were not graded; empty: all were.
    """

    def __init__(
        self,
        endpoint: "RerankEndpoint",
        store: Store,
        *,
        daily: int,
        now: datetime,
        clock: Callable[[], float],
        stopped: Callable[[], bool],
    ) -> None:
        self.problem = ""
        self._endpoint, self._store = endpoint, store
        self._daily, self._now = daily, now
        self._clock, self._began = clock, clock()
        self._stopped = stopped
        self._answers: dict[tuple[object, ...], tuple[float, ...]] = {}

    def lifts(self, profile: Profile, ranked: Sequence[RankedPaper]) -> Lifts:
        """Returns the points for the first papers of a ranking; none if they were not graded.

        Args:
            profile: the reader's interests.
            ranked: the papers, best first. Those without a topic are not graded.
        """
        best = [item for item in ranked if item.topic is not None][:MAX_PAPERS]
        if not best or self.problem:
            return {}
        interests = interest_lines(profile)
        revisions = tuple(item.candidate.revision_id for item in best)
        # Many readers may have the same profile: they share the answer.
        question = (interests, revisions)
        if question not in self._answers:
            try:
                self._answers[question] = self._grades(interests, best)
            except RerankError as error:
                self.problem = f"digests were made without the model: {error}"
                _log.warning("ranked without the model", reason=str(error))
                return {}
        grades = self._answers[question]
        return {
            revision_id: MAX_POINTS * (2.0 * grade - 1.0)
            for revision_id, grade in zip(revisions, grades, strict=True)
        }

    def _grades(self, interests: Sequence[str], papers: Sequence[RankedPaper]) -> tuple[float, ...]:
        if self._clock() - self._began > MAX_SECONDS:
            raise RerankError(
                f"the requests of this run took more than {MAX_SECONDS:g} seconds; use a faster"
                " model"
            )
        # Counted before it is sent: a request whose answer is lost may have been paid for.
        with self._store.write() as tx:
            allowed = metadata.take_rerank_request(tx, self._now.date(), limit=self._daily)
        if not allowed:
            raise RerankError(
                f"the budget of {self._daily:,} requests of this day (UTC) is spent; raise"
                " DIGEST_RERANK_DAILY to allow more"
            )
        shown = [
            GradedPaper(title=item.candidate.paper.title, abstract=item.candidate.paper.abstract)
            for item in papers
        ]
        return self._wait(lambda: self._endpoint.grades(interests, shown))

    def _wait(self, ask: Callable[[], tuple[float, ...]]) -> tuple[float, ...]:
        """Returns the answer of a request, unless the program is asked to stop before."""
        outcome: SimpleQueue[tuple[float, ...] | Exception] = SimpleQueue()

        def run() -> None:
            try:
                outcome.put(ask())
            except Exception as error:  # noqa: BLE001 - raised again in the waiting thread
                outcome.put(error)

        # In a thread of its own, because a request cannot be interrupted; a daemon, so that a
        # stopped program does not wait for it.
        Thread(target=run, daemon=True).start()
        while True:
            try:
                answer = outcome.get(timeout=_POLL_SECONDS)
            except Empty:
                if self._stopped():
                    raise RerankError("the program was asked to stop") from None
                continue
            if isinstance(answer, Exception):
                raise answer
            return answer


def interest_lines(profile: Profile) -> tuple[str, ...]:
    """Returns the topics of a profile as the model is told them, one line for each."""
    lines: list[str] = []
    for topic in profile.topics:
        line = f"{topic.name}: {', '.join(keyword.text for keyword in topic.keywords)}"
        if topic.excluded:
            line += f". Not: {', '.join(keyword.text for keyword in topic.excluded)}"
        lines.append(line)
    return tuple(lines)


def lifted(ranked: Sequence[RankedPaper], lifts: Lifts) -> list[RankedPaper]:
    """Returns papers with the points of the model in their scores, best first.

    Args:
        ranked: best first; their explanations may be missing.
        lifts: the points.
    """
    if not lifts:
        return list(ranked)
    rescored = [
        replace(
            item,
            score=_score(item.score, lifts.get(item.candidate.revision_id, 0.0)),
            matches=_with_model(item.matches, item.score, lifts.get(item.candidate.revision_id)),
        )
        for item in ranked
    ]
    # Sorting is stable, so papers with equal scores stay in the order of their announcements.
    return sorted(rescored, key=lambda item: -item.score)


def explained(edition: Edition, lifts: Lifts, scores: Mapping[int, float]) -> Edition:
    """Returns an edition whose explanations name what the model added.

    Args:
        edition: composed from `lifted` papers; its explanations are those of the keywords.
        lifts: the points.
        scores: of the papers without the model, by revision id.
    """

    def entry(item: EditionEntry) -> EditionEntry:
        revision_id = item.candidate.revision_id
        if revision_id not in lifts or any(match.field == FIELD for match in item.matches):
            return item
        return replace(
            item, matches=_with_model(item.matches, scores[revision_id], lifts[revision_id])
        )

    sections = tuple(
        replace(section, entries=tuple(map(entry, section.entries))) for section in edition.sections
    )
    return replace(edition, sections=sections)


def _score(score: float, points: float) -> float:
    return min(100.0, max(0.0, score + points))


def _with_model(
    matches: Sequence[KeywordMatch], score: float, points: float | None
) -> tuple[KeywordMatch, ...]:
    """Adds the points of the model to an explanation; without one, there is nothing to add to."""
    moved = _score(score, points or 0.0) - score
    if not matches or not moved:
        return tuple(matches)
    added = (*matches, KeywordMatch(keyword=FIELD, field=FIELD, contribution=moved))
    return tuple(sorted(added, key=lambda match: -match.contribution))
