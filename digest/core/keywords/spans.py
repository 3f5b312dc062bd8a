"""Says which occurrences of a keyword in a text overlap, and where its words are near each other."""

from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence

from msgspec import Struct

NEAR_SLACK = 4
"""Words of a keyword are near each other if at most this many others are between them."""


class Span(Struct, frozen=True):
    """An occurrence of a form: the index of its first word, and of the word after its last."""

    start: int
    end: int
    weight: float


def separate_spans(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """Returns the occurrences that overlap neither each other nor those taken before.

    Of those that start at the same word, the one that counts more is taken, then the longer one.

    Args:
        spans: in any order.
        taken: other occurrences.
    """
    separate: list[Span] = []
    end_of_last = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.weight, -span.end)):
        free = all(span.end <= other.start or other.end <= span.start for other in taken)
        if span.start >= end_of_last and free:
            separate.append(span)
            end_of_last = span.end
    return separate


def places_near(places: Sequence[Sequence[int]], spans: Sequence[Span]) -> int:
    """Counts the places where all words are near each other, outside of the occurrences.

    Args:
        places: for each word, its indexes in the text, ascending.
        spans: the occurrences.
    """
    rarest = min(range(len(places)), key=lambda number: len(places[number]))
    count = 0
    for place in places[rarest]:
        used = {place}
        for number, others in enumerate(places):
            if number == rarest:
                continue
            nearest = _nearest(others, place, used)
            if nearest is None:
                break
            used.add(nearest)
        else:
            first, last = min(used), max(used)
            inside = any(span.start <= first and last < span.end for span in spans)
            count += last - first < len(places) + NEAR_SLACK and not inside
    return count


def _nearest(places: Sequence[int], place: int, used: Container[int]) -> int | None:
    """Returns the place that is nearest to another one, or the first of two; None if all are used.

    Args:
        places: ascending.
        place: the other one.
        used: places that do not count.
    """
    after = bisect_left(places, place)
    before = after - 1
    while before >= 0 and places[before] in used:
        before -= 1
    while after < len(places) and places[after] in used:
        after += 1
    if before < 0:
        return places[after] if after < len(places) else None
    if after == len(places) or place - places[before] <= places[after] - place:
        return places[before]
    return places[after]
