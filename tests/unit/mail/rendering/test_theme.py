"""The theme file of an operator."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields, replace

from digest.app.rendering.renderers import chosen_theme
from digest.core.models.profiles import MailTheme
from digest.errors import SettingsError
from digest.mail.theming.theme import (
    CONTRAST,
    Palette,
    Theme,
    built_in,
    built_in_names,
    contrast,
    read,
)


def theme(tmp_path: Path, text: str) -> Theme:
    file = tmp_path / "theme.toml"
    file.write_text(text, encoding="utf-8")
    return read(file)


def test_without_a_file_the_theme_is_the_built_in_one(tmp_path: Path) -> None:
    assert read(tmp_path / "theme.toml") == built_in()


def test_a_file_needs_only_what_differs(tmp_path: Path) -> None:
    custom = theme(
        tmp_path,
        'name = "Lab Digest"\nlogo = "https://lab.example.org/l.png"\nlogo_width = 90\n'
        'address = "Example Lab"\n[light]\naccent = "#8A1C4A"\n',
    )
    assert (custom.name, custom.logo_width, custom.address) == ("Lab Digest", 90, "Example Lab")
    assert custom.light.accent == "#8a1c4a"
    assert custom.light.ink == built_in().light.ink
    assert custom.dark == built_in().dark


@pytest.mark.parametrize(
    "text, problem",
    [
        ("nam = 1", "unknown: nam; it may have based_on"),
        ('based_on = "x"', "based_on must be one of calm, compact, playful"),
        ('title_font = "Comic"', "title_font must be one of serif, sans, round"),
        ("space = 3", "space must be a number from 0.5 to 1.5"),
        ("size = 40", "size must be a number of pixels from 14 to 18"),
        ('[light]\nacent = "#000000"', r"unknown: light\.acent"),
        ("light = 1", r"write \[light\]"),
        ('[light]\naccent = "red"', r'light\.accent must be a colour such as "#'),
        ('[light]\naccent = "#fff;x:y"', r"light\.accent must be a colour"),
        ('logo = "javascript:alert(1)"', "logo must be an https address"),
        ('logo = "http://lab.example.org/l.png"', "logo must be an https address"),
        ("logo = 3", "logo must be an https address"),
        ("logo_width = 5000", "from 16 to 560"),
        ("logo_width = true", "from 16 to 560"),
        ("name = 3", "name must be a text"),
        (f'address = "{"a" * 301}"', "at most 300"),
        ("name = 1 2", "line 1"),
        (
            '[light]\nmute = "#9a9a9a"',
            r"light\.mute #9a9a9a on light\.page #ffffff .* 2\.81; .* 4\.5",
        ),
        ('[dark]\npage = "#777777"', r"dark\.ink .* dark\.page #777777"),
    ],
)
def test_the_error_names_the_file_and_says_what_to_write(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem) as caught:
        theme(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "theme.toml"))


@pytest.mark.parametrize("name", ["calm", "compact", "playful"])
def test_the_built_in_colours_have_enough_contrast_in_light_and_dark(name: str) -> None:
    assert name in built_in_names()
    for palette in (built_in(name).light, built_in(name).dark):
        for item in fields(Palette):
            if item.name not in ("page", "rule"):
                assert contrast(getattr(palette, item.name), palette.page) >= CONTRAST + 0.5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == 1
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


colours = st.integers(min_value=0, max_value=0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(colours, colours)
def test_contrast_is_symmetric_and_from_1_to_21(first: str, second: str) -> None:
    assert contrast(first, second) == contrast(second, first)
    assert 1 <= contrast(first, second) <= 21.0001


def test_a_reader_can_choose_every_built_in_theme() -> None:
    assert {choice.value for choice in MailTheme} == {"usual", *built_in_names()}


def test_a_chosen_theme_keeps_what_is_the_operators() -> None:
    usual = replace(built_in("calm"), name="Lab", address="1 Street", images="linked")
    chosen = chosen_theme(usual, MailTheme.COMPACT)
    assert (chosen.name, chosen.address, chosen.images) == ("Lab", "1 Street", "linked")
    assert chosen.light == built_in("compact").light
    assert chosen_theme(usual, MailTheme.USUAL) is usual
