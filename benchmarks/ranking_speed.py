"""How fast many profiles are ranked, beside direct evidence only and a query per profile in tantivy.

    pip install -e '.[bench]' && python benchmarks/ranking_speed.py [PROFILES] [COUNT ...]

1,000 real papers, found through $DIGEST_REAL_DATA or ../shared/data beside the checkout.
Profiles of 8 to 12 keywords are drawn from what such papers are labelled with and what their
titles say, common ones more often. All of it runs on one core; the figures are CPU time.

First PROFILES profiles of one topic with direct evidence only, as arrays, against tantivy: what the
papers contain is prepared beforehand for both; tantivy parses a query and searches, and the time for
its searches alone is printed too. The last ratio includes the preparation of the papers, for both.

Then, for each COUNT, so many profiles of three topics with all evidence, from `Profile` objects to
the explanations of what is shown, 2,000 at a time, in a process of its own; beside the same profiles
with direct evidence only, and beside profiles of one topic. What was last seen is in
benchmarks/README.md.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from msgspec.structs import replace

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import tantivy

from benchmarks.common.quality_tasks import daily
from digest.core.batch_ranking.papers.paper_matrix import PaperMatrix
from digest.core.batch_ranking.sparse_products import place_in_group
from digest.core.batch_ranking.sparse_scoring import top_papers
from digest.core.batch_ranking.topics.profile_matrix import ProfileMatrix, compile_profiles
from digest.core.batch_ranking.vocabulary import Vocabulary
from digest.core.keywords.paper_index import PaperIndex, tokenize_paper
from digest.core.keywords.parser import KeywordError, parse
from digest.core.models.editions import LEAST_POINTS, Candidate
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.ranking.corpus import Corpus, build_corpus
from digest.core.text.tokens import BREAK, STOP_WORDS, fold, lemma, tokenise
from digest.knowledge import background_files

PAPERS = 1000
TOP = 20
COUNTS = (10_000, 100_000)
AT_ONCE = 2000
SHOWN = 15
SPARE = 3
MONTHS = tuple(f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13))
NATURAL = (  # as one types them in two minutes
    "LLM serving", "KV cache", "quantization", "speculative decoding", "inference efficiency",
    "pruning", "distillation", "sparse attention",
)  # fmt: skip
COLD = """
import sys, json
from digest.garbage_collection import collect_rarely
from digest.library_variables import set_library_variables
collect_rarely()
set_library_variables()  # both as every command does
from digest.core.keywords.parser import parse
from digest.core.models.editions import Candidate
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.models.profiles import Profile, Topic
from digest.core.keywords.paper_index import tokenize_paper
from digest.core.ranking.corpus import build_corpus
from digest.core.ranking.scoring import compile_profile, rank
from digest.knowledge import background_files
papers = [tokenize_paper(Candidate(paper_id=n, revision_id=n, seq=n, kind=AnnouncementKind.NEW,
    source="", paper=Paper(title=t, abstract=a))) for n, (t, a) in enumerate(json.load(sys.stdin))]
topic = Topic(name="T", keywords=tuple(map(parse, sys.argv[1:])))
corpus = build_corpus(papers, background_files.load())
profile = Profile(topics=(topic,))
print(len(rank(papers, compile_profile(profile, corpus), explained_from=profile.min_match)))
"""


def main() -> None:
    """Print the figures."""
    numbers = [int(text) for text in sys.argv[1:]]
    profiles, counts = numbers[0] if numbers else 50_000, numbers[1:] or COUNTS
    papers = [
        Paper(title=one["title"], abstract=one.get("summary") or "")
        for one in daily(MONTHS).values()
    ][:PAPERS]
    words, weights = keywords(papers)
    index = PaperIndex([tokenize_paper(numbered(one, n)) for n, one in enumerate(papers)])
    corpus = build_corpus(index.papers, background_files.load())
    print(f"{len(papers):,} papers, {len(words):,} different keywords\n")

    vocabulary = Vocabulary()
    start = time.process_time()
    profile_matrix = compile_profiles(drawn(profiles, words, weights), vocabulary)
    compiling = time.process_time() - start
    readying, plain = timed_engine(profile_matrix, index, corpus, vocabulary)
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

    for count in counts:
        print(f"\n{count:,} profiles, microseconds of CPU a profile, and peak memory in MB")
        show_stages("three topics, direct evidence only", varied(count, "direct"))
        show_stages("three topics, all evidence", varied(count, "all"))
        show_stages("one topic, direct evidence only", varied(count, "direct", "1"))
        show_stages("one topic, all evidence", varied(count, "all", "1"))

    import json

    texts = json.dumps([(one.title, one.abstract) for one in papers])
    before = os.times()
    subprocess.run(
        [sys.executable, "-c", COLD, *NATURAL], input=texts, text=True, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    print(f"\none profile, {len(papers):,} papers, cold start of the process")
    after = os.times()
    took = after.children_user + after.children_system
    took -= before.children_user + before.children_system
    print(f"  {took:8.2f} s of CPU   wanted: below 0.5")


def varied(count: int, kind: str, topics: str = "3") -> dict[str, float]:
    """The stages of many profiles, in a process of their own."""
    import json

    command = [sys.executable, __file__, "varied", str(count), kind, topics]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def show_stages(what: str, found: dict[str, float]) -> None:
    """One line."""
    stages = "  ".join(f"{name} {value:.0f}" for name, value in found.items())
    print(f"  {what:36} {stages}")


def stages_of(count: int, kind: str, topics: int) -> dict[str, float]:
    """Microseconds of CPU a profile for each stage of a day, and the peak megabytes.

    Args:
        count: number of profiles.
        kind: "direct", or "all" to add topical evidence and related terms.
        topics: of each profile.
    """
    from digest.core.batch_ranking.prepared_papers import PreparedPapers
    from digest.core.batch_ranking.ranker import BatchRanker

    papers, words, weights = day()
    index = PaperIndex([tokenize_paper(numbered(one, n)) for n, one in enumerate(papers)])
    corpus = build_corpus(index.papers, background_files.load())
    found = dict.fromkeys(("arrays", "keywords", "topics", "matching", "explaining"), 0.0)
    prepared = PreparedPapers(index, corpus)
    drawn_profiles = drawn(count, words, weights, topics)
    while profiles := list(islice(drawn_profiles, AT_ONCE)):
        if kind == "direct":
            profiles = [replace(profile, related=False) for profile in profiles]
        moments = [time.process_time()]
        compile_profiles(profiles, prepared.vocabulary)
        moments.append(time.process_time())
        found["arrays"] += moments[1] - moments[0]
        _ = prepared.papers.matrix
        if kind != "direct":
            _ = prepared.raised
            prepared.level_rows.add(prepared.keywords.keywords)
        moments.append(time.process_time())
        ranker = BatchRanker(profiles, index, corpus, prepared=prepared)
        moments.append(time.process_time())
        # The ranker compiles the arrays again.
        found["topics"] -= moments[1] - moments[0]
        matched = ranker.matched(best=SHOWN + SPARE)
        moments.append(time.process_time())
        shown = matched_places(matched.profiles)
        shown_matches = (matched.profiles[shown], matched.papers[shown], matched.topics[shown])
        ranker.explain(*shown_matches, least=LEAST_POINTS)
        moments.append(time.process_time())
        for name, begin, end in zip(list(found)[1:], moments[1:], moments[2:], strict=False):
            found[name] += end - begin
    result = {name: 1e6 * seconds / count for name, seconds in found.items()}
    result["all"] = sum(result.values())
    status = Path("/proc/self/status").read_text(encoding="ascii")  # Linux
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return {**result, "MB": int(peak) / 1024}


def matched_places(profiles: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """The first `SHOWN` matches of each profile."""
    return np.flatnonzero(place_in_group(profiles) < SHOWN)


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


def drawn(count: int, words: list[str], weights: list[int], topics: int = 1) -> Iterator[Profile]:
    """Profiles; the same ones each time."""
    chance = random.Random(7)
    read_words = [parse(word) for word in words]
    choices: Iterator[Keyword] = iter(())
    for number in range(count):
        if number % 10_000 == 0:
            choices = iter(chance.choices(read_words, weights, k=120_000))
        size = chance.randint(8, 12)
        own = tuple(next(choices) for _ in range(size))
        cuts = [0, *sorted(chance.sample(range(1, size), topics - 1)), size]
        yield Profile(
            topics=tuple(
                Topic(name=f"T{place}", keywords=own[begin:end])
                for place, (begin, end) in enumerate(pairwise(cuts))
            )
        )


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
    profile_matrix: ProfileMatrix, index: PaperIndex, corpus: Corpus, vocabulary: Vocabulary
) -> tuple[float, float]:
    """Seconds for the papers, and for the best of all profiles."""
    start = time.process_time()
    paper_matrix = PaperMatrix(PaperIndex(index.papers), corpus, vocabulary)
    _ = paper_matrix.matrix  # it is computed when it is first used
    middle = time.process_time()
    for _ in top_papers(profile_matrix, paper_matrix, top=TOP):
        pass
    return middle - start, time.process_time() - middle


def timed_tantivy(papers: list[Paper], profiles: list[Profile]) -> tuple[float, float, float]:
    """Seconds for the papers; for searches alone; for a query per profile, of stemmed phrases."""
    start = time.process_time()
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
    indexing = time.process_time() - start
    texts = [
        " ".join('"' + " ".join(tokenise(one.term)) + '"' for one in topic.keywords)
        for profile in profiles
        for topic in profile.topics
    ]
    searcher = index.searcher()
    start = time.process_time()
    queries = [index.parse_query(text, ["text"]) for text in texts]
    parsing = time.process_time() - start
    start = time.process_time()
    for query in queries:
        searcher.search(query, TOP, count=False)
    searching = time.process_time() - start
    return indexing, searching, parsing + searching


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
        case ["varied", count, kind, topics]:
            import json

            print(json.dumps(stages_of(int(count), kind, int(topics))))
        case _:
            main()
