"""Decodes a page that was saved as text, and splits it into lines of bounded number and length."""

import codecs

from digest.core.batch_limits import MAX_ABSTRACT
from digest.errors import InputError

_MAX_LINES = 1_000_000  # 32 MB of real pages have 250,000
_MAX_LINE = 2 * MAX_ABSTRACT  # characters


def page_lines(data: bytes, origin: str) -> list[str]:
    """Returns the lines of a page, each cut to more than the longest abstract.

    Raises:
        InputError: The data is not UTF-8 text, or has too many lines.
    """
    text = decode(data, origin)
    # Before the text is split: each line takes 8 to 60 bytes more.
    if text.count("\n") > _MAX_LINES:
        raise InputError(f"more than {_MAX_LINES:,} lines; no page has so many", file=origin)
    return [line[:_MAX_LINE] for line in text.split("\n")]


def decode(data: bytes, origin: str | None) -> str:
    r"""Returns the text of a page, with line ends `\n`.

    If the data ends inside a character, the text ends with U+FFFD instead.

    Args:
        data: The content of the file.
        origin: The path of the file for error messages; None if it is unknown.

    Raises:
        InputError: The data is not UTF-8 text, or a Windows program damaged its encoding.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(
            "UTF-16 text; convert it with `iconv -f UTF-16 -t UTF-8`", file=origin, line=1
        )
    if (nul := data.find(0)) >= 0:
        raise InputError(
            "binary data, not the text of a page", file=origin, line=_line_number(data, nul)
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        bom = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
        start = bom + error.start
        # Not decoded by a guess, which could put wrong characters into a message.
        if error.reason != "unexpected end of data":
            column = start - data.rfind(b"\n", 0, start)
            raise InputError(
                f"not UTF-8 at byte {column} of the line; if it was saved on Windows, "
                "convert it with `iconv -f WINDOWS-1252 -t UTF-8`",
                file=origin,
                line=_line_number(data, start),
            ) from error
        # The file ends inside a character. U+FFFD shows that its last line is incomplete.
        text = data[:start].decode("utf-8-sig")
        if not text.endswith((" ", "\n")):
            text += "\N{REPLACEMENT CHARACTER}"
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    # `â€¢` are the UTF-8 bytes of `•`, read as Windows-1252.
    if (garbled := text.find("â€¢")) >= 0:
        raise InputError(
            "UTF-8 that was read as Windows-1252 and saved again (`â€¢` for `•`); "
            "make the dump again",
            file=origin,
            line=text.count("\n", 0, garbled) + 1,
        )
    return text


def _line_number(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1
