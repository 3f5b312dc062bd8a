r"""When two records are the same paper.

Strongest evidence first: a registry's identifier (arXiv id without version, DOI), then the
title key. Dumps carry no identifiers, so that the title key is what joins a dump to
everything else. Abstracts take no part: those of one paper differ between sources.

The title key keeps letters and digits, and little else: every source spells the same title
in its own way (`Hyper$Z\cdot Z\cdot W$`, `HyperZ·Z·W`, and `HyperZcdotZcdotW` in a dump,
which drops dollars and backslashes). Symbols therefore go by their TeX names.
"""

import html
import re
import unicodedata
from collections.abc import Collection
from hashlib import blake2b

from digest.core.models.papers import Identifier
from digest.core.text.html_text import CHARACTER_REFERENCE

# Besides letters and digits: C++ and C# are not C, and 1.5B is not 15B.
_KEPT = "+#."
_ASCII_DROPPED = dict.fromkeys(
    code for code in range(128) if not (chr(code).isalnum() or chr(code) in _KEPT)
)
_STRAY_POINT = re.compile(r"\.(?!\d)|(?<!\d)\.")
_PLAIN = re.compile(r"[^\\&<{\x80-\U0010ffff]*")

_TAG = re.compile(
    r"</?(?:a|abbr|b|br|code|em|font|i|inf|p|s|scp|small|span|strong|sub|sup|tt|u"
    r"|m(?:ath|row|i|n|o|sub|sup|text|style)|[a-z]+:[a-z-]+)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
# TeX that changes how its argument looks, not what it says. A dump has lost the backslash,
# so the names count without it too where a brace follows.
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
_VARIANT = re.compile(r"(?:var)+(?=epsilon|kappa|phi|pi|rho|sigma|theta)")

_MARKS = str.maketrans(dict.fromkeys("™®©℠"))  # before NFKC makes letters of them
_ELL = str.maketrans({"ℓ": "ell"})  # as above
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


# Of preprint servers and of archives that number versions, by their registrants' prefixes: arXiv,
# bioRxiv and medRxiv (10.1101 is also of journals), Research Square, SSRN, OSF's, Preprints.org,
# ChemRxiv, TechRxiv, Authorea, Zenodo, figshare
# (https://api.crossref.org/prefixes/PREFIX, https://api.datacite.org/prefixes/PREFIX).
_PREPRINT_DOI = re.compile(
    r"10\.(?:48550|64898|21203|2139|31219|31222|31223|31224|31228|31234|31235|35542|17605|20944"
    r"|26434|36227|22541|5281|6084)/"
    r"|10\.1101/(?:\d{4}\.\d\d\.\d\d\.)?\d+(?:v\d+)?$"
)


def _pairs(text: str) -> dict[str, str]:
    words = iter(text.split())
    return dict(zip(words, words, strict=True))


_NAMED = str.maketrans(_pairs(_GREEK) | _pairs(_LETTERS) | _pairs(_SYMBOLS))


def title_key(title: str) -> str:
    """What is left of a title when everything is gone in which its spellings differ.

    Unicode is folded (NFKC, case, accents), HTML and TeX markup is removed, symbols and
    Greek letters go by their TeX names, and of the rest only letters, digits, `+`, `#` and
    the point inside a number stay. A title of which nothing would stay (an emoji) is its
    own key, without case and spaces: a title that is not blank has a key that is not empty.
    """
    if _PLAIN.fullmatch(title):
        return _bare(title.lower()) or _fallback(title)
    text = unicodedata.normalize("NFC", title)
    if "&" in text:
        text = CHARACTER_REFERENCE.sub(lambda entity: html.unescape(entity[0]), text)
    if "<" in text:
        text = _TAG.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_MARKS).translate(_ELL))
    if "\\" in text or "{" in text:
        text = _RING.sub("a", _LETTER_ACCENT.sub("", _STYLED.sub("", text)))
    return _bare(_folded(text)) or _fallback(title)


def title_hash(key: str) -> int:
    """A title key's place in an index: 63 bits, not negative, the same on every machine.

    It only finds candidates: whether two papers are the same is decided on the whole key.
    """
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def are_contradictory(one: Collection[Identifier], other: Collection[Identifier]) -> bool:
    """Whether these are never one paper, whatever their titles say.

    They are not where both have arXiv ids and none in common; or where, without a common one,
    both have DOIs of publishers and none in common. DOIs of preprints and of archives prove
    nothing: the paper that a journal prints has another one, and so has each version.
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


def _folded(text: str) -> str:
    """Lower case, without accents; Greek letters and symbols by name."""
    text = text.casefold()
    if text.isascii():
        return text
    text = unicodedata.normalize("NFD", text)
    # The accents of European scripts alone: elsewhere a mark makes another word.
    text = "".join(char for char in text if not "\u0300" <= char <= "\u036f")
    return unicodedata.normalize("NFC", text).translate(_NAMED)


def _bare(text: str) -> str:
    """Letters and digits, with what else distinguishes papers."""
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
