"""The real data's four tasks, and how a ranking of each is judged.

The data's README describes where they come from. Equal scores are judged by the mean over
all orders in which they may be, so that no method gains by the order of a file.
"""

import csv
import gzip
import json
import os
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path
from typing import Any

from digest.core.models.papers import Paper
from digest.core.text.tokens import lemma, tokenise

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DIGEST_REAL_DATA") or ROOT.parent / "shared" / "data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Researcher:
    """A library, and papers with the researcher's own expertise in them."""

    library: tuple[Paper, ...]
    rated: tuple[Paper, ...]
    expertise: tuple[float, ...]  # of each rated paper, 1 to 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A profile's keywords, and which papers of the pool are relevant, by number."""

    keywords: tuple[str, ...]
    relevant: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """A pool of papers and the queries to rank it by."""

    pool: tuple[Paper, ...]
    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Profiles as typed, and a person's judgement of the papers: 2 must be shown, 1 may be."""

    pool: tuple[Paper, ...]
    queries: tuple[Query, ...]
    labels: tuple[dict[int, int], ...]  # for each query, by number of the paper; others are 0


def judged() -> Judged:
    """The judged papers."""
    folder = DATA / "ranking" / "judged"
    lines = (folder / "papers.jsonl").read_text(encoding="utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    numbers = {item["id"]: number for number, item in enumerate(items)}
    labels: defaultdict[str, dict[int, int]] = defaultdict(dict)
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            labels[row["profile"]][numbers[row["paper"]]] = int(row["label"])
    profiles = json.loads((folder / "profiles.json").read_text(encoding="utf-8"))
    return Judged(
        pool=tuple(map(_paper, items)),
        queries=tuple(
            Query(
                keywords=tuple(profile["keywords"]),
                relevant=frozenset(n for n, label in labels[str(profile["id"])].items() if label),
            )
            for profile in profiles
        ),
        labels=tuple(labels[str(profile["id"])] for profile in profiles),
    )


def researchers() -> list[Researcher]:
    """The expertise task."""
    files = sorted((DATA / "ranking" / "expertise").glob("*.json"))
    loaded = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return [
        Researcher(
            library=tuple(map(_paper, item["library"])),
            rated=tuple(map(_paper, item["rated"])),
            expertise=tuple(float(paper["expertise"]) for paper in item["rated"]),
        )
        for item in loaded
    ]


def daily(months: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The papers of Hugging Face Daily Papers in these months, each once, by id."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted((DATA / "hf_daily").glob("*.json")):
        if file.name[:7] in months:
            for item in json.loads(file.read_text(encoding="utf-8")):
                if isinstance(item, dict):  # for some weeks they came as Python's notation
                    found.setdefault(item["paper"]["id"], item["paper"])
    return found


def labelled(*, least: int) -> Retrieval:
    """The `ai_keywords` task: labels that at least so many papers carry, in any form.

    Labels whose lemmas agree are one; its keyword is the form that most papers carry.
    """
    papers = [p for p in daily(("2025-06", "2025-07")).values() if p.get("ai_keywords")]
    carriers: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    forms: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for number, paper in enumerate(papers):
        for label in paper["ai_keywords"]:
            lemmas = tuple(lemma(word) for word in tokenise(label))
            carriers[lemmas].add(number)
            forms[lemmas][" ".join(label.split())] += 1
    queries = tuple(
        Query(keywords=(_usual(forms[lemmas]),), relevant=frozenset(carrying))
        for lemmas, carrying in sorted(carriers.items())
        if len(carrying) >= least
    )
    return Retrieval(pool=tuple(map(_daily_paper, papers)), queries=queries)


def other_months() -> list[Paper]:
    """Daily papers that no task ranks: what a store has seen besides."""
    months = ("2024-11", "2024-12", "2025-01", "2025-02", "2025-03")
    return [_daily_paper(paper) for paper in daily(months).values()]


def seen_papers(papers: int = 1000) -> list[Paper]:
    """Papers of other months, from Hugging Face and then arXiv: what a store has seen."""
    seen = other_months()
    for file in sorted((DATA / "sources" / "arxiv-daily" / "2025-03").glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            seen += [_daily_paper(json.loads(line)) for line in lines]
        if len(seen) >= papers:
            break
    return seen[:papers]


def reviews() -> Retrieval:
    """The pooled reviews."""
    folder = DATA / "ranking" / "reviews"
    profiles = tomllib.loads((folder / "profiles.toml").read_text(encoding="utf-8"))
    pool: list[Paper] = []
    queries: list[Query] = []
    for name, profile in profiles.items():
        lines = (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        items = [json.loads(line) for line in lines]
        relevant = {len(pool) + place for place, item in enumerate(items) if item["included"]}
        queries.append(Query(keywords=tuple(profile["keywords"]), relevant=frozenset(relevant)))
        pool.extend(map(_paper, items))
    return Retrieval(pool=tuple(pool), queries=tuple(queries))


def within_each(pooled: Retrieval) -> list[Retrieval]:
    """Each review over its own papers only; `reviews` pools them in the order of the profiles."""
    folder = DATA / "ranking" / "reviews"
    names = tomllib.loads((folder / "profiles.toml").read_text(encoding="utf-8"))
    tasks, start = [], 0
    for name, query in zip(names, pooled.queries, strict=True):
        lines = (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        stop = start + len(lines)
        relevant = frozenset(number - start for number in query.relevant)
        one = Query(keywords=query.keywords, relevant=relevant)
        tasks.append(Retrieval(pool=pooled.pool[start:stop], queries=(one,)))
        start = stop
    return tasks


def ndcg(scores: Sequence[float], labels: Mapping[int, int], *, top: int = 15) -> float:
    """Computes nDCG of the first papers: gains 2^label - 1, discounts log2(place + 1).

    Source: K. Järvelin, J. Kekäläinen (2002), doi:10.1145/582415.582418.
    """
    order = sorted(range(len(scores)), key=lambda number: (-scores[number], number))[:top]
    best = sorted(labels.values(), reverse=True)[:top]
    return _gain([labels.get(number, 0) for number in order]) / _gain(best)


def _gain(labels: Sequence[int]) -> float:
    return sum((2.0**label - 1) / log2(place + 2) for place, label in enumerate(labels))


def mail(
    scores: Sequence[float], labels: Mapping[int, int], *, cut: float, top: int = 15
) -> tuple[float, float]:
    """Precision (label 1 or 2) and recall (label 2) of the mail with the papers above a score."""
    order = sorted(range(len(scores)), key=lambda number: (-scores[number], number))[:top]
    shown = [labels.get(number, 0) for number in order if scores[number] >= cut]
    wanted = min(top, sum(label == 2 for label in labels.values()))
    precision = sum(label > 0 for label in shown) / len(shown) if shown else 0.0
    return precision, sum(label == 2 for label in shown) / wanted


def average_precision(scores: Sequence[float], relevant: frozenset[int]) -> float:
    """The mean over all orders of equal scores (McSherry and Najork 2008, section 3)."""
    groups: defaultdict[float, list[int]] = defaultdict(list)
    for number, score in enumerate(scores):
        groups[round(score, 9)].append(number)
    total, before, hits = 0.0, 0, 0
    for score in sorted(groups, reverse=True):
        group = groups[score]
        size, relevant_count = len(group), sum(number in relevant for number in group)
        if relevant_count:
            step = (relevant_count - 1) / (size - 1) if size > 1 else 0.0
            total += sum(
                relevant_count / size * (hits + 1 + place * step) / (before + place + 1)
                for place in range(size)
            )
        before += size
        hits += relevant_count
    return total / len(relevant)


def wrong_and_all(scores: Sequence[float], truth: Sequence[float]) -> tuple[float, float]:
    """The rating difference in pairs that are ordered wrongly (ties half), and in all."""
    wrong = whole = 0.0
    for one in range(len(truth)):
        for other in range(one):
            difference = abs(truth[one] - truth[other])
            agreement = (scores[one] - scores[other]) * (truth[one] - truth[other])
            wrong += difference * (0.5 if agreement == 0 else float(agreement < 0))
            whole += difference
    return wrong, whole


def _paper(item: dict[str, Any]) -> Paper:
    return Paper(title=item["title"] or "", abstract=item["abstract"] or "")


def _daily_paper(item: dict[str, Any]) -> Paper:
    return Paper(title=item["title"], abstract=item.get("summary") or "")


def _usual(forms: Counter[str]) -> str:
    return min(forms, key=lambda form: (-forms[form], form))
