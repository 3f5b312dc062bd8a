"""Problems in the templates of an operator are found before a message is sent."""

from pathlib import Path

import pytest

from digest.mail.template_checks import samples
from digest.mail.template_checks.check import find_problems as problems
from digest.mail.template_checks.mjml import IgnoredMarkup, ignored_markup
from digest.mail.theming.template_files import template_folder
from digest.mail.theming.theme import built_in

HTML_FRAME = (template_folder() / "mail" / "digest.mjml").read_text("utf-8")


def find_problems(folder: Path, **files: str) -> list[str]:
    (folder / "mail").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "mail" / name.replace("__", ".")).write_text(text, "utf-8")
    return list(problems(folder, built_in()))


def body(inside: str) -> str:
    return (
        f"<mjml><mj-body><mj-section><mj-column>{inside}</mj-column></mj-section></mj-body></mjml>"
    )


def test_the_built_in_templates_have_no_problems() -> None:
    assert list(problems(None, built_in())) == []
    assert ignored_markup(HTML_FRAME) == []


def test_an_unknown_tag_is_reported_with_its_line_and_a_similar_tag() -> None:
    source = body("\n<mj-txt>Hello</mj-txt>\n<mj-text>There</mj-text>")
    assert ignored_markup(source) == [
        IgnoredMarkup(line=2, tag="mj-txt", attribute=None, meant="mj-text")
    ]


def test_an_unknown_attribute_is_reported_and_a_known_one_is_not_even_with_its_default() -> None:
    source = body(
        '<mj-text colour="red">A</mj-text><mj-text color="#000000" align="left">B</mj-text>'
    )
    assert [(item.tag, item.attribute) for item in ignored_markup(source)] == [
        ("mj-text", "colour")
    ]


def test_a_misplaced_tag_is_reported() -> None:
    source = body("<mj-text>A</mj-text>\n<mj-attributes><mj-all color='red' /></mj-attributes>")
    assert [(item.line, item.tag) for item in ignored_markup(source)][:1] == [(2, "mj-attributes")]


def test_html_inside_a_text_is_not_checked() -> None:
    assert ignored_markup(body('<mj-text><p foo="bar">A <br> B</p></mj-text>')) == []


@pytest.mark.parametrize(
    "inside",
    [
        '<mj-button href="https://x.example/">Go</mj-button>',
        '<mj-image src="https://x.example/a.png" width="100px" />',
        '<mj-divider border-color="#ff0000" />',
        '<mj-spacer height="30px" />',
        "<mj-table><tr><td>A</td></tr></mj-table>",
        "<mj-raw><p>A</p></mj-raw>",
        '<mj-navbar><mj-navbar-link href="/a">A</mj-navbar-link></mj-navbar>',
        "<mj-accordion><mj-accordion-element><mj-accordion-title>A</mj-accordion-title></mj-accordion-element></mj-accordion>",
        '<mj-social><mj-social-element name="github" href="https://x.example/">A</mj-social-element></mj-social>',
    ],
)
def test_valid_mjml_is_not_reported(inside: str) -> None:
    assert ignored_markup(body(inside)) == []


def test_an_error_in_the_frame_is_reported_with_file_and_line(tmp_path: Path) -> None:
    lines = find_problems(
        tmp_path, digest__mjml=HTML_FRAME.replace("<mj-column>", '<mj-column colour="red">')
    )
    number = HTML_FRAME[: HTML_FRAME.index("<mj-column>")].count("\n") + 1
    assert lines == [
        f"{tmp_path}/mail/digest.mjml:{number}: MJML has no colour for <mj-column>; correct it, or remove it"
    ]


def test_a_frame_without_papers_is_reported(tmp_path: Path) -> None:
    lines = find_problems(tmp_path, digest__mjml=HTML_FRAME.replace("{{ papers }}", ""))
    assert any("write {{ papers }} where they go" in line for line in lines)


@pytest.mark.parametrize(
    "name, text, problem",
    [
        ("card__html", "<h3>{{ paper.title | safe }}</h3>", 'remove "| safe"'),
        ("footer__html", "<p>Bye</p>", "no link to unsubscribe"),
        ("digest__txt", "Bye", "write {{ papers }} where they go"),
        ("digest__txt", "{{ papers }}", "text has no address to unsubscribe"),
        ("section__txt", "{{ heading }}", "write {{ cards }} where they go"),
        ("section__html", "{{ cards }}{{ cards }}", "write {{ cards }} where they go"),
        ("header__html", "x" * 90_000, "Gmail would hide its end"),
        ("why__html", "\n{{ card.nothing }}", "why.html:2"),
        ("excerpt__html", "{% if %}", "excerpt.html:1"),
        ("text__toml", "[phrase]\npapers = 3", "phrase.papers"),
        ("cards__html", "x", "did you mean mail/card.html?"),
    ],
)
def test_each_broken_template_is_reported(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    assert any(problem in line for line in find_problems(tmp_path, **{name: text}))


def test_a_folder_without_mail_replaces_nothing(tmp_path: Path) -> None:
    assert any("no folder mail/" in line for line in problems(tmp_path, built_in()))


def test_the_samples_have_every_form_and_contain_hostile_text() -> None:
    editions = samples.editions()
    assert set(editions) == {"full", "empty", "trending", "weekly", "long"}
    papers = [entry.candidate.paper for entry in editions["full"].entries]
    assert all(samples.HOSTILE in paper.title for paper in papers)
