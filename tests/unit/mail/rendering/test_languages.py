"""A message speaks one language, with the phrases of its operator."""

import re
from html import unescape
from pathlib import Path

import pytest
from support.pseudo_language import (
    LEFT_TO_RIGHT,
    RIGHT_TO_LEFT,
    untranslated_words,
    write_catalogue,
)

from digest.languages.available import Languages
from digest.languages.translation import ENGLISH
from digest.mail.rendering.renderer import RenderedContent, Renderer
from digest.mail.rendering.wording import Wording
from digest.mail.template_checks import samples
from digest.mail.theming.template_files import template_folder

GERMAN = Languages([template_folder()]).translation("de")
EDITIONS = samples.editions()
CONTENT = f"""
    Paper Maren Solheim Long prompts fill memory We keep what is needed Efficient inference Topic
    LLM serving KV cache cs LG CL AR stat ML papers example org abstract pdf code project page
    digest sample rel https ltr rtl {samples.HOSTILE}
"""
# What HTML has besides the text, except the texts that screen readers read.
NO_TEXT = re.compile(
    r"https?://\S+|<style.*?</style>|<!--.*?-->|<(?![^>]*\baria-label)[^>]*>", re.DOTALL
)
LABEL = re.compile(r'<[^>]*aria-label="([^"]*)"[^>]*>')


def render(renderer: Renderer, form: str, **fields: object) -> RenderedContent:
    given: dict[str, object] = {
        "list_name": "Λίστα",
        "reader_name": "Μάρεν",
        "unsubscribe": "https://digest.example.org/u/1",
        "pause": "https://digest.example.org/u/1",
        "profile_name": None,
        "change": "https://digest.example.org/p/1",
        "weekly": form == "weekly",
    }
    return renderer.render(EDITIONS[form], **(given | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("form", EDITIONS)
def test_a_message_in_the_pseudo_language_has_no_english(form: str, tmp_path: Path) -> None:
    languages = Languages([write_catalogue(tmp_path)])
    message = render(Renderer(translation=languages.translation(LEFT_TO_RIGHT)), form)
    html = unescape(NO_TEXT.sub(" ", LABEL.sub(r" \1 ", message.html)))
    months = "toukokuuta maanantai huhti touko"
    for text in (message.subject, html, NO_TEXT.sub(" ", message.text)):
        assert untranslated_words(text, content=CONTENT + months) == []


def test_a_message_in_a_language_from_right_to_left_is_mirrored(tmp_path: Path) -> None:
    languages = Languages([write_catalogue(tmp_path, RIGHT_TO_LEFT)])
    html = render(Renderer(translation=languages.translation(RIGHT_TO_LEFT)), "full").html
    assert re.search(r'<html[^>]* lang="he"[^>]* dir="rtl"', html)
    assert "text-align:right" in html


def test_a_german_message_has_german_dates_and_plurals() -> None:
    message = render(Renderer(translation=GERMAN), "full")
    assert "+ 5 weitere, 11. Mai" in message.subject
    assert "Montag, 11. Mai 2026" in message.html
    assert 'lang="de"' in message.html
    assert "Das Beste für Sie" in message.text
    assert "Abbestellen: https://digest.example.org/u/1" in message.text


def test_what_messages_share_in_one_language_appears_in_no_other() -> None:
    english, german = Renderer(keep=9), Renderer(keep=9, translation=GERMAN)
    alone = render(Renderer(translation=GERMAN), "full")
    for renderer in (english, german, english, german):
        message = render(renderer, "full")
    assert (message.html, message.text) == (alone.html, alone.text)


def own_wording(folder: Path, **texts: str) -> Path:
    (folder / "mail").mkdir(exist_ok=True)
    for name, text in texts.items():
        file = folder / "mail" / f"{name.replace('_', '.')}.toml"
        file.write_text(f"[phrase]\n{text}\n", "utf-8")
    return folder


def test_the_phrases_of_an_operator_are_those_of_the_default_language(tmp_path: Path) -> None:
    folders = [own_wording(tmp_path, text='picks = "Our favourites"'), template_folder()]
    assert Wording.read(folders)("picks") == "Our favourites"
    assert Wording.read(folders, GERMAN, is_default=False)("picks") == "Das Beste für Sie"
    assert Wording.read(folders, GERMAN)("picks") == "Our favourites"


def test_an_operator_has_phrases_for_each_language(tmp_path: Path) -> None:
    texts = {"text": 'picks = "Best"\npause = "Break"', "text_de": 'picks = "Am besten"'}
    folders = [own_wording(tmp_path, **texts), template_folder()]
    german = Wording.read(folders, GERMAN, is_default=False)
    assert (german("picks"), german("pause")) == ("Am besten", "Pausieren")
    assert Wording.read(folders, GERMAN)("picks") == "Am besten"
    assert Wording.read(folders)("picks") == "Best"


def test_the_plural_forms_of_an_operator_have_the_names_of_the_language(tmp_path: Path) -> None:
    forms = (
        '{ one = "$n artykuł", few = "$n artykuły", many = "$n artykułów", other = "$n artykułu" }'
    )
    own_wording(tmp_path, text_pl=f"papers = {forms}")
    write_catalogue(tmp_path, "pl")
    polish = Languages([tmp_path]).translation("pl")
    words = Wording.read([tmp_path, template_folder()], polish, is_default=False)
    assert [words("papers", n=n) for n in (1, 2, 5, 22)] == [
        "1 artykuł",
        "2 artykuły",
        "5 artykułów",
        "22 artykuły",
    ]


def test_a_file_that_replaces_all_phrases_may_name_its_language(tmp_path: Path) -> None:
    own_wording(tmp_path, text='language = "ar"\ndirection = "rtl"')
    words = Wording.read([tmp_path, template_folder()])
    assert (words("language"), words("direction")) == ("ar", "rtl")
    assert (Wording.read([template_folder()])("language"), ENGLISH.tag) == ("en", "en")


def test_large_numbers_are_grouped() -> None:
    folders = [template_folder()]
    assert Wording.read(folders)("papers", n=12345) == "12,345 papers"
    assert Wording.read(folders, GERMAN)("papers", n=12345) == "12.345 Artikel"
