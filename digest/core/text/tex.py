r"""TeX to Unicode, for display.

A paper is stored as its source wrote it; what a reader sees goes through `readable`. Only
what is surely TeX is touched: formulas between dollars, accents, and a few commands. Prices,
percentages, addresses and paths stay as they are, and so does what is not understood.

>>> readable(r"An $O(n^2)$ bound by Andr\'e for $\alpha$-divergences, for $5")
'An O(n²) bound by André for α-divergences, for $5'
"""

import re
import unicodedata

from digest.core.text.tex_symbols import (
    BLACKBOARD,
    LETTERS,
    MARKS,
    SHORT_FOR,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    SYMBOLS,
)

MAX_LENGTH = 100_000  # characters; longer texts are no titles or abstracts
_PASSES = 6  # one for each level of nesting
_MAX_FORMULA = 600  # characters


def readable(text: str) -> str:
    """The text with its TeX as Unicode; applied to its own result it changes nothing.

    Texts of more than MAX_LENGTH characters, and those nested deeper than any title, are
    given back unchanged. It never raises.
    """
    if len(text) > MAX_LENGTH or not _SIGNS.search(text):
        return text
    before, after = text, _once(text)
    for _ in range(_PASSES):
        if after == before:
            return after
        before, after = after, _once(after)
    return after if after == before else text


_SIGNS = re.compile(r"[\\$^]|--|``|_\{|/[^\s{}]{0,300}\{|\{times\}|[a-z][a-z.]~")


def _once(text: str) -> str:
    if "$" in text or "\\(" in text or "\\[" in text:
        text = _DELIMITED.sub(lambda found: _formula(found[1]), _dollars(text))
    if not _SIGNS.search(text):
        return text
    text = _STYLED.sub(_styled, _LABELLED.sub(_labelled, _TIED_ADDRESS.sub(" ", text)))
    parts = _ADDRESS.split(text)
    parts[::2] = map(_prose, parts[::2])  # addresses stand at odd places
    return "".join(parts)


# --- Text -------------------------------------------------------------------------------

_ADDRESS = re.compile(r"(\b(?:https?|ftp)://[^\s{}\\]+)")
_FACES = r"text(?:bf|it|md|normal|rm|sc|sf|sl|tt|up)|emph|underline"
_STYLED = re.compile(
    rf"(?P<space>(?<=[.,;:!?])(?=\\(?:url|href|footnote)))?\\(?:{_FACES}|mbox|url|(?P<note>footnote)"
    r"|(?:href|textcolor)\{[^{}]{0,500}\})[ ]?\{(?P<one>[^{}]{0,2000})\}"
    rf"|\{{\\(?:bf|it|em|rm|sc|sf|sl|tt|{_FACES})\s(?P<other>[^{{}}]{{0,2000}})\}}"
    r"|\\text(?P<script>super|sub)script\{(?P<body>[^{}\\^_]{0,100})\}"
)
# What a page leaves of `\href{address}{label}`.
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
# `\o` not before another letter; a space after it belongs to it, `{}` as well.
_LETTER = re.compile(
    rf"\{{\\(?P<braced>{_NAMES})\}}"
    rf"|\\(?P<name>{_NAMES})(?:\{{\}}|[ ](?=[a-z])|(?![A-Za-z\\]))"
)
_SHORT = re.compile(rf"\\({'|'.join(SHORT_FOR)})(?![A-Za-z])(?:\{{\}}|\.)?")
# `o\'s` is no accent but an escaped apostrophe.
_APOSTROPHE = re.compile(r"(?<=\w)\\'(?=(?:s|t|re|ve|ll|d|m)\b)(?!(?:\w{1,2})-)")
_IN_BRACES = re.compile(r"\{\\([A-Za-z]{2,20})\}")
_TIED_ADDRESS = re.compile(r"(?<=[a-z][a-z.])~(?=https?://)")
_TIE = re.compile(r"(?<=[a-z][a-z.])~(?=[\w\\(\[])")
_THIN = re.compile(r"(?<=\d)\\,(?=\w)|(?<=[a-z]\.)\\(?=[ ])")
# `10^{-3}`, `M^3Bench`; a dump that lost its dollars says `360^circ` and `7{times}`.
_POWER = re.compile(r"(?<=[^\W_])\^(?:([+-]?[0-9]{1,3})|\{([+-]?[0-9]{1,3})\})(?![0-9])")
_LOWERED = re.compile(r"(?<=[^\W_])_\{([^\W_]{1,12}|∞)\}(?![^\W_])")
_DEGREES = re.compile(r"(?<=[0-9])\^(?:\\?circ(?![A-Za-z])|\{\\?circ\})")
_ESCAPED = re.compile(r"\\([%&$_#{}])")
_QUOTED = re.compile(r"``([^`']{1,1000}(?:'[^`']{1,1000}){0,20}+)''")
_DASH = re.compile(r"(?<=[^\W_])(?P<long>-)?--(?=[^\W_])|(?<=\s)(?P<wide>-)?--(?=\s)")


def _prose(text: str) -> str:
    if "\\" in text:
        text = _APOSTROPHE.sub("'", _SHORT.sub(lambda found: SHORT_FOR[found[1]], text))
        text = _ACCENT.sub(_accented, text)
        text = _LETTER.sub(lambda found: LETTERS[found["braced"] or found["name"]], text)
        text = _IN_BRACES.sub(lambda found: SYMBOLS.get(found[1], found[0]), text)
        text = _THIN.sub(lambda found: "\u202f" if len(found[0]) > 1 else "", text)
        text = _BARE_SYMBOL.sub(lambda found: SYMBOLS[found[1] or found[2]], text)
        text = _ESCAPED.sub(r"\1", text)
    if "^" in text or "_{" in text:
        text = _DEGREES.sub("°", text)
        text = _POWER.sub(lambda found: _raised(found[1] or found[2]), text)
        text = _LOWERED.sub(_lowered, text)
    if "{times}" in text:
        text = re.sub(r"(?<=[0-9])\{times\}", "×", text)
    if "~" in text:
        text = _TIE.sub(" ", text)
    if "``" in text:
        text = _QUOTED.sub("“\\1”", text)
    if "--" in text:
        text = _DASH.sub(lambda found: "—" if found["long"] or found["wide"] else "–", text)
    return text


def _styled(found: re.Match[str]) -> str:
    if found["script"]:
        table = SUPERSCRIPTS if found["script"] == "super" else SUBSCRIPTS
        return _small(found["body"], table) or found["body"]
    space = "" if found["space"] is None else " "
    inner = found["one"] or found["other"] or ""
    return f"{space}({inner})" if found["note"] else space + inner


def _labelled(found: re.Match[str]) -> str:
    address, label = found[1], found[2].strip()
    point = label[-1:] if label[-1:] in ".," else ""
    said = label.rstrip(".,").partition("://")[2] or label.rstrip(".,")
    if not said or address.partition("://")[2].rstrip("/") == said.rstrip("/"):
        return address + point
    return f"{address} ({label})"


def _small(text: str, table: dict[str, str]) -> str:
    """The text in small signs; empty where one of them does not exist."""
    return "".join(table[char] for char in text) if all(char in table for char in text) else ""


def _raised(text: str) -> str:
    return _small(text, SUPERSCRIPTS)


def _lowered(found: re.Match[str]) -> str:
    return _small(found[1], SUBSCRIPTS) or f"_{found[1]}"


def _accented(found: re.Match[str]) -> str:
    mark, letter = (part for part in found.groups() if part)
    composed = unicodedata.normalize("NFC", letter + MARKS[mark])
    return composed if len(composed) == 1 else found[0]  # `\"h`: rather a quotation mark


# --- Formulas ---------------------------------------------------------------------------

# Outside a formula only those count that are no English words or likely folders.
_BARE_SYMBOL = re.compile(
    r"(?<![\w:\\/.])\\((?:var)?(?:alpha|beta|gamma|delta|epsilon|kappa|lambda|sigma|theta|omega"
    r"|phi|psi|chi|pi|rho|tau|mu|nu|xi|eta)|times|cdot|infty|ldots|dots|pm|leq|geq|approx|sim"
    r"|rightarrow|to)(?![A-Za-z\\])"
    r"|(?<=[0-9])\\(times|pm|deg|degree|sim)(?![A-Za-z])"
)
# Stand for what must not be taken for markup until the end.
_KEPT_SIGNS = str.maketrans({"\x02": "{", "\x03": "}", "\x04": "^", "\x05": "_"})

_DELIMITED = re.compile(rf"\\\(((?:(?!\\[()]).){{1,{_MAX_FORMULA}}})\\\)", re.DOTALL)
_MARKUP = re.compile(r"[\\^_{]")
_PRICE = re.compile(r"[A-Z][A-Za-z]{0,2}\s?[0-9]")  # `$US27 and $US30`
_PLAIN_WORD = re.compile(r"[A-Za-z]{3,}|[A-Za-z]{2,}\s+[A-Za-z]{2,}")

_BLACKBOARD = re.compile(r"\\mathbb\s?(?:\{([A-Z1])\}|([A-Z1])(?![A-Za-z]))")
_FONTS = (
    r"math[a-z]{2,6}|text[a-z]{0,6}|emph|operatorname|boldsymbol|bm|mbox|hbox|underline"
    r"|ensuremath|boxed"
)
_HATS = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303",
    "bar": "\u0304", "overline": "\u0304", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308",
}  # fmt: skip
_FONT = re.compile(rf"\\(?:{_FONTS})\*?\s?\{{([^{{}}]*)\}}")
_HAT = re.compile(rf"\\({'|'.join(_HATS)})(?![A-Za-z])\s?(?:\{{([^{{}}]*)\}}|([A-Za-z]))")
_SETTLED_LATER = re.compile(rf"{_FONTS}|{'|'.join(_HATS)}|[dt]?frac|sqrt|mathbb")
_FRACTION = re.compile(r"\\[dt]?frac\s?\{([^{}]*)\}\s?\{([^{}]*)\}")
_ROOT = re.compile(r"\\sqrt\s?(?:\[([^][{}]{1,9})\])?\{([^{}]*)\}")
_SCRIPT = re.compile(r"([\^_])\s?(?:\{([^{}\\^_]*)\}|([^\s{}\\^_]))")
_SIZE = re.compile(
    r"\\(?:left|right|big|Big|bigg|Bigg|bigl|bigr|displaystyle|rm|bf|it|cal|limits|nolimits"
    r"|mathcal|mathrm|mathbf|mathsf|bm|boldsymbol)(?![A-Za-z])\.?"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)\s?(?=([A-Za-z])?([\\{])?)")
_DOUBLED = re.compile(r"\{(\{[^{}]*\})\}")
_SPACING = re.compile(r"\\[,;:!>]|\\ |~|&|\\\\")


def _dollars(text: str) -> str:
    """Formulas between single or double dollars, converted; other dollars stay."""
    parts: list[str] = []
    done = 0
    opening = text.find("$")
    while opening >= 0:
        width = 2 if text.startswith("$$", opening) else 1
        start = opening + width
        closing = text.find("$" * width, start, start + _MAX_FORMULA)
        if closing < 0:
            opening = text.find("$", start)
        elif _is_formula(text, start, closing, width):
            parts += (text[done:opening], _formula(text[start:closing]))
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
        return not (_PLAIN_WORD.search(body) or after.isdigit())
    return not re.search(r"[A-Za-z]{3,}\s+[A-Za-z]{2,}", body)


def _formula(body: str) -> str:
    text = _SPACING.sub(lambda found: "" if found[0] == "\\!" else " ", body)
    text = _SIZE.sub("", text.replace("\\{", "\x02").replace("\\}", "\x03"))
    for _ in range(_PASSES):
        before = text
        text = _DOUBLED.sub(r"\1", text)
        text = _COMMAND.sub(_symbol, text)  # before `\to\mathbf{x}` would become `\tox`
        text = _BLACKBOARD.sub(lambda found: BLACKBOARD[found[1] or found[2]], text)
        text = _HAT.sub(_hatted, _FONT.sub(r"\1", text))
        text = _FRACTION.sub(lambda found: f"{_grouped(found[1])}/{_grouped(found[2])}", text)
        text = _ROOT.sub(_rooted, text)
        text = _SCRIPT.sub(_script, text)
        if text == before:
            break
    return " ".join(re.sub(r"[{}\\]", "", text).translate(_KEPT_SIGNS).split())


def _symbol(found: re.Match[str]) -> str:
    name = found[1]
    if _SETTLED_LATER.fullmatch(name):
        return found[0]  # with its argument
    if name in SYMBOLS:
        spaced = found[0][-1].isspace()
        wide = not found[2] or found.string[found.start() - 1 : found.start()].isspace()
        return SYMBOLS[name] + (" " if spaced and wide else "")
    follows = found[2] or found[3]
    before = found.string[found.start() - 1 : found.start()].isalnum()
    return f"{' ' * before}{name}{' ' * bool(found[0][-1].isspace() or follows)}"  # `n\log n`


def _script(found: re.Match[str]) -> str:
    table = SUPERSCRIPTS if found[1] == "^" else SUBSCRIPTS
    body = "".join((found[2] if found[2] is not None else found[3]).split())
    if small := _small(body, table):
        return small
    sign = "\x04" if found[1] == "^" else "\x05"  # so that it is not read again
    after = found.string[found.end() : found.end() + 1]
    alone = len(body) == 1 or (body.isascii() and body.isalnum() and not after.isalnum())
    return f"{sign}{body}" if alone else f"{sign}({body})"


def _hatted(found: re.Match[str]) -> str:
    body = (found[2] if found[2] is not None else found[3]).strip()
    return unicodedata.normalize("NFC", body + _HATS[found[1]]) if len(body) == 1 else body


def _rooted(found: re.Match[str]) -> str:
    degree = _small(found[1], SUPERSCRIPTS) if found[1] else ""
    return f"{degree}√{_grouped(found[2])}"


def _grouped(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"\w*|\([^()]*\)", text) else f"({text})"
