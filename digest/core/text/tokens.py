"""Prepares text for comparison: normalises, tokenises, folds case and accents, lemmatises.

Two texts are compared word by word. Words are separated by spaces, hyphens, slashes and dashes:
"KV-caches" is two words, "GPT-4o" is GPT and 4o, while "1.5B", "3D", "C++" and "Alzheimer's" are
one word each. Chinese and Japanese have no spaces, and Korean joins endings to words, so each
character of these languages is a word.

Two words with the same lemma are the same word. In English, a lemma is the singular
(`digest.core.text.inflection`); in other languages it is the stem that Snowball gives.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import chain

import Stemmer
from msgspec import Struct

from digest.core.text.inflection import singular, verb_key
from digest.core.text.invisible import with_bounded_marks
from digest.core.text.memo import Memo

BREAK = ""
"""The lemma of a break: punctuation that separates phrases."""

STOP_WORDS = frozenset(
    "a about above after again all also am an and any are as at be because been before being"  # noqa: SIM905 - 150 quotes
    " below between both but by can cannot could did do does doing down during each few for"
    " from further had has have having he her here hers him his how however i if in into is it"
    " its itself just may me might more most must my no nor not now of off on once only or other"
    " our ours out over own same she should so some such than that the their theirs them then"
    " there these they this those through to too under until up upon us very was we were what"
    " when where which while who whom why will with would you your".split()
)
"""English words without content, folded."""

_CJK = (
    "々\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_FIRST_CJK = "々"  # letters before it are none


def _token_pattern(cjk: str) -> re.Pattern[str]:
    """Returns the pattern of a word or a break.

    Args:
        cjk: the letters that are words by themselves, as in a class of characters.
    """
    letter = rf"[^\W_{cjk}]"
    return re.compile(
        r"[A-Za-z](?:\+\+|\#)(?!\w)"  # C++, C#
        + (rf"|[{cjk}]" if cjk else "")
        # Qwen2.5, Bayes's. Possessive: a word is never tried again with fewer letters.
        + rf"|{letter}++(?:(?:(?<=\d)\.(?=\d)|['’](?=[^\W\d_])){letter}++)*+"
        # The lookbehind keeps it linear: a long run is tried from its start only.
        r"|(?<![.,;:!?])[.,;:!?]++(?!\S)|[()\[\]{}。、，；：！？「」『』（）]"  # breaks
    )


_TOKEN = _token_pattern("")  # of a text without CJK letters


# The class of CJK letters takes as long to compile as all else here, and few homes need it.
@cache
def _cjk_token() -> re.Pattern[str]:
    return _token_pattern(_CJK)


@cache
def _cjk_letter() -> re.Pattern[str]:
    return re.compile(f"[{_CJK}]")


def _may_have_cjk(text: str) -> bool:
    return not text.isascii() and max(text) >= _FIRST_CJK


def _pattern_of(text: str) -> re.Pattern[str]:
    return _cjk_token() if _may_have_cjk(text) else _TOKEN


_BREAKS = ".,;:!?"  # also in the pattern

# Letters that Unicode does not decompose, and the typographic apostrophe.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "’": "'"}
)
_CACHED_WORDS = 1 << 17  # the vocabulary of some ten thousand abstracts
_CACHED_PARTS = 1 << 16

ENGLISH = "english"
LANGUAGES = tuple(sorted({*Stemmer.algorithms()} - {"lovins", "porter"}))
"""Languages with a Snowball stemmer, without the two older stemmers for English."""


class TokenizedText(Struct, frozen=True, kw_only=True):
    """A paper's title and abstract as words and breaks, in two parallel sequences."""

    surfaces: tuple[str, ...]  # the words as written
    lemmas: tuple[str, ...]  # the lemma of each; BREAK for a break
    title: int  # number of words and breaks in the title, which comes first
    length: int  # number of words, without the breaks


def normalise(text: str) -> str:
    """Returns the text in NFC, with each run of white space replaced by one space."""
    return " ".join(unicodedata.normalize("NFC", with_bounded_marks(text)).split())


def tokenise(text: str) -> list[str]:
    """Returns the words of a text as written, and the punctuation that separates phrases."""
    # No token contains white space, or depends on what is beyond it.
    parts = unicodedata.normalize("NFC", with_bounded_marks(text)).split()
    return list(chain.from_iterable(map(_tokens_between_spaces.__getitem__, parts)))


def _tokens_of(part: str) -> tuple[str, ...]:
    if part.isascii():  # most parts are a word, with or without a break; the pattern takes longer
        if part.isalnum():
            return (part,)
        if part[-1] in _BREAKS and part[:-1].isalnum():
            return part[:-1], part[-1]
    return tuple(_pattern_of(part).findall(part))


_tokens_between_spaces = Memo(_tokens_of, _CACHED_PARTS)
"""The tokens of a text without white space: nine in ten such parts were seen before."""


def token_places(text: str) -> tuple[tuple[int, int], ...]:
    """Returns the position of each word and break of `tokenise`: start and end.

    Args:
        text: in NFC, with few combining marks, as display text is.
    """
    return tuple(match.span() for match in _pattern_of(text).finditer(text))


@lru_cache(maxsize=_CACHED_WORDS)
def fold(word: str) -> str:
    """Returns the word in lower case without accents: "Müller" becomes "muller"."""
    if word.isascii():
        return word.lower()
    # A voiced kana is a different letter, not one with an accent.
    if _may_have_cjk(word) and _cjk_letter().match(word):
        return unicodedata.normalize("NFKC", word)
    caseless = unicodedata.normalize("NFKD", word).casefold()
    decomposed = unicodedata.normalize("NFKD", caseless)
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", letters.translate(_LETTERS))


@cache
def lemmatizer(language: str) -> Callable[[str], str]:
    """Returns the function that gives the lemma of a word, or BREAK for punctuation.

    At the end of an acronym, as in "LLMs", an s is a plural in all languages.

    Args:
        language: one of `LANGUAGES`.

    Source of the stemmers: https://snowballstem.org/algorithms/
    """
    # The lemmas are remembered, so their singulars need not be.
    inflected = singular.__wrapped__ if language == ENGLISH else _snowball(language)

    def lemma(word: str) -> str:
        if len(word) > 2 and word[-1] == "s" and word[:-1].isupper():
            word = word[:-1].rstrip("'’")
        folded = word.lower() if word.isascii() else fold(word)
        return inflected(folded) if folded[:1].isalnum() else BREAK

    return Memo(lemma, _CACHED_WORDS).__getitem__


def _snowball(language: str) -> Callable[[str], str]:
    snowball = Stemmer.Stemmer(language, 0)  # its own cache is not needed below ours
    return lambda folded: str(snowball.stemWord(folded))


lemma = lemmatizer(ENGLISH)
"""Returns the English lemma of a word, or BREAK for punctuation."""

EMPTY_LEMMAS = frozenset({BREAK, *map(lemma, STOP_WORDS)})
"""Lemmas that occur in every English text: breaks and stop words."""


@lru_cache(maxsize=_CACHED_WORDS)
def related_keys(word: str) -> tuple[str, str]:
    """Returns two keys of an English lemma; lemmas that share one are forms of one word.

    The first is the key of the verb, the second the Snowball stem, which also removes endings that
    make new words.
    """
    # The keys are remembered, so that of the verb need not be.
    return f"verb {verb_key.__wrapped__(word)}", f"stem {_english_stem(word)}"


_english_stem = _snowball(ENGLISH)


def words(title: str, abstract: str, language: str = ENGLISH) -> TokenizedText:
    """Returns title and abstract as one tokenised and lemmatised text, with a break between them.

    Args:
        title: as the source wrote it.
        abstract: as the source wrote it; may be empty.
        language: one of `LANGUAGES`.
    """
    head = tokenise(title)
    surfaces = (*head, ".", *tokenise(abstract))
    lemmas = tuple(map(lemmatizer(language), surfaces))
    return TokenizedText(
        surfaces=surfaces, lemmas=lemmas, title=len(head), length=len(lemmas) - lemmas.count(BREAK)
    )
