"""How well profiles rank, beside baselines computed in the same run.

    pip install -e '.[bench]' && python benchmarks/ranking_quality.py

Three tasks on real data, found through $DIGEST_REAL_DATA or ../shared/data beside the
checkout (`quality_tasks.py`). Baselines: counting the keyword as a substring, BM25 by bm25s
over words and over phrases, 40 TF-IDF words of the library by cosine, and a linear SVM as
arxiv-sanity-lite trains it. Each figure has its standard error, each comparison with the
product a paired bootstrap over researchers, labels or reviews (10,000 draws, 95 %).

What a task's papers are ranked by is learned from the papers of the task ("seen"), unless a
line says otherwise. What was last seen stands in docs/research/ranking.md.
"""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from math import log, sqrt
from typing import Any

import bm25s
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from benchmarks.common.quality_tasks import (
    DATA,
    Query,
    Researcher,
    Retrieval,
    average_precision,
    labelled,
    other_months,
    researchers,
    reviews,
    wrong_and_all,
)
from digest.core.keywords.parser import parse, parse_all
from digest.core.keywords.patterns import pattern
from digest.core.models.editions import Candidate
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.profiles.from_library import derive
from digest.core.ranking.corpus import Corpus, TokenizedPaper, build_corpus
from digest.core.ranking.scoring import compile_profile, rank
from digest.core.ranking.tfidf import content_terms
from digest.core.text.tokens import BREAK, TokenizedText, lemma, tokenise, words

DRAWS = 10_000
Figures = Any  # an array: a row for each case: what it got, and out of what


def ready(papers: Sequence[Paper]) -> list[TokenizedPaper]:
    """Papers as candidates, numbered from 0."""
    return [
        TokenizedPaper(
            candidate=Candidate(
                paper_id=number,
                revision_id=number,
                seq=number,
                kind=AnnouncementKind.NEW,
                source="",
                paper=one,
            ),
            words=words(one.title, one.abstract),
        )
        for number, one in enumerate(papers)
    ]


def by_product(
    keywords: Sequence[Keyword],
    papers: Sequence[TokenizedPaper],
    seen: Corpus,
    *,
    related: bool = True,
) -> list[float]:
    """The product's score of each paper."""
    profile = Profile(topics=(Topic(name="", keywords=tuple(keywords)),), related=related)
    ranked = rank(papers, compile_profile(profile, seen), keep_all=True)
    scores = {one.candidate.paper_id: one.score for one in ranked}
    return [scores[paper.candidate.paper_id] for paper in papers]


def plain(text: str) -> str:
    """Lower case, hyphens as spaces."""
    return " ".join(text.lower().replace("-", " ").split())


class Bm25:
    """bm25s with its defaults over the pool, by words or by whole phrases, both stemmed."""

    def __init__(self, papers: Sequence[TokenizedPaper], phrases: Sequence[str] = ()) -> None:
        self._patterns = {text: pattern(parse(text)) for text in phrases}
        documents = [self._terms(paper.words) for paper in papers]
        self._papers = len(papers)
        self._bm25 = bm25s.BM25()
        self._bm25.index(documents, show_progress=False)

    def scores(self, keywords: Sequence[str]) -> list[float]:
        """Of each paper."""
        if self._patterns:
            wanted = list(keywords)
        else:
            wanted = [lemma(word) for text in keywords for word in tokenise(text)]
        known = [term for term in wanted if term != BREAK and term in self._bm25.vocab_dict]
        if not known:
            return [0.0] * self._papers
        return [float(score) for score in self._bm25.get_scores(known)]

    def _terms(self, text: TokenizedText) -> list[str]:
        if not self._patterns:
            return [one for one in text.lemmas if one != BREAK]
        held = [name for name, one in self._patterns.items() for _ in one.positions(text)]
        # Words that no query has, so that the length of the paper counts as it does for words.
        return held + ["-"] * max(1, text.length - len(held))


def tfidf(counts: Counter[str], holding: dict[str, int], papers: int) -> dict[str, float]:
    """A vector of length 1."""
    vector = {
        one: count * log((papers + 1) / (holding.get(one, 0) + 0.5))
        for one, count in counts.items()
    }
    length = sqrt(sum(weight * weight for weight in vector.values())) or 1.0
    return {one: weight / length for one, weight in vector.items()}


def by_cosine(
    library: Sequence[TokenizedPaper], papers: Sequence[TokenizedPaper], seen: Corpus
) -> list[float]:
    """40 TF-IDF words: the library's mean vector cut to its 40 largest entries, by cosine."""
    holding = seen.index.document_frequencies()

    def vector(paper: TokenizedPaper) -> dict[str, float]:
        return tfidf(content_terms(paper.words), holding, seen.papers)

    mean: Counter[str] = Counter()
    for paper in library:
        mean.update(vector(paper))
    wanted = dict(sorted(mean.items(), key=lambda item: (-item[1], item[0]))[:40])
    return [
        sum(wanted.get(one, 0.0) * weight for one, weight in vector(paper).items())
        for paper in papers
    ]


def by_svm(library: Sequence[str], papers: Sequence[str], seen: Sequence[str]) -> list[float]:
    """As arxiv-sanity-lite (compute.py, serve.py): TF-IDF of words and pairs, balanced SVM."""
    others = sorted(set(seen) - set(library))
    vectors = TfidfVectorizer(
        stop_words="english",
        token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",
        ngram_range=(1, 2),
        max_features=20_000,
        sublinear_tf=True,
        strip_accents="unicode",
        max_df=0.1,
        min_df=5,
    ).fit([*library, *others])
    svm = LinearSVC(class_weight="balanced", max_iter=10_000, tol=1e-6, C=0.01)
    svm.fit(vectors.transform([*library, *others]), [1] * len(library) + [0] * len(others))
    return [float(score) for score in svm.decision_function(vectors.transform(list(papers)))]


def mean(figures: Figures) -> float:
    """The pooled share: for the retrieval tasks each case is out of 1."""
    return float(figures[:, 0].sum() / figures[:, 1].sum())


def draws(figures: Figures) -> Any:
    """The figure of each bootstrap sample; the samples are the same for every method."""
    chosen = np.random.default_rng(1).integers(len(figures), size=(DRAWS, len(figures)))
    sampled = figures[chosen].sum(axis=1)
    return np.asarray(sampled[:, 0] / sampled[:, 1])


def show(title: str, results: dict[str, Figures], *, ratio: bool) -> None:
    """A table; the first method is the product, and the others are compared with it."""
    print(f"\n{title}")
    ours = next(iter(results.values()))
    for name, figures in results.items():
        line = f"  {name:34} {mean(figures):.4f} ± {draws(figures).std():.3f}"
        if figures is not ours:
            if ratio:
                value, sample = mean(ours) / mean(figures), draws(ours) / draws(figures)
            else:
                value, sample = mean(figures) - mean(ours), draws(figures) - draws(ours)
            low, high = np.quantile(sample, [0.025, 0.975])
            how = "x" if ratio else "lower by "
            line += f"   product {how}{value:.3f}  [{low:.3f}, {high:.3f}]"
        print(line)


def expertise(seen_papers: Sequence[Paper], title: str, *, known: bool = True) -> None:
    """The library task.

    Args:
        seen_papers: what rarity and related terms are learned from.
        title: of the table.
        known: the library is derived with the same papers seen; else with an empty store.
    """
    people = researchers()
    seen = build_corpus(ready(seen_papers))
    seen_texts = [f"{one.title} {one.abstract}" for one in seen_papers]
    results: dict[str, list[tuple[float, float]]] = {}

    def note(name: str, scores: list[float], person: Researcher) -> None:
        results.setdefault(name, []).append(wrong_and_all(scores, person.expertise))

    for person in people:
        library, rated = ready(person.library), ready(person.rated)
        keywords = derive(library, seen if known else build_corpus([]))
        note("product", by_product(keywords, rated, seen), person)
        note("40 TF-IDF words, cosine", by_cosine(library, rated, seen), person)
        svm = by_svm(
            [f"{one.title} {one.abstract}" for one in person.library],
            [f"{one.title} {one.abstract}" for one in person.rated],
            seen_texts,
        )
        note("linear SVM (arxiv-sanity-lite)", svm, person)
        note("product, related terms off", by_product(keywords, rated, seen, related=False), person)
    show(title, {name: np.array(rows) for name, rows in results.items()}, ratio=False)


def retrieval(task: Retrieval, title: str, *, more: Sequence[Paper] = (), count: bool) -> None:
    """One of the tasks with relevant papers."""
    papers = ready(task.pool)
    seen = build_corpus(ready([*task.pool, *more]))
    texts = [plain(f"{one.title} {one.abstract}") for one in task.pool]
    by_words = Bm25(papers)
    by_phrases = Bm25(papers, [text for query in task.queries for text in query.keywords])

    def product(query: Query, *, related: bool = True) -> list[float]:
        return by_product(parse_all(query.keywords)[0], papers, seen, related=related)

    methods: dict[str, Callable[[Query], list[float]]] = {
        "product": product,
        "BM25 over words": lambda query: by_words.scores(query.keywords),
        "BM25 over phrases": lambda query: by_phrases.scores(query.keywords),
        "product, related terms off": lambda query: product(query, related=False),
    }
    if count:
        methods["substring count"] = lambda query: [
            float(sum(text.count(plain(one)) for one in query.keywords)) for text in texts
        ]
    results = {
        name: np.array(
            [(average_precision(method(query), query.relevant), 1.0) for query in task.queries]
        )
        for name, method in methods.items()
    }
    show(f"{title}, {len(task.queries)} profiles", results, ratio=True)


def main() -> None:
    """Measure and print."""
    if not (DATA / "ranking").is_dir():
        sys.exit(f"no real data in {DATA}; set DIGEST_REAL_DATA")
    people = researchers()
    rated = list(dict.fromkeys(one for person in people for one in person.rated))
    library = list(dict.fromkeys(one for person in people for one in person.library))
    others = other_months()
    print("expertise: loss, lower is better; wanted: product at least 0.015 below the cosine")
    expertise(list(dict.fromkeys([*rated, *library, *others])), "seen: all papers, other months")
    expertise(list(dict.fromkeys([*rated, *library])), "seen: rated papers and libraries")
    expertise(rated, "seen: the rated papers alone")
    expertise(rated, "the same, derived with an empty store", known=False)
    print("\nai_keywords: MAP; wanted: x1.12 of the substring count, above both BM25s")
    for least in (8, 4):
        retrieval(labelled(least=least), f"labels of at least {least} papers", count=True)
    retrieval(labelled(least=4), "the same, other months seen too", more=others, count=True)
    print("\nreviews: MAP; wanted: x1.25 of BM25 over words")
    retrieval(reviews(), "five reviews pooled", count=True)


if __name__ == "__main__":
    main()
