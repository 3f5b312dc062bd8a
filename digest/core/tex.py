r"""TeX to Unicode, for display.

A paper is stored as its source wrote it; what a reader sees goes through `readable`. Only
what is surely TeX is touched: formulas between dollars, accents, and a few commands. Prices,
percentages, addresses and paths stay as they are, and so does what is not understood.

>>> readable(r"An $O(n^2)$ bound by Andr\'e for $\alpha$-divergences, for $5")
'An O(n²) bound by André for α-divergences, for $5'
"""

import re
import unicodedata

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


_SIGNS = re.compile(r"[\\$]|--|``")


def _once(text: str) -> str:
    if "$" in text or "\\(" in text or "\\[" in text:
        text = _DELIMITED.sub(lambda found: _formula(found[1]), _dollars(text))
    if not _SIGNS.search(text):
        return text
    text = _STYLED.sub(lambda found: found[1] or found[2] or "", text)
    parts = _ADDRESS.split(text)
    parts[::2] = map(_prose, parts[::2])  # addresses stand at odd places
    return "".join(parts)


# --- Text -------------------------------------------------------------------------------

_ADDRESS = re.compile(r"(\b(?:https?|ftp)://[^\s{}\\]+)")
_STYLED = re.compile(
    r"\\(?:text(?:bf|it|md|normal|rm|sc|sf|sl|tt|up)|emph|underline|mbox|url|href\{[^{}]{0,500}\})"
    r"[ ]?\{([^{}]{0,2000})\}"
    r"|\{\\(?:bf|it|em|rm|sc|sf|sl|tt)\s([^{}]{0,2000})\}"
)
_MARKS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328",
    "r": "\u030a", "d": "\u0323", "b": "\u0331",
}  # fmt: skip
_SIGN = r"\\(?P<sign{0}>['`^\"~=.])\s?(?:(?P<bare{0}>[A-Za-z])|\{{\s?\\?(?P<inner{0}>[A-Za-z])\s?\}}|\\(?P<dotless{0}>[ij])(?![A-Za-z]))"
_WORD = r"\\(?P<word{0}>[uvHckrdb])(?:\s(?P<after{0}>[A-Za-z])|\s?\{{\s?\\?(?P<within{0}>[A-Za-z])\s?\}})"
_ACCENT = re.compile(
    r"\{(?:"
    + _SIGN.format("1") + "|" + _WORD.format("1")
    + r")\}|"
    + _SIGN.format("2") + "|" + _WORD.format("2")
)  # fmt: skip
_LETTERS = {
    "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ss": "ß", "aa": "å", "AA": "Å", "ae": "æ",
    "AE": "Æ", "oe": "œ", "OE": "Œ", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ",
    "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ",
}  # fmt: skip
_NAMES = "|".join(sorted(_LETTERS, key=len, reverse=True))
# `\o` not before another letter; a space after it belongs to it, `{}` as well.
_LETTER = re.compile(
    rf"\{{\\(?P<braced>{_NAMES})\}}"
    rf"|\\(?P<name>{_NAMES})(?:\{{\}}|[ ](?=[a-z])|(?![A-Za-z\\]))"
)
_ESCAPED = re.compile(r"\\([%&$_#{}])")
_QUOTED = re.compile(r"``([^`']{1,1000}(?:'[^`']{1,1000}){0,20}+)''")
_DASH = re.compile(r"(?<=[^\W_])(?P<long>-)?--(?=[^\W_])|(?<=\s)(?P<wide>-)?--(?=\s)")


def _prose(text: str) -> str:
    if "\\" in text:
        text = _ACCENT.sub(_accented, text)
        text = _LETTER.sub(lambda found: _LETTERS[found["braced"] or found["name"]], text)
        text = _BARE_SYMBOL.sub(lambda found: _SYMBOLS.get(found[1], found[0]), text)
        text = _ESCAPED.sub(r"\1", text)
    if "``" in text:
        text = _QUOTED.sub("“\\1”", text)
    if "--" in text:
        text = _DASH.sub(lambda found: "—" if found["long"] or found["wide"] else "–", text)
    return text


def _accented(found: re.Match[str]) -> str:
    mark, letter = (part for part in found.groups() if part)
    composed = unicodedata.normalize("NFC", letter + _MARKS[mark])
    return composed if len(composed) == 1 else found[0]  # `\"h`: rather a quotation mark


# --- Formulas ---------------------------------------------------------------------------

_SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "varpi": "ϖ", "rho": "ρ",
    "varrho": "ϱ", "sigma": "σ", "varsigma": "ς", "tau": "τ", "upsilon": "υ", "phi": "φ",
    "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ",
    "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "times": "×", "cdot": "·", "cdots": "⋯", "ldots": "…",
    "dots": "…", "pm": "±", "mp": "∓", "div": "÷", "ast": "∗", "star": "⋆", "circ": "∘",
    "bullet": "•", "oplus": "⊕", "otimes": "⊗", "odot": "⊙", "leq": "≤", "le": "≤", "geq": "≥",
    "ge": "≥", "neq": "≠", "ne": "≠", "lt": "<", "gt": ">", "ll": "≪", "gg": "≫", "approx": "≈",
    "sim": "∼", "simeq": "≃", "cong": "≅", "equiv": "≡", "propto": "∝", "lesssim": "≲",
    "gtrsim": "≳", "infty": "∞", "partial": "∂", "nabla": "∇", "sum": "∑", "prod": "∏",
    "int": "∫", "in": "∈", "notin": "∉", "ni": "∋", "subset": "⊂", "subseteq": "⊆",
    "supset": "⊃", "supseteq": "⊇", "cup": "∪", "cap": "∩", "setminus": "∖", "emptyset": "∅",
    "varnothing": "∅", "forall": "∀", "exists": "∃", "neg": "¬", "lnot": "¬", "land": "∧",
    "wedge": "∧", "lor": "∨", "vee": "∨", "to": "→", "rightarrow": "→", "longrightarrow": "→",
    "leftarrow": "←", "leftrightarrow": "↔", "Rightarrow": "⇒", "Leftarrow": "⇐", "implies": "⇒",
    "iff": "⇔", "mapsto": "↦", "uparrow": "↑", "downarrow": "↓", "perp": "⊥", "parallel": "∥",
    "mid": "|", "vert": "|", "Vert": "‖", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊",
    "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "ell": "ℓ", "hbar": "ℏ", "Re": "ℜ", "Im": "ℑ",
    "aleph": "ℵ", "dagger": "†", "ddagger": "‡", "prime": "′", "degree": "°", "angle": "∠",
    "odots": "…", "checkmark": "✓", "textasciitilde": "~", "quad": " ", "qquad": " ",
    "colon": ":", "backslash": "∖", "sqrt": "√", "top": "⊤", "bot": "⊥", "triangle": "△",
}  # fmt: skip
# Outside a formula only those count that are no English words or likely folders.
_BARE_SYMBOL = re.compile(
    r"(?<![\w:\\/.])\\((?:var)?(?:alpha|beta|gamma|delta|epsilon|kappa|lambda|sigma|theta|omega"
    r"|phi|psi|chi|pi|rho|tau|mu|nu|xi|eta)|times|cdot|infty|ldots|dots|pm|leq|geq|approx|sim"
    r"|rightarrow)(?![A-Za-z\\])"
)
_SUPER = dict(zip("0123456789+-=()abcdefghijklmnoprstuvwxyzTN∗*′β∘", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴺ**′ᵝ°", strict=True))  # fmt: skip
_SUB = dict(zip("0123456789+-=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))  # fmt: skip
_BOARD = dict(zip("CHNPQRZEF", "ℂℍℕℙℚℝℤ𝔼𝔽", strict=True))

# Stand for what must not be taken for markup until the end.
_KEPT_SIGNS = str.maketrans({"\x02": "{", "\x03": "}", "\x04": "^", "\x05": "_"})

_DELIMITED = re.compile(rf"\\\(((?:(?!\\[()]).){{1,{_MAX_FORMULA}}})\\\)", re.DOTALL)
_MARKUP = re.compile(r"[\\^_{]")
_PLAIN_WORD = re.compile(r"[A-Za-z]{3,}|[A-Za-z]{2,}\s+[A-Za-z]{2,}")

_BLACKBOARD = re.compile(r"\\mathbb\s?(?:\{([A-Z])\}|([A-Z])(?![A-Za-z]))")
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
_ROOT = re.compile(r"\\sqrt\s?\{([^{}]*)\}")
_SCRIPT = re.compile(r"([\^_])\s?(?:\{([^{}\\^_]*)\}|([^\s{}\\^_]))")
_SIZE = re.compile(
    r"\\(?:left|right|big|Big|bigg|Bigg|bigl|bigr|displaystyle|rm|bf|it|cal|limits|nolimits"
    r"|mathcal|mathrm|mathbf|mathsf|bm|boldsymbol)(?![A-Za-z])\.?"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)\s?(?=([A-Za-z])?)")
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
    if not _MARKUP.search(body):
        return not (_PLAIN_WORD.search(body) or text[end + width : end + width + 1].isdigit())
    return not re.search(r"[A-Za-z]{3,}\s+[A-Za-z]{2,}", body)


def _formula(body: str) -> str:
    text = _SPACING.sub(lambda found: "" if found[0] == "\\!" else " ", body)
    text = _SIZE.sub("", text.replace("\\{", "\x02").replace("\\}", "\x03"))
    for _ in range(_PASSES):
        before = text
        text = _BLACKBOARD.sub(
            lambda found: _BOARD.get(found[1] or found[2], found[1] or found[2]), text
        )
        text = _HAT.sub(_hatted, _FONT.sub(r"\1", text))
        text = _FRACTION.sub(lambda found: f"{_grouped(found[1])}/{_grouped(found[2])}", text)
        text = _ROOT.sub(lambda found: f"√{_grouped(found[1])}", text)
        text = _COMMAND.sub(_symbol, text)
        text = _SCRIPT.sub(_script, text)
        if text == before:
            break
    return " ".join(re.sub(r"[{}\\]", "", text).translate(_KEPT_SIGNS).split())


def _symbol(found: re.Match[str]) -> str:
    name = found[1]
    if _SETTLED_LATER.fullmatch(name):
        return found[0]  # with its argument
    if name in _SYMBOLS:
        return _SYMBOLS[name] + (" " if found[0][-1].isspace() and not found[2] else "")
    return name + (" " if found[0][-1].isspace() or found[2] else "")  # `\log n`


def _script(found: re.Match[str]) -> str:
    table = _SUPER if found[1] == "^" else _SUB
    body = "".join((found[2] if found[2] is not None else found[3]).split())
    if all(char in table for char in body):
        return "".join(table[char] for char in body)
    sign = "\x04" if found[1] == "^" else "\x05"  # so that it is not read again
    return f"{sign}{body}" if len(body) == 1 else f"{sign}({body})"


def _hatted(found: re.Match[str]) -> str:
    body = (found[2] if found[2] is not None else found[3]).strip()
    return unicodedata.normalize("NFC", body + _HATS[found[1]]) if len(body) == 1 else body


def _grouped(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"\w*|\([^()]*\)", text) else f"({text})"
