"""Homes with many readers whose profiles differ, made from real papers.

    python -m benchmarks.common.generated_home HOME --papers DIR --readers 10000

A profile has three topics with 8 to 12 keywords in all: words and pairs of words of the papers'
titles, common ones more often. Reader 17 has the same profile in a home with 100 readers and in one
with a million. Profiles are files, as an operator keeps them: one for each reader, in folders of
1,000, named by a CSV for `digest subscribers import`. The papers become one file of JSON lines, which
a source of the home reads.
"""

import argparse
import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from pathlib import Path

from digest.core.keywords.parser import KeywordError, parse
from digest.core.models.papers import Paper
from digest.core.text.tokens import BREAK, STOP_WORDS, fold, lemma, tokenise
from digest.errors import InputError
from digest.sources import parse_file

NOW = datetime(2026, 5, 11, 6, 0, tzinfo=UTC)
SEED = 7
READERS_FILE = "readers.csv"
PAPERS_FILE = "papers.jsonl"
FOLDER_SIZE = 1000  # profile files in one folder
TOPICS = 3
KEYWORDS = (8, 12)  # fewest and most of a profile
_SOURCES = f'[[sources]]\nname = "papers"\nkind = "jsonl"\npath = "{PAPERS_FILE}"\n'


def read_papers(folder: Path, count: int) -> list[Paper]:
    """The first papers of a folder's files, each paper once.

    Args:
        folder: files in any format that `digest collect --file` reads, also in folders below.
        count: how many papers.

    Raises:
        SystemExit: there are not as many.
    """
    found: dict[str, Paper] = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            batch = parse_file.parse(
                file.read_bytes(), source="papers", origin=file.name, modified=NOW, now=NOW
            )
        except InputError:
            continue
        for paper in batch.papers:
            if paper.abstract:
                found.setdefault(fold(paper.title), paper)
        if len(found) >= count:
            return list(found.values())[:count]
    raise SystemExit(f"{folder}: {len(found):,} papers, {count:,} are needed; name a larger folder")


def vocabulary(papers: Sequence[Paper]) -> Counter[str]:
    """Words and pairs of words of titles that are keywords, with their counts."""
    counts: Counter[str] = Counter()
    for paper in papers:
        words = [fold(word) for word in tokenise(paper.title)]
        words = [word for word in words if word not in STOP_WORDS]
        counts.update(words)
        counts.update(f"{a} {b}" for a, b in pairwise(words) if BREAK not in (lemma(a), lemma(b)))
    return Counter({text: count for text, count in sorted(counts.items()) if _is_plain(text)})


def _is_plain(text: str) -> bool:
    try:
        keyword = parse(text)
    except KeywordError:
        return False
    special = keyword.exact or keyword.prefix or keyword.weight != 1.0
    return keyword.field == "text" and not special


def profiles(words: Counter[str], count: int, *, seed: int = SEED) -> Iterator[str]:
    """Profile files, as TOML: that of reader 0, 1 and so on; the same ones each time."""
    chance = random.Random(seed)
    texts, bounds = list(words), list(accumulate(words.values()))
    for number in range(count):
        wanted = chance.randint(*KEYWORDS)
        chosen: dict[str, None] = {}
        while len(chosen) < wanted:
            drawn = chance.choices(texts, cum_weights=bounds, k=wanted - len(chosen))
            chosen.update(dict.fromkeys(drawn))
        yield _profile(number, list(chosen))


def _profile(number: int, keywords: list[str]) -> str:
    lines = [f'email = "{address(number)}"', f'name = "Reader {number}"']
    for topic in range(TOPICS):
        own = keywords[topic::TOPICS]
        lines += [
            "\n[[topics]]",
            f"name = {json.dumps(own[0], ensure_ascii=False)}",
            f"keywords = {json.dumps(own, ensure_ascii=False)}",
        ]
    return "\n".join(lines) + "\n"


def address(number: int) -> str:
    """The address of a reader."""
    return f"reader{number}@example.org"


def profile_file(number: int) -> str:
    """The path of a reader's profile, relative to the home."""
    return f"readers/{number // FOLDER_SIZE:04}/{number:07}.toml"


def make_home(
    home: Path, papers: Sequence[Paper], readers: int, *, shared: bool = False, seed: int = SEED
) -> None:
    """A home with sources, papers that are not collected, and readers that are not imported.

    Args:
        home: the folder, which does not exist.
        papers: what the source has.
        readers: the number of rows in READERS_FILE.
        shared: one profile for all readers, in place of one for each.
        seed: other profiles for another seed.
    """
    home.mkdir(parents=True)
    (home / "sources.toml").write_text(_SOURCES, encoding="utf-8")
    (home / "profiles").mkdir()
    with (home / PAPERS_FILE).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(_json_line(paper)) + "\n" for paper in papers)
    texts = profiles(vocabulary(papers), 1 if shared else readers, seed=seed)
    for number, text in enumerate(texts):
        path = os.path.join(home, profile_file(number))  # noqa: PTH118 - a million of them
        if number % FOLDER_SIZE == 0:
            Path(path).parent.mkdir(parents=True)
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(opened, text.encode())
        os.close(opened)
    with (home / READERS_FILE).open("w", encoding="utf-8") as file:
        file.write("email,profile\n")
        file.writelines(
            f"{address(number)},{profile_file(0 if shared else number)}\n"
            for number in range(readers)
        )


def _json_line(paper: Paper) -> dict[str, object]:
    """The paper as docs/formats.md describes a line."""
    return {
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": list(paper.authors),
        "categories": list(paper.categories),
        "published": paper.published.isoformat() if paper.published else None,
        "identifiers": {name.scheme: name.value for name in paper.identifiers},
        "links": {link.rel: link.url for link in paper.links},
        "votes": paper.votes,
        "comments": paper.comments,
    }


def main() -> None:
    """Makes a home."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--papers", type=Path, required=True, help="a folder with files of papers")
    parser.add_argument("--new", type=int, default=1000, help="how many of the papers")
    parser.add_argument("--readers", type=int, default=1000)
    parser.add_argument("--profiles", choices=["varied", "shared"], default="varied")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    papers = read_papers(options.papers, options.new)
    shared = options.profiles == "shared"
    make_home(options.home, papers, options.readers, shared=shared, seed=options.seed)


if __name__ == "__main__":
    main()
