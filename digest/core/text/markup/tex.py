r"""Converts TeX to Unicode for display.

A paper is stored as its source wrote it, and converted when it is shown. Only text that is
certainly TeX is changed: formulas between dollar signs, accents, and a few commands. Prices,
percentages, addresses, paths and unknown commands stay as they are.

>>> tex_to_unicode(r"An $O(n^2)$ bound by Andr\'e for $\alpha$-divergences, for $5")
'An O(n²) bound by André for α-divergences, for $5'
"""

import re
import unicodedata

from digest.core.text.markup.tex_symbols import (
    BLACKBOARD,
    LETTERS,
    MARKS,
    SHORT_FOR,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    SYMBOLS,
)
from digest.late_patterns import late_pattern

MAX_LENGTH = 100_000  # characters; no title or abstract is longer
_PASSES = 6  # each pass resolves one level of nesting
_MAX_FORMULA = 600  # characters


def tex_to_unicode(text: str) -> str:
    """Returns the text with its TeX as Unicode. A second call changes nothing.

    A text of more than `MAX_LENGTH` characters, or nested deeper than six levels, is returned
    unchanged. The function never raises.
    """
    if len(text) > MAX_LENGTH or not _may_have_tex(text):
        return text
    before, after = text, _once(text)
    for _ in range(_PASSES):
        if after == before:
            return after
        before, after = after, _once(after)
    return after if after == before else text


# What the next pattern matches contains one of these, which are found much faster.
_PARTS = ("\\", "$", "^", "--", "``", "{", "~")
_SIGNS = re.compile(r"[\\$^]|--|``|_\{|/[^\s{}]{0,300}\{|\{times\}|[a-z][a-z.]~")


def _may_have_tex(text: str) -> bool:
    return any(part in text for part in _PARTS) and _SIGNS.search(text) is not None


def _once(text: str) -> str:
    if "$" in text or "\\(" in text or "\\[" in text:
        text = _DELIMITED.sub(lambda match: formula_to_unicode(match[1]), _dollars(text))
    if not _may_have_tex(text):
        return text
    if "://" in text:
        text = _LABELLED.sub(_labelled, _TIED_ADDRESS.sub(" ", text))
    if "\\" in text:
        text = _STYLED.sub(_styled, text)
    if "://" not in text:
        return _prose(text)
    parts = ADDRESS.split(text)
    parts[::2] = map(_prose, parts[::2])  # the parts at odd indexes are web addresses
    return "".join(parts)


# --- Text -------------------------------------------------------------------------------

ADDRESS = re.compile(r"(\b(?:https?|ftp)://[^\s{}\\]+)")
_FACES = r"text(?:bf|it|md|normal|rm|sc|sf|sl|tt|up)|emph|underline"
_STYLED = re.compile(
    rf"(?P<space>(?<=[.,;:!?])(?=\\(?:url|href|footnote)))?\\(?:{_FACES}|mbox|url|(?P<note>footnote)"
    r"|(?:href|textcolor)\{[^{}]{0,500}\})[ ]?\{(?P<argument>[^{}]{0,2000})\}"
    rf"|\{{\\(?:bf|it|em|rm|sc|sf|sl|tt|{_FACES})\s(?P<group>[^{{}}]{{0,2000}})\}}"
    r"|\\text(?P<script>super|sub)script\{(?P<body>[^{}\\^_]{0,100})\}"
)
# A web page shows `\href{address}{label}` without its command.
_LABELLED = re.compile(r"(?<!\{)\b(https?://[^\s{}\\]{1,500})\{([^{}]{0,500})\}")
_SIGN = r"\\(?P<sign{0}>['`^\"~=.])\s?(?:(?P<bare{0}>[A-Za-z])|\{{\s?\\?(?P<inner{0}>[A-Za-z])\s?\}}|\\(?P<dotless{0}>[ij])(?![A-Za-z]))"
_WORD = r"\\(?P<word{0}>[uvHckrdb])(?:\s(?P<after{0}>[A-Za-z])|\s?\{{\s?\\?(?P<within{0}>[A-Za-z])\s?\}})"
_ACCENT = re.compile(
    r"\{(?:"
    + _SIGN.format("1") + "|" + _WORD.format("1")
    + r")\}|"
    + _SIGN.format("2") + "|" + _WORD.format("2")
)  # fmt: skip
_NAMES = "|".join(sorted(LETTERS, key=len, reverse=True))
# `\o`, but not before another letter. A space or `{}` after it is part of the command.
_LETTER = re.compile(
    rf"\{{\\(?P<braced>{_NAMES})\}}"
    rf"|\\(?P<name>{_NAMES})(?:\{{\}}|[ ](?=[a-z])|(?![A-Za-z\\]))"
)
_SHORT = re.compile(rf"\\({'|'.join(SHORT_FOR)})(?![A-Za-z])(?:\{{\}}|\.)?")
# `o\'s` contains an escaped apostrophe, not an accent.
_APOSTROPHE = re.compile(r"(?<=\w)\\'(?=(?:s|t|re|ve|ll|d|m)\b)(?!(?:\w{1,2})-)")
_IN_BRACES = re.compile(r"\{\\([A-Za-z]{2,20})\}")
_TIED_ADDRESS = re.compile(r"(?<=[a-z][a-z.])~(?=https?://)")
_TIE = late_pattern(r"(?<=[a-z][a-z.])~(?=[\w\\(\[])")
_THIN = re.compile(r"(?<=\d)\\,(?=\w)|(?<=[a-z]\.)\\(?=[ ])")
# `10^{-3}`, `M^3Bench`. A dump has lost its dollar signs: `360^circ`, `7{times}`.
_POWER = re.compile(r"(?<=[^\W_])\^(?:([+-]?[0-9]{1,3})|\{([+-]?[0-9]{1,3})\})(?![0-9])")
_LOWERED = re.compile(r"(?<=[^\W_])_\{([^\W_]{1,12}|∞)\}(?![^\W_])")
_DEGREES = re.compile(r"(?<=[0-9])\^(?:\\?circ(?![A-Za-z])|\{\\?circ\})")
_ESCAPED = re.compile(r"\\([%&$_#{}])")
_QUOTED = late_pattern(r"``([^`']{1,1000}(?:'[^`']{1,1000}){0,20}+)''")
_DASH = late_pattern(r"(?<=[^\W_])(?P<long>-)?--(?=[^\W_])|(?<=\s)(?P<wide>-)?--(?=\s)")


def _prose(text: str) -> str:
    if "\\" in text:
        text = _APOSTROPHE.sub("'", _SHORT.sub(lambda match: SHORT_FOR[match[1]], text))
        text = _ACCENT.sub(_accented, text)
        text = _LETTER.sub(lambda match: LETTERS[match["braced"] or match["name"]], text)
        text = _IN_BRACES.sub(lambda match: SYMBOLS.get(match[1], match[0]), text)
        text = _THIN.sub(lambda match: "\u202f" if len(match[0]) > 1 else "", text)
        text = _BARE_SYMBOL.sub(lambda match: SYMBOLS[match[1] or match[2]], text)
        text = _ESCAPED.sub(r"\1", text)
    if "^" in text or "_{" in text:
        text = _DEGREES.sub("°", text)
        text = _POWER.sub(lambda match: _raised(match[1] or match[2]), text)
        text = _LOWERED.sub(_lowered, text)
    if "{times}" in text:
        text = re.sub(r"(?<=[0-9])\{times\}", "×", text)
    if "~" in text:
        text = _TIE.sub(" ", text)
    if "``" in text:
        text = _QUOTED.sub("“\\1”", text)
    if "--" in text:
        text = _DASH.sub(lambda match: "—" if match["long"] or match["wide"] else "–", text)
    return text


def _styled(match: re.Match[str]) -> str:
    if match["script"]:
        table = SUPERSCRIPTS if match["script"] == "super" else SUBSCRIPTS
        return _small(match["body"], table) or match["body"]
    space = "" if match["space"] is None else " "
    inner = match["argument"] or match["group"] or ""
    return f"{space}({inner})" if match["note"] else space + inner


def _labelled(match: re.Match[str]) -> str:
    address, label = match[1], match[2].strip()
    point = label[-1:] if label[-1:] in ".," else ""
    label_address = label.rstrip(".,").partition("://")[2] or label.rstrip(".,")
    # A label that repeats the address adds nothing.
    if not label_address or address.partition("://")[2].rstrip("/") == label_address.rstrip("/"):
        return address + point
    return f"{address} ({label})"


def _small(text: str, table: dict[str, str]) -> str:
    """Returns the text in superscript or subscript characters; "" if one does not exist."""
    return "".join(table[char] for char in text) if all(char in table for char in text) else ""


def _raised(text: str) -> str:
    return _small(text, SUPERSCRIPTS)


def _lowered(match: re.Match[str]) -> str:
    return _small(match[1], SUBSCRIPTS) or f"_{match[1]}"


def _accented(match: re.Match[str]) -> str:
    mark, letter = (part for part in match.groups() if part)
    composed = unicodedata.normalize("NFC", letter + MARKS[mark])
    return composed if len(composed) == 1 else match[0]  # `\"h` is a quotation mark, not an accent


# --- Formulas ---------------------------------------------------------------------------

# Outside a formula, only commands that are neither English words nor likely folder names.
_BARE_SYMBOL = re.compile(
    r"(?<![\w:\\/.])\\((?:var)?(?:alpha|beta|gamma|delta|epsilon|kappa|lambda|sigma|theta|omega"
    r"|phi|psi|chi|pi|rho|tau|mu|nu|xi|eta)|times|cdot|infty|ldots|dots|pm|leq|geq|approx|sim"
    r"|rightarrow|to)(?![A-Za-z\\])"
    r"|(?<=[0-9])\\(times|pm|deg|degree|sim)(?![A-Za-z])"
)
# Placeholders for characters that must not be read as markup in a later pass.
_PLACEHOLDERS = str.maketrans({"\x02": "{", "\x03": "}", "\x04": "^", "\x05": "_"})

_DELIMITED = late_pattern(rf"\\\(((?:(?!\\[()]).){{1,{_MAX_FORMULA}}})\\\)", re.DOTALL)
_MARKUP = late_pattern(r"[\\^_{]")
_PRICE = late_pattern(r"[A-Z][A-Za-z]{0,2}\s?[0-9]")  # `$US27 and $US30`
_PLAIN_WORD = late_pattern(r"[A-Za-z]{3,}|[A-Za-z]{2,}\s+[A-Za-z]{2,}")

_BLACKBOARD = late_pattern(r"\\mathbb\s?(?:\{([A-Z1])\}|([A-Z1])(?![A-Za-z]))")
_FONTS = (
    r"math[a-z]{2,6}|text[a-z]{0,6}|emph|operatorname|boldsymbol|bm|mbox|hbox|underline"
    r"|ensuremath|boxed"
)
_HATS = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303",
    "bar": "\u0304", "overline": "\u0304", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308",
}  # fmt: skip
_FONT = late_pattern(rf"\\(?:{_FONTS})\*?\s?\{{([^{{}}]*)\}}")
_HAT = late_pattern(rf"\\({'|'.join(_HATS)})(?![A-Za-z])\s?(?:\{{([^{{}}]*)\}}|([A-Za-z]))")
_CONVERTED_LATER = late_pattern(rf"{_FONTS}|{'|'.join(_HATS)}|[dt]?frac|sqrt|mathbb")
_FRACTION = late_pattern(r"\\[dt]?frac\s?\{([^{}]*)\}\s?\{([^{}]*)\}")
_ROOT = late_pattern(r"\\sqrt\s?(?:\[([^][{}]{1,9})\])?\{([^{}]*)\}")
_SCRIPT = late_pattern(r"([\^_])\s?(?:\{([^{}\\^_]*)\}|([^\s{}\\^_]))")
_SIZE = late_pattern(
    r"\\(?:left|right|big|Big|bigg|Bigg|bigl|bigr|displaystyle|rm|bf|it|cal|limits|nolimits"
    r"|mathcal|mathrm|mathbf|mathsf|bm|boldsymbol)(?![A-Za-z])\.?"
)
_COMMAND = late_pattern(r"\\([A-Za-z]+)\s?(?=([A-Za-z])?([\\{])?)")
_DOUBLED = late_pattern(r"\{(\{[^{}]*\})\}")
_SPACING = late_pattern(r"\\[,;:!>]|\\ |~|&|\\\\")


def _dollars(text: str) -> str:
    """Converts formulas between single or double dollar signs; other dollar signs stay."""
    parts: list[str] = []
    done = 0  # everything before this position is in `parts`
    opening = text.find("$")
    while opening >= 0:
        width = 2 if text.startswith("$$", opening) else 1
        start = opening + width
        closing = text.find("$" * width, start, start + _MAX_FORMULA)
        if closing < 0:
            opening = text.find("$", start)
        elif _is_formula(text, start, closing, width):
            parts += (text[done:opening], formula_to_unicode(text[start:closing]))
            done = closing + width
            if text.startswith("~", done):  # `$5.02$~TeV`
                parts.append(" ")
                done += 1
            opening = text.find("$", done)
        else:
            opening = closing
    return "".join((*parts, text[done:]))


def _is_formula(text: str, start: int, end: int, width: int) -> bool:
    body = text[start:end]
    if not body.strip() or body[-1] == "\\" or text[start - width - 1 : start - width] == "\\":
        return False
    if "\\" in body:
        return True
    if body[0].isspace() or body[-1].isspace() or "\n\n" in body:
        return False
    after = text[end + width : end + width + 1]
    if _PRICE.match(body) and (body[-1] in "([,;:" or after.isupper()):
        return False
    if not _MARKUP.search(body):
        before = text[start - width - 1 : start - width] if start > width else ""
        # `the $Pass@K$ metric`, but not `$US and $CA`, and not `$HOME/$USER`.
        is_alone = body.split() == [body] and not any(map(str.isalnum, before + after))
        return is_alone or not (_PLAIN_WORD.search(body) or after.isdigit())
    return not re.search(r"[A-Za-z]{3}\s+[A-Za-z]{2}", body)


def formula_to_unicode(body: str) -> str:
    """Returns a formula, without the dollar signs around it, as Unicode."""
    text = _SPACING.sub(lambda match: "" if match[0] == "\\!" else " ", body)
    text = _SIZE.sub("", text.replace("\\{", "\x02").replace("\\}", "\x03"))
    for _ in range(_PASSES):
        previous = text
        text = _DOUBLED.sub(r"\1", text)
        # Symbols before fonts: otherwise `\to\mathbf{x}` would become the command `\tox`.
        text = _COMMAND.sub(_symbol, text)
        text = _BLACKBOARD.sub(lambda match: BLACKBOARD[match[1] or match[2]], text)
        text = _HAT.sub(_hatted, _FONT.sub(r"\1", text))
        text = _FRACTION.sub(lambda match: f"{_grouped(match[1])}/{_grouped(match[2])}", text)
        text = _ROOT.sub(_rooted, text)
        text = _SCRIPT.sub(_script, text)
        if text == previous:
            break
    return " ".join(re.sub(r"[{}\\]", "", text).translate(_PLACEHOLDERS).split())


def _symbol(match: re.Match[str]) -> str:
    name = match[1]
    if _CONVERTED_LATER.fullmatch(name):
        # Its argument is converted together with it.
        return match[0]
    preceding = match.string[match.start() - 1 : match.start()]
    if name in SYMBOLS:
        spaced = match[0][-1].isspace()
        wide = not match[2] or preceding.isspace()
        return SYMBOLS[name] + (" " if spaced and wide else "")
    # A function name needs spaces on both sides: `n\log n` is "n log n".
    needs_space = bool(match[0][-1].isspace() or match[2] or match[3])
    return f"{' ' * preceding.isalnum()}{name}{' ' * needs_space}"


def _script(match: re.Match[str]) -> str:
    table = SUPERSCRIPTS if match[1] == "^" else SUBSCRIPTS
    body = "".join((match[2] if match[2] is not None else match[3]).split())
    if small := _small(body, table):
        return small
    # A placeholder, so that it is not read again.
    sign = "\x04" if match[1] == "^" else "\x05"
    after = match.string[match.end() : match.end() + 1]
    alone = len(body) == 1 or (body.isascii() and body.isalnum() and not after.isalnum())
    return f"{sign}{body}" if alone else f"{sign}({body})"


def _hatted(match: re.Match[str]) -> str:
    body = (match[2] if match[2] is not None else match[3]).strip()
    return unicodedata.normalize("NFC", body + _HATS[match[1]]) if len(body) == 1 else body


def _rooted(match: re.Match[str]) -> str:
    degree = _small(match[1], SUPERSCRIPTS) if match[1] else ""
    return f"{degree}√{_grouped(match[2])}"


def _grouped(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"\w*|\([^()]*\)", text) else f"({text})"
