"""Adds aliases to keywords: other forms, such as "large language model" for LLM.

A profile defines the forms of a keyword once, and every keyword with the same meaning gets them.
An occurrence of a form counts as an occurrence of the keyword: a search uses all of
`all_forms(keyword)`, and results name only the keyword.

An alias works in one direction: with `LLM = ["large language model"]`, the keyword "large language
model" does not find "LLM". The forms have the field of the keyword: the forms of `title:LLM` are
searched in titles only.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from digest.core.keywords.connections import CONNECTION_FIELDS, parse_connection
from digest.core.keywords.parser import KeywordError, parse, term_words
from digest.core.models.profiles import Keyword
from digest.core.text.tokens import ENGLISH, lemmatizer

MAX_FORMS = 20
"""The maximum number of forms of one keyword."""

Meaning = tuple[str, tuple[str, ...], bool, bool]
"""Equal for two keywords that find the same: field, words to find, exact, prefix."""


def parse_name(text: str) -> Keyword:
    """Parses the name of an alias: a keyword without field and weight.

    Raises:
        KeywordError: the text is not such a keyword.
    """
    return _plain(text, "the name of an alias")


def parse_form(text: str) -> Keyword:
    """Parses one form of an alias: a keyword without field and weight.

    Raises:
        KeywordError: the text is not such a keyword.
    """
    return _plain(text, "an alias")


def meaning(keyword: Keyword) -> Meaning:
    """Returns what the keyword finds: equal for "KV cache", "KV-caches" and "kv cache^2"."""
    words, lemma = term_words(keyword), lemmatizer(keyword.language)
    if keyword.field == "author" or keyword.field in CONNECTION_FIELDS:
        found = parse_connection(keyword.field, keyword.term)
        if found is not None and found.id:
            return keyword.field, (found.id,), False, False
    if keyword.exact:
        ignores_case = not any(char.isupper() for char in keyword.term)
        to_find = tuple(word.casefold() if ignores_case else word for word in words)
    elif keyword.field in ("author", "category", *CONNECTION_FIELDS):
        to_find = (keyword.term.casefold(),)
    elif keyword.prefix:
        to_find = (*map(lemma, words[:-1]), words[-1].casefold())
    elif keyword.capitals:  # the stemmer would keep the plural s after a consonant
        to_find = (lemma(keyword.term.removesuffix("s")),)
    else:
        to_find = tuple(map(lemma, words))
    return keyword.field, to_find, keyword.exact, keyword.prefix


def all_forms(keyword: Keyword) -> tuple[Keyword, ...]:
    """Returns the keyword followed by its forms: everything that counts as the keyword."""
    return (keyword, *keyword.forms)


def attach(
    keywords: Iterable[Keyword],
    aliases: Iterable[tuple[str, Sequence[str]]],
    *,
    language: str = ENGLISH,
) -> tuple[Keyword, ...]:
    """Returns the keywords with their language and with the forms from the aliases.

    Args:
        keywords: the keywords of a topic.
        aliases: names with their forms; of two names with one meaning, the later is used.
        language: of all keywords and forms, one of `digest.core.text.tokens.LANGUAGES`.

    Raises:
        KeywordError: a name or a form has a field or a weight, or is not a keyword.
    """
    in_language = tuple(
        keyword if keyword.language == language else replace(keyword, language=language)
        for keyword in keywords
    )
    forms_by_meaning = {
        meaning(replace(parse_name(name), language=language)): tuple(
            replace(parse_form(form), language=language) for form in forms
        )
        for name, forms in aliases
    }
    if not forms_by_meaning:
        return in_language
    return tuple(_with_forms(keyword, forms_by_meaning) for keyword in in_language)


def _with_forms(
    keyword: Keyword, forms_by_meaning: Mapping[Meaning, tuple[Keyword, ...]]
) -> Keyword:
    if keyword.field not in ("text", "title"):
        return keyword
    keyword_meaning = meaning(replace(keyword, field="text"))
    forms: dict[Meaning, Keyword] = {}
    for form in forms_by_meaning.get(keyword_meaning, ()):
        forms.setdefault(meaning(form), form)
    # A form with the meaning of the keyword would count each occurrence twice.
    forms.pop(keyword_meaning, None)
    with_field = (replace(form, field=keyword.field) for form in forms.values())
    return replace(keyword, forms=tuple(with_field)) if forms else keyword


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
