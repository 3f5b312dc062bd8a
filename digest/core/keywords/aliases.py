"""Aliases: further forms of a keyword, such as "large language model" for LLM.

A profile says once what else a keyword is called, and every keyword of that meaning gets
those forms: an occurrence of a form is an occurrence of the keyword. Whoever looks for a
keyword looks for all of `all_forms(keyword)`, and speaks of the keyword alone.

An alias goes one way: `LLM = ["large language model"]` does not make a keyword "large
language model" find "LLM". A field is the keyword's own: `title:LLM` looks for its forms in
titles too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from digest.core.keywords.parser import KeywordError, parse, term_words
from digest.core.models.profiles import Keyword
from digest.core.text.tokens import ENGLISH, stemmer

MAX_FORMS = 20
"""Forms of one keyword."""

Meaning = tuple[str, tuple[str, ...], bool, bool]
"""What makes two keywords one, whatever their weights: field, stems or letters, kind."""


def parse_name(text: str) -> Keyword:
    """Read what an alias is for: a keyword without field and weight.

    Raises:
        KeywordError: it is not one.
    """
    return _plain(text, "the name of an alias")


def parse_form(text: str) -> Keyword:
    """Read one form: a keyword without field and weight.

    Raises:
        KeywordError: it is not one.
    """
    return _plain(text, "an alias")


def meaning(keyword: Keyword) -> Meaning:
    """What the keyword looks for; equal for "KV cache", "KV-caches" and "kv cache^2"."""
    words, stem = term_words(keyword), stemmer(keyword.language)
    if keyword.exact:
        lower = not any(char.isupper() for char in keyword.term)
        looked_for = tuple(word.casefold() if lower else word for word in words)
    elif keyword.field in ("author", "category"):
        looked_for = (keyword.term.casefold(),)
    elif keyword.prefix:
        looked_for = (*map(stem, words[:-1]), words[-1].casefold())
    elif keyword.capitals:  # the stemmer keeps the plural s where no vowel precedes it
        looked_for = (stem(keyword.term.removesuffix("s")),)
    else:
        looked_for = tuple(map(stem, words))
    return keyword.field, looked_for, keyword.exact, keyword.prefix


def all_forms(keyword: Keyword) -> tuple[Keyword, ...]:
    """The keyword and its forms: what to look for in its name."""
    return (keyword, *keyword.forms)


def attach(
    keywords: Iterable[Keyword],
    aliases: Iterable[tuple[str, Sequence[str]]],
    *,
    language: str = ENGLISH,
) -> tuple[Keyword, ...]:
    """The keywords, in their language, with the forms that the aliases give them.

    Args:
        keywords: those of a topic.
        aliases: names and their forms; of two names of one meaning, the later counts.
        language: of all of them.

    Raises:
        KeywordError: a name or a form is no plain keyword.
    """
    spoken = tuple(replace(keyword, language=language) for keyword in keywords)
    known = {
        meaning(replace(parse_name(name), language=language)): tuple(
            replace(parse_form(form), language=language) for form in forms
        )
        for name, forms in aliases
    }
    return tuple(_with_forms(keyword, known) for keyword in spoken) if known else spoken


def _with_forms(keyword: Keyword, known: Mapping[Meaning, tuple[Keyword, ...]]) -> Keyword:
    if keyword.field not in ("text", "title"):
        return keyword
    own = meaning(replace(keyword, field="text"))
    forms: dict[Meaning, Keyword] = {}
    for form in known.get(own, ()):
        forms.setdefault(meaning(form), form)
    forms.pop(own, None)
    found = (replace(form, field=keyword.field) for form in forms.values())
    return replace(keyword, forms=tuple(found)) if forms else keyword


def _plain(text: str, what: str) -> Keyword:
    keyword = parse(text)
    if keyword.field != "text":
        column = len(text) - len(text.lstrip()) + 1
        problem = f"{what} has no field; write the word or phrase alone"
        raise KeywordError(problem, column=column, keyword=text)
    if keyword.weight != 1.0:
        problem = f"{what} has no weight; write the weight at the keyword itself"
        raise KeywordError(problem, column=text.rindex("^") + 1, keyword=text)
    return keyword
