"""Templates that are rendered once for each form of paper give the same output as for each paper."""

import random
from datetime import date

import pytest
from msgspec.structs import replace
from support.builders import TODAY, candidate

from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, Section
from digest.core.models.papers import AnnouncementKind, Paper, PaperLink
from digest.core.models.profiles import Detail
from digest.mail.rendering.renderer import Renderer

TEXTS = (
    "Cats & <b>dogs</b>",
    "חתולים וכלבים",
    "猫とロボットについての研究",
    "Größe 'und' \"Maß\"",
    "cats",
)
AUTHORS = ("Ada Lovelace", "עדה לאבלייס", "O'Neil <x>", "Zoë & Co", "Li Wei", "Ng")


def random_paper(chance: random.Random) -> Paper:
    urls = {
        "abstract": "https://arxiv.org/abs/2605.1?a=1&b=2",
        "pdf": "https://arxiv.org/pdf/2605.1",
        "code": "https://github.com/a/b",
        "project": "https://example.org/~a",
        "page": "https://huggingface.co/papers/2605.1",
    }
    rels = chance.sample([*urls], chance.choice((0, 1, 4, 5)))
    links = tuple(PaperLink(rel=rel, url=urls[rel]) for rel in rels)
    if chance.random() < 0.5:  # so that many papers differ in one thing alone
        return Paper(title="Cats " * chance.choice((1, 40)), abstract="We study it.", links=links)
    words = [chance.choice(TEXTS) for _ in range(chance.choice((1, 2, 20)))]
    return Paper(
        title=" ".join(words),
        abstract=chance.choice(("", f"We study {words[0]}. It works well for {words[-1]}.")),
        summary=chance.choice(("", "", "It studies cats & dogs.")),
        authors=tuple(chance.sample(AUTHORS, chance.choice((0, 2, 2, 5)))),
        categories=tuple(
            chance.sample(("cs.AI", "cs.CL", "math.CO", "חתול"), chance.randint(0, 4))
        ),
        venue=chance.choice(("", "", "ACM & IEEE")),
        published=chance.choice((None, date(2026, 5, 1), date(2025, 5, 1))),
        votes=chance.choice((None, 3, 30, 300)),
        comments=chance.choice((None, 2, 20)),
        stars=chance.choice((None, 5, 500, 5000)),
        links=links,
    )


def random_edition(chance: random.Random, first: int) -> Edition:
    def entry(number: int) -> EditionEntry:
        fields = chance.sample(("title", "author", "near", "related"), 2)
        kind = chance.choice([*AnnouncementKind])
        found = KeywordMatch(
            keyword=chance.choice(AUTHORS), field=fields[0], contribution=chance.uniform(1, 9)
        )
        return EditionEntry(
            candidate=candidate(random_paper(chance), number, kind=kind),
            score=chance.uniform(1, 99),
            matches=(found, replace(found, field=fields[1])),
            sentences=(0,),
        )

    entries = [entry(number) for number in range(first, first + 14)]
    surplus = [
        replace(entry(number), score=None, matches=()) for number in range(first + 20, first + 30)
    ]
    return Edition(
        local_date=TODAY,
        sections=(
            Section(topic="On cats", entries=tuple(entries[::2])),
            Section(topic="על חתולים", entries=tuple(entries[1::2])),
        ),
        surplus=tuple(surplus),
        considered=99,
        matched=24,
        left_out=10,
    )


@pytest.mark.parametrize("detail", [*Detail])
def test_a_message_is_the_same_whether_its_papers_are_rendered_by_their_forms(
    detail: Detail,
) -> None:
    chance, keeping, plain = random.Random(1), Renderer(keep=1000), Renderer()
    # Many papers have the form of an earlier one.
    for first in range(0, 600, 30):
        edition = random_edition(chance, first)
        for reader in ("Ada", "Bo"):
            keeps, renders = [
                renderer.render(
                    edition,
                    list_name="Digest",
                    reader_name=reader,
                    unsubscribe="https://example.org/u",
                    profile_name=None,
                    detail=detail,
                    feedback=f"https://example.org/{reader}/{{}}".format,
                )
                for renderer in (keeping, plain)
            ]
            assert (keeps.html, keeps.text) == (renders.html, renders.text)
