r"""The texts of bioRxiv and medRxiv, which keep marks of their typesetting.

>>> highwire_text("Background{beta}-cells [&le;] 5 were O_SCPLOWNC_SCPLOW-linked.")
'Background: β-cells ≤ 5 were N-linked.'
"""

import html
import re

from digest.core.text.html_text import html_line
from digest.sources.records.texts.headings import GLUED_HEADING, without_abstract_heading

# O_FIG ... C_FIG is a figure with its file names, O_TBL a table: nothing to read.
_FIGURE = re.compile(
    r"O_(?P<what>FIG|TBL|TEXTBOX|LINKSMALLFIG)\b.*?(?:C_(?P=what)\b|\Z)", re.DOTALL
)
# "Graphical abstract" was the heading of the figure.
_FIGURE_TITLE = re.compile(r"\s{0,9}\bgraphical abstract\s{0,9}\Z", re.IGNORECASE)
_HEADING = re.compile(r"O_ST_ABS(?P<title>.{0,80}?)C_ST_ABS", re.DOTALL)
# Small capitals are inside of words, items of lists are between them.
_STYLE = re.compile(r"[OC]_(?:SCPLOW|SCPCAP|INLINEFIG)")
_MARK = re.compile(r"[OCM]_(?:ST_ABS|LI|FIG|TBL|TAB|QD|TEXTBOX|LINKSMALLFIG)")
_NAMED = re.compile(r"\{(?P<name>[A-Za-z+/ -]{1,20}|superscript [0-9])\}")
_BRACKETED = re.compile(r"\[(?P<text>(?:&[A-Za-z]{2,8};|[-=<>~])+)\]")

_GREEK = [
    "alpha",
    "α",
    "beta",
    "β",
    "gamma",
    "γ",
    "delta",
    "δ",
    "epsilon",
    "ε",
    "zeta",
    "ζ",
    "eta",
    "η",
    "theta",
    "θ",
    "iota",
    "ι",
    "kappa",
    "κ",
    "lambda",
    "λ",
    "mu",
    "μ",
    "nu",
    "ν",
    "xi",
    "ξ",
    "omicron",
    "ο",
    "pi",
    "π",
    "rho",
    "ρ",
    "sigma",
    "σ",
    "tau",
    "τ",
    "upsilon",
    "υ",
    "phi",
    "φ",
    "chi",
    "χ",
    "psi",
    "ψ",
    "omega",
    "ω",
]
_GREEK_LETTERS = dict(zip(_GREEK[::2], _GREEK[1::2], strict=True))
_SYMBOLS = {
    "+/-": "±", "-/+": "∓", "middle dot": "·", "degrees": "°", "degree": "°", "micro": "µ",
    "infty": "∞", "cong": "≅", "approx": "≈", "asymp": "≈", "sim": "∼", "times": "×",
    "leq": "≤", "geq": "≥", "le": "≤", "ge": "≥", "ne": "≠", "partial": "∂", "nabla": "∇",
    "rightarrow": "→", "leftarrow": "←", "uparrow": "↑", "downarrow": "↓", "permil": "‰",
    "prime": "′", "bullet": "•", "dagger": "†", "ell": "ℓ", "phis": "φ", "thetas": "ϑ",
    "o": "ø", "O": "Ø", "whitebullet": "○", "square": "□", "sum": "∑", "int": "∫", "surd": "√",
    "harr": "↔", "equiv": "≡", "prop": "∝", "propto": "∝", "copyright": "©", "ring": "°",
    "triangleup": "▲", "varepsilon": "ε", "varphi": "φ", "ddagger": "‡", "blacksquare": "■",
    "per thousand": "‰", "perp": "⊥", "cap": "∩", "cup": "∪",
    **{f"superscript {digit}": power for digit, power in zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True)},
}  # fmt: skip


def highwire_text(text: str, *, limit: int = 50_000) -> str:
    """Returns a title or an abstract without the marks of the typesetting, on one line.

    Args:
        text: as the API of the server gives it.
        limit: the greatest length of the result, in characters.
    """
    text = _FIGURE_TITLE.sub("", _FIGURE.sub(" ", text)) if "O_" in text else text
    text = _HEADING.sub(lambda found: f"\n{found['title'].strip().rstrip(':.')}: ", text)
    text = _MARK.sub(" ", _STYLE.sub("", text)) if "_" in text else text
    text = _NAMED.sub(_symbol, text)
    text = _BRACKETED.sub(lambda found: html.unescape(found["text"]), text)
    text = GLUED_HEADING.sub(r"\g<before>\g<title>: ", without_abstract_heading(text))
    return html_line(text, limit=limit)


def _symbol(found: re.Match[str]) -> str:
    name = found["name"]
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    letter = _GREEK_LETTERS.get(name.lower())
    if letter is None:
        return found[0]
    return letter.upper() if name[0].isupper() else letter
