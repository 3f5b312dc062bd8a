"""The tables of files, feeds, Hugging Face, arXiv, and of kinds that other packages add."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from digest.config.source_tables.base import (
    FileSourceConfig,
    SourceConfig,
    WebSourceConfig,
    printable_path,
    web_address,
)
from digest.config.toml_document import display, full_message
from digest.errors import UsageError
from digest.imap.address import parse_address

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # Monday is 0

_CATEGORY = re.compile(r"[a-z-]+(\.[A-Za-z-]+)?")


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


class DumpSourceConfig(FileSourceConfig):
    """Text files copied from a page that lists papers, Markdown files, or plain lists."""


class JsonlSourceConfig(FileSourceConfig):
    """Papers as JSON lines, for everything that has no other kind of source."""


class MailSourceConfig(SourceConfig):
    """The alert mails in a Maildir or an IMAP folder: of Google Scholar, PubMed and publishers."""

    # In TOML a path is text; the strict mode would accept only a `Path`.
    path: Annotated[Path, Field(strict=False), AfterValidator(printable_path)] | None = Field(
        default=None,
        description="A Maildir, relative to the home. Its messages are not changed.",
        examples=["/home/me/Maildir/.alerts"],
    )
    imap: Annotated[str, AfterValidator(_imap_folder)] | None = Field(
        default=None,
        description=(
            "A folder on an IMAP server, in place of path: imaps, or imap with STARTTLS. Write the @"
            " of a user name as %40. The password is in DIGEST_MAIL_PASSWORD."
        ),
        examples=["imaps://me%40example.org@imap.example.org/Alerts"],
    )
    mark_seen: bool = Field(
        default=False,
        description="Mark the messages on the IMAP server as read; if false, nothing is changed there.",
        examples=[True],
    )
    senders: list[str] = Field(
        default=[],
        max_length=100,
        description="Read mails of these addresses or domains only. If empty: all mails.",
        examples=[["scholaralerts-noreply@google.com", "ncbi.nlm.nih.gov"]],
    )
    lookback: int = Field(
        default=14,
        ge=1,
        le=120,
        description="Read mails that came in this number of days.",
        examples=[14],
    )

    @model_validator(mode="after")
    def _check_one_place(self) -> Self:
        if (self.path is None) == (self.imap is None):
            raise full_message(
                "write path (a Maildir) or imap (a folder on a server), and only one"
            )
        if self.mark_seen and self.imap is None:
            raise full_message("mark_seen is for imap; a Maildir is not changed")
        return self

    def below(self, home: Path) -> Self:
        """Returns the source with its path below the home."""
        return self if self.path is None else self.model_copy(update={"path": home / self.path})


class FeedSourceConfig(WebSourceConfig):
    """Any RSS, Atom, RDF or JSON feed."""

    url: Annotated[str, AfterValidator(web_address)] = Field(
        description="The address of the feed.", examples=["https://example.org/feed.xml"]
    )
    days: list[Annotated[str, AfterValidator(_day)]] = Field(
        default=[],
        description=(
            "The days on which the feed should have something new; if empty, there are no"
            " fixed days."
        ),
        examples=[["mon", "tue", "wed", "thu", "fri"]],
    )


class HuggingFaceSourceConfig(WebSourceConfig):
    """Hugging Face Daily Papers, through its API."""

    lookback: int = Field(
        default=3,
        ge=1,
        le=31,
        description="How many days are fetched each time. A day's list still grows on later days.",
        examples=[3],
    )
    base_url: Annotated[str, AfterValidator(web_address)] = Field(
        default="https://huggingface.co",
        description="The address of the API.",
        examples=["https://huggingface.co"],
    )


class ArxivSourceConfig(WebSourceConfig):
    """The daily listing of arXiv for some categories."""

    categories: list[Annotated[str, AfterValidator(_category)]] = Field(
        min_length=1,
        description="The categories; each one is fetched separately.",
        examples=[["cs.CL", "cs.LG"]],
    )
    include: list[Literal["new", "cross", "replace"]] = Field(
        default=["new", "cross"],
        min_length=1,
        description=(
            "What is included: new papers, papers cross-listed from other categories (cross),"
            " replacements (replace)."
        ),
        examples=[["new", "cross", "replace"]],
    )
    base_url: Annotated[str, AfterValidator(web_address)] = Field(
        default="https://rss.arxiv.org",
        description="The address of the feeds.",
        examples=["https://rss.arxiv.org"],
    )


class ArxivApiSourceConfig(WebSourceConfig):
    """The search API of arXiv, to fill a gap or for a search of your own."""

    query: str = Field(
        min_length=1,
        max_length=1000,
        description="A query in the language of the API.",
        examples=["cat:cs.CL AND ti:retrieval"],
    )
    most: int = Field(
        default=500,
        ge=1,
        le=10_000,
        description="The largest number of papers to read in one fetch, newest first.",
        examples=[500],
    )
    base_url: Annotated[str, AfterValidator(web_address)] = Field(
        default="https://export.arxiv.org",
        description="The address of the API.",
        examples=["https://export.arxiv.org"],
    )


class PluginSourceConfig(SourceConfig):
    """A source of a kind that another package adds; that package checks the keys."""

    model_config = ConfigDict(extra="allow")

    @property
    def options(self) -> dict[str, Any]:
        """The other keys of the table, as they are written."""
        return dict(self.model_extra or {})
