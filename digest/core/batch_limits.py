"""The limits of a batch: how long its texts may be, and how many papers and reasons it may have.

Everything that a source sends passes `within_limits` before it is shown or stored, also what the
source of another package sends. Too long texts and lists are cut; characters that a database or a
terminal cannot take are removed; identifiers and links with such characters are dropped, because
a changed one would be that of another paper. Each change has its reason in the batch.
"""

from collections.abc import Iterator
from operator import is_

from msgspec import Struct
from msgspec.structs import replace

from digest.core.models.batches import Batch, Rejection
from digest.core.models.papers import Paper
from digest.core.text.invisible import with_joined_surrogates
from digest.late_patterns import late_pattern
from digest.printable import is_printable, printable, printable_line

MAX_PAPERS = 50_000  # 32 MB, the longest file that is read, hold about 20,000 with abstracts
MAX_TITLE = 2_000  # characters; the longest real ones have about 400
MAX_ABSTRACT = 50_000  # characters, also of the short text of the source
MAX_AUTHORS = 5_000  # the largest collaborations have about this many
MAX_NAME = 200  # characters of a name, a category or a keyword
MAX_VENUE = 300  # characters
MAX_CATEGORIES = 50
MAX_CONNECTIONS = 600  # authors, institutions and references
MAX_CONNECTION = 300  # characters
MAX_KEYWORDS = 100
MAX_LINKS = 20
MAX_IDENTIFIERS = 20
MAX_IDENTIFIER = 600  # characters: the id of an entry (500), and the name of its source
MAX_URL = 2_000  # characters; browsers and mail programs cut longer ones
MAX_REJECTIONS = 100  # reasons that are kept; the others are counted
_ABOUT_THE_WHOLE = 10  # reasons beside those of single papers, such as the counts of others
_MAX_REASON = 300  # characters

# Control characters except tabs and line ends, halves of characters, and noncharacters.
_CONTROL = late_pattern("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNUSABLE = late_pattern("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class _ListLimit(Struct, frozen=True):
    field: str
    noun: str
    count: int
    length: int  # characters of one


_TEXTS = (
    ("title", MAX_TITLE),
    ("abstract", MAX_ABSTRACT),
    ("summary", MAX_ABSTRACT),
    ("venue", MAX_VENUE),
)
_LISTS = (
    _ListLimit("authors", "authors", MAX_AUTHORS, MAX_NAME),
    _ListLimit("categories", "categories", MAX_CATEGORIES, MAX_NAME),
    _ListLimit("keywords", "keywords", MAX_KEYWORDS, MAX_NAME),
    _ListLimit("connections", "names and references", MAX_CONNECTIONS, MAX_CONNECTION),
)


class RejectionList:
    """Collects rejections: the first `MAX_REJECTIONS` are kept, the others are counted."""

    def __init__(self) -> None:
        self._kept: list[Rejection] = []
        self._count = 0

    def add(self, reason: str, *, line: int | None = None) -> None:
        """Adds a rejection; a long reason is cut."""
        self._count += 1
        if len(self._kept) < MAX_REJECTIONS:
            self._kept.append(short_rejection(Rejection(reason=reason, line=line)))

    def __len__(self) -> int:
        """Returns how many were added."""
        return self._count

    def shown(self) -> tuple[Rejection, ...]:
        """Returns the rejections that were kept, and one that counts the others."""
        more = self._count - len(self._kept)
        if not more:
            return tuple(self._kept)
        return (*self._kept, Rejection(reason=f"{more:,} more problems like these"))


def within_limits(batch: Batch) -> Batch:
    """Returns the batch with everything within the limits; nearly always the batch itself.

    A second call changes nothing.
    """
    changes = RejectionList()
    papers: list[Paper] = []
    for number, paper in enumerate(batch.papers[:MAX_PAPERS], start=1):
        limited, problems = paper_within_limits(paper)
        if problems:
            name = printable_line(paper.title, limit=60) or f"number {number}"
            for problem in problems:
                changes.add(f"paper {name}: {problem}")
        if limited is not None:
            papers.append(limited)
    if len(batch.papers) > MAX_PAPERS:
        changes.add(f"more than {MAX_PAPERS:,} papers; the first {MAX_PAPERS:,} are read")
    rejected = _bounded(batch.rejected)
    same = len(papers) == len(batch.papers) and all(map(is_, papers, batch.papers))
    if same and not changes and rejected is batch.rejected:
        return batch
    return replace(batch, papers=tuple(papers), rejected=(*rejected, *changes.shown()))


def _bounded(rejected: tuple[Rejection, ...]) -> tuple[Rejection, ...]:
    # A batch that was bounded before has the reasons of its parser, those of this module, and
    # a few about the whole.
    if len(rejected) > 2 * MAX_REJECTIONS + _ABOUT_THE_WHOLE:
        bounded = RejectionList()
        for item in rejected:
            bounded.add(item.reason, line=item.line)
        return bounded.shown()
    short = tuple(map(short_rejection, rejected))
    return rejected if all(map(is_, short, rejected)) else short


def paper_within_limits(paper: Paper) -> tuple[Paper | None, tuple[str, ...]]:
    """Returns the paper within the limits, and what was changed.

    Returns:
        The paper, None if no title is left; and one text for each change.
    """
    problems: list[str] = []
    changes: dict[str, object] = {}
    for field, limit in _TEXTS:
        text: str = getattr(paper, field)
        limited = _usable(text, limit)
        if limited != text:
            changes[field] = limited
        if len(text) > limit:
            problems.append(f"the {field} has {len(text):,} characters; it is cut at {limit:,}")
    for rule in _LISTS:
        given: tuple[str, ...] = getattr(paper, rule.field)
        if not given:
            continue
        kept = tuple(filter(None, (_usable(text, rule.length) for text in given[: rule.count])))
        if kept != given:
            changes[rule.field] = kept
        if len(given) > rule.count:
            problems.append(f"{len(given):,} {rule.noun}; the first {rule.count:,} are kept")
    changes |= _kept_addresses(paper, problems)
    if not changes:
        return paper, tuple(problems)
    if changes.get("title", paper.title) == "":
        return None, (*problems, "its title has no usable character; the paper is dropped")
    return replace(paper, **changes), tuple(problems)


def _kept_addresses(paper: Paper, problems: list[str]) -> Iterator[tuple[str, object]]:
    """Yields the identifiers and links if some are dropped, and adds the reasons."""
    if not (paper.identifiers or paper.links):
        return
    identifiers = tuple(
        item
        for item in paper.identifiers
        if _is_usable(f"{item.scheme}{item.value}", MAX_IDENTIFIER)
    )
    links = tuple(item for item in paper.links if _is_usable(f"{item.rel}{item.url}", MAX_URL))
    for field, noun, given, usable, count in (
        ("identifiers", "an identifier", paper.identifiers, identifiers, MAX_IDENTIFIERS),
        ("links", "a link", paper.links, links, MAX_LINKS),
    ):
        if len(usable) != len(given):
            problems.append(f"{noun} is too long or has control characters; it is dropped")
        if len(usable) > count:
            problems.append(f"{len(usable):,} {field}; the first {count} are kept")
        if len(usable[:count]) != len(given):
            yield field, usable[:count]


def _usable(text: str, limit: int) -> str:
    """Returns the text without unusable characters, cut to the limit."""
    if len(text) > limit:
        text = text[:limit].rstrip()
    if is_printable(text):  # nearly all texts
        return text
    if _UNUSABLE.search(text):
        text = _UNUSABLE.sub("", with_joined_surrogates(text)).strip()
    return text


def _is_usable(text: str, limit: int) -> bool:
    return len(text) <= limit and not has_controls(text)


def has_controls(text: str) -> bool:
    """Returns whether an identifier or an address has a character that must not be in one.

    A terminal would obey it, or a database refuse it.
    """
    return not text.isprintable() and _CONTROL.search(text) is not None


def short_rejection(rejection: Rejection) -> Rejection:
    """Returns the rejection with a reason on one printable line, cut if it is long."""
    reason = printable(rejection.reason)
    if len(reason) > _MAX_REASON:
        reason = f"{reason[: _MAX_REASON - 1]}…"
    return rejection if reason == rejection.reason else replace(rejection, reason=reason)
