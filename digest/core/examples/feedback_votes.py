"""Computes what a reader's feedback adds to a score: a vote of the papers with feedback.

    F = 1.5 sum y a K / (sum |y| a K + 0.6), at least -1 and at most 1
        K   the likeness to a paper with feedback (`digest.core.examples.likeness`)
        y   1 for "more" and "saved", 1/4 for "opened", -1/2 for "less"
        a   2^(-days / 180): feedback fades
So the first feedback at once moves what is like that paper, and nothing else. "Less" counts half:
from few papers, what a reader does not want is harder to tell than what they want.
The form is a kernel estimate with a prior (E. A. Nadaraya 1964, doi:10.1137/1109020; G. S. Watson
1964). docs/research/ranking.md has the measurements.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from digest.core.background.table import BackgroundTable
from digest.core.keywords.paper_index import PaperIndex
from digest.core.models.profiles import FeedbackKind, GivenFeedback
from digest.core.ranking import fixed_point

if TYPE_CHECKING:
    from digest.core.examples.likeness import ExampleSet

Array = Any

STRENGTH = 1.5
PRIOR = 0.6
BOUND = 1.0
HALF_LIFE = 180.0
"""After so many days, feedback counts half."""

VOTES = {
    FeedbackKind.MORE: 1.0,
    FeedbackKind.SAVED: 1.0,
    FeedbackKind.OPENED: 0.25,
    FeedbackKind.LESS: -0.5,
}

MIN_AMOUNT = 0.02
"""A smaller amount is ignored: nearly every paper is a little like another."""

MAX_NAMED = 3
"""So many papers are named in an explanation for each direction."""

LEAST_SHARE = 0.1
"""A paper with a smaller share of the vote than this part of the largest is not named."""


class FeedbackVotes(Struct, frozen=True, kw_only=True, eq=False):
    """The feedback of one reader, compiled."""

    titles: tuple[str, ...]  # of the papers with feedback
    examples: "ExampleSet"
    votes: Array  # y a of each paper

    def scores(self, index: PaperIndex) -> "FeedbackScores":
        """Returns what the feedback adds to each paper of an index."""
        likeness = self.examples.likeness(index)
        voted = self.votes @ likeness
        total = np.abs(self.votes) @ likeness + PRIOR
        amounts = np.clip(STRENGTH * voted / total, -BOUND, BOUND)
        unit = fixed_point.CONTRIBUTION_UNIT
        rounded = np.rint(amounts / unit) * unit
        return FeedbackScores(
            titles=self.titles,
            votes=self.votes[:, None] * likeness,
            amounts=np.where(np.abs(amounts) < MIN_AMOUNT, 0.0, rounded),
        )


class FeedbackScores(Struct, frozen=True, kw_only=True, eq=False):
    """What the feedback of a reader adds to the papers of an index."""

    titles: tuple[str, ...]  # of the papers with feedback
    votes: Array  # y a K: papers with feedback by papers
    amounts: Array  # F of each paper, fixed-point numbers

    def parts(self, number: int) -> Iterator[tuple[str, float]]:
        """Yields the papers that moved a paper most, with shares of F that sum to 1.

        A share below 0 worked against the rest.
        """
        votes = self.votes[:, number].tolist()
        total = sum(votes)
        strongest = sorted(enumerate(votes), key=lambda item: -abs(item[1]))
        for direction in (1.0, -1.0):
            agreeing = [item for item in strongest if item[1] * direction > 0.0]
            whole = sum(vote for _, vote in agreeing)
            named = [
                item for item in agreeing[:MAX_NAMED] if item[1] / agreeing[0][1] >= LEAST_SHARE
            ]
            # The named papers share what all papers of this direction brought.
            named_total = sum(vote for _, vote in named)
            for place, vote in named:
                yield self.titles[place], whole / total * (vote / named_total)


def compile_feedback(
    feedback: Sequence[GivenFeedback],
    *,
    as_of: date | None,
    language: str,
    background: BackgroundTable,
) -> FeedbackVotes | None:
    """Compiles the feedback of a reader.

    Args:
        feedback: each paper once.
        as_of: the day to which feedback has faded; None: it has not faded.
        language: of the profile.
        background: the table of this language.

    Returns:
        The compiled feedback; None if there is none.
    """
    if not feedback:
        return None
    # Imported here: most readers gave no feedback.
    from digest.core.examples.likeness import compile_examples

    votes = [VOTES[item.kind] * _remaining(item, as_of) for item in feedback]
    return FeedbackVotes(
        titles=tuple(item.paper.title for item in feedback),
        examples=compile_examples(tuple(item.paper for item in feedback), language, background),
        votes=np.rint(np.array(votes) / fixed_point.WEIGHT_UNIT) * fixed_point.WEIGHT_UNIT,
    )


def _remaining(item: GivenFeedback, as_of: date | None) -> float:
    days = 0 if as_of is None else max(0, (as_of - item.on).days)
    return float(2.0 ** (-days / HALF_LIFE))
