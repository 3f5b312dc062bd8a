"""An operator's theme file."""

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SettingsError
from digest.mail.rendering.theme import CONTRAST, Palette, Theme, contrast, read


def theme(tmp_path: Path, text: str) -> Theme:
    file = tmp_path / "theme.toml"
    file.write_text(text, encoding="utf-8")
    return read(file)


def test_without_a_file_all_is_as_usual(tmp_path: Path) -> None:
    assert read(tmp_path / "theme.toml") == Theme()


def test_a_file_says_only_what_differs(tmp_path: Path) -> None:
    made = theme(
        tmp_path,
        'name = "Lab Digest"\nlogo = "https://lab.example.org/l.png"\nlogo_width = 90\n'
        'address = "Example Lab"\n[light]\naccent = "#8A1C4A"\n',
    )
    assert (made.name, made.logo_width, made.address) == ("Lab Digest", 90, "Example Lab")
    assert made.light.accent == "#8a1c4a"
    assert made.light.ink == Theme().light.ink
    assert made.dark == Theme().dark


@pytest.mark.parametrize(
    "text, told",
    [
        ("nam = 1", "unknown: nam; it may have name"),
        ('[light]\nacent = "#000000"', r"unknown: light\.acent"),
        ("light = 1", r"write \[light\]"),
        ('[light]\naccent = "red"', r'light\.accent must be a colour such as "#'),
        ('[light]\naccent = "#fff;x:y"', r"light\.accent must be a colour"),
        ('logo = "javascript:alert(1)"', "logo must be an address"),
        ('logo = "http://lab.example.org/l.png"', "logo must be an address"),
        ("logo = 3", "logo must be an address"),
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
def test_a_mistake_is_told_with_its_file_and_what_to_write(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(SettingsError, match=told) as caught:
        theme(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "theme.toml"))


def test_the_usual_colours_can_be_read_by_day_and_by_night() -> None:
    for palette in (Theme().light, Theme().dark):
        for item in fields(Palette):
            if item.name not in ("page", "rule"):
                assert contrast(getattr(palette, item.name), palette.page) >= CONTRAST + 0.5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == 1
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


colours = st.integers(min_value=0, max_value=0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(colours, colours)
def test_contrast_goes_both_ways_and_from_1_to_21(one: str, other: str) -> None:
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21.0001
