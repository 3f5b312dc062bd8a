"""Rounds scores to fixed-point numbers, so that their sums are exact.

A weight is a multiple of 1/2^16, the contribution of a keyword is a multiple of 1/2^28, and an
entry of a vector is a multiple of 1/2^22. A float can represent every product of two such
numbers, and every sum of such products below 512, without rounding. Therefore a score does not
depend on the order of the additions, the library or the machine, and equal scores are equal.
"""

WEIGHT_UNIT = 2.0**-16
CONTRIBUTION_UNIT = 2.0**-28
VECTOR_ENTRY_UNIT = 2.0**-22

MAX_TOTAL = 64.0
"""A larger sum counts as this one: the score reaches 100 long before."""


def round_weight(value: float) -> float:
    """Returns the nearest weight that is above 0."""
    return max(1.0, round(value / WEIGHT_UNIT)) * WEIGHT_UNIT


def round_contribution(value: float) -> float:
    """Returns the nearest contribution; it is above 0 if the value is."""
    return max(float(value > 0.0), round(value / CONTRIBUTION_UNIT)) * CONTRIBUTION_UNIT


def round_vector_entry(value: float) -> float:
    """Returns the nearest entry of a vector."""
    return round(value / VECTOR_ENTRY_UNIT) * VECTOR_ENTRY_UNIT
