r"""Normalises the identifiers and the titles by which records of one paper are recognised.

The strongest evidence is the identifier of a registry (arXiv id without version, DOI), then the
title key. Dumps have no identifiers, so only the title key connects them to other sources.
Abstracts are not used: sources give different abstracts for one paper.

The title key contains little more than letters and digits, because each source spells a title in
its own way: `Hyper$Z\cdot Z\cdot W$`, `HyperZ·Z·W`, and `HyperZcdotZcdotW` in a dump, which drops
dollar signs and backslashes. Symbols are therefore written as their TeX names.
"""

import html
import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from hashlib import blake2b

from digest.core.models.papers import Identifier
from digest.core.text.html_text import CHARACTER_REFERENCE, with_joined_references
from digest.core.text.invisible import with_bounded_marks
from digest.late_patterns import late_pattern

# Kept besides letters and digits: C++ and C# are not C, and 1.5B is not 15B.
_KEPT = "+#."
_ASCII_DROPPED = dict.fromkeys(
    code for code in range(128) if not (chr(code).isalnum() or chr(code) in _KEPT)
)
_STRAY_POINT = re.compile(r"\.(?!\d)|(?<!\d)\.")
_MARKUP = re.compile(r"[\\&<{]")

_TAG = late_pattern(
    r"</?(?:a|abbr|b|br|code|em|font|i|inf|p|s|scp|small|span|strong|sub|sup|tt|u"
    r"|m(?:ath|row|i|n|o|sub|sup|text|style)|[a-z]+:[a-z-]+)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
# TeX commands that change only the appearance of their argument. A dump has lost the backslash,
# so the names are also removed without it if a brace follows.
_STYLE = (
    r"math(?:bb|bf|bin|cal|frak|it|op|ord|rel|rm|scr|sf|tt|normal)"
    r"|text(?:bf|it|md|normal|rm|sc|sf|sl|subscript|superscript|tt|up)"
    r"|operatorname\*?|boldsymbol|underline|uppercase|lowercase|ensuremath"
)
_STYLED = re.compile(
    rf"\\(?:{_STYLE}|text|emph|bm|mbox|hbox|bf|em|it|rm|sc|sf|sl|tt|cal)(?![A-Za-z])"
    rf"|(?:{_STYLE}|(?<![A-Za-z])(?:text|emph|bm|mbox))(?=\{{)",
    re.IGNORECASE,
)
_LETTER_ACCENT = re.compile(r"\\[cvHukrbdt](?![A-Za-z])")  # \c{c}, \v s; \'e needs no rule
_RING = re.compile(r"\\aa(?![A-Za-z])", re.IGNORECASE)
# `\varphi` is another shape of the letter `\phi`.
_VARIANT = re.compile(r"(?<!var)(?:var)++(?=epsilon|kappa|phi|pi|rho|sigma|theta)")

_MARKS = str.maketrans(dict.fromkeys("™®©℠"))  # removed before NFKC turns them into letters
_ELL = str.maketrans({"ℓ": "ell"})  # replaced before NFKC turns it into "l"
_GREEK = (
    "α alpha β beta γ gamma δ delta ε epsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda "
    "μ mu ν nu ξ xi ο omicron π pi ρ rho σ sigma ς sigma τ tau υ upsilon φ phi χ chi ψ psi "
    "ω omega"
)
_LETTERS = "æ ae œ oe ø o ł l đ d ð d þ th ı i ȷ j ħ h ŋ ng ŧ t ß ss"
_SYMBOLS = (
    "× times · cdot ⋅ cdot ∙ cdot ∗ ast ∞ infty ± pm ∓ mp ÷ div √ sqrt ∂ partial ∇ nabla "
    "∑ sum ∏ prod ∫ int ∈ in ∉ notin ⊂ subset ⊆ subseteq ∪ cup ∩ cap ∅ emptyset ∀ forall "
    "∃ exists ¬ neg ∧ wedge ∨ vee ⊕ oplus ⊗ otimes ∘ circ ° circ ≤ leq ≥ geq ≠ neq ≈ approx "
    "≡ equiv ∼ sim ≃ simeq ∝ propto ≪ ll ≫ gg ⊥ perp ∥ parallel ⟨ langle ⟩ rangle † dagger "
    "→ rightarrow ← leftarrow ↔ leftrightarrow ⇒ rightarrow ⇐ leftarrow ⇔ leftrightarrow "
    "↦ mapsto ↑ uparrow ↓ downarrow ★ star ⋆ star"
)


# DOI prefixes of preprint servers and of archives that number versions: arXiv, bioRxiv and medRxiv
# (10.1101 also belongs to journals), Research Square, SSRN, OSF, Preprints.org, ChemRxiv, TechRxiv,
# Authorea, Zenodo, figshare
# (https://api.crossref.org/prefixes/PREFIX, https://api.datacite.org/prefixes/PREFIX).
_PREPRINT_DOI = late_pattern(
    r"10\.(?:48550|64898|21203|2139|31219|31222|31223|31224|31228|31234|31235|35542|17605|20944"
    r"|26434|36227|22541|5281|6084)/"
    r"|10\.1101/(?:\d{4}\.\d\d\.\d\d\.)?\d+(?:v\d+)?$"
)


def _pairs(text: str) -> dict[str, str]:
    words = iter(text.split())
    return dict(zip(words, words, strict=True))


_NAMED = str.maketrans(_pairs(_GREEK) | _pairs(_LETTERS) | _pairs(_SYMBOLS))


# A batch is looked up in the store by these keys, and then compared by them.
@lru_cache(maxsize=1 << 11)
def title_key(title: str) -> str:
    """Returns the normalised form of a title, which is equal for all spellings of it.

    Unicode is folded (NFKC, case, accents), HTML and TeX markup is removed, and symbols and
    Greek letters are replaced by their TeX names. Of the rest only letters, digits, `+`, `#` and
    the point inside a number stay. If nothing stays (an emoji), the key is the title without
    case and spaces. Only a blank title has an empty key.
    """
    # The short way, for titles without markup, TeX and characters outside ASCII.
    if title.isascii() and not _MARKUP.search(title):
        return _bare(title.lower()) or _fallback(title)
    title = with_bounded_marks(title)
    text = unicodedata.normalize("NFC", title)
    if "&" in text:
        text = with_joined_references(text)
        text = CHARACTER_REFERENCE.sub(lambda entity: html.unescape(entity[0]), text)
    if "<" in text:
        text = _TAG.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_MARKS).translate(_ELL))
    if "\\" in text or "{" in text:
        text = _RING.sub("a", _LETTER_ACCENT.sub("", _STYLED.sub("", text)))
    return _bare(_folded(text)) or _fallback(title)


def title_hash(key: str) -> int:
    """Returns a hash of a title key for a database index: 63 bits, equal on every machine.

    The hash only finds candidates. Two papers are the same only if the complete keys are equal.
    """
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    # 63 bits, because the databases store signed integers of 64 bits.
    return int.from_bytes(digest, "big") >> 1


def are_contradictory(one: Collection[Identifier], other: Collection[Identifier]) -> bool:
    """Returns True if the identifiers cannot belong to one paper, whatever the titles are.

    This is so if both sides have arXiv ids and none in common. If one side has no arXiv id, it
    is so if both have DOIs of publishers and none in common. DOIs of preprint servers and
    archives prove nothing: the journal version of a paper has another DOI, and so has each
    version in an archive.
    """
    ids, others = (
        {item.value for item in items if item.scheme == "arxiv"} for items in (one, other)
    )
    if ids and others:
        return ids.isdisjoint(others)
    works, otherworks = (
        {
            item.value
            for item in items
            if item.scheme == "doi" and not _PREPRINT_DOI.match(item.value)
        }
        for items in (one, other)
    )
    return bool(works) and bool(otherworks) and works.isdisjoint(otherworks)


def is_published(identifiers: Collection[Identifier]) -> bool:
    """Whether one of the identifiers is a DOI of a publisher, not of a preprint server or archive."""
    return any(item.scheme == "doi" and not _PREPRINT_DOI.match(item.value) for item in identifiers)


def is_preprint(identifiers: Collection[Identifier]) -> bool:
    """Whether one of the identifiers is an arXiv id, or a DOI of a preprint server or archive."""
    return any(
        item.scheme == "arxiv" or (item.scheme == "doi" and _PREPRINT_DOI.match(item.value))
        for item in identifiers
    )


def are_separate(one: Collection[Identifier], other: Collection[Identifier]) -> bool:
    """Returns True if papers with different titles and these identifiers cannot be one paper.

    Here DOIs of one archive count too: works of a series have titles and abstracts that are made
    from one template, such as “Gene model for the ortholog of ... in ...”.
    """
    if are_contradictory(one, other):
        return True
    dois, others = (
        {item.value for item in items if item.scheme == "doi"} for items in (one, other)
    )
    archives, other_archives = (
        {value.partition("/")[0] for value in values} for values in (dois, others)
    )
    return dois.isdisjoint(others) and not archives.isdisjoint(other_archives)


def _folded(text: str) -> str:
    """Returns the text in lower case without accents, Greek letters and symbols as names."""
    text = text.casefold()
    if text.isascii():
        return text
    text = unicodedata.normalize("NFD", text)
    # Only the accents of European scripts: in other scripts a mark makes a different word.
    text = "".join(char for char in text if not "\u0300" <= char <= "\u036f")
    return unicodedata.normalize("NFC", text).translate(_NAMED)


def _bare(text: str) -> str:
    """Returns only the characters that distinguish titles: letters, digits, `+`, `#`, `.`."""
    if "." in text:
        text = _STRAY_POINT.sub("", text)
    text = text.translate(_ASCII_DROPPED)
    if not text.isascii():
        text = "".join(filter(_is_kept, text))
    return _VARIANT.sub("", text) if "var" in text else text


def _is_kept(char: str) -> bool:
    return char.isalnum() or char in _KEPT or unicodedata.category(char)[0] == "M"


def _fallback(title: str) -> str:
    folded = unicodedata.normalize("NFKC", title).casefold()
    return unicodedata.normalize("NFKC", "".join(folded.split()))
