"""Says which occurrences of a keyword in a text overlap, and where its words are near each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NEAR_SLACK = 4
"""Words of a keyword are near each other if at most this many others stand between them."""


@dataclass(frozen=True, slots=True)
class Span:
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
    """Counts the places where all words stand near each other, outside of the occurrences.

    Args:
        places: for each word, the indexes at which it stands in the text, ascending.
        spans: the occurrences.
    """
    rarest = min(places, key=len)
    count = 0
    for place in rarest:
        used = {place}
        for others in places:
            if others is rarest:
                continue
            free = [other for other in others if other not in used]
            if not free:
                break
            used.add(min(free, key=lambda other: abs(other - place)))
        else:
            first, last = min(used), max(used)
            inside = any(span.start <= first and last < span.end for span in spans)
            count += last - first < len(places) + NEAR_SLACK and not inside
    return count
