"""Finds the papers that a keyword matches, and decides whether a keyword covers another."""

from collections.abc import Sequence

from digest.core.keywords.aliases import all_forms, meaning
from digest.core.keywords.author_names import parse_author_name
from digest.core.keywords.connections import CONNECTION_FIELDS, parse_connection
from digest.core.keywords.paper_index import PaperIndex
from digest.core.keywords.parser import term_words
from digest.core.keywords.patterns import pattern
from digest.core.models.profiles import Keyword
from digest.core.text.tokens import fold, lemmatizer

_CONNECTED = ("author", *CONNECTION_FIELDS)


def matching_papers(keyword: Keyword, index: PaperIndex) -> frozenset[int]:
    """Returns the numbers of the papers in an index that a keyword or one of its forms matches."""
    numbers: set[int] = set()
    for form in all_forms(keyword):
        if form.field in _CONNECTED:
            if named := parse_connection(form.field, form.term):
                numbers |= index.connections.find(form.field, named).keys()
                continue
            name = parse_author_name(form.term)
            numbers |= index.by_author(name, exact=form.exact) if name else set()
        elif form.field == "category":
            numbers |= index.by_category(form.term, prefix=form.prefix)
        else:
            numbers.update(number for number, _ in index.occurrences(pattern(form)))
    return frozenset(numbers)


def covers(wider: Keyword, narrower: Keyword) -> bool:
    """Returns whether `wider` matches every paper that `narrower` matches in any of its forms.

    Only the words of the keywords are compared. The result is False where they do not decide it.
    """
    return all(
        any(_form_covers(wider_form, form) for wider_form in all_forms(wider))
        for form in all_forms(narrower)
    )


def _form_covers(wider: Keyword, narrower: Keyword) -> bool:
    fields = (wider.field, narrower.field)
    connections = (
        parse_connection(form.field, form.term)
        for form in (wider, narrower)
        if form.field in _CONNECTED
    )
    if any(connections):
        return meaning(wider) == meaning(narrower)
    if "author" in fields:
        return wider.field == narrower.field and _covers_author(wider, narrower)
    if "category" in fields:
        return wider.field == narrower.field and _covers_category(wider, narrower)
    if wider.field == "title" != narrower.field:
        return False
    if wider.exact or wider.capitals:
        return _covers_exact_words(wider, narrower)
    return _covers_stems(wider, narrower)


def _covers_author(wider: Keyword, narrower: Keyword) -> bool:
    family, person = parse_author_name(wider.term), parse_author_name(narrower.term)
    if family is None or person is None or (family, wider.exact) == (person, narrower.exact):
        return family == person
    return not (wider.exact or family.given) and family.family == person.family


def _covers_category(wider: Keyword, narrower: Keyword) -> bool:
    whole, part = wider.term.casefold(), narrower.term.casefold()
    if wider.prefix:
        return part.startswith(whole)
    return part.startswith(f"{whole}.") or (part == whole and not narrower.prefix)


def _covers_exact_words(wider: Keyword, narrower: Keyword) -> bool:
    """Returns whether a keyword that is matched letter for letter covers another one."""
    outer, inner = term_words(narrower), term_words(wider)
    case_counts = wider.capitals or any(char.isupper() for char in wider.term)
    if wider.capitals and narrower.capitals:
        return meaning(wider)[1:] == meaning(narrower)[1:]
    if not narrower.exact or (case_counts and not any(char.isupper() for char in narrower.term)):
        return False
    if not case_counts:
        outer, inner = tuple(map(str.casefold, outer)), tuple(map(str.casefold, inner))
    return _contains_words(outer, inner)


def _covers_stems(wider: Keyword, narrower: Keyword) -> bool:
    """Returns whether a keyword that is matched by lemmas or as a prefix covers another one."""
    outer = term_words(narrower)
    inner = term_words(wider)
    lemma = lemmatizer(narrower.language)
    lemmas = tuple(map(lemma, outer))
    if not wider.prefix:
        # The end of the last word of a prefix is unknown, and so is its lemma.
        return _contains_words(lemmas[:-1] if narrower.prefix else lemmas, tuple(map(lemma, inner)))
    beginning = fold(inner[-1])
    size = len(inner)
    prefix = [fold(outer[-1])] if narrower.prefix else []
    # Most words that are matched by their lemma begin with it.
    starts = [
        *(map(fold, outer) if narrower.exact else lemmas[: len(outer) - len(prefix)]),
        *prefix,
    ]
    return any(
        lemmas[end - size : end - 1] == tuple(map(lemma, inner[:-1]))
        and starts[end - 1].startswith(beginning)
        for end in range(size, len(outer) + 1)
    )


def _contains_words(outer: Sequence[str], inner: Sequence[str]) -> bool:
    """Returns whether the inner words are in the outer ones, one after the other."""
    size = len(inner)
    starts = range(len(outer) - size + 1)
    return any(tuple(outer[start : start + size]) == tuple(inner) for start in starts)
