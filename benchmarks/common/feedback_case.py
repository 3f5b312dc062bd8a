"""Measures what the first labels of a ranking bring on the other papers."""

from collections.abc import Callable, Sequence
from datetime import date

from digest.core.examples.feedback_votes import compile_feedback
from digest.core.keywords.paper_index import PaperIndex
from digest.core.models.profiles import ExamplePaper, FeedbackKind, GivenFeedback, Profile
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.scoring import compile_profile, totals

Figure = tuple[float, float]  # what was got, and out of what


class FeedbackCase:
    """A profile, the papers that it ranks, and the truth about each.

    Args:
        profile: of one topic, without exclusions.
        index: the papers.
        store: the stored papers and the background table.
        truth: of each paper.
        wanted: a paper with at least this truth gets "more", another one "less".
    """

    def __init__(
        self,
        profile: Profile,
        index: PaperIndex,
        store: Corpus,
        truth: Sequence[float],
        wanted: float,
    ) -> None:
        self._index, self._store, self._truth, self._wanted = index, store, truth, wanted
        self._before = totals(index, compile_profile(profile, store))
        self._order = sorted(range(len(truth)), key=lambda number: (-self._before[number], number))

    def change(
        self, labels: int, figure: Callable[[Sequence[float], Sequence[float]], Figure]
    ) -> tuple[Figure, Figure]:
        """The figure on the papers without a label, before and after the feedback.

        Args:
            labels: so many of the first papers get their true label.
            figure: of scores and truths.
        """
        votes = compile_feedback(
            [self._feedback(number) for number in self._order[:labels]],
            as_of=None,
            language="english",
            background=self._store.background,
        )
        assert votes
        # As in the score: feedback is added to the sum, which stays above 0.
        moved = votes.scores(self._index).amounts.tolist()
        after = [max(0.0, one + more) for one, more in zip(self._before, moved, strict=True)]
        others = self._order[labels:]
        truth = [self._truth[number] for number in others]
        return (
            figure([self._before[number] for number in others], truth),
            figure([after[number] for number in others], truth),
        )

    def _feedback(self, number: int) -> GivenFeedback:
        paper = self._index.papers[number].candidate.paper
        liked = self._truth[number] >= self._wanted
        return GivenFeedback(
            paper=ExamplePaper(title=paper.title, abstract=paper.abstract),
            kind=FeedbackKind.MORE if liked else FeedbackKind.LESS,
            on=date(2026, 1, 1),
        )
