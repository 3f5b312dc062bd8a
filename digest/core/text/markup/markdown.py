r"""Removes the marks of Markdown from a line of text.

Authors write Markdown into abstracts, and a service sends it as it is. Only what is surely a mark
is removed: it is at the edge of words, has its counterpart, and encloses what could be
emphasised. Products, pointers, footnote marks, alleles and names such as `A*` and `*-algebra` stay.

>>> without_markdown("**SIFT** beats *all* of A*, 2*3*4 and `snake_case`: [code](https://a.example)")
'SIFT beats all of A*, 2*3*4 and snake_case: code'
"""

import re

from digest.core.text.markup.tex import ADDRESS
from digest.late_patterns import late_pattern

_LONGEST = 300  # characters between two marks

# A letter or digit of a script that puts spaces between words.
_WORD = r"[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
# No mark opens after one of these. It does after a slash only if another one closed before it.
_NOT_BEFORE = rf"(?<!{_WORD})(?<![*_`)\]}}$^\\])(?:(?<!/)|(?<=[*_`]/))"
_NOT_AFTER = rf"(?!{_WORD}|[*_`$^])"
# `*P and A*`, `*x and y*`: the last word is a name that ends with the sign.
_NOT_A_NAME = r"(?<!\s\w)(?<!\s[A-Z]{2})"

_LINK = r"!?\[(?P<label>[^\[\]]{1,300})\]\((?:https?://[^\s()<>]{1,500}(?:\([^\s()<>]{0,100}\))?)\)"
_STRONG = rf"(?P<stars>\*\*\*?)(?![\s*:;,.)])(?P<strong>[^*]{{1,{_LONGEST}}})(?<!\s)(?P=stars)"
# `**T**ransformer`: the letter of an abbreviation
_INITIAL = r"\*\*(?P<initial>[A-Z]{1,3})\*\*(?=[a-z])"
# Not in `*C*-Algebras*`. No sentence ends in a short emphasis.
_EMPHASISED = (
    r"\*(?![A-Z]\*-)(?=[^\W\d_]|[0-9][A-Za-z]|[(\[\"'“‘`])(?P<emphasised>(?:[^*<>=|;.!?]|[.!?](?!\s)){1,120})"
    rf"(?<=[^\W_]|[)\].!?%\"'”’:,`]){_NOT_A_NAME}\*"
)
# A single word in two underscores is a name in Python.
_UNDERLINED = rf"__(?!\w+__)(?=[^\W_])(?P<underlined>[^_]{{1,{_LONGEST}}})(?<=[^\s_])__"
_SLANTED = rf"_(?=[^\W_])(?P<slanted>[^_<>=|;]{{1,80}})(?<=[^\W_]|[)\].!?]){_NOT_A_NAME}_"
_CODE = r"(?P<ticks>``?)(?P<code>[^`\s](?:[^`]{0,98}[^`\s])?)(?P=ticks)(?![\w`'])"
_MARKED = late_pattern(
    rf"{ADDRESS.pattern}|{_LINK}"
    # What must not follow is written once, as its class of characters takes long to compile.
    rf"|{_NOT_BEFORE}(?:(?:{_STRONG}|{_EMPHASISED}|{_UNDERLINED}|{_SLANTED}){_NOT_AFTER}"
    rf"|{_INITIAL}|{_CODE})"
)


def without_markdown(text: str) -> str:
    """Returns the text without marks of emphasis and code, and with the labels of links.

    One level of marks is removed; web addresses are not changed. The time is linear in the length.

    Args:
        text: on one line, without TeX.
    """
    # Tests for a part of a string are much faster than a pattern, and few texts have a mark.
    if "*" in text or "`" in text or "_" in text or "](" in text:
        return _MARKED.sub(_unmarked, text)
    return text


def _unmarked(match: re.Match[str]) -> str:
    # The last group that matched has the text: the groups of the marks come before it.
    return match[match.lastgroup] if match.lastgroup else match[0]
