"""The types that travel through the house: one for each stage.

All are frozen, slotted and keyword-only. Moments are aware datetimes in UTC, days are
dates. A stage takes what it needs and nothing else; docs/architecture.md follows one
paper through all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Why a paper is announced."""

    NEW = "new"  # never seen anywhere before
    LISTED = "listed"  # known, and now for the first time in a further source
    REVISED = "revised"  # known, and its source has a new version
    WITHDRAWN = "withdrawn"  # known, and taken back by its source


class Verdict(StrEnum):
    """What a batch brought, so that silence is never a mystery."""

    FRESH = "fresh"  # at least one announcement
    UNCHANGED = "unchanged"  # read whole, and every paper was known
    STALE = "stale"  # the source still shows the batch of an earlier day
    EMPTY_EXPECTED = "empty as expected"  # no papers on a day without announcements
    EMPTY_UNEXPECTED = "empty unexpectedly"  # no papers on a day that should have some
    PARTIAL = "partial"  # some papers could be read, some could not
    FAILED = "failed"  # nothing could be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A name that a registry gave the paper."""

    scheme: str  # arxiv, doi, ...
    value: str  # normalised; an arXiv id without its version


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address that belongs to the paper; http or https only."""

    rel: str  # abstract | pdf | code | project | page (where the source discusses it)
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as one source shows it on one day."""

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    author_count: int | None = None  # where the source gives the number, not the names
    identifiers: tuple[Identifier, ...] = ()
    categories: tuple[str, ...] = ()  # the primary one first
    links: tuple[Link, ...] = ()
    published: date | None = None  # the paper's own date, not the day it was listed
    updated: date | None = None
    votes: int | None = None
    comments: int | None = None
    position: int | None = None  # in the source's list, counted from 1
    version: int | None = None  # of the text, where the source counts versions (arXiv's v2)
    notice: Kind | None = None  # what the source itself calls it: new, listed (cross), revised ...
    summary: str = ""  # a short one that the source gives beside the abstract
    keywords: tuple[str, ...] = ()  # that the source gives

    def link(self, rel: str) -> str | None:
        """The first link of this kind, if there is one."""
        return next((link.url for link in self.links if link.rel == rel), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Something in a batch that could not be read; the rest was."""

    reason: str
    line: int | None = None  # counted from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one look at one source yielded."""

    source: str  # the source's name in sources.toml
    origin: str  # the file or address it was read from
    papers: tuple[Paper, ...]
    announced: date | None = None  # the day the source gives the batch
    rejected: tuple[Rejection, ...] = ()
    fingerprint: str | None = None  # of the bytes that were read
    unchanged: bool = False  # the source itself says that nothing is new since the cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One reading of a source: a batch, or why there is none, and where to go on."""

    origin: str  # the file or address that was read
    batch: Batch | None
    problem: Rejection | None  # set exactly when there is no batch
    cursor: Mapping[str, Any]  # to be kept with the batch: the next look begins there


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """What became of a batch: papers == new + listed + revised + withdrawn + duplicates."""

    source: str
    origin: str
    announced: date | None
    verdict: Verdict
    papers: int  # read from the source
    new: int
    listed: int
    revised: int
    withdrawn: int
    duplicates: int  # known before, or twice in the batch: nothing to announce
    rejected: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store knows of a paper that a batch may show again."""

    paper_id: int
    title_key: str  # of its latest title
    sources: frozenset[str]  # those that have shown it
    other_keys: frozenset[str] = frozenset()  # of other titles that it goes or went by
    identifiers: frozenset[Identifier] = frozenset()
    title: str = ""  # its latest one; with the next two what near-duplicates are judged by
    abstract: str = ""
    authors: tuple[str, ...] = ()
    version: int | None = None  # the highest seen
    updated: date | None = None  # the latest seen
    withdrawn: bool = False
    recent: bool = True  # whether a title near its own may mean it
    sighted: int = 0  # by which batch last; a higher number is later


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Something that turned out to be the same paper, and why."""

    paper_id: int | None  # a record, which becomes an alias; None: only what a batch showed
    reason: str  # for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One paper of a batch, identified: what the diff says of it."""

    paper: Paper
    title_key: str
    paper_id: int | None  # None: never seen, the store will number it
    kind: Kind | None  # None: nothing to announce, only a sighting
    other_keys: tuple[str, ...] = ()  # of further titles that the batch gives it
    joined: tuple[Joined, ...] = ()  # what neither its first title nor an identifier had told


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """A batch against what was known."""

    findings: tuple[Finding, ...]  # each paper once, in the order of the batch
    repeats: int  # papers that stood in the batch more than once


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A stored paper that a digest may show: announced, or sighted again."""

    paper_id: int
    revision_id: int
    seq: int  # of its latest announcement: the log's order, and the tie-break of ranks
    kind: Kind
    source: str
    paper: Paper


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


PATIENCE = timedelta(hours=4)


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
    patience: timedelta = PATIENCE  # after `send_at`: how long an empty day stays open
    trending: int = 3
    kinds: tuple[Kind, ...] = (Kind.NEW, Kind.LISTED)
    sources: tuple[str, ...] | None = None  # None: all of them
    related: bool = True  # papers with terms that go with the keywords count too
    boosts: Boosts = Boosts()
    language: str = "english"  # whose stems make words the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One keyword's part in a score."""

    keyword: str  # as the reader wrote it; for a boost, the author, "votes" or "code"
    field: str  # title | abstract | author | category | related | votes | code | followed
    contribution: float  # points of the score


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A candidate's score for one profile; the contributions add up to the score."""

    candidate: Candidate
    score: float  # 0 to 100
    topic: str | None  # of the best topic; None at score 0
    matches: tuple[Match, ...]  # the largest contribution first


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A paper's place in an edition."""

    candidate: Candidate
    score: float | None  # None in the trending section
    matches: tuple[Match, ...] = ()
    sentences: tuple[int, ...] | None = None  # of its abstract, to be shown; None: not chosen yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The papers of one topic, best first."""

    topic: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One digest for one subscription on one local day: what is shown, not how."""

    local_date: date
    sections: tuple[Section, ...]
    trending: tuple[Entry, ...] = ()
    considered: int = 0  # papers that were looked at
    matched: int = 0  # of those, above min_match
    left_out: int = 0  # matched, and cut by max_papers

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All matched papers, section by section."""
        return tuple(entry for section in self.sections for entry in section.entries)


class AddressStatus(StrEnum):
    """What may be sent to an address."""

    PENDING = "pending"  # not confirmed yet
    ACTIVE = "active"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"  # dead, or complained
    ERASED = "erased"


class Origin(StrEnum):
    """Where a subscription comes from."""

    FILE = "file"  # profiles/*.toml is its desired state
    WEB = "web"
    IMPORT = "import"  # `subscribers add` and `subscribers import`


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One address's standing order for one profile."""

    subscription_id: int
    email: str
    name: str  # the file's stem, or what it was called when added; unique for the address
    origin: Origin
    profile_text: str  # as authored, TOML
    status: AddressStatus  # of the address
    paused: bool  # this subscription alone
    read_through: int  # announcements up to this sequence were considered


class State(StrEnum):
    """Where an edition stands in the ledger."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    DEFERRED = "deferred"  # to be tried again at `next_attempt_at`
    REFUSED = "refused"
    IN_DOUBT = "in doubt"  # the connection was lost between the final dot and the reply
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # the reader left before it was sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An edition that this process may deliver, with the papers it names."""

    edition_id: int
    subscription: Subscription
    edition: Edition
    message_id: str
    composed_at: datetime  # the message's Date, frozen
    attempts: int  # before this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One edition as it goes out."""

    sender: str  # the return path, ASCII
    recipient: str  # ASCII
    message: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The server took responsibility: it answered 250 after the final dot."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Not now; try again."""

    reason: str
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Not this one, ever."""

    reason: str
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InDoubt:
    """The connection was lost after the final dot and before the reply."""

    reason: str


Outcome = Sent | Deferred | Refused | InDoubt
