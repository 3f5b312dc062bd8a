"""Papers and profiles drawn at random from phrases of biology, of which the packaged background
table knows little."""

import random

from msgspec.structs import replace

from digest.core.keywords.paper_index import TokenizedPaper, tokenize_paper
from digest.core.keywords.parser import parse_all
from digest.core.models.papers import Paper
from digest.core.models.profiles import Profile, Topic
from support.builders import candidate

PHRASES = (
    "protein structure prediction",
    "protein language model",
    "enzyme engineering",
    "directed evolution",
    "single-cell transcriptomics",
    "gene expression",
    "gut microbiota",
    "tumor microenvironment",
    "immune cells",
    "drought stress",
    "neural circuits",
    "cell signaling",
)
NAMES = tuple(f"{letter}xyz{number}" for letter in "bcdfgk" for number in range(8))
"""Of genes, which no table knows."""

FILLERS = ("in mice", "we found that", "levels of", "was reduced in", "the expression of", "cells")


def foreign_text(chance: random.Random, parts: int) -> str:
    """Returns sentences of phrases, fillers and names of genes."""
    kinds = (PHRASES, FILLERS, NAMES, NAMES)
    chosen = [chance.choice(chance.choice(kinds)) for _ in range(parts)]
    return " ".join(part + chance.choice(["", "", "", "."]) for part in chosen)


def foreign_paper(chance: random.Random, number: int) -> TokenizedPaper:
    """Returns a tokenized paper with a number; the table knows too few words of it."""
    item = Paper(title=foreign_text(chance, 3), abstract=foreign_text(chance, 60))
    return tokenize_paper(replace(candidate(item, number), seq=chance.randint(1, 9)))


def foreign_profile(chance: random.Random) -> Profile:
    """Returns a profile of one or two topics, of words that the table knows or does not."""
    topics = []
    for number in range(chance.choice([1, 1, 2])):
        written = [*chance.sample(PHRASES, chance.randint(1, 5)), *chance.sample(NAMES, 2)]
        written = [text + chance.choice(["", "", "^2", "^0.3"]) for text in written]
        avoided = chance.sample(PHRASES, 2) if chance.random() < 0.2 else []
        topics.append(
            Topic(
                name=f"T{number}",
                keywords=parse_all(written)[0],
                avoided=parse_all(avoided)[0],
                weight=chance.choice([1.0, 1.0, 0.7, 2.5]),
            )
        )
    return Profile(topics=tuple(topics), related=chance.random() < 0.9)
