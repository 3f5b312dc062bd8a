"""A background table that is learned in a moment from papers drawn at random."""

import random
from functools import cache

from digest.core.background.learning import learn
from digest.core.background.table import BackgroundArrays, BackgroundTable

SUBJECTS = (
    "bee bees wasp hive honey comb nest pollen sting swarm queen dance",
    "language model models LLM LLMs RAG retrieval prompt token decoding",
    "garden rose roses soil compost flower watering seed",
)
FILLERS = "method result study paper data show".split()  # noqa: SIM905 - as written


@cache
def small_arrays() -> BackgroundArrays:
    """Learns the contents of the table: three subjects, and the abbreviation LLM."""
    chance = random.Random(5)
    papers = []
    for number in range(150):
        subject = SUBJECTS[number % 3].split()
        words = [chance.choice(subject if chance.random() < 0.8 else FILLERS) for _ in range(40)]
        defined = "We use a large language model (LLM)." if number % 9 == 1 else ""
        title = " ".join(chance.choices(subject, k=4))
        papers.append((f"{title} {number}", f"{' '.join(words)}. {defined}"))
    return learn(papers)


@cache
def small_background() -> BackgroundTable:
    """Returns the table."""
    return BackgroundTable(small_arrays())
