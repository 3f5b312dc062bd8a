"""The sentences that a digest shows of an abstract, against simple choices.

    python benchmarks/parts/extracts.py

For the papers of the real API days that carry a one-line summary: how near the extract is to
it, as ROUGE-1 and ROUGE-2 F (lemmas, without stop words), all choices within the same budget.
Then with the paper's own keywords as a reader's: the share of those in the abstract
that the extract shows. Last, the one sentence of a card, for all papers of all days: how near it
is to the summary, and how many begin with a word that points to the sentence before, against the
sentence as it is in the abstract. Needs DIGEST_REAL_DATA, or ../shared/data beside the checkout.
"""

import json
import os
import random
import re
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
from digest.mail.rendering.cards.excerpt import excerpt_of

DATA = Path(os.environ.get("DIGEST_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
# The first words of sentences that cannot be understood without the one before. Written without a look
# at the patterns of the program.
POINTS_BACK = re.compile(
    r"(?:however|moreover|furthermore|additionally|in addition|besides|also|therefore|thus|hence"
    r"|consequently|as a result|nevertheless|nonetheless|instead(?! of)|in contrast|by contrast|specifically"
    r"|in particular|notably|finally|namely|meanwhile|similarly|likewise|it|its|they|their|them|he|she|these"
    r"|those|this|that|such|both|here|there|then|another|and|but|yet|so|or|\(?[0-9ivx]+\)|to \w+(?: \w+)?"
    r" (?:this|these|that|it|them)|(?:in|unlike|despite|given|with|by|from|based on|using|through|for|on)"
    r" (?:this|these|those|it|them|such)|the (?:former|latter|above|aforementioned|resulting|same))\b",
    re.IGNORECASE,
)
Sentences = tuple[str, ...]
Choice = Callable[[str, Sentences], tuple[int, ...]]


def papers(days: str = "2025-0[67]*.json") -> dict[str, tuple[str, Sentences, str, list[str]]]:
    """By identifier: title, sentences, summary (empty: none), keywords."""
    found = {}
    for file in sorted((DATA / "hf_daily").glob(days)):
        for item in json.loads(file.read_text()):
            paper = item["paper"] if isinstance(item, dict) else {}
            if paper.get("summary"):
                found[paper["id"]] = (
                    display_text(paper["title"]),
                    split(display_text(paper["summary"])),
                    paper.get("ai_summary") or "",
                    paper.get("ai_keywords") or [],
                )
    return found


def print_leads() -> None:
    """Print what the one sentence of a card is like."""
    known = papers("*.json")
    choices: dict[str, Choice] = {
        "ours": lambda title, sentences: select_sentences(sentences, title=title),
        "first": lambda _, __: (),
    }
    for name, choice in choices.items():
        scores, compared, pointing = [0.0, 0.0], 0, 0
        for title, sentences, summary, _ in known.values():
            text = excerpt_of(sentences, choice(title, sentences), title)
            if name == "first":
                text = sentences[0]
            pointing += bool(POINTS_BACK.match(text))
            compared += bool(summary)
            for size in (1, 2):
                scores[size - 1] += rouge(text, summary, size) if summary else 0.0
        one, two = (score / max(1, compared) for score in scores)
        print(
            f"lead, {name:9} ROUGE-1 {one:.3f}  ROUGE-2 {two:.3f} ({compared} papers);"
            f" {pointing} of {len(known)} begin with what points back"
        )


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
    known = {number: paper for number, paper in papers().items() if paper[2]}
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
    print_leads()


if __name__ == "__main__":
    main()
