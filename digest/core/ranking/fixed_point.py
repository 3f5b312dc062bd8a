"""Amounts in whole grains, so that sums of them are exact.

A weight is a whole number of 1/2^16, what a keyword adds to a paper one of 1/2^28, an entry
of a vector one of 1/2^22. A float holds every product of two of them, and every sum of such
products below 512, without rounding. So a score is the same in whatever order, by whatever
library and on whatever machine its parts are added, and equal scores are equal.
"""

WEIGHT = 2.0**-16
AMOUNT = 2.0**-28
ENTRY = 2.0**-22

MAX_TOTAL = 64.0
"""No total counts for more: the score is 100 long before."""


def round_weight(value: float) -> float:
    """The nearest weight, above 0."""
    return max(1.0, round(value / WEIGHT)) * WEIGHT


def round_contribution(value: float) -> float:
    """The nearest amount; above 0 if the value is."""
    return max(float(value > 0.0), round(value / AMOUNT)) * AMOUNT


def round_vector_entry(value: float) -> float:
    """The nearest entry of a vector."""
    return round(value / ENTRY) * ENTRY
