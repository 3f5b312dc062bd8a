"""What a reader wants to read."""

from dataclasses import dataclass
from datetime import timedelta

from digest.core.models.papers import AnnouncementKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """One keyword as its reader wrote it, parsed."""

    text: str  # as written, for people
    term: str  # the phrase itself, without operators
    weight: float = 1.0
    field: str = "text"  # text | title | author | category
    exact: bool = False  # "...": letter for letter
    prefix: bool = False  # ends in *
    capitals: bool = False  # a short all-capitals word matches capitals only
    forms: tuple["Keyword", ...] = ()  # aliases: what they find is found for this keyword
    language: str = "english"  # of its stems; it is looked for in papers cut in the same one


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A named group of keywords: a section of the digest."""

    name: str
    keywords: tuple[Keyword, ...]
    excluded: tuple[Keyword, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Boosts:
    """What lifts a paper that matches, a little; nothing until the reader says so."""

    votes: bool = False  # by those the source counts
    code: bool = False  # it has a link to code
    authors: tuple[str, ...] = ()  # followed: one of them wrote it


DEFAULT_PATIENCE = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one subscription wants, and when."""

    topics: tuple[Topic, ...]
    name: str = ""  # the reader's
    timezone: str = "UTC"  # IANA
    send_at: str | None = None  # "HH:MM", not before; None: the first run of the local day
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)  # Monday is 0
    max_papers: int = 15
    min_match: float = 20.0  # 0 to 100
    when_empty: str = "skip"  # skip | send
    patience: timedelta = DEFAULT_PATIENCE  # after `send_at`: how long an empty day stays open
    trending: int = 3
    kinds: tuple[AnnouncementKind, ...] = (AnnouncementKind.NEW, AnnouncementKind.LISTED)
    sources: tuple[str, ...] | None = None  # None: all of them
    related: bool = True  # papers with terms that go with the keywords count too
    boosts: Boosts = Boosts()
    language: str = "english"  # whose stems make words the same
