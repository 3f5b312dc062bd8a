"""What the score would reach on cases that took no part in choosing its constants.

    pip install -e '.[bench]' && python benchmarks/ranking_constants.py

Every combination of a few values for the constants that matter is measured on the three
tasks of `ranking_quality.py`. The researchers, labels and reviews are dealt into five parts;
for each part the best combination of the other four is chosen, by one objective for all
three tasks, and measured on the part. Takes some minutes.
"""

from itertools import product
from typing import Any

import numpy as np

from benchmarks.common.quality_tasks import (
    Retrieval,
    average_precision,
    labelled,
    researchers,
    reviews,
    wrong_and_all,
)
from benchmarks.ranking_quality import by_product, mean, ready
from digest.core.keywords.parser import parse_all
from digest.core.profiles.from_library import derive
from digest.core.ranking import keyword_score, related_terms
from digest.core.ranking.corpus import Corpus, TokenizedPaper, build_corpus

PARTS = 5
GRID = {
    (related_terms, "STRENGTH"): (2.0, 4.0, 8.0),
    (related_terms, "BEST_PAPERS"): (25, 50, 100),
    (keyword_score, "NESTED_WEIGHT"): (1 / 3, 1 / 2),
}

_Pool = tuple[list[TokenizedPaper], Corpus]


def main() -> None:
    """Measure and print."""
    people = researchers()
    papers = dict.fromkeys(one for who in people for one in (*who.rated, *who.library))
    seen = build_corpus(ready(list(papers)))
    shelves = [(ready(who.library), ready(who.rated), who.expertise) for who in people]
    tasks = labelled(least=4), reviews()
    pools = [(ready(task.pool), build_corpus(ready(task.pool))) for task in tasks]

    def expertise() -> Any:
        return np.array(
            [
                wrong_and_all(by_product(derive(library, seen), rated, seen), truth)
                for library, rated, truth in shelves
            ]
        )

    def retrieval(task: Retrieval, pool: _Pool) -> Any:
        return np.array(
            [
                (average_precision(by_product(parse_all(q.keywords)[0], *pool), q.relevant), 1.0)
                for q in task.queries
            ]
        )

    measured: dict[tuple[float, ...], list[Any]] = {}
    for values in product(*GRID.values()):
        for (module, name), value in zip(GRID, values, strict=True):
            setattr(module, name, value)
        figures = [expertise(), *map(retrieval, tasks, pools)]
        measured[values] = figures
        print(*(f"{value:.3g}" for value in values), *(f"{mean(one):.4f}" for one in figures))

    random = np.random.default_rng(1)
    sizes = [len(one) for one in next(iter(measured.values()))]
    parts = [random.permutation(np.arange(size) % PARTS) for size in sizes]
    kept: list[list[Any]] = [[], [], []]
    for part in range(PARTS):
        chosen = max(
            measured,
            key=lambda values: _objective(
                [one[parts[task] != part] for task, one in enumerate(measured[values])]
            ),
        )
        print(f"part {part}: {chosen}")
        for task, one in enumerate(measured[chosen]):
            kept[task].extend(one[parts[task] == part])
    names = "expertise loss", "ai_keywords MAP (at least 4)", "reviews MAP"
    for name, rows in zip(names, kept, strict=True):
        print(f"{name:30} {mean(np.array(rows)):.4f}")


def _objective(figures: list[Any]) -> float:
    """Each task counts by its share of what is usual, so that all three count alike."""
    loss, labels, screened = map(mean, figures)
    return (1.0 - loss) / 0.76 + labels / 0.57 + screened / 0.37


if __name__ == "__main__":
    main()
