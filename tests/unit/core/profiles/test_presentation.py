"""How a reader wants the message is read from the text of the stored profile."""

import pytest

from digest.config.profiles import loader
from digest.config.profiles.writer import render_profile
from digest.core.models.profiles import DEFAULT_PRESENTATION
from digest.core.profiles.presentation import presentation_of
from digest.errors import ProfileError

PROFILE = '\n[[topics]]\nname = "Bees"\nkeywords = ["waggle dance"]\n'


def parsed(keys: str) -> loader.AuthoredProfile:
    return loader.parse(f'email = "ada@example.org"\n{keys}{PROFILE}', file="ada.toml")


@pytest.mark.parametrize(
    "written, code", [("de", "de"), ("pt-br", "pt_BR"), ("ZH_hant", "zh_Hant")]
)
def test_the_language_of_messages_is_the_name_of_a_catalogue(written: str, code: str) -> None:
    assert parsed(f'mail_language = "{written}"').presentation.mail_language == code


def test_the_language_of_messages_is_not_that_of_the_papers() -> None:
    authored = parsed('mail_language = "de"\nlanguage = "french"')
    assert (authored.presentation.mail_language, authored.profile.language) == ("de", "french")


def test_a_written_profile_keeps_the_language_of_messages() -> None:
    text = render_profile(parsed('mail_language = "de"'))
    assert loader.parse(text, file="ada.toml").presentation.mail_language == "de"
    assert presentation_of(text).mail_language == "de"
    assert "mail_language" not in render_profile(parsed(""))


def test_a_name_that_is_no_code_is_refused() -> None:
    with pytest.raises(ProfileError, match="not the code of a language"):
        parsed('mail_language = "German please"')


def test_a_wrong_value_in_a_stored_profile_is_ignored() -> None:
    assert presentation_of("mail_language = 3") == DEFAULT_PRESENTATION
