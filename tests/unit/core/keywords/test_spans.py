"""Where the words of a keyword are near each other."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from digest.core.keywords.spans import NEAR_SLACK, Span, places_near

PLACES = st.lists(st.sets(st.integers(0, 25), max_size=8).map(sorted), min_size=1, max_size=4)
SPANS = st.lists(
    st.builds(
        lambda start, size: Span(start, start + size, 1.0), st.integers(0, 25), st.integers(1, 9)
    ),
    max_size=3,
)


def counted(places: Sequence[Sequence[int]], spans: Sequence[Span]) -> int:
    """The definition: to each place of the rarest word belongs the nearest free one of each other."""
    rarest = min(places, key=len)
    count = 0
    for place in rarest:
        used = [place]
        for others in (words for words in places if words is not rarest):
            used += sorted(set(others) - set(used), key=lambda other: (abs(other - place), other))[
                :1
            ]
        inside = any(span.start <= min(used) and max(used) < span.end for span in spans)
        near = max(used) - min(used) < len(places) + NEAR_SLACK
        count += len(used) == len(places) and near and not inside
    return count


@given(places=PLACES, spans=SPANS)
def test_places_near_each_other_are_those_of_the_definition(
    places: list[list[int]], spans: list[Span]
) -> None:
    assert places_near(places, spans) == counted(places, spans)


def test_of_two_places_equally_near_the_first_one_counts() -> None:
    # With 8, the words 4 and 8 are within a span; with 0 and 4 they are not.
    span = Span(4, 9, 1.0)
    assert places_near([[4], [0, 8]], [span]) == 1
    assert places_near([[4], [8]], [span]) == 0
