"""Templates that are rendered once for many letters say what they say to each."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.builders import TODAY, candidate, paper

from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, Section
from digest.errors import SettingsError
from digest.mail.rendering.encoded_fragments import fragment, joined
from digest.mail.rendering.prerendered import TemplateSlot, parse_slots, prerender, wrapped
from digest.mail.rendering.renderer import RenderedContent, Renderer
from digest.mail.rendering.wording import template_folder


def test_a_mould_is_filled_where_its_holes_are() -> None:
    made = parse_slots(f"<b>{TemplateSlot('what')}</b> {TemplateSlot('why')}")
    values = {"what": fragment("a"), "why": fragment("c")}
    assert joined(made.filled(values)) == "<b>a</b> c"


def test_a_hole_that_a_template_has_changed_is_noticed() -> None:
    with pytest.raises(ValueError, match="filled in later"):
        parse_slots(str(TemplateSlot("why")).upper())


def test_what_cannot_be_done_to_a_text_that_is_not_known_fails() -> None:
    hole = TemplateSlot("why")
    for use in (
        lambda: hole == "why",
        lambda: "w" in hole,  # type: ignore[operator]
        lambda: len(hole),  # type: ignore[arg-type]
        lambda: list(hole),  # type: ignore[call-overload]
        lambda: wrapped(hole, "  "),
    ):
        with pytest.raises(TypeError):
            use()


def test_a_template_that_gives_other_letters_something_else_has_no_mould() -> None:
    values = {"why": fragment("a long reason")}

    def made(shown: str) -> str:
        return shown.replace("long", "short")

    def plain() -> str:
        return made("a long reason")

    assert (
        prerender(lambda: [made(str(TemplateSlot("why")))], lambda one: one.filled(values), plain)
        is None
    )


def letters(renderer: Renderer) -> list[RenderedContent]:
    """Of several readers."""
    return [
        renderer.render(
            edition(keyword, count),
            list_name="Digest",
            reader_name=name,
            unsubscribe=f"https://example.org/{name}",
            profile_name=None,
        )
        for keyword, name, count in [
            ("cats", "Ada", 2),
            ("dogs and " * 8, "", 1),
            ("חתולים", "עדה", 2),
            ("cats", "Zoë", 0),
        ]
    ]


def edition(keyword: str, count: int) -> Edition:
    entries = tuple(
        EditionEntry(
            candidate=candidate(paper(f"Paper {number}"), number),
            score=50.0,
            matches=(KeywordMatch(keyword=keyword, field="title", contribution=1.0),),
            sentences=(0,),
        )
        for number in range(count)
    )
    sections = (Section(topic=f"On {keyword}", entries=entries),) if count else ()
    return Edition(local_date=TODAY, sections=sections, considered=9, matched=count)


@pytest.mark.parametrize(
    "name, ours, theirs",
    [
        ("header.html", "{{ letter.count }}", "{{ letter.count | upper }}"),
        ("header.html", "{{ letter.count }}", "{{ letter.count | replace('paper', 'text') }}"),
        ("header.html", "{{ letter.count }}", "{{ letter.count | truncate(9) }}"),
        ("header.html", "{{ letter.count }}", "{{ letter.count.split(',')[0] }}"),
        ("header.html", "{{ letter.count }}", "{{ letter.shelves | length }}"),
        ("footer.html", "{% if letter.change %}", "{% if letter.why != letter.date %}"),
        ("section.html", "{{ n }}", "{{ 'one' if n == 1 else heading | length }}"),
        ("why.html", "{{ match }}", "{{ match | replace('%', 'percent') }}"),
        ("why.html", "{{ keywords }}", "{{ keywords[:2] }}"),
        ("card.txt", "{{ why }}", "{{ why | upper }}"),
        ("digest.txt", "{{ letter.why | wrap }}", "{{ letter.why | wrap('> ') }}"),
        ("section.txt", '{{ "=" * 76 }}', '{{ "=" * heading | length }}'),
    ],
)
def test_whatever_an_operators_template_does_with_a_text_is_done_for_each_reader(
    tmp_path: Path, name: str, ours: str, theirs: str
) -> None:
    built_in = (template_folder() / "mail" / name).read_text("utf-8")
    assert ours in built_in
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / name).write_text(built_in.replace(ours, theirs), "utf-8")
    keeping, plain = Renderer(overrides=tmp_path, keep=9), Renderer(overrides=tmp_path)
    for kept, alone in zip(letters(keeping), letters(plain), strict=True):
        assert (kept.html, kept.text) == (alone.html, alone.text)
    assert letters(plain) != letters(Renderer())


def test_a_mistake_in_a_template_is_told_where_letters_share_what_it_gives(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "card.html").write_text("\n{{ paper.nothing }}")
    with pytest.raises(SettingsError, match=r"card\.html:2"):
        letters(Renderer(overrides=tmp_path, keep=9))


def test_threads_may_share_a_renderer_that_forgets_all_the_time() -> None:
    shared, alone = Renderer(keep=1), letters(Renderer())
    with ThreadPoolExecutor(8) as pool:
        for made in pool.map(letters, [shared] * 64):
            assert [(one.html, one.text) for one in made] == [(one.html, one.text) for one in alone]
