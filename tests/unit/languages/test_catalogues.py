"""The catalogues that come with the program are complete, and hold what the code and templates say."""

import re
from pathlib import Path

import pytest
import translations
from babel.messages.catalog import Catalog
from support.pseudo_language import pseudo

FILES = sorted(translations.CATALOGUES.glob("*.po"))


@pytest.fixture(scope="module")
def source() -> Catalog:
    return translations.source_catalogue()


def test_german_has_a_catalogue() -> None:
    assert "de" in [file.stem for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_message_is_translated_with_the_same_fields_and_tags(
    file: Path, source: Catalog
) -> None:
    assert list(translations.problems(translations.updated(file, source))) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_catalogue_has_the_messages_of_the_code_and_no_others(
    file: Path, source: Catalog
) -> None:
    """If this fails, run `python tools/translations.py`."""
    current = translations.text_of(translations.updated(file, source))
    assert file.read_text("utf-8") == current.decode()


@pytest.mark.parametrize(
    "message, translation, problem",
    [
        ("Save", "", "not translated"),
        ("%(n)s of %(all)s", "%(n)s von %(alle)s", "fields"),
        ("Hello %(name)s", "Hallo", "fields"),
        ('<a href="/x">Go</a>', "Los", "tags"),
        ("100 words", "100 % Wörter", "write %%"),
    ],
)
def test_a_wrong_translation_is_reported(message: str, translation: str, problem: str) -> None:
    catalogue = Catalog(locale="de")
    catalogue.add(message, translation)
    (found,) = translations.problems(catalogue)
    assert problem in found


def test_a_message_is_found_in_templates_code_wording_and_starter_profiles(
    source: Catalog,
) -> None:
    messages = {(message.context, message.id) for message in source}
    assert (None, "Unsubscribe?") in messages
    assert (None, "Give each topic its own name.") in messages
    assert ("papers", ("%(n)s paper", "%(n)s papers")) in messages
    assert (None, "Robotics") in messages


def test_the_pseudo_language_keeps_fields_tags_and_code() -> None:
    text = pseudo('See <a href="%(link)s">this</a> or <code>word^2</code>.')
    assert '<a href="%(link)s">' in text
    assert "<code>word^2</code>" in text
    assert len(text) > 1.2 * len("See this or word^2.")
    assert pseudo("%(titles)s") == "%(titles)s"


def test_german_is_polite(source: Catalog) -> None:
    german = translations.updated(translations.CATALOGUES / "de.po", source)
    informal = re.compile(r"\b(du|dir|dich|dein\w*)\b", re.IGNORECASE)
    texts = [text for message in german for text in translations.forms(message.string)]
    assert [text for text in texts if informal.search(text)] == []
