"""Papers and profiles drawn at random from phrases of machine learning, which the packaged
background table knows."""

import random

from msgspec.structs import replace

from digest.core.keywords.aliases import attach
from digest.core.keywords.paper_index import TokenizedPaper, tokenize_paper
from digest.core.keywords.parser import parse_all
from digest.core.models.papers import Paper
from digest.core.models.profiles import Boosts, Profile, Topic
from support.builders import candidate

PHRASES = (
    "large language models",
    "LLM serving",
    "KV cache",
    "speculative decoding",
    "pruning",
    "pruned networks",
    "mixture of experts",
    "MoE",
    "retrieval-augmented generation",
    "RAG",
    "medical imaging",
    "electronic health records",
    "video generation",
    "diffusion models",
    "unit tests",
    "code generation",
    "federated learning",
    "privacy",
    "multi-agent",
    "agents",
    "agentic workflows",
    "chain-of-thought",
    "image segmentation",
    "reinforcement learning",
    "xyzzy plugh",
)
FILLERS = (
    "we propose a method",
    "the results show",
    "on several benchmarks",
    "which is efficient",
    "and we release the code",
    "for this task",
)


def real_text(chance: random.Random, phrases: int) -> str:
    """Returns sentences of phrases and fillers."""
    parts = [chance.choice(PHRASES if chance.random() < 0.5 else FILLERS) for _ in range(phrases)]
    return " ".join(part + chance.choice(["", "", ".", ","]) for part in parts)


def real_paper(chance: random.Random, number: int) -> TokenizedPaper:
    """Returns a tokenized paper with a number."""
    item = Paper(
        title=real_text(chance, chance.randint(1, 3)),
        abstract=real_text(chance, chance.randint(0, 40)),
        categories=("cs.LG",) if chance.random() < 0.3 else (),
    )
    return tokenize_paper(replace(candidate(item, number), seq=chance.randint(1, 9)))


def real_profile(chance: random.Random) -> Profile:
    """Returns a profile of one or two topics."""
    topics = []
    for number in range(chance.choice([1, 1, 2])):
        written = chance.sample(PHRASES, chance.randint(1, 8))
        written = [phrase + chance.choice(["", "", "^2", "^0.3"]) for phrase in written]
        written += chance.sample(
            ["title:survey", "category:cs.LG", '"mixture of experts"', "quantiz*", "-privacy"],
            chance.randint(0, 2),
        )
        included, excluded = parse_all(written)
        aliases = [("KV cache", ["key-value cache"])] if chance.random() < 0.3 else []
        topics.append(
            Topic(
                name=f"T{number}",
                keywords=attach(included, aliases),
                excluded=excluded,
                weight=chance.choice([1.0, 1.0, 0.7, 2.5]),
            )
        )
    return Profile(
        topics=tuple(topics),
        related=chance.random() < 0.9,
        boosts=Boosts(code=chance.random() < 0.1),
    )
