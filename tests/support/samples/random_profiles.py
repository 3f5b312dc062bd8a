"""Papers and profiles drawn at random from few words, so that they meet, tie and exclude."""

import random
from datetime import date

from msgspec.structs import replace

from digest.core.keywords.aliases import attach
from digest.core.keywords.paper_index import TokenizedPaper, tokenize_paper
from digest.core.keywords.parser import parse, parse_all
from digest.core.models.papers import Paper, PaperLink
from digest.core.models.profiles import (
    Boosts,
    ExamplePaper,
    FeedbackKind,
    GivenFeedback,
    Profile,
    Topic,
)
from support.builders import candidate

WORDS = "bee bees wasp hive dance honey comb nest pollen sting LLM LLMs RAG swarm queen".split()  # noqa: SIM905
PEOPLE = ("Ada Lovelace", "A. Lovelace", "Tri Dao", "Grace Hopper")
CATEGORIES = ("cs.LG", "cs.CL", "q-bio.PE", "cs.RO")


def made_paper(chance: random.Random) -> Paper:
    return Paper(
        title=" ".join(chance.choices(WORDS, k=chance.randint(1, 5))),
        abstract=". ".join(
            " ".join(chance.choices(WORDS, k=chance.randint(1, 9)))
            for _ in range(chance.randint(0, 6))
        ),
        authors=tuple(chance.sample(PEOPLE, chance.randint(0, 2))),
        categories=tuple(chance.sample(CATEGORIES, chance.randint(0, 2))),
        votes=chance.choice([None, 0, 3, 500]),
        links=(PaperLink(rel="code", url="https://example.org/c"),)
        if chance.random() < 0.3
        else (),
    )


def made_keyword(chance: random.Random) -> str:
    phrase = " ".join(chance.choices(WORDS, k=chance.choice([1, 1, 1, 2, 3])))
    kind = chance.random()
    if kind < 0.1:
        return f"author:{chance.choice(PEOPLE)}"
    if kind < 0.25:
        return f"category:{chance.choice((*CATEGORIES, 'cs', 'cs.*^3', 'cs.LG^2'))}"
    if kind < 0.3:
        return f'"{phrase}"'
    if kind < 0.35:
        return f"{chance.choice(['ho', 'po', 'be', 'zz'])}*"
    if kind < 0.45:
        return f"title:{phrase}"
    return phrase + chance.choice(["", "", "", "^2", "^0.3", "^100"])


def made_examples(chance: random.Random, most: int) -> tuple[ExamplePaper, ...]:
    papers = [made_paper(chance) for _ in range(chance.randint(1, most))]
    return tuple(ExamplePaper(title=item.title, abstract=item.abstract) for item in papers)


def made_feedback(chance: random.Random) -> tuple[GivenFeedback, ...]:
    return tuple(
        GivenFeedback(
            paper=item,
            kind=chance.choice(list(FeedbackKind)),
            on=date(2026, chance.randint(1, 6), 1),
        )
        for item in made_examples(chance, 4)
    )


def made_profile(chance: random.Random) -> Profile:
    topics = []
    for number in range(chance.choice([1, 1, 1, 2, 3])):
        excluded = [f"-{chance.choice(WORDS)}"] if chance.random() < 0.2 else []
        keywords = [made_keyword(chance) for _ in range(chance.randint(1, 6))]
        included, without = parse_all([*keywords, *excluded])
        aliases = [("bee", ["wasp", "honey comb"])] if chance.random() < 0.2 else []
        topics.append(
            Topic(
                name=f"T{number}",
                keywords=attach(included, aliases),
                excluded=attach(without, aliases),
                weight=chance.choice([1.0, 1.0, 0.7, 3.0]),
            )
        )
    return Profile(
        topics=tuple(topics),
        related=chance.random() < 0.6,
        boosts=Boosts(
            votes=chance.random() < 0.1,
            code=chance.random() < 0.1,
            authors=("Tri Dao",) if chance.random() < 0.1 else (),
        ),
    )


def made_full_profile(chance: random.Random) -> Profile:
    """A profile that also avoids, likes and has learned."""
    profile = made_profile(chance)
    return replace(
        profile,
        topics=tuple(
            replace(
                item,
                avoided=tuple(map(parse, chance.choices(WORDS, k=chance.choice([0, 0, 1, 2])))),
                likes=made_examples(chance, 3) if chance.random() < 0.3 else (),
            )
            for item in profile.topics
        ),
        feedback=made_feedback(chance) if chance.random() < 0.3 else (),
        feedback_as_of=date(2026, 5, 4),
    )


def made(chance: random.Random, papers: int) -> list[TokenizedPaper]:
    seqs = [chance.randint(1, papers) for _ in range(papers)]  # some equal: then by paper id
    items = [candidate(made_paper(chance), number) for number in range(papers)]
    return [tokenize_paper(replace(item, seq=seq)) for item, seq in zip(items, seqs, strict=True)]
