"""Templates rendered once for many messages give the same output as for each message."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.builders import TODAY, candidate, paper

from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, Section
from digest.errors import SettingsError
from digest.mail.rendering.encoded_fragments import fragment, joined
from digest.mail.rendering.prerendered import TemplateSlot, parse_slots, prerender, wrap_or_slot
from digest.mail.rendering.renderer import RenderedContent, Renderer
from digest.mail.theming.template_files import template_folder


def test_the_slots_of_a_template_are_filled() -> None:
    template = parse_slots(f"<b>{TemplateSlot('what')}</b> {TemplateSlot('why')}")
    values = {"what": fragment("a"), "why": fragment("c")}
    assert joined(template.fill(values)) == "<b>a</b> c"


def test_a_changed_slot_is_an_error() -> None:
    with pytest.raises(ValueError, match="filled in later"):
        parse_slots(str(TemplateSlot("why")).upper())


def test_an_operation_that_needs_the_text_of_a_slot_fails() -> None:
    slot = TemplateSlot("why")
    for use in (
        lambda: slot == "why",
        lambda: "w" in slot,  # type: ignore[operator]
        lambda: len(slot),  # type: ignore[arg-type]
        lambda: list(slot),  # type: ignore[call-overload]
        lambda: wrap_or_slot(slot, "  "),
    ):
        with pytest.raises(TypeError):
            use()


def test_a_template_that_changes_the_text_of_a_slot_is_not_prerendered() -> None:
    values = {"why": fragment("a long reason")}

    def render_template(text: str) -> str:
        return text.replace("long", "short")

    def render_plain() -> str:
        return render_template("a long reason")

    assert (
        prerender(
            lambda: [render_template(str(TemplateSlot("why")))],
            lambda template: template.fill(values),
            render_plain,
        )
        is None
    )


def render_all(renderer: Renderer) -> list[RenderedContent]:
    """Renders messages for several readers."""
    return [
        renderer.render(
            edition(keyword, count),
            list_name="Digest",
            reader_name=name,
            unsubscribe=f"https://example.org/{name}",
            profile_name=None,
            feedback=f"https://example.org/{name!a}/{{}}".format if name else None,
        )
        for keyword, name, count in [
            ("cats", "Ada", 11),
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
            matches=(
                KeywordMatch(keyword=keyword, field="title", contribution=1.0),
                KeywordMatch(
                    keyword="moles", field="related", contribution=9.0, words=("earth", keyword)
                ),
            ),
            sentences=(0,),
        )
        for number in range(count)
    )
    sections = tuple(
        Section(topic=f"{name} {keyword}", entries=entries[start::2])
        for start, name in enumerate(("On", "About"))
        if entries[start::2]
    )
    surplus = tuple(
        EditionEntry(candidate=candidate(paper(f"More {number}"), 100 + number), score=None)
        for number in range(7 if count > 9 else 0)
    )
    return Edition(
        local_date=TODAY,
        sections=sections,
        surplus=surplus,
        considered=99,
        matched=count + len(surplus),
        left_out=len(surplus),
    )


@pytest.mark.parametrize(
    "name, original, replacement",
    [
        ("header.html", "{{ letter.count }}", "{{ letter.count | upper }}"),
        ("header.html", "{{ letter.count }}", "{{ letter.count | replace('paper', 'text') }}"),
        ("header.html", "{{ letter.count }}", "{{ letter.count | truncate(9) }}"),
        ("header.html", "{{ letter.count }}", "{{ letter.count.split(',')[0] }}"),
        ("header.html", "{{ letter.count }}", "{{ letter.shelves | length }}"),
        ("footer.html", "{% if letter.change %}", "{% if letter.why != letter.date %}"),
        ("section.html", "{{ heading }}</h2>", "{{ 'one' if n == 1 else heading | length }}</h2>"),
        ("line.html", "{{ paper.title }}", "{{ paper.title | upper }}"),
        ("brief.html", "{{ paper.title }}", "{{ paper.title | upper }}"),
        ("line.txt", "wrap(label, ", "wrap('>> ' ~ label, "),
        ("line.txt", "wrap(label, ", "wrap('* ', "),
        ("card.html", "{{ css.own(topic) }}", "{{ topic | upper }}"),
        ("card.html", "{{ why }}", "{{ why | striptags }}"),
        ("card.html", "{{ why }}", "{{ why if 'cats' in why else 'no cats' }}"),
        ("why.html", "{{ match }}", "{{ match | replace('match', 'fit') }}"),
        ("why.html", "{{ evidence }}", "{{ evidence | upper }}"),
        ("why.html", "{{ keywords }}", "{{ keywords[:2] }}"),
        ("card.txt", "{{ why }}", "{{ why | upper }}"),
        ("card.txt", "{{ feedback }}", "{{ feedback | upper }}"),
        ("feedback.html", "{{ address }}/", "{{ address | upper }}/"),
        ("feedback.html", 'say("less", t("say_less"))', "address[:20]"),
        ("digest.txt", "{{ letter.why | wrap }}", "{{ letter.why | wrap('> ') }}"),
        ("section.txt", '{{ "=" * 76 }}', '{{ "=" * heading | length }}'),
    ],
)
def test_an_operators_template_may_do_anything_with_the_texts_of_each_reader(
    tmp_path: Path, name: str, original: str, replacement: str
) -> None:
    built_in = (template_folder() / "mail" / name).read_text("utf-8")
    assert original in built_in
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / name).write_text(built_in.replace(original, replacement), "utf-8")
    caching, plain = Renderer(overrides=tmp_path, keep=9), Renderer(overrides=tmp_path)
    for cached, uncached in zip(render_all(caching), render_all(plain), strict=True):
        assert (cached.html, cached.text) == (uncached.html, uncached.text)
    assert render_all(plain) != render_all(Renderer())


def test_an_error_in_a_cached_template_names_its_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "card.html").write_text("\n{{ paper.nothing }}")
    with pytest.raises(SettingsError, match=r"card\.html:2"):
        render_all(Renderer(overrides=tmp_path, keep=9))


def test_threads_can_share_a_renderer_with_a_very_small_cache() -> None:
    shared, expected = Renderer(keep=1), render_all(Renderer())
    with ThreadPoolExecutor(8) as pool:
        for contents in pool.map(render_all, [shared] * 64):
            assert [(item.html, item.text) for item in contents] == [
                (item.html, item.text) for item in expected
            ]


@pytest.mark.parametrize("name", ["section.html", "section.txt"])
def test_the_built_in_headings_do_not_depend_on_the_number_of_papers(name: str) -> None:
    # `Renderer` keeps one heading for all numbers, unless templates were changed.
    source = (template_folder() / "mail" / name).read_text("utf-8")
    assert not re.search(r"\{[{%][^}]*\bn\b", source)
