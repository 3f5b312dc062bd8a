"""Parses and compares author names with given names, with initials, or with neither."""

from functools import lru_cache

from msgspec import Struct

from digest.core.text.tokens import BREAK, fold, lemma, tokenise


class AuthorName(Struct, frozen=True, kw_only=True):
    """An author's name, without case and accents."""

    family: str
    given: tuple[str, ...]  # names or initials

    def matches(self, other: "AuthorName", *, exact: bool) -> bool:
        """Returns True if the other name may be the same person's.

        Args:
            other: a name in a paper. If this name has no given names, only the family name is
                compared.
            exact: True if the names must be equal, without initials or missing names.
        """
        if self.family != other.family or exact:
            return self == other
        if not self.given:
            return True
        if not other.given or not _same_given(self.given[0], other.given[0]):
            return False
        fewer, more = sorted((self.given[1:], other.given[1:]), key=len)
        # Middle names may be missing on one side, but the rest must be in the same order.
        rest = iter(more)
        return all(any(_same_given(name, candidate) for candidate in rest) for name in fewer)


@lru_cache(maxsize=1 << 14)
def parse_author_name(text: str) -> AuthorName | None:
    """Parses a name such as "Tri Dao", "T. Dao" or "Dao, Tri"; None if it has no letter."""
    family, comma, given = text.partition(",")
    words = tokenise(f"{given} {family}" if comma else text)
    # `tokenise` gives punctuation too.
    parts = tuple(fold(word) for word in words if lemma(word) != BREAK)
    return AuthorName(family=parts[-1], given=parts[:-1]) if parts else None


def _same_given(first: str, second: str) -> bool:
    """Returns True for equal names, and for an initial and a name that starts with it."""
    return first == second or (1 in (len(first), len(second)) and first[0] == second[0])
