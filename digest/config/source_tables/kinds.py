"""The tables of files, feeds, Hugging Face, arXiv, and of kinds that other packages add."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from digest.config.source_tables.base import (
    FileSourceConfig,
    SourceConfig,
    WebSourceConfig,
    web_address,
)
from digest.config.toml_document import display, full_message

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


class DumpSourceConfig(FileSourceConfig):
    """Text files copied from a page that lists papers, Markdown files, or plain lists."""


class JsonlSourceConfig(FileSourceConfig):
    """Papers as JSON lines, for everything that has no other kind of source."""


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
