"""The tables of files, feeds, Hugging Face, arXiv, and of kinds that other packages add."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from msgspec import field
from msgspec.structs import replace

from digest.config.source_tables.base import (
    FileSourceConfig,
    SourceConfig,
    WebSourceConfig,
    printable_path,
    web_address,
)
from digest.config.tables.markers import CheckedBy, described
from digest.config.toml_document import display, full_message
from digest.errors import UsageError
from digest.imap.address import parse_address
from digest.late_patterns import late_pattern

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # Monday is 0

_CATEGORY = late_pattern(r"[a-z-]+(\.[A-Za-z-]+)?")


def _day(name: str) -> str:
    if name not in DAYS:
        raise full_message(f"{display(name)} is not a day; write one of {', '.join(DAYS)}")
    return name


def _category(name: str) -> str:
    if not _CATEGORY.fullmatch(name):
        raise ValueError('must be a category of arXiv, such as "cs.CL" or "hep-th"')
    return name


def _imap_folder(url: str) -> str:
    try:
        parse_address(url, password_name="DIGEST_MAIL_PASSWORD")  # noqa: S106 - the name of a setting
    except UsageError as error:
        raise full_message(str(error)) from None
    return url


class DumpSourceConfig(FileSourceConfig, frozen=True, kw_only=True):
    """Text files copied from a page that lists papers, Markdown files, or plain lists."""


class JsonlSourceConfig(FileSourceConfig, frozen=True, kw_only=True):
    """Papers as JSON lines, for everything that has no other kind of source."""


class MailSourceConfig(SourceConfig, frozen=True, kw_only=True):
    """The alert mails in a Maildir or an IMAP folder: of Google Scholar, PubMed and publishers."""

    path: Annotated[
        Path | None,
        CheckedBy(printable_path),
        described(
            "A Maildir, relative to the home. Its messages are not changed.",
            example="/home/me/Maildir/.alerts",
        ),
    ] = None
    imap: Annotated[
        str | None,
        CheckedBy(_imap_folder),
        described(
            "A folder on an IMAP server, in place of path: imaps, or imap with STARTTLS. Write the @"
            " of a user name as %40. The password is in DIGEST_MAIL_PASSWORD.",
            example="imaps://me%40example.org@imap.example.org/Alerts",
        ),
    ] = None
    mark_seen: Annotated[
        bool,
        described(
            "Mark the messages on the IMAP server as read; if false, nothing is changed there.",
            example=True,
        ),
    ] = False
    senders: Annotated[
        list[str],
        described(
            "Read mails of these addresses or domains only. If empty: all mails.",
            example=["scholaralerts-noreply@google.com", "ncbi.nlm.nih.gov"],
            max_length=100,
        ),
    ] = field(default_factory=list)
    lookback: Annotated[
        int,
        described("Read mails that came in this number of days.", example=14, ge=1, le=120),
    ] = 14

    def check(self) -> None:
        """Checks that there is one place."""
        super().check()
        if (self.path is None) == (self.imap is None):
            raise full_message(
                "write path (a Maildir) or imap (a folder on a server), and only one"
            )
        if self.mark_seen and self.imap is None:
            raise full_message("mark_seen is for imap; a Maildir is not changed")

    def below(self, home: Path) -> Self:
        """Returns the source with its path below the home."""
        return self if self.path is None else replace(self, path=home / self.path)


class FeedSourceConfig(WebSourceConfig, frozen=True, kw_only=True):
    """Any RSS, Atom, RDF or JSON feed."""

    url: Annotated[
        str,
        CheckedBy(web_address),
        described("The address of the feed.", example="https://example.org/feed.xml"),
    ]
    days: Annotated[
        list[Annotated[str, CheckedBy(_day)]],
        described(
            "The days on which the feed should have something new; if empty, there are no"
            " fixed days.",
            example=["mon", "tue", "wed", "thu", "fri"],
        ),
    ] = field(default_factory=list)


class HuggingFaceSourceConfig(WebSourceConfig, frozen=True, kw_only=True):
    """Hugging Face Daily Papers, through its API."""

    lookback: Annotated[
        int,
        described(
            "How many days are fetched each time. A day's list still grows on later days.",
            example=3,
            ge=1,
            le=31,
        ),
    ] = 3
    base_url: Annotated[
        str,
        CheckedBy(web_address),
        described("The address of the API.", example="https://huggingface.co"),
    ] = "https://huggingface.co"


class ArxivSourceConfig(WebSourceConfig, frozen=True, kw_only=True):
    """The daily listing of arXiv for some categories."""

    categories: Annotated[
        list[Annotated[str, CheckedBy(_category)]],
        described(
            "The categories; each one is fetched separately.",
            example=["cs.CL", "cs.LG"],
            min_length=1,
        ),
    ]
    include: Annotated[
        list[Literal["new", "cross", "replace"]],
        described(
            "What is included: new papers, papers cross-listed from other categories (cross),"
            " replacements (replace).",
            example=["new", "cross", "replace"],
            min_length=1,
        ),
    ] = field(default_factory=lambda: ["new", "cross"])
    base_url: Annotated[
        str,
        CheckedBy(web_address),
        described("The address of the feeds.", example="https://rss.arxiv.org"),
    ] = "https://rss.arxiv.org"


class ArxivApiSourceConfig(WebSourceConfig, frozen=True, kw_only=True):
    """The search API of arXiv, to fill a gap or for a search of your own."""

    query: Annotated[
        str,
        described(
            "A query in the language of the API.",
            example="cat:cs.CL AND ti:retrieval",
            min_length=1,
            max_length=1000,
        ),
    ]
    most: Annotated[
        int,
        described(
            "The largest number of papers to read in one fetch, newest first.",
            example=500,
            ge=1,
            le=10_000,
        ),
    ] = 500
    base_url: Annotated[
        str,
        CheckedBy(web_address),
        described("The address of the API.", example="https://export.arxiv.org"),
    ] = "https://export.arxiv.org"


class PluginSourceConfig(SourceConfig, frozen=True, kw_only=True):
    """A source of a kind that another package adds; that package checks the keys."""

    rest: ClassVar[str | None] = "options"

    options: dict[str, Any] = field(
        default_factory=dict
    )  # the other keys of the table, as they are written
