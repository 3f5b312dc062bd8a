"""Types for a reader's profile: topics, keywords and options."""

from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from digest.core.models.papers import AnnouncementKind


class Keyword(Struct, frozen=True, kw_only=True):
    """One parsed keyword."""

    text: str  # as the reader wrote it
    term: str  # the word or phrase without operators
    weight: float = 1.0
    field: str = "text"  # text | title | author | category | institution | venue | cites
    exact: bool = False  # in quotes: compared letter by letter
    prefix: bool = False  # ends in *
    capitals: bool = False  # a short all-capitals word matches capitals only
    forms: tuple["Keyword", ...] = ()  # aliases: their matches count for this keyword
    language: str = "english"  # of the stemmer; the papers are stemmed in the same language


def is_text(keyword: Keyword) -> bool:
    """Returns whether a keyword is looked for in titles and abstracts."""
    return keyword.field in ("text", "title")


class ExamplePaper(Struct, frozen=True, kw_only=True):
    """A paper to which others are compared."""

    title: str
    abstract: str = ""


class Detail(StrEnum):
    """How much a reader wants of each paper."""

    TITLES = "titles"
    SHORT = "short"
    FULL = "full"


class Citations(StrEnum):
    """The format in which the papers of a digest are attached."""

    NONE = "none"
    BIBTEX = "bibtex"
    RIS = "ris"


class MailTheme(StrEnum):
    """The look of a reader's messages: one of the built-in themes."""

    USUAL = "usual"  # that of the installation
    CALM = "calm"
    COMPACT = "compact"
    PLAYFUL = "playful"


class Presentation(Struct, frozen=True, kw_only=True):
    """How a reader wants the message, whatever its papers."""

    detail: Detail = Detail.SHORT
    attach: Citations = Citations.NONE
    pictures: bool = True  # if the messages of the list have any
    theme: MailTheme = MailTheme.USUAL
    mail_language: str = ""  # of messages and pages, such as "de"; empty: that of the installation
    deliver_to: str = ""  # the name of a channel; empty: by mail


DEFAULT_PRESENTATION = Presentation()


class FeedbackKind(StrEnum):
    """What a reader did with a paper, or said about it."""

    MORE = "more"  # more like this
    LESS = "less"  # less like this
    SAVED = "saved"
    OPENED = "opened"


class AuthorChoice(StrEnum):
    """What a reader wants of an author."""

    FOLLOW = "follow"
    MUTE = "mute"


class GivenFeedback(Struct, frozen=True, kw_only=True):
    """The feedback of a reader about one paper."""

    paper: ExamplePaper
    kind: FeedbackKind
    on: date  # UTC


class Topic(Struct, frozen=True, kw_only=True):
    """A named group of keywords: a section of the digest."""

    name: str
    keywords: tuple[Keyword, ...]
    excluded: tuple[Keyword, ...] = ()
    avoided: tuple[Keyword, ...] = ()  # text keywords whose evidence is subtracted
    likes: tuple[ExamplePaper, ...] = ()  # reading lists, once they are read
    # What `likes` names and nothing has read yet: files, arXiv ids and DOIs.
    likes_from: tuple[str, ...] = ()
    weight: float = 1.0


class Boosts(Struct, frozen=True, kw_only=True):
    """Options that add a few points to papers that match. All are off by default."""

    votes: bool = False  # votes that the source counts
    code: bool = False  # the paper has a link to code
    authors: tuple[str, ...] = ()  # followed authors


DEFAULT_PATIENCE = timedelta(hours=4)


class Profile(Struct, frozen=True, kw_only=True):
    """What one subscription contains, and when it is sent."""

    topics: tuple[Topic, ...]
    name: str = ""  # the reader's
    timezone: str = "UTC"  # IANA
    send_at: str | None = None  # "HH:MM", not earlier; None: the first run of the local day
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)  # Monday is 0
    max_papers: int = 15
    min_match: float = 20.0  # 0 to 100
    when_empty: str = "skip"  # skip | send
    patience: timedelta = DEFAULT_PATIENCE  # how long after `send_at` an empty day stays open
    trending: int = 3  # number of trending papers
    kinds: tuple[AnnouncementKind, ...] = (AnnouncementKind.NEW, AnnouncementKind.LISTED)
    sources: tuple[str, ...] | None = None  # None: all of them
    related: bool = True  # related terms of the keywords add to the score
    boosts: Boosts = Boosts()
    language: str = "english"  # of the stemmer
    # What was learned from the reader, which no profile file contains.
    feedback: tuple[GivenFeedback, ...] = ()  # each paper once
    feedback_as_of: date | None = None  # older feedback counts less; None: all counts fully
    muted: tuple[str, ...] = ()  # authors whose papers are not shown
