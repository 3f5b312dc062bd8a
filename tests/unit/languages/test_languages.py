"""Which language a reader gets, and how it writes numbers and dates."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from support.pseudo_language import RIGHT_TO_LEFT, write_catalogue

from digest.core.reader_text import ReaderText, shown_problem
from digest.errors import SettingsError, UsageError
from digest.languages.available import Languages
from digest.languages.translation import ENGLISH
from digest.mail.theming.template_files import template_folder

MONDAY = date(2026, 5, 11)
LANGUAGES = Languages([template_folder()])
GERMAN = LANGUAGES.translation("de")


@pytest.mark.parametrize(
    "header, code",
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,de;q=0.5", "en"),
        ("fr,de;q=0.2,en;q=0.1", "de"),
        ("de;q=0", "en"),
        ("fr", "en"),
        ("", "en"),
        ("de;q=x, en", "en"),
        ("*", "en"),
        (",;;=," * 100, "en"),
    ],
)
def test_a_browser_gets_the_language_that_it_prefers(header: str, code: str) -> None:
    assert LANGUAGES.accepted(header) == code


def test_an_unknown_language_becomes_that_of_the_installation() -> None:
    german = Languages([template_folder()], default="de")
    assert (german.choose("xx"), german.choose(""), german.choose("en")) == ("de", "de", "en")
    assert german.accepted("fr") == "de"


def test_an_installation_needs_a_catalogue_of_its_language() -> None:
    with pytest.raises(SettingsError, match="DIGEST_LANGUAGE: there is no language 'xx'"):
        Languages([template_folder()], default="xx")


def test_an_operator_adds_and_replaces_catalogues(tmp_path: Path) -> None:
    write_catalogue(tmp_path, "fi")
    (tmp_path / "languages" / "de.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Unsubscribe"\nmsgstr "Kündigen"\n',
        "utf-8",
    )
    own = Languages([tmp_path, template_folder()])
    assert own.codes == ("de", "en", "fi")
    assert own.translation("de").gettext("Unsubscribe") == "Kündigen"
    assert own.translation("de").gettext("Pause") == "Pause"


@pytest.mark.parametrize(
    "name, text, problem",
    [
        ("de", "no catalogue", "de.po"),
        ("xx", 'msgid "a"\nmsgstr "b"', "name the file"),
        ("de", '#, python-format\nmsgid "%(a)s"\nmsgstr "%(b)s"', r"has no field %\(b\)s"),
    ],
)
def test_a_wrong_catalogue_is_named(tmp_path: Path, name: str, text: str, problem: str) -> None:
    (tmp_path / "languages").mkdir()
    (tmp_path / "languages" / f"{name}.po").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=problem):
        Languages([tmp_path]).translation(name)


def test_dates_and_numbers_follow_the_language() -> None:
    assert ENGLISH.date_text("full", MONDAY) == "Monday, 11 May 2026"
    assert GERMAN.date_text("full", MONDAY) == "Montag, 11. Mai 2026"
    assert (GERMAN.date_text("day", MONDAY), GERMAN.date_text("short", MONDAY)) == (
        "11. Mai 2026",
        "11. Mai",
    )
    assert ENGLISH.week(MONDAY) == "5 May to 11 May 2026"
    assert GERMAN.week(MONDAY) == "5.–11. Mai 2026"
    at = datetime(2026, 5, 11, 7, 30, tzinfo=UTC)
    assert ENGLISH.moment(at) == "11 May 2026, 07:30 UTC"
    assert GERMAN.moment(at) == "11. Mai 2026, 07:30 UTC"
    assert (ENGLISH.number(1234), GERMAN.number(1234), GERMAN.number(1.5)) == (
        "1,234",
        "1.234",
        "1,5",
    )
    assert GERMAN.short_weekdays[0].startswith("Mo")


def test_a_language_knows_its_name_tag_and_direction(tmp_path: Path) -> None:
    assert (GERMAN.name, GERMAN.tag, GERMAN.direction) == ("Deutsch", "de", "ltr")
    write_catalogue(tmp_path, "pt_BR")
    write_catalogue(tmp_path, RIGHT_TO_LEFT)
    languages = Languages([tmp_path])
    assert languages.translation("pt-br").tag == "pt-BR"
    assert languages.translation(RIGHT_TO_LEFT).direction == "rtl"


def test_a_text_is_english_until_a_language_says_it() -> None:
    text = ReaderText("Write at most %(number)s keywords.", number=1234)
    assert text == "Write at most 1234 keywords."
    assert GERMAN.say(text) == "Bitte schreiben Sie höchstens 1.234 Suchbegriffe."
    nested = ReaderText(
        "%(topic)s: %(problem)s", topic="A % B", problem=ReaderText("Pause until then")
    )
    assert GERMAN.say(nested) == "A % B: Pause until then"
    assert GERMAN.say("Unsubscribe") == "Unsubscribe"  # not marked: the text of a reader


def test_an_error_keeps_its_text_translatable() -> None:
    text = ReaderText("Give each topic its own name.")
    assert shown_problem(UsageError(text)) is text
    assert shown_problem(UsageError("plain")) == "plain"


def test_english_needs_no_babel() -> None:
    code = (
        "import sys; from digest.languages.available import Languages;"
        "from digest.mail.rendering.renderer import Renderer; Renderer();"
        "from digest.mail.theming.template_files import template_folder;"
        "Languages([template_folder()]).translation('en');"
        "print('babel' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
