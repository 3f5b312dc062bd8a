r"""Mends TeX that lost its backslashes and dollar signs, as the text of a web page shows it.

A Daily Papers page shows `$1.8\times$` as `1.8times`. Only what is surely TeX is changed: a name
that is no English word, or that is where no English word can be, such as directly after a digit.
What is lost for good, such as the bar of `\frac{1}{n}` in `1{n}`, stays as it is.

>>> without_tex_remains("3times3 kernels, 1.2 sim 7times faster, with leq 4B parameters")
'3×3 kernels, 1.2 ∼ 7× faster, with ≤ 4B parameters'
"""

import re

from digest.core.text.markup.tex import ADDRESS, formula_to_unicode
from digest.core.text.markup.tex_symbols import SYMBOLS
from digest.late_patterns import late_pattern

_GREEK_NAMES = ["alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "sigma", "omega"]
_GREEK = rf"(?:var)?(?:{'|'.join(_GREEK_NAMES)})"
# Nearly all texts have none of these, and are returned at once. What the patterns below match contains
# one of the parts, or one of the words where its pattern matches. `in` takes a hundredth of the time of a
# pattern with many branches, and a pattern that begins with a word is searched for like one.
_PARTS = ("cdot", "rightarrow", "_{", "left(", "~", "`", "''", "}", "^*")
_BESIDE = {
    "times": re.compile(r"times(?<=[0-9]times)"),
    "sim": re.compile(r"sim(?: ?[0-9]|(?<=[0-9×%]sim)|(?<=[0-9×%] sim))"),
    "eq": re.compile(r"eq(?<=[lgn]eq)(?![a-z])"),
    "dots": late_pattern(r"dots(?<=[lc]dots)"),
    "mu": re.compile(r"mu[JWLAVFms]\b"),
    "ig": re.compile(r"ig(?<=[bB]ig)g?[lr]?\("),
    "% ": re.compile(r"% [A-Z]"),
    "$": late_pattern(r"\$(?<=[×%]\$)"),
    "\\": late_pattern(r"\\[0-9]"),
} | dict.fromkeys(_GREEK_NAMES, late_pattern(rf"{_GREEK}[)/^*+=<>|,]"))
_PAIR = late_pattern(rf"(?<=\()({_GREEK}), ({_GREEK})(?=\))")  # `(epsilon, delta)-private`
_NAMED = late_pattern(
    r"(?<=[0-9])(?P<times>times)(?![a-z])"  # `1.8times`, `3times3`
    r"|(?<![a-z\\])(?P<cdot>cdot)(?![a-z])"  # `HyperZcdotZ`, `I(cdot;cdot)`
    # `1.2 sim 7`, `1.2times sim 7`, `sim 80%`, `(sim100B)`; but not `sim2real`
    r"|(?<=[0-9×%] )(?P<between>sim)(?= [0-9])|(?<=[0-9])(?P<joined>sim)(?=[0-9])"
    r"|(?<![\w-])(?P<about>sim) ?(?=[0-9]{1,9}(?:[.,][0-9]{1,9}){0,3}(?:[%×]|[BMKkx]\b|times))"
    r"|(?<![A-Za-z\\])(?P<relation>[lgn]eq|rightarrow)(?![a-z])"
    r"|(?<![A-Za-z\\])(?P<dots>[lc]dots)(?=[,)\]}])"
    r"|(?<=[0-9⁰¹²³⁴-⁹}])(?P<space> ?)(?P<micro>mu)(?=[JWLAVFms]\b)"  # `5 muJ`
    # A Greek letter between signs of a formula: `O(1/epsilon)`, `(1-lambda)`
    rf"|(?:(?<=[/^*+=<>|,])|(?<=[0-9]-))(?P<after>{_GREEK})(?=[)/^*+=<>|,])"
    rf"|(?<=\()(?P<before>{_GREEK})(?=[/^*+=<>|,])"
)
_IN_BRACES = late_pattern(r"\{(cdot|sim|times|approx|pm|leq|geq|rightarrow)\}")
# `DNA polymerase {delta}`, `TNF{alpha}`; but not `m{delta}`, a fraction without its bar
_GREEK_IN_BRACES = late_pattern(rf"(?:(?<![^\s(/-])|(?<=[A-Z]{{2}}))\{{({_GREEK})\}}(?!\{{)")
# `sum_{i=1}^{N}`
_SUM = late_pattern(
    r"(?<![A-Za-z\\])(?:sum|prod|int|bigcup|bigcap)_\{[^{}]{1,60}\}"
    r"(?:\^(?:\{[^{}]{1,60}\}|[A-Za-z0-9](?![A-Za-z0-9])))?"
)
_OPENING = late_pattern(r"(?<=[A-Z])(?:[bB]igg?[lr]?|left)(?=\()")  # `Obig(n)`, `Oleft( n right)`
_CLOSING = late_pattern(r" ?(?<![a-z])(?:[bB]igg?[lr]?|right)(?=\))")
_DOLLAR = late_pattern(r"(?<=[0-9][×%])\$(?=\s)")  # one of two in nested formulas
_PRICE = late_pattern(r"(?<=\s)\\(?=[0-9])")  # `\$1` without its dollar sign
_COMMENT = late_pattern(r"(?:\A|(?<=[.!?] ))% (?=[A-Z])")  # `They fail. % We succeed`
_TIE = late_pattern(
    r"(?<=[A-Z][a-z])~(?=[A-Za-z]{2})|(?<=[0-9])~(?=[BKMT]\b)"
)  # `We~describe`, `3~M`
# Quotation marks that are half of TeX, ``so", or that were corrected by hand, ''so''.
_QUOTED = late_pattern(
    r"``([^`'\"]{1,300})\"(?!\w)|(?<![\w'])''([^\s'\"`][^'\"`]{0,300})(?<!\s)''(?![\w'])"
)
_SINGLE_QUOTED = late_pattern(r"(?<![\w`'])`([^\W_](?:[^`'\"]{0,80}[\w.!?])?)'(?![\w'])")
_STARRED = late_pattern(r"(?<=[^\W_])\^(?:\*|\{\*\})(?![\w*])")  # `A^*`
_LONE_BRACE = late_pattern(r"(?<=[a-z.])\}(?=[ ,])")


def without_tex_remains(text: str) -> str:
    """Returns the text with remains of TeX as Unicode. Web addresses are not changed."""
    if not _may_have_remains(text):
        return text
    if "}" in text and "{" not in text:
        text = _LONE_BRACE.sub("", text)
    if "://" not in text:
        return _mended(text)
    parts = ADDRESS.split(text)
    parts[::2] = map(_mended, parts[::2])  # the parts at odd indexes are web addresses
    return "".join(parts)


def _may_have_remains(text: str) -> bool:
    return any(part in text for part in _PARTS) or any(
        word in text and beside.search(text) for word, beside in _BESIDE.items()
    )


def _mended(text: str) -> str:
    if "{" in text:
        text = _IN_BRACES.sub(lambda match: SYMBOLS[match[1]], text)
        text = _GREEK_IN_BRACES.sub(lambda match: SYMBOLS[match[1]], text)
    if "_{" in text:
        text = _SUM.sub(lambda match: formula_to_unicode("\\" + match[0]), text)
    text = _PAIR.sub(lambda match: f"{SYMBOLS[match[1]]}, {SYMBOLS[match[2]]}", text)
    text = _NAMED.sub(_symbol, text)
    if _OPENING.search(text):  # only then is `big)` no English
        text = _CLOSING.sub("", _OPENING.sub("", text))
    if "% " in text:
        text = _COMMENT.sub("", text)
    if "`" in text or "''" in text:
        text = _QUOTED.sub(lambda match: f"“{match[1] or match[2]}”", text)
        text = _SINGLE_QUOTED.sub("‘\\1’", text)
    if "^" in text:
        text = _STARRED.sub("*", text)
    if "$" in text:
        text = _DOLLAR.sub("", text)
    if "\\" in text:
        text = _PRICE.sub("$", text)
    return _TIE.sub(" ", text) if "~" in text else text


def _symbol(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind == "micro":
        return f"{match['space']}µ"
    return _FIXED.get(kind) or SYMBOLS[match[kind]]


_FIXED = {"between": "∼", "joined": "∼", "about": "∼"}
