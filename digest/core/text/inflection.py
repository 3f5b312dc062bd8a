"""Folds the inflection of English words: number, and the forms of verbs.

Derivation stays: "agents" is "agent", but "agentic" is another word; "accelerators" is
"accelerator", but "accelerating" is not. There are two grades:

    singular(word)   without a plural ending: "agents" -> "agent", "analyses" -> "analysis"
    verb_key(word)   also without -ed and -ing: "pruning", "pruned" and "prunes" -> "prun"

`verb_key` follows steps 1a and 1b of the Snowball stemmer for English
(https://snowballstem.org/algorithms/english/stemmer.html). It is right where a keyword is a verb
form, and wrong for some nouns in -ing ("reasoning" and "reasons"), so it is weaker evidence.
"""

import re
from functools import lru_cache

_IRREGULAR = {
    "analyses": "analysis", "axes": "axis", "bases": "basis", "bacteria": "bacterium",
    "children": "child", "corpora": "corpus", "corpuses": "corpus", "crises": "crisis",
    "criteria": "criterion", "diagnoses": "diagnosis", "feet": "foot", "formulae": "formula",
    "foci": "focus", "fungi": "fungus", "genera": "genus", "genii": "genius",
    "halves": "half", "hypotheses": "hypothesis", "indexes": "index", "indices": "index",
    "knives": "knife", "leaves": "leaf", "lives": "life", "loci": "locus",
    "matrices": "matrix", "maxima": "maximum", "men": "man", "metastases": "metastasis",
    "mice": "mouse", "minima": "minimum", "nuclei": "nucleus", "oases": "oasis",
    "optima": "optimum", "parentheses": "parenthesis", "phenomena": "phenomenon",
    "prognoses": "prognosis", "proves": "prove", "radii": "radius", "shelves": "shelf",
    "simplices": "simplex", "spectra": "spectrum", "stimuli": "stimulus", "strata": "stratum",
    "syntheses": "synthesis", "synopses": "synopsis", "taxa": "taxon", "teeth": "tooth",
    "theses": "thesis", "vertices": "vertex", "vortices": "vortex", "wives": "wife",
    "wolves": "wolf", "women": "woman", "lenses": "lens", "quizzes": "quiz", "biases": "bias", "viruses": "virus",
    "buses": "bus", "gases": "gas", "statuses": "status", "aliases": "alias", "atlases": "atlas",
    "gpus": "gpu", "cpus": "cpu", "tpus": "tpu", "npus": "npu", "menus": "menu",
    "caches": "cache", "aches": "ache", "headaches": "headache", "niches": "niche",
}  # fmt: skip
"""Plurals that no rule makes."""

_UNCHANGED = frozenset(
    [
        "always",
        "bias",
        "chaos",
        "cosmos",
        "cross",
        "diabetes",
        "does",
        "ethos",
        "gas",
        "has",
        "herpes",
        "its",
        "kudos",
        "lens",
        "logos",
        "mars",
        "news",
        "pathos",
        "perhaps",
        "plus",
        "rabies",
        "series",
        "species",
        "this",
        "thus",
        "towards",
        "was",
        "whereas",
        "yes",
        "canvas",
        "pancreas",
        "alias",
        "atlas",
        "texas",
        "christmas",
    ]
)
"""Words in -s that are no plurals. Words in -ss, -us, -is are not listed."""

_COUNTED_ICS = frozenset(
    [
        "antibiotics",
        "basics",
        "characteristics",
        "clinics",
        "comics",
        "critics",
        "diagnostics",
        "fabrics",
        "heuristics",
        "lyrics",
        "metrics",
        "mosaics",
        "relics",
        "skeptics",
        "synthetics",
        "topics",
        "tropics",
    ]
)
"""Of the words in -ics the plurals; the others are names of fields: "semantics" is not "semantic"."""

_WHOLE = frozenset({"embed", "hundred", "indeed", "sacred"})
"""Words in -ed or -ing that are no form of another one."""

_CACHED_WORDS = 1 << 17  # the vocabulary of some ten thousand abstracts
_VOWEL = re.compile(r"[aeiouy]")
_ES = re.compile(r"(?:ss|sh|[^aeiou]ch|[ae]ch|oach|ouch|x|zz)es$")
_DOUBLE = frozenset({"bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt", "ll"})


@lru_cache(maxsize=_CACHED_WORDS)
def singular(word: str) -> str:  # noqa: PLR0911 - a list of rules; the first that fits decides
    """Returns the singular of an English word; other words stay as they are.

    Args:
        word: in lower case, without accents.
    """
    if (known := _IRREGULAR.get(word)) is not None:
        return known
    if len(word) < 3 or word[-1] != "s" or word in _UNCHANGED or not word.isascii():
        return word
    if word.endswith("'s"):
        return word[:-2]
    if word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ics") and len(word) > 5 and word not in _COUNTED_ICS:
        return word
    if word.endswith("ies"):
        # Short words lose only the s: "ties" is "tie".
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith("es") and _ES.search(word):
        return word[:-2]
    if not word[-2].isalpha():  # "3s"
        return word
    if len(word) == 3 and not _VOWEL.search(word):  # "dns"
        return word
    return word[:-1]


@lru_cache(maxsize=_CACHED_WORDS)
def verb_key(word: str) -> str:
    """Returns a key that is equal for all forms of a regular verb. It is not always a word.

    Args:
        word: in lower case, without accents.
    """
    base = singular(word)
    if len(base) < 4 or base in _WHOLE:
        return base
    for ending in ("ing", "ed"):
        # At least three letters must stay: "bring" and "shed" are whole words.
        if base.endswith(ending) and len(base) > len(ending) + 2:
            body = base.removesuffix(ending)
            if ending == "ed" and body.endswith("e"):  # "speed", "need", "agreed"
                return base
            # In "string" no vowel is left, so the ending belongs to the word.
            if _VOWEL.search(body):
                return _without_spelling(body)
    return _without_spelling(base)


def _without_spelling(body: str) -> str:
    """Drops what spelling adds between a verb and its ending: a doubled letter, a silent e."""
    if body[-2:] in _DOUBLE and len(body) > 3:
        return body[:-1]
    if body.endswith("e") and len(body) > 3 and not body.endswith("ee"):
        return body[:-1]
    return body
