"""Which papers a keyword finds, and whether another one finds them all."""

from collections.abc import Sequence

from digest.core.keywords.aliases import all_forms, meaning
from digest.core.keywords.author_names import parse_author_name
from digest.core.keywords.parser import term_words
from digest.core.keywords.patterns import pattern
from digest.core.models.profiles import Keyword
from digest.core.ranking.corpus import PaperIndex
from digest.core.text.tokens import fold, stemmer


def matching_papers(keyword: Keyword, index: PaperIndex) -> frozenset[int]:
    """The papers of an index, by number, in which a keyword or a form of it occurs."""
    found: set[int] = set()
    for form in all_forms(keyword):
        if form.field == "author":
            name = parse_author_name(form.term)
            found |= index.by_author(name, exact=form.exact) if name else set()
        elif form.field == "category":
            found |= index.by_category(form.term, prefix=form.prefix)
        else:
            found.update(number for number, _ in index.occurrences(pattern(form)))
    return frozenset(found)


def covers(wider: Keyword, narrower: Keyword) -> bool:
    """Whether every paper that `narrower` finds, in any of its forms, `wider` finds too.

    Judged by the words alone; false where that cannot be told.
    """
    return all(any(_covers(one, form) for one in all_forms(wider)) for form in all_forms(narrower))


def _covers(wider: Keyword, narrower: Keyword) -> bool:
    if "author" in (wider.field, narrower.field):
        return wider.field == narrower.field and _is_anybody_of(wider, narrower)
    if "category" in (wider.field, narrower.field):
        return wider.field == narrower.field and _is_part_of(wider, narrower)
    if wider.field == "title" != narrower.field:
        return False
    if wider.exact or wider.capitals:
        return _covers_letters(wider, narrower)
    return _covers_stems(wider, narrower)


def _is_anybody_of(wider: Keyword, narrower: Keyword) -> bool:
    family, person = parse_author_name(wider.term), parse_author_name(narrower.term)
    if family is None or person is None or (family, wider.exact) == (person, narrower.exact):
        return family == person
    return not (wider.exact or family.given) and family.family == person.family


def _is_part_of(wider: Keyword, narrower: Keyword) -> bool:
    whole, part = wider.term.casefold(), narrower.term.casefold()
    if wider.prefix:
        return part.startswith(whole)
    return part.startswith(f"{whole}.") or (part == whole and not narrower.prefix)


def _covers_letters(wider: Keyword, narrower: Keyword) -> bool:
    words, inner = term_words(narrower), term_words(wider)
    case = wider.capitals or any(char.isupper() for char in wider.term)
    if wider.capitals and narrower.capitals:
        return meaning(wider)[1:] == meaning(narrower)[1:]
    if not narrower.exact or (case and not any(char.isupper() for char in narrower.term)):
        return False
    if not case:
        words, inner = tuple(map(str.casefold, words)), tuple(map(str.casefold, inner))
    return _stands_in(inner, words)


def _covers_stems(wider: Keyword, narrower: Keyword) -> bool:
    words = term_words(narrower)
    inner = term_words(wider)
    stem = stemmer(narrower.language)
    stems = tuple(map(stem, words))
    if not wider.prefix:
        # What ends the last word of a prefix is open, and so is its stem.
        return _stands_in(tuple(map(stem, inner)), stems[:-1] if narrower.prefix else stems)
    beginning = fold(inner[-1])
    size = len(inner)
    begun = [fold(words[-1])] if narrower.prefix else []
    # A word that is found by its stem has, as a rule, the stem as its beginning.
    begun = [*(map(fold, words) if narrower.exact else stems[: len(words) - len(begun)]), *begun]
    return any(
        stems[end - size : end - 1] == tuple(map(stem, inner[:-1]))
        and begun[end - 1].startswith(beginning)
        for end in range(size, len(words) + 1)
    )


def _stands_in(inner: Sequence[str], outer: Sequence[str]) -> bool:
    """Whether the words stand next to each other among the others."""
    size = len(inner)
    starts = range(len(outer) - size + 1)
    return any(tuple(outer[start : start + size]) == tuple(inner) for start in starts)
