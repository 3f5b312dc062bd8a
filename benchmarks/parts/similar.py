"""The near-duplicate search against comparing all pairs of titles.

    python benchmarks/parts/similar.py [TITLES] [ALL]

Titles are combined from a vocabulary in which some words are common and most are rare, and
every fiftieth is a near-duplicate of another. Both find all pairs among ALL titles, and must
find the same; the ratio is of these two runs, nothing is extrapolated. Then the search alone
runs over all TITLES. Comparing all of 100,000 one by one in Python would take over an hour: a
sample is, for the time, and every pair is by a sparse matrix product, for the pairs (exact: two
titles without a common word are not near). That needs scipy, from the `bench` extra.

Last seen (Python 3.11): see benchmarks/README.md.
"""

import random
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from digest.core.identity.similarity import MIN_TITLE_SIMILARITY, jaccard, pairs, words

T = TypeVar("T")

SAMPLE = 200
BLOCK = 250  # titles that are multiplied with all at once: bounds the memory
VOCABULARY = 20_000


def titles(count: int, rng: random.Random) -> list[str]:
    """Invented titles of 6 to 11 words, and near-duplicates of some, in any order."""
    syllables = [head + tail for head in "bdfgklmnprstvz" for tail in ("a", "en", "io", "ur", "ex")]
    vocabulary = sorted(
        {"".join(rng.choices(syllables, k=rng.randint(2, 4))) for _ in range(VOCABULARY)}
    )
    made = [
        [vocabulary[int(len(vocabulary) * rng.random() ** 3)] for _ in range(rng.randint(6, 11))]
        for _ in range(count - count // 50)
    ]
    for original in rng.sample(made, count // 50):
        changed = list(original)
        changed[rng.randrange(len(changed))] = rng.choice(vocabulary)
        made.append(changed)
    rng.shuffle(made)
    return [" ".join(title) for title in made]


def compared(shown: list[str], places: range) -> set[tuple[int, int]]:
    """The near pairs of these places with all that are before them, compared one by one."""
    sets = [words(title) for title in shown]
    found = set()
    for place in places:
        mine = sets[place]
        found |= {
            (other, place)
            for other in range(place)
            if jaccard(mine, sets[other]) >= MIN_TITLE_SIMILARITY
        }
    return found


def multiplied(shown: list[str]) -> set[tuple[int, int]]:
    """All near pairs, from the numbers of words that any two titles have in common."""
    import numpy as np
    from scipy.sparse import csr_array

    sets = [words(title) for title in shown]
    numbers = {word: number for number, word in enumerate(sorted(set().union(*sets)))}
    sizes = np.array([len(mine) for mine in sets])
    ends = np.concatenate([[0], np.cumsum(sizes)])
    columns = np.array([numbers[word] for mine in sets for word in mine])
    ones = np.ones(len(columns), dtype=np.int32)
    matrix = csr_array((ones, columns, ends), shape=(len(sets), len(numbers)))
    other = matrix.T.tocsr()
    found: set[tuple[int, int]] = set()
    for start in range(0, len(sets), BLOCK):
        common = (matrix[start : start + BLOCK] @ other).tocoo()
        rows = common.row + start
        near = common.data >= MIN_TITLE_SIMILARITY * (sizes[rows] + sizes[common.col] - common.data)
        near &= common.col < rows
        found |= set(zip(common.col[near].tolist(), rows[near].tolist(), strict=True))
    return found


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What a call gives, and its seconds."""
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    whole = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    shown = titles(count, random.Random(7))

    some = titles(whole, random.Random(8))
    every, slow = timed(lambda: compared(some, range(whole)))
    found, fast = timed(lambda: set(pairs(some)))
    same = "the same pairs" if found == every else "OTHER PAIRS"
    print(f"{whole:,} titles, all pairs    {slow:8.1f} s  {len(every):,} pairs")
    print(f"{whole:,} titles, search       {fast:8.1f} s  {same}")
    print(f"ratio                       {slow / fast:8.0f}    (at least 20)")

    last = range(count - SAMPLE, count)
    found, fast = timed(lambda: set(pairs(shown)))
    every, slow = timed(lambda: compared(shown, last))
    checked = {pair for pair in found if pair[1] in last} == every
    print(f"{count:,} titles, search      {fast:8.1f} s  {len(found):,} pairs")
    print(
        f"of these, the last {SAMPLE} with all: {len(every)} pairs,"
        f" {'the same' if checked else 'OTHERS'}; all pairs would take about"
        f" {slow / SAMPLE * count / 2 / fast:.0f} times as long as the search"
    )
    try:
        every, slow = timed(lambda: multiplied(shown))
    except ImportError:
        print("every pair of them: not compared; pip install '.[bench]'")
    else:
        checked = checked and found == every
        print(
            f"{count:,} titles, every pair  {slow:8.1f} s  {len(every):,} pairs,"
            f" {'the same' if found == every else 'OTHERS'} (sparse product)"
        )
    if not (checked and same == "the same pairs"):
        sys.exit(1)


if __name__ == "__main__":
    main()
