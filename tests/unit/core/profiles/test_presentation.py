"""How a reader wants the message is read from the text of the stored profile."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.profiles import loader
from digest.config.profiles.writer import render_profile
from digest.core.models.profiles import DEFAULT_PRESENTATION
from digest.core.profiles.presentation import KEYS, may_say, presentation_of
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


@pytest.mark.parametrize(
    "text",
    [
        'theme = "plain"\n',
        'name = "A"\n  attach="bib"\n',
        '"detail" = "full"\n',
        "pictures = false",
    ],
)
def test_a_profile_that_may_name_a_key_is_found(text: str) -> None:
    assert may_say(text)


def test_words_within_a_line_do_not_make_a_profile_one_that_is_parsed() -> None:
    text = 'name = "theme"\n[[topics]]\nkeywords = ["attach", "pictures"]\nthemes = 1\n'
    assert not may_say(text)


@given(st.sampled_from(KEYS), st.sampled_from(["", "  ", "\t"]), st.sampled_from(['"', "'", ""]))
def test_every_spelling_of_a_key_that_toml_reads_is_found(key: str, space: str, sign: str) -> None:
    text = f'a = 1\n{space}{sign}{key}{sign} = "x"\n'
    assert key in tomllib.loads(text)
    assert may_say(text)
