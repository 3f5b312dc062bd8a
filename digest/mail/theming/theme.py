"""Reads the look of messages from `theme.toml` in the home, over one of the built-in themes.

based_on = "calm"                              # or compact, playful
name = "Lab Digest"                            # replaces DIGEST_LIST_NAME in messages
logo = "https://lab.example.org/logo.png"      # https; the name is its alternative text
logo_width = 120                               # pixels
address = "Example Lab, 1 Street, 12345 Town"  # in the footer
title_font = "serif"                           # of titles; or sans, round
text_font = "sans"                             # of everything else
size = 16                                      # of the text, in pixels
space = 1.0                                    # between the parts, times the usual
images = "none"                                # or linked, embedded: a picture of the best paper

[light]                                        # only the colours that differ
accent = "#8a1c4a"

[dark]
accent = "#f2a0c0"
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from digest.errors import SettingsError
from digest.mail.rendering.sanitize import clean, safe_url
from digest.mail.theming.template_files import read_toml, template_folder

CONTRAST = 4.5
"""The minimum contrast of text on the page: WCAG 2.2, success criterion 1.4.3, level AA."""

DEFAULT = "calm"
"""The built-in theme without a file."""

IMAGES = ("none", "linked", "embedded")
"""Whether a message shows pictures: not; loaded by the mail program; attached."""

_FOLDER = "mail/themes"  # in the template folder
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MAX_LENGTHS = {"name": 80, "address": 300, "ornament": 8}  # characters
_WIDTHS = {"logo_width": (16, 560), "size": (14, 18), "corner": (0, 12)}  # pixels
_SPACE = (0.5, 1.5)


class FontStack(Struct, frozen=True, kw_only=True):
    """Fonts of which each system has one."""

    fonts: str  # for CSS, the best first
    word: str  # for Outlook on Windows, which takes the first one only


# No font is loaded. Each stack has a font of Apple, Windows, Android and Linux.
_FONTS = {
    "serif": FontStack(
        fonts="Charter,Iowan Old Style,Georgia,Cambria,Noto Serif,serif", word="Georgia, serif"
    ),
    "sans": FontStack(
        fonts="-apple-system,BlinkMacSystemFont,Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif",
        word="Segoe UI, Arial, sans-serif",
    ),
    "round": FontStack(
        fonts="ui-rounded,SF Pro Rounded,Trebuchet MS,Nunito,Verdana,sans-serif",
        word="Trebuchet MS, sans-serif",
    ),
}


class Palette(Struct, frozen=True, kw_only=True):
    """The colours of one mode, light or dark, as #rrggbb."""

    page: str
    ink: str  # titles
    soft: str  # sentences
    mute: str  # authors, dates and other details
    accent: str  # links
    rule: str  # lines; the only colour that is not used for text


class Theme(Struct, frozen=True, kw_only=True):
    """The look of messages, apart from their templates."""

    # Text is neither pure black nor pure white. Mail programs that invert colours by force then
    # get a pair with as much contrast.
    light: Palette
    dark: Palette
    name: str = ""  # empty: DIGEST_LIST_NAME
    logo: str = ""  # an https address; empty: no logo
    logo_width: int = 120  # pixels
    address: str = ""  # postal address for the footer
    title_font: str = "serif"  # of titles
    text_font: str = "sans"  # of everything else
    size: int = 16  # of the text, in pixels
    space: float = 1.0  # between the parts, times the usual
    corner: int = 9  # of the frames around numbers, in pixels
    ornament: str = ""  # before the name
    images: str = "none"  # or linked, embedded

    @property
    def title_stack(self) -> str:
        """The fonts of titles, for CSS."""
        return _FONTS[self.title_font].fonts

    @property
    def text_stack(self) -> str:
        """The fonts of everything else, for CSS."""
        return _FONTS[self.text_font].fonts

    @property
    def title_word(self) -> str:
        """The fonts of titles, for Outlook on Windows."""
        return _FONTS[self.title_font].word

    @property
    def text_word(self) -> str:
        """The fonts of everything else, for Outlook on Windows."""
        return _FONTS[self.text_font].word


def built_in_names() -> list[str]:
    """Returns the names of the built-in themes."""
    return sorted(file.stem for file in (template_folder() / _FOLDER).glob("*.toml"))


@cache
def built_in(name: str = DEFAULT) -> Theme:
    """Returns a built-in theme.

    Args:
        name: one of `built_in_names`.
    """
    file = template_folder() / _FOLDER / f"{name}.toml"
    return _theme(read_toml(file), None, file)


def read(file: Path) -> Theme:
    """Reads the theme from a file; returns the built-in theme if the file does not exist.

    Raises:
        SettingsError: the file cannot be read, a name is unknown, a value is not valid, or the
            contrast between text and page is too low.
    """
    try:
        data = read_toml(file)
    except FileNotFoundError:
        return built_in()
    base = data.pop("based_on", DEFAULT)
    if base not in built_in_names():
        raise SettingsError(f"{file}: based_on must be one of {', '.join(built_in_names())}")
    return _theme(data, built_in(base), file)


def _theme(data: dict[str, Any], base: Theme | None, file: Path) -> Theme:
    """Returns a theme from the values of a file.

    Args:
        data: the values.
        base: where the other values come from; None: the file has all colours.
        file: for errors.
    """
    names = list(Theme.__struct_fields__)
    _check_names(data, ["based_on", *names], file)
    values: dict[str, Any] = {name: getattr(base, name) for name in names if base is not None}
    for name, value in data.items():
        if name in ("light", "dark"):
            values[name] = _palette(value, name, values.get(name), file)
        elif name in _MAX_LENGTHS:
            values[name] = _text(value, name, file)
        elif name in _WIDTHS:
            values[name] = _pixels(value, name, file)
        elif name == "logo":
            values[name] = _logo(value, file)
        elif name == "images":
            values[name] = _images(value, file)
        elif name == "space":
            values[name] = _space(value, file)
        else:
            values[name] = _font(value, name, file)
    return Theme(**values)


def contrast(first: str, second: str) -> float:
    """Returns the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _check_names(table: dict[str, Any], names: Sequence[str], file: Path, where: str = "") -> None:
    for name in table:
        if name not in names:
            raise SettingsError(f"{file}: unknown: {where}{name}; it may have {', '.join(names)}")


def _text(value: object, name: str, file: Path) -> str:
    if not isinstance(value, str) or len(value) > _MAX_LENGTHS[name]:
        raise SettingsError(
            f'{file}: {name} must be a text of at most {_MAX_LENGTHS[name]} characters, in "..."'
        )
    return clean(value)


def _logo(url: object, file: Path) -> str:
    # https only, as some mail programs refuse to load pictures over plain http.
    if url and not (isinstance(url, str) and url.startswith("https://") and safe_url(url)):
        raise SettingsError(
            f'{file}: logo must be an https address: "https://example.org/logo.png"'
        )
    return str(url)


def _pixels(value: object, name: str, file: Path) -> int:
    least, most = _WIDTHS[name]
    if type(value) is not int or not least <= value <= most:
        raise SettingsError(f"{file}: {name} must be a number of pixels from {least} to {most}")
    return value


def _space(value: object, file: Path) -> float:
    least, most = _SPACE
    if type(value) not in (int, float) or not least <= value <= most:  # type: ignore[operator]
        raise SettingsError(f"{file}: space must be a number from {least} to {most}")
    return float(value)  # type: ignore[arg-type]


def _images(value: object, file: Path) -> str:
    if not isinstance(value, str) or value not in IMAGES:
        raise SettingsError(f"{file}: images must be one of {', '.join(IMAGES)}")
    if value == "embedded":
        # Imported here: most themes embed no pictures.
        from digest.mail.figures.scaling import can_scale

        if can_scale():
            return value
        raise SettingsError(
            f"{file}: images = \"embedded\" needs Pillow: pip install 'paper-digest[images]'"
        )
    return value


def _font(value: object, name: str, file: Path) -> str:
    if not isinstance(value, str) or value not in _FONTS:
        raise SettingsError(f"{file}: {name} must be one of {', '.join(_FONTS)}")
    return value


def _palette(table: object, name: str, default: Palette | None, file: Path) -> Palette:
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: {name} must be a table; write [{name}]")
    _check_names(table, Palette.__struct_fields__, file, f"{name}.")
    for key, value in table.items():
        if not (isinstance(value, str) and _COLOUR.fullmatch(value)):
            raise SettingsError(f'{file}: {name}.{key} must be a colour such as "#0a5f73"')
    colours = {key: value.lower() for key, value in table.items()}
    palette = Palette(**colours) if default is None else replace(default, **colours)
    for key in ("ink", "soft", "mute", "accent"):
        ratio = contrast(getattr(palette, key), palette.page)
        if ratio < CONTRAST:
            # Truncated, not rounded: 4.49 must not be shown as 4.5.
            raise SettingsError(
                f"{file}: {name}.{key} {getattr(palette, key)} on {name}.page {palette.page} has a"
                f" contrast of {int(ratio * 100) / 100}; text needs {CONTRAST}: make them differ more"
            )
    return palette
