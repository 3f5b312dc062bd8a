"""From ranked papers to an edition: sections, caps, trending."""

import math
from collections.abc import Sequence
from datetime import date

from digest.core.model import Edition, Entry, Profile, Ranked, Section


def compose(ranked: Sequence[Ranked], *, profile: Profile, local_date: date) -> Edition:
    """The edition of one day for one profile.

    Trending are the considered papers that did not match, by votes where the source has
    them, else by their place in its list: so a paper that was passed over on one day does
    not come back as trending on the next.

    Args:
        ranked: every paper that was considered, best first, those at score 0 too.
        profile: gives the limits and the order of the sections.
        local_date: the reader's day.
    """
    matched = [
        item for item in ranked if item.topic is not None and item.score >= profile.min_match
    ]
    shown = matched[: profile.max_papers]
    sections = (
        Section(
            topic=topic.name,
            entries=tuple(
                Entry(candidate=item.candidate, score=item.score, matches=item.matches)
                for item in shown
                if item.topic == topic.name
            ),
        )
        for topic in profile.topics
    )
    others = sorted(ranked[len(matched) :], key=_popularity)[: profile.trending]
    return Edition(
        local_date=local_date,
        sections=tuple(section for section in sections if section.entries),
        trending=tuple(Entry(candidate=item.candidate, score=None) for item in others),
        considered=len(ranked),
        matched=len(matched),
        left_out=len(matched) - len(shown),
    )


def _popularity(item: Ranked) -> tuple[int, float, int]:
    paper = item.candidate.paper
    position = math.inf if paper.position is None else paper.position
    return -(paper.votes or 0), position, item.candidate.seq
