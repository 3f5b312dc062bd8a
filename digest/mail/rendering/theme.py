"""Reads the colours, name, logo and address of an operator from `theme.toml` in the home.

name = "Lab Digest"                            # replaces DIGEST_LIST_NAME in messages
logo = "https://lab.example.org/logo.png"      # https; the name is its alternative text
logo_width = 120                               # pixels
address = "Example Lab, 1 Street, 12345 Town"  # in the footer

[light]                                        # only the colours that differ
accent = "#8a1c4a"

[dark]
accent = "#f2a0c0"
"""

import re
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from digest.errors import SettingsError
from digest.mail.rendering.sanitize import clean, safe_url

CONTRAST = 4.5
"""The minimum contrast of text on the page: WCAG 2.2, success criterion 1.4.3, level AA."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MAX_LENGTHS = {"name": 80, "address": 300}  # characters
_LOGO_WIDTH = range(16, 561)  # pixels; the content is 560 wide


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one mode, light or dark, as #rrggbb."""

    page: str
    ink: str  # titles
    soft: str  # sentences
    mute: str  # authors, dates and other details
    accent: str  # links
    rule: str  # lines; the only colour that is not used for text


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The look of messages, apart from their templates."""

    name: str = ""  # empty: DIGEST_LIST_NAME
    logo: str = ""  # an https address; empty: no logo
    logo_width: int = 120  # pixels
    address: str = ""  # postal address for the footer
    # Text is neither pure black nor pure white. Mail programs that invert colours by force then
    # get a pair with as much contrast.
    light: Palette = Palette(
        page="#ffffff",
        ink="#17191c",
        soft="#34383c",
        mute="#5f656b",
        accent="#0a5f73",
        rule="#dfe3e4",
    )
    dark: Palette = Palette(
        page="#14171a",
        ink="#eef0f1",
        soft="#cdd1d4",
        mute="#9aa1a6",
        accent="#6cc5d6",
        rule="#343a3f",
    )


def read(file: Path) -> Theme:
    """Reads the theme from a file; returns the built-in theme if the file does not exist.

    Raises:
        SettingsError: the file cannot be read, a name is unknown, a value is not valid, or the
            contrast between text and page is too low.
    """
    try:
        data = read_toml(file)
    except FileNotFoundError:
        return Theme()
    _check_names(data, [field.name for field in fields(Theme)], file)
    theme = Theme()
    return Theme(
        **{name: _text(data, name, file) for name in _MAX_LENGTHS},
        logo=_logo(data, file),
        logo_width=_width(data, file, theme.logo_width),
        light=_palette(data, "light", theme.light, file),
        dark=_palette(data, "dark", theme.dark, file),
    )


def read_toml(file: Path) -> dict[str, Any]:
    """Reads a TOML file of the operator.

    Raises:
        FileNotFoundError: the file does not exist.
        SettingsError: the file cannot be read, or is not TOML in UTF-8.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {error}; correct it or delete the file") from error
    except ValueError:  # Python converts no number with thousands of digits
        problem = "a number is too long"
    except RecursionError:
        problem = "lists or tables are nested too deeply"
    raise SettingsError(f"{file}: {problem}; correct it or delete the file")


def contrast(first: str, second: str) -> float:
    """Returns the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _check_names(table: dict[str, Any], names: list[str], file: Path, where: str = "") -> None:
    for name in table:
        if name not in names:
            raise SettingsError(f"{file}: unknown: {where}{name}; it may have {', '.join(names)}")


def _text(data: dict[str, Any], name: str, file: Path) -> str:
    value = data.get(name, "")
    if not isinstance(value, str) or len(value) > _MAX_LENGTHS[name]:
        raise SettingsError(
            f'{file}: {name} must be a text of at most {_MAX_LENGTHS[name]} characters, in "..."'
        )
    return clean(value)


def _logo(data: dict[str, Any], file: Path) -> str:
    url = data.get("logo", "")
    # https only, as some mail programs refuse to load pictures over plain http.
    if url and not (isinstance(url, str) and url.startswith("https://") and safe_url(url)):
        raise SettingsError(
            f'{file}: logo must be an https address: "https://example.org/logo.png"'
        )
    return str(url)


def _width(data: dict[str, Any], file: Path, default: int) -> int:
    width = data.get("logo_width", default)
    if type(width) is not int or width not in _LOGO_WIDTH:
        raise SettingsError(
            f"{file}: logo_width must be a number of pixels from {_LOGO_WIDTH[0]} to {_LOGO_WIDTH[-1]}"
        )
    return width


def _palette(data: dict[str, Any], name: str, default: Palette, file: Path) -> Palette:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: {name} must be a table; write [{name}]")
    _check_names(table, [field.name for field in fields(Palette)], file, f"{name}.")
    for key, value in table.items():
        if not (isinstance(value, str) and _COLOUR.fullmatch(value)):
            raise SettingsError(f'{file}: {name}.{key} must be a colour such as "#0a5f73"')
    palette = replace(default, **{key: value.lower() for key, value in table.items()})
    for key in ("ink", "soft", "mute", "accent"):
        ratio = contrast(getattr(palette, key), palette.page)
        if ratio < CONTRAST:
            # Truncated, not rounded: 4.49 must not be shown as 4.5.
            raise SettingsError(
                f"{file}: {name}.{key} {getattr(palette, key)} on {name}.page {palette.page} has a"
                f" contrast of {int(ratio * 100) / 100}; text needs {CONTRAST}: make them differ more"
            )
    return palette
