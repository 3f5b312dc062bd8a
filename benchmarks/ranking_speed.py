"""How fast many profiles are ranked, beside a query per profile in tantivy, in one run.

    pip install -e '.[bench]' && python benchmarks/ranking_speed.py [PROFILES] [MANY]

1,000 real papers, found through $DIGEST_REAL_DATA or ../shared/data beside the checkout.
Profiles of 8 to 12 keywords are drawn from what such papers are labelled with and what their
titles say, common ones more often. All of it runs on one core.

What the papers contain is prepared beforehand for both: a matrix for the engine, an index for
tantivy. Profiles were compiled, once for all days; tantivy parses a query and searches, and the time
for its searches alone is printed too. The last ratio includes the preparation of the papers, for
both. tantivy has direct evidence only; the figures with topical evidence follow. What was last seen
stands in benchmarks/README.md.
"""

import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import tantivy

from benchmarks.common.quality_tasks import daily
from digest.core.batch_ranking.papers.paper_matrix import PaperMatrix
from digest.core.batch_ranking.sparse_scoring import top_papers
from digest.core.batch_ranking.topics import dense_topical
from digest.core.batch_ranking.topics.dense_topical import compile_topical
from digest.core.batch_ranking.topics.profile_matrix import ProfileMatrix, compile_profiles
from digest.core.batch_ranking.topics.sparse_related_terms import learn_related_terms
from digest.core.batch_ranking.vocabulary import Vocabulary
from digest.core.keywords.parser import KeywordError, parse
from digest.core.models.editions import Candidate
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.ranking.corpus import Corpus, PaperIndex, build_corpus, tokenize_paper
from digest.core.text.tokens import BREAK, STOP_WORDS, fold, lemma, tokenise
from digest.knowledge import background_files

PAPERS = 1000
TOP = 20
FEWER = 10_000
MONTHS = tuple(f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13))
COLD = """
import sys, json
from digest.core.keywords.parser import parse
from digest.core.models.editions import Candidate
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.models.profiles import Profile, Topic
from digest.core.ranking.corpus import build_corpus, tokenize_paper
from digest.core.ranking.scoring import compile_profile, rank
from digest.knowledge import background_files
papers = [tokenize_paper(Candidate(paper_id=n, revision_id=n, seq=n, kind=AnnouncementKind.NEW,
    source="", paper=Paper(title=t, abstract=a))) for n, (t, a) in enumerate(json.load(sys.stdin))]
topic = Topic(name="T", keywords=tuple(map(parse, sys.argv[2:])))
corpus = build_corpus(papers, background_files.load())
compiled = compile_profile(Profile(topics=(topic,)), corpus)
print(len(rank(papers, compiled, explained_from=float(sys.argv[1]))))
"""


def main() -> None:
    """Print the figures."""
    profiles = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    many = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    papers = [
        Paper(title=one["title"], abstract=one.get("summary") or "")
        for one in daily(MONTHS).values()
    ][:PAPERS]
    words, weights = keywords(papers)
    index = PaperIndex([tokenize_paper(numbered(one, n)) for n, one in enumerate(papers)])
    corpus = build_corpus(index.papers, background_files.load())
    print(f"{len(papers):,} papers, {len(words):,} different keywords\n")

    vocabulary = Vocabulary()
    start = time.perf_counter()
    wants = compile_profiles(drawn(profiles, words, weights), vocabulary)
    compiling = time.perf_counter() - start
    readying, plain = timed_engine(wants, index, corpus, vocabulary)
    indexing, searching, tantivys = timed_tantivy(papers, list(drawn(profiles, words, weights)))
    print(f"{profiles:,} profiles, direct evidence only, top {TOP}")
    show("the engine", plain, profiles)
    show("tantivy, a query per profile", tantivys, profiles)
    show("tantivy, parsed before", searching, profiles)
    print(f"  ratio                            {tantivys / plain:8.1f}   wanted: at least 10")
    print(f"  ratio, parsed before             {searching / plain:8.1f}")
    show("the engine, with the papers", readying + plain, profiles)
    show("tantivy, with the papers", indexing + tantivys, profiles)
    print(f"  ratio, with the papers           {(indexing + tantivys) / (readying + plain):8.1f}")
    show("(compiling, once)", compiling, profiles)

    topical_evidence(min(profiles, FEWER), index, corpus, words, weights)

    print(f"\ncost of a profile, and peak memory of the process, {FEWER:,} and {many:,} profiles")
    for kind, limit in (("direct", 600), ("topical", 900)):
        one, _ = measured(FEWER, kind)
        lots, memory = measured(many, kind)
        print(f"  {kind}: {one:.2f} and {lots:.2f} microseconds: x {lots / one:.2f}")
        print(f"  {kind}: {memory:.0f} MB   wanted: below {limit}")

    import json

    texts = json.dumps([(one.title, one.abstract) for one in papers])
    print(f"\none profile, {len(papers):,} papers, cold start of the process, CPU time, best of 5")
    shown = min(cold_start(texts, words[:10], explained_from=20.0) for _ in range(5))
    print(f"  {shown:8.2f} s   as for a digest: explained from a score of 20; wanted: below 0.5")
    whole = min(cold_start(texts, words[:10], explained_from=0.0) for _ in range(5))
    print(f"  {whole:8.2f} s   all papers explained")


def cold_start(texts: str, words: list[str], *, explained_from: float) -> float:
    """CPU seconds of a new process that ranks the papers for one profile.

    Args:
        texts: titles and abstracts, JSON.
        words: the keywords.
        explained_from: the lowest score of a paper that is explained.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", COLD, str(explained_from), *words], input=texts, text=True,
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def topical_evidence(
    few: int, index: PaperIndex, corpus: Corpus, words: list[str], weights: list[int]
) -> None:
    """Print the figures for some profiles with topical evidence and related terms."""
    vocabulary = Vocabulary()
    wants = compile_profiles(drawn(few, words, weights), vocabulary)
    start = time.perf_counter()
    topical = compile_topical(wants, vocabulary, corpus.background)
    learning = time.perf_counter() - start
    held = PaperMatrix(index, corpus, vocabulary)
    start = time.perf_counter()
    terms = learn_related_terms(wants, held, topical.known)
    learning_terms = time.perf_counter() - start
    start = time.perf_counter()
    parts = top_papers(wants, held, top=TOP, topical=topical, terms=terms)
    count = sum(len(part.papers) for part in parts)
    print(f"\n{few:,} profiles with topical evidence and related terms ({count:,} papers)")
    show("the engine", time.perf_counter() - start, few)
    show("(compiling topical evidence, once)", learning, few)
    show("(learning related terms, once a day)", learning_terms, few)


def keywords(papers: list[Paper]) -> tuple[list[str], list[int]]:
    """Labels of real papers, and words and pairs of words of their titles, with their counts."""
    counts: Counter[str] = Counter()
    for one in daily(MONTHS).values():
        counts.update(one.get("ai_keywords") or ())
    for paper in papers:
        words = [word for word in tokenise(paper.title) if fold(word) not in STOP_WORDS]
        pairs = pairwise(words)
        counts.update(words)
        counts.update(f"{a} {b}" for a, b in pairs if BREAK not in (lemma(a), lemma(b)))
    usable = [(text, count) for text, count in sorted(counts.items()) if read(text)]
    return [text for text, _ in usable], [count for _, count in usable]


def read(text: str) -> Keyword | None:
    """The text as a keyword, if it is one that both engines can look for."""
    try:
        keyword = parse(text)
    except KeywordError:
        return None
    plain = keyword.field == "text" and not (keyword.exact or keyword.prefix)
    return keyword if plain and keyword.weight == 1.0 else None


def drawn(count: int, words: list[str], weights: list[int]) -> Iterator[Profile]:
    """Profiles of one topic; the same ones each time."""
    chance = random.Random(7)
    read_words = [parse(word) for word in words]
    choices: Iterator[Keyword] = iter(())
    for number in range(count):
        if number % 10_000 == 0:
            choices = iter(chance.choices(read_words, weights, k=120_000))
        size = chance.randint(8, 12)
        topic = Topic(name="T", keywords=tuple(next(choices) for _ in range(size)))
        yield Profile(topics=(topic,))


def numbered(paper: Paper, number: int) -> Candidate:
    """The paper as a candidate."""
    return Candidate(
        paper_id=number,
        revision_id=number,
        seq=number,
        kind=AnnouncementKind.NEW,
        source="",
        paper=paper,
    )


def timed_engine(
    wants: ProfileMatrix, index: PaperIndex, corpus: Corpus, vocabulary: Vocabulary
) -> tuple[float, float]:
    """Seconds for the papers, and for the best of all profiles."""
    start = time.perf_counter()
    held = PaperMatrix(PaperIndex(index.papers), corpus, vocabulary)
    middle = time.perf_counter()
    for _ in top_papers(wants, held, top=TOP):
        pass
    return middle - start, time.perf_counter() - middle


def timed_tantivy(papers: list[Paper], profiles: list[Profile]) -> tuple[float, float, float]:
    """Seconds for the papers; for searches alone; for a query per profile, of stemmed phrases."""
    start = time.perf_counter()
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", stored=False, tokenizer_name="en_stem")
    schema.add_integer_field("number", stored=True)
    index = tantivy.Index(schema.build())
    writer = index.writer(num_threads=1)
    for number, paper in enumerate(papers):
        writer.add_document(
            tantivy.Document(text=f"{paper.title}\n{paper.abstract}", number=number)
        )
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    indexing = time.perf_counter() - start
    texts = [
        " ".join('"' + " ".join(tokenise(one.term)) + '"' for one in topic.keywords)
        for profile in profiles
        for topic in profile.topics
    ]
    searcher = index.searcher()
    start = time.perf_counter()
    queries = [index.parse_query(text, ["text"]) for text in texts]
    parsing = time.perf_counter() - start
    start = time.perf_counter()
    for query in queries:
        searcher.search(query, TOP, count=False)
    searching = time.perf_counter() - start
    return indexing, searching, parsing + searching


def measured(count: int, kind: str) -> tuple[float, float]:
    """Microseconds for a profile, of a process that loads the arrays, and its peak megabytes.

    Args:
        count: number of profiles.
        kind: "direct", or "topical" to add topical evidence.
    """
    with tempfile.TemporaryDirectory() as folder:
        for part in ("make", "use"):
            command = [sys.executable, __file__, part, str(count), folder, kind]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
        micro, memory = done.stdout.split()
    return float(micro), float(memory)


def make(count: int, folder: Path) -> None:
    """Compile profiles and keep their arrays."""
    import pickle

    import numpy as np

    papers, words, weights = day()
    vocabulary = Vocabulary()
    wants = compile_profiles(drawn(count, words, weights), vocabulary)
    for one in fields(wants):
        if one.name != "boosts":
            np.save(folder / f"{one.name}.npy", getattr(wants, one.name))
    (folder / "vocabulary").write_bytes(pickle.dumps(vocabulary))
    (folder / "papers").write_bytes(pickle.dumps(papers))


def use(folder: Path, kind: str) -> None:
    """Load them and rank a day's papers."""
    import pickle

    import numpy as np

    papers = pickle.loads((folder / "papers").read_bytes())
    vocabulary = pickle.loads((folder / "vocabulary").read_bytes())
    index = PaperIndex([tokenize_paper(numbered(one, n)) for n, one in enumerate(papers)])
    corpus = build_corpus(index.papers, background_files.load())
    held = PaperMatrix(index, corpus, vocabulary)
    start = time.perf_counter()
    arrays = {file.stem: np.load(file, mmap_mode="r") for file in folder.glob("*.npy")}
    wants = ProfileMatrix(**arrays, boosts={})
    topical = None
    if kind == "topical":
        # The levels are computed once for each profile, in about a millisecond. The time of a day
        # does not depend on their values.
        dense_topical.topic_levels = lambda shares, *_: np.full(shares.shape[0], 0.1)
        topical = dense_topical.compile_topical(wants, vocabulary, corpus.background)
        start = time.perf_counter()
    parts = top_papers(wants, held, top=TOP, topical=topical)
    count = sum(len(np.unique(part.profiles)) for part in parts)
    took = time.perf_counter() - start
    assert count > 0.9 * len(wants)
    status = Path("/proc/self/status").read_text(encoding="ascii")  # Linux
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    print(1e6 * took / len(wants), int(peak) / 1024)


def day() -> tuple[list[Paper], list[str], list[int]]:
    """The papers, and the keywords to draw from."""
    papers = [
        Paper(title=one["title"], abstract=one.get("summary") or "")
        for one in daily(MONTHS).values()
    ][:PAPERS]
    return papers, *keywords(papers)


def show(what: str, seconds: float, profiles: int) -> None:
    """One line."""
    print(f"  {what:32} {seconds:8.2f} s   {1e6 * seconds / profiles:8.1f} us a profile")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", count, folder, _]:
            make(int(count), Path(folder))
        case ["use", _, folder, kind]:
            use(Path(folder), kind)
        case _:
            main()
