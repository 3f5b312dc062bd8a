"""The papers that match many profiles, as arrays."""

from collections.abc import Iterable
from math import exp

import numpy as np
from msgspec import Struct

from digest.core.batch_ranking.sparse_products import Array, place_in_group
from digest.core.batch_ranking.sparse_scoring import TopPapers
from digest.core.batch_ranking.topics.profile_matrix import ProfileMatrix
from digest.core.ranking.scoring import STEEPNESS


class MatchedPapers(Struct, frozen=True, kw_only=True, eq=False):
    """The papers that match some profiles.

    The first four are arrays of equal length, in the order of the profiles, and for each profile
    best first.
    """

    profiles: Array  # the number of each profile
    papers: Array  # the place of each paper in the index
    topics: Array  # the place of each topic among those of its profile
    totals: Array  # the sums of which the scores are made
    counts: Array  # for each profile, the number of matches, also of those that are left out here
    is_match: Array  # profiles by papers, booleans as bits (`numpy.packbits`)

    def __len__(self) -> int:
        """Returns the number of matches that are listed."""
        return len(self.profiles)

    def contains(self, profiles: Array, papers: Array) -> Array:
        """Returns for pairs of a profile and a paper whether the paper matches the profile."""
        bits = self.is_match[profiles, papers >> 3] >> (7 - (papers & 7)).astype(np.uint8)
        found: Array = (bits & 1).astype(np.bool_)
        return found


def scores_of(totals: Array) -> Array:
    """Returns `to_scale` of each total, the same numbers."""
    powers = (-STEEPNESS * totals * np.sqrt(totals)).tolist()
    # Not `numpy.exp`, which may round otherwise.
    return 100.0 * (1.0 - np.array([exp(power) for power in powers], dtype=np.float64))


def matches_of(
    parts: Iterable[TopPapers], profiles: ProfileMatrix, like: MatchedPapers, best: int | None
) -> MatchedPapers:
    """Returns the matches among all papers with a sum above 0.

    Args:
        parts: these papers.
        profiles: the profiles.
        like: other matches of the same profiles and papers.
        best: only so many of the best papers of each profile, and the best of each topic.
    """
    counts, bits = np.zeros_like(like.counts), np.zeros_like(like.is_match)
    found: list[tuple[Array, ...]] = []
    for part in parts:
        kept = scores_of(part.totals) >= profiles.limits[part.profiles]
        owners, papers, rows = part.profiles[kept], part.papers[kept], part.topics[kept]
        counts += np.bincount(owners, minlength=len(counts))
        np.bitwise_or.at(bits, (owners, papers >> 3), (128 >> (papers & 7)).astype(np.uint8))
        listed = np.ones(len(owners), dtype=np.bool_)
        if best is not None:
            by_topic = np.argsort(rows, kind="stable")
            is_best = np.zeros(len(owners), dtype=np.bool_)
            is_best[by_topic] = place_in_group(rows[by_topic]) == 0
            listed = is_best | (place_in_group(owners) < best)
        topics = rows - profiles.topics[owners]
        found.append(tuple(each[listed] for each in (owners, papers, topics, part.totals[kept])))
    columns = [np.concatenate(each) for each in zip(*found, strict=True)] if found else []
    owners, papers, topics, totals = columns or (np.zeros(0, dtype=np.int64),) * 4
    return MatchedPapers(
        profiles=owners,
        papers=papers,
        topics=topics,
        totals=totals,
        counts=counts,
        is_match=bits,
    )


def merged(first: MatchedPapers, second: MatchedPapers) -> MatchedPapers:
    """Joins the matches of two groups of the same profiles; no profile has matches in both."""
    profiles = np.concatenate([first.profiles, second.profiles])
    order = np.argsort(profiles, kind="stable")
    return MatchedPapers(
        profiles=profiles[order],
        papers=np.concatenate([first.papers, second.papers])[order],
        topics=np.concatenate([first.topics, second.topics])[order],
        totals=np.concatenate([first.totals, second.totals])[order],
        counts=first.counts + second.counts,
        is_match=first.is_match | second.is_match,
    )
