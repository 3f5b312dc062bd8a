"""The sentences that a digest shows of an abstract, against simple choices.

    python benchmarks/parts/extracts.py

For the papers of the real API days that carry a one-line summary: how near the extract is to
it, as ROUGE-1 and ROUGE-2 F (lemmas, without stop words), all choices within the same budget.
Then with the paper's own keywords as a reader's: the share of those standing in the abstract
that the extract shows. Needs DIGEST_REAL_DATA, or ../shared/data beside the checkout.
"""

import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from digest.core.editions.excerpts import (
    EXCERPT_LENGTH,
    MAX_SENTENCES,
    find_evidence,
    join_sentences,
    select_sentences,
)
from digest.core.keywords.parser import KeywordError, parse
from digest.core.models.editions import KeywordMatch
from digest.core.text.display import display_text
from digest.core.text.sentences import split
from digest.core.text.tokens import STOP_WORDS, lemma, tokenise

DATA = Path(os.environ.get("DIGEST_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
Sentences = tuple[str, ...]
Choice = Callable[[str, Sentences], tuple[int, ...]]


def papers() -> dict[str, tuple[str, Sentences, str, list[str]]]:
    """By identifier: title, sentences, summary, keywords."""
    found = {}
    for file in sorted((DATA / "hf_daily").glob("2025-0[67]*.json")):
        for item in json.loads(file.read_text()):
            paper = item["paper"]
            if paper.get("ai_summary") and paper.get("summary"):
                found[paper["id"]] = (
                    display_text(paper["title"]),
                    split(display_text(paper["summary"])),
                    paper["ai_summary"],
                    paper.get("ai_keywords") or [],
                )
    return found


def grams(text: str, size: int) -> Counter[tuple[str, ...]]:
    """The runs of so many lemmas."""
    lemmas = [one for one in map(lemma, tokenise(text)) if one and one not in STOP_WORDS]
    return Counter(zip(*(lemmas[start:] for start in range(size)), strict=False))


def rouge(text: str, wanted: str, size: int) -> float:
    """The F measure of shared runs."""
    one, other = grams(text, size), grams(wanted, size)
    shared = (one & other).total()
    return 2 * shared / (one.total() + other.total()) if shared else 0.0


def fill(sentences: Sentences, order: Iterable[int], most: int = MAX_SENTENCES) -> tuple[int, ...]:
    """As many as fit, in the order of preference."""
    chosen: tuple[int, ...] = ()
    for place in order:
        wider = tuple(sorted((*chosen, place)))
        if not chosen or (
            len(wider) <= most and len("".join(join_sentences(sentences, wider))) <= EXCERPT_LENGTH
        ):
            chosen = wider
    return chosen


def main() -> None:
    """Print a line for each choice."""
    known = papers()
    if not known:
        sys.exit(f"no API days in {DATA}; name their parent in DIGEST_REAL_DATA")
    rng = random.Random(1)
    choices: dict[str, Choice] = {
        "ours": lambda title, sentences: select_sentences(sentences, title=title),
        "ours, no title": lambda _, sentences: select_sentences(sentences),
        "first two": lambda _, sentences: fill(sentences, range(len(sentences)), 2),
        "first and last": lambda _, sentences: fill(sentences, (0, len(sentences) - 1)),
        "random": lambda _, sentences: fill(
            sentences, rng.sample(range(len(sentences)), len(sentences))
        ),
    }
    print(f"{len(known)} papers, {EXCERPT_LENGTH} characters")
    for name, choice in choices.items():
        scores = [0.0, 0.0]
        for title, sentences, summary, _ in known.values():
            text = "".join(join_sentences(sentences, choice(title, sentences)))
            for size in (1, 2):
                scores[size - 1] += rouge(text, summary, size) / len(known)
        print(f"{name:15} ROUGE-1 {scores[0]:.3f}  ROUGE-2 {scores[1]:.3f}")
    for name in ("with keywords", "without", "first two"):
        seen = there = 0
        for title, sentences, _, terms in known.values():
            try:
                keywords = {term: parse(term) for term in terms}
            except KeywordError:
                continue
            matches = [
                KeywordMatch(keyword=term, field="abstract", contribution=1.0) for term in keywords
            ]
            found = find_evidence(sentences, matches, keywords).held
            places = (
                fill(sentences, range(len(sentences)), 2)
                if name == "first two"
                else select_sentences(
                    sentences, title=title, held=found if name == "with keywords" else ()
                )
            )
            there += len(set().union(*found))
            seen += len(set().union(*(found[place] for place in places if found)))
        print(f"{name:15} shows {seen / there:.0%} of the paper's keywords in the abstract")


if __name__ == "__main__":
    main()
