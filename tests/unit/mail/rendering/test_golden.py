"""Compares whole rendered messages with golden files.

After an intended change, run `pytest -n0 tests/unit/mail/rendering/test_golden.py --regenerate`,
and read the difference. The browser test uses the same files.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support.builders import TODAY, candidate, paper
from support.pseudo_language import LEFT_TO_RIGHT, RIGHT_TO_LEFT, write_catalogue

from digest.core.models.delivery import ORDINARY, Occasion
from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, Section
from digest.core.models.papers import AnnouncementKind, PaperLink
from digest.languages.available import Languages
from digest.languages.translation import ENGLISH, Translation
from digest.mail.figures.figure import Figure
from digest.mail.rendering.renderer import RenderedContent, Renderer
from digest.mail.theming.template_files import template_folder
from digest.mail.theming.theme import Theme, built_in

GOLDEN = Path(__file__).parents[3] / "data" / "mail"
SENTENCES = (
    "Long prompts fill the memory of an accelerator long before they use up its arithmetic. "
    "We propose to keep only the keys and values that later tokens are likely to attend to, and let the "
    "model itself say which. On four long-document tasks this halves memory at the same "
    "accuracy, i.e. within 0.2 points. Code and the trained gates are public. A fifth sentence "
    "goes on about details that nobody reads on a phone at seven in the morning, so it is cut."
)


def entry(number: int, title: str, score: float | None = 80.0, **fields: Any) -> EditionEntry:
    kind = AnnouncementKind(str(fields.pop("kind", "new")))
    keywords = fields.pop("keywords", ("KV cache", "quantiz*^2"))
    others = fields.pop("others", ())
    fields.setdefault("abstract", SENTENCES)
    fields.setdefault("published", date(2026, 5, 8))
    fields.setdefault(
        "links",
        (
            PaperLink(rel="abstract", url=f"https://papers.example.org/abs/2605.{number:05}"),
            PaperLink(rel="pdf", url=f"https://papers.example.org/pdf/2605.{number:05}"),
        ),
    )
    return EditionEntry(
        candidate=candidate(paper(title, **fields), number, kind=kind),
        score=score,
        matches=(
            *(KeywordMatch(keyword=word, field="title", contribution=9.0) for word in keywords),
            *others,
        ),
    )


def near(keyword: str) -> KeywordMatch:
    return KeywordMatch(keyword=keyword, field="near", contribution=5.0)


def close(keyword: str, *words: str, points: float = 9.0) -> KeywordMatch:
    return KeywordMatch(keyword=keyword, field="related", contribution=points, words=words)


def full() -> Edition:
    names = ("Maren Solheim", "Joaquín Ibarra", "Tsering Dolma", "Wei Lan", "Ana-Maria Pop")
    inference = (
        entry(1, "Forgetting Gracefully: Learned Eviction for Long Contexts", 93.4, authors=names),
        entry(
            2,
            "Drafts That Pay: Speculative Decoding under a Latency Budget",
            81.0,
            authors=(*names, "Ola Nord", "Priya Raman"),
            summary="A draft model that watches a latency budget quantizes its own KV cache.",
            others=(KeywordMatch(keyword="Priya Raman", field="followed", contribution=5.0),),
            categories=("cs.CL", "cs.LG", "cs.AR", "cs.PF", "stat.ML"),
            comments=4,
            votes=34,
            stars=1234,
            kind="listed",
            links=(
                PaperLink(rel="abstract", url="https://arxiv.org/abs/2605.99902?v=1&lang=en"),
                PaperLink(rel="pdf", url="https://arxiv.org/pdf/2605.99902"),
                PaperLink(rel="code", url="https://github.com/example/drafts"),
                PaperLink(rel="project", url="https://drafts.example.org/"),
                PaperLink(rel="page", url="https://huggingface.co/papers/2605.99902"),
            ),
        ),
        entry(
            3,
            "Four Bits & a Half",
            52.0,
            author_count=12,
            updated=TODAY,
            kind="revised",
            keywords=("quantiz*",),
            others=(
                near("LLM serving"),
                close("on-device inference", "bits", "arithmetic", points=50),
            ),
        ),
    )
    vision = (
        entry(
            4,
            "A Title Without Any Link",
            24.6,
            links=(),
            abstract="Short.",
            published=None,
            keywords=(),
            others=(
                close("visual question answering", "questions", "images"),
                close('"vision-language model"', "multimodal", "images"),
                close("OCR", "letters", points=0.9),
            ),
        ),
        entry(5, "Seeing Less Is Enough", 41.2, keywords=('"token pruning"',), kind="withdrawn"),
        *(
            entry(number, f"Image {number} of a Long Series", 30.0 - number, votes=3 * number)
            for number in range(11, 16)
        ),
    )
    trending = (
        entry(6, "What Bees Know About Graphs", None, keywords=(), votes=212),
        entry(7, "A Census of Small Moons", None, keywords=(), votes=4, comments=9),
    )
    return Edition(
        local_date=TODAY,
        sections=(
            Section(topic="Efficient inference", entries=inference),
            Section(topic="Vision & language", entries=vision),
        ),
        trending=trending,
        considered=66,
        matched=14,
        left_out=12,
        surplus=(
            entry(20, "How Much Context Is Too Much?", None, authors=("Ines Duarte",)),
            entry(21, "Pruning in Public", None),
            entry(22, "سياق طويل", None),
            *(entry(number, f"Paper {number} Beyond the Limit", None) for number in range(23, 32)),
        ),
    )


def one_paper() -> Edition:
    section = Section(topic="Efficient inference", entries=full().sections[0].entries[:1])
    return Edition(local_date=TODAY, sections=(section,), considered=1, matched=1)


def empty() -> Edition:
    return Edition(local_date=TODAY, sections=(), considered=66)


def long() -> Edition:
    title = "A Very Long Title About the Length of Titles " * 8 + "and " + "Wort" * 10
    crowd = tuple(f"Author Number {number} of Many" for number in range(1, 665))
    entries = tuple(
        entry(number, f"{number}. {title}", 99.0 - number, authors=crowd, abstract=SENTENCES * 4)
        for number in range(1, 51)
    )
    section = Section(topic="Longitudinal studies " * 10, entries=entries)
    return Edition(local_date=TODAY, sections=(section,), considered=400, matched=50)


def welcome() -> Edition:
    return full()


def weekly() -> Edition:
    more = tuple(
        entry(number, f"A Paper of {day}, Not the Week’s Best", 60.0 - number, votes=number)
        for number, day in enumerate(("Monday", "Tuesday", "Thursday", "Friday"), start=8)
    )
    inference, vision = full().sections
    return Edition(
        local_date=date(2026, 5, 15),
        sections=(Section(topic=inference.topic, entries=(*inference.entries, *more)), vision),
        trending=full().trending,
        considered=314,
        matched=9,
    )


def right_to_left() -> Edition:
    arabic = entry(
        1,
        "ضغط الذاكرة المؤقتة في النماذج اللغوية الكبيرة باستخدام KV cache",
        77.0,
        authors=("ليلى الحداد", "Omar Nasser"),
        abstract="نقترح طريقة بسيطة لضغط الذاكرة. هل تكفي أربع بتات؟ نعم، تكفي في معظم الحالات.",
        keywords=("ذاكرة",),
    )
    hebrew = entry(2, "למידה עמוקה בזיכרון קטן", 61.0, authors=("נועה לוי",), abstract="מאמר קצר.")
    section = Section(topic="ذاكرة", entries=(arabic, hebrew))
    return Edition(local_date=TODAY, sections=(section,), considered=2, matched=2)


def render(
    edition: Edition,
    *,
    weekly: bool = False,
    occasion: Occasion = ORDINARY,
    theme: Theme | None = None,
    feedback: bool = False,
    translation: Translation = ENGLISH,
) -> RenderedContent:
    return Renderer(theme=theme, translation=translation).render(
        edition,
        list_name="Paper Digest",
        reader_name="Maren",
        unsubscribe="https://digest.example.org/u/0123456789abcdef",
        profile_name=None,
        change="mailto:digest@example.org?subject=Change%20my%20digest",
        ask="digest@example.org",
        weekly=weekly,
        occasion=occasion,
        feedback="https://digest.example.org/f/AAAAAAdQWwAAAAA{:04}0123456789".format
        if feedback
        else None,
    )


@pytest.mark.parametrize("form", [full, one_paper, empty, welcome, weekly, long, right_to_left])
def test_a_message_is_equal_to_its_golden_file(
    form: Callable[[], Edition], *, regenerate: bool
) -> None:
    rendered = render(
        form(),
        weekly=form is weekly,
        occasion=Occasion(is_first=form is welcome),
        feedback=form in (welcome, right_to_left),
    )
    parts = {"html": rendered.html, "txt": f"Subject: {rendered.subject}\n\n{rendered.text}"}
    for suffix, content in parts.items():
        file = GOLDEN / f"{form.__name__}.{suffix}"
        if regenerate:
            file.write_text(content, encoding="utf-8", newline="\n")
        assert content == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["german", "pseudo", "pseudo_right_to_left"])
def test_a_message_in_another_language_is_equal_to_its_golden_file(
    name: str, tmp_path: Path, *, regenerate: bool
) -> None:
    code = {"german": "de", "pseudo": LEFT_TO_RIGHT}.get(name, RIGHT_TO_LEFT)
    folder = template_folder() if name == "german" else write_catalogue(tmp_path, code)
    rendered = render(full(), translation=Languages([folder]).translation(code))
    parts = {"html": rendered.html, "txt": f"Subject: {rendered.subject}\n\n{rendered.text}"}
    for suffix, content in parts.items():
        file = GOLDEN / f"{name}.{suffix}"
        if regenerate:
            file.write_text(content, encoding="utf-8", newline="\n")
        assert content == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["compact", "playful"])
def test_a_built_in_theme_is_equal_to_its_golden_file(name: str, *, regenerate: bool) -> None:
    html = render(full(), theme=built_in(name)).html
    file = GOLDEN / f"{name}.html"
    if regenerate:
        file.write_text(html, encoding="utf-8", newline="\n")
    assert html == file.read_text(encoding="utf-8")


def test_a_message_with_a_picture_is_equal_to_its_golden_file(*, regenerate: bool) -> None:
    (section,) = one_paper().sections
    link = PaperLink(rel="thumbnail", url="https://papers.example.org/1.png")
    found = section.entries[0].candidate
    item = replace(found.paper, links=(*found.paper.links, link))
    pictured = replace(section.entries[0], candidate=replace(found, paper=item))
    html = (
        Renderer(figures=lambda _: Figure(address="cid:1@digest.example.org", width=560))
        .render(
            replace(one_paper(), sections=(replace(section, entries=(pictured,)),)),
            list_name="Paper Digest",
            reader_name="Maren",
            unsubscribe="https://digest.example.org/u/0123456789abcdef",
            profile_name=None,
        )
        .html
    )
    file = GOLDEN / "picture.html"
    if regenerate:
        file.write_text(html, encoding="utf-8", newline="\n")
    assert html == file.read_text(encoding="utf-8")


def test_the_same_edition_gives_the_same_bytes() -> None:
    assert render(full()) == render(full())
