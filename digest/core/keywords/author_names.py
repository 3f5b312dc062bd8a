"""People's names, compared as papers write them: with given names, initials, or neither."""

from dataclasses import dataclass
from functools import lru_cache

from digest.core.text.tokens import BREAK, fold, stem, tokenise


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorName:
    """A person's name, folded."""

    family: str
    given: tuple[str, ...]  # names or initials

    def may_be(self, other: "AuthorName", *, exact: bool) -> bool:
        """Whether the other may be the same person; a name without given names is anybody's."""
        if self.family != other.family or exact:
            return self == other
        if not self.given:
            return True
        if not other.given or not _same_given(self.given[0], other.given[0]):
            return False
        fewer, more = sorted((self.given[1:], other.given[1:]), key=len)
        rest = iter(more)
        return all(any(_same_given(one, name) for name in rest) for one in fewer)


@lru_cache(maxsize=1 << 14)
def parse_author_name(text: str) -> AuthorName | None:
    """A name written "Tri Dao", "T. Dao" or "Dao, Tri"; None where there is no letter."""
    family, comma, given = text.partition(",")
    written = tokenise(f"{given} {family}" if comma else text)
    parts = tuple(fold(part) for part in written if stem(part) != BREAK)
    return AuthorName(family=parts[-1], given=parts[:-1]) if parts else None


def _same_given(one: str, other: str) -> bool:
    return one == other or (1 in (len(one), len(other)) and one[0] == other[0])
