"""Divides subscriptions among workers: by their ids, so that a division never changes."""

from array import array
from collections.abc import Iterator, Sequence

from msgspec import Struct

SUBSCRIPTIONS_PER_TRANSACTION = 2000


class Shard(Struct, frozen=True, kw_only=True):
    """One of several parts of all subscriptions."""

    number: int  # from 0
    of: int  # the number of parts

    def __post_init__(self) -> None:
        """Checks the numbers."""
        if not 0 <= self.number < self.of:
            raise ValueError(f"there is no shard {self.number} of {self.of}")

    def part_of(self, ids: Sequence[int]) -> Sequence[int]:
        """Returns the ids of subscriptions that belong to this part, in the same order."""
        if self.of == 1:
            return ids
        return array("q", (item for item in ids if item % self.of == self.number))


ALL = Shard(number=0, of=1)
"""All subscriptions."""


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yields the ids of the subscriptions that are handled at a time."""
    for start in range(0, len(ids), SUBSCRIPTIONS_PER_TRANSACTION):
        yield ids[start : start + SUBSCRIPTIONS_PER_TRANSACTION]
