"""Defines the keys of a profile file: names, ranges, descriptions and the JSON schema."""

import re
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from digest.config.durations import parse_duration
from digest.config.email_addresses import check_line
from digest.config.profiles import keyword_fields, presentation_fields
from digest.config.suggestions import did_you_mean
from digest.config.toml_document import TomlModel, display, full_message
from digest.core.keywords.aliases import MAX_FORMS, parse_form, parse_name
from digest.core.keywords.parser import parse_all
from digest.core.models.papers import AnnouncementKind
from digest.core.profiles.reading_lists import is_file
from digest.core.subscribers.email_addresses import check_address
from digest.core.text.tokens import ENGLISH, LANGUAGES

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # Monday is 0, as in `Profile.days`

_DAY = timedelta(days=1)
_MAX_FILE_NAME = 200  # characters
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
# Excludes files of a zoneinfo folder that are not zones: posix/, right/, localtime.
_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo, available_timezones

    try:
        if _ZONE.fullmatch(name):
            ZoneInfo(name)
            return name
    # OSError: the name of a folder of zones, such as Europe.
    except (LookupError, OSError, ValueError):
        pass
    hint = did_you_mean(name, available_timezones()) or '; write one such as "Europe/Paris"'
    raise full_message(f"{display(name)} is not a time zone{hint}")


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError('must be a time from "00:00" to "23:59"')
    return text


def _patience(text: str) -> str:
    if parse_duration(text) > _DAY:
        raise ValueError('must be at most "24h"')
    return text


def _day(name: str) -> str:
    if name not in DAYS:
        hint = did_you_mean(name, DAYS) or f"; write one of {', '.join(DAYS)}"
        raise full_message(f"{display(name)} is not a day{hint}")
    return name


def _kind(name: str) -> str:
    kinds = [kind.value for kind in AnnouncementKind]
    if name not in kinds:
        hint = did_you_mean(name, kinds) or f"; write one of {', '.join(kinds)}"
        raise full_message(f"{display(name)} is not a kind of announcement{hint}")
    return name


def _language(name: str) -> str:
    if name not in LANGUAGES:
        hint = did_you_mean(name, LANGUAGES) or f"; write one of {', '.join(LANGUAGES)}"
        raise full_message(f"{display(name)} is not a supported language{hint}")
    return name


def _address(text: str) -> str:
    try:
        return check_address(text)
    except ValueError as error:
        raise full_message(f"{display(text)} is not an e-mail address: {error}") from None


def _heading(text: str) -> str:
    if not check_line(text):
        raise ValueError("must not be empty")
    return check_line(text)


def _reading_list(name: str) -> str:
    if not is_file(name):
        return name
    if name.startswith("zotero:"):
        raise full_message(
            f"{display(name)} is no library of Zotero; write zotero:users/ID or zotero:groups/ID, and"
            " /collections/KEY for a collection"
        )
    path = PurePosixPath(name)
    if not name.strip() or not name.isprintable() or len(name) > _MAX_FILE_NAME:
        raise full_message(f"{display(name)} is no file name, arXiv id or DOI")
    if path.is_absolute() or ".." in path.parts or name.startswith("~"):
        raise full_message(
            f"{display(name)}: a reading list is beside the profile or in a folder below; write its"
            " name, such as library.bib"
        )
    return name


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _alias(name: str) -> str:
    return keyword_fields.check_keyword(name, parse_name)


def _form(text: str) -> str:
    return keyword_fields.check_keyword(text, parse_form)


Aliases = dict[
    Annotated[str, AfterValidator(_alias)],
    Annotated[list[Annotated[str, AfterValidator(_form)]], Field(max_length=MAX_FORMS)],
]


class TopicTable(TomlModel):
    """A section of the digest: its name, and which papers belong in it."""

    name: Annotated[str, AfterValidator(_heading)] = Field(
        description="The heading of the section in the digest; each topic needs its own.",
        max_length=100,
        examples=["Efficient inference"],
    )
    keywords: list[Annotated[str, AfterValidator(keyword_fields.keyword)]] = Field(
        default=[],
        description=(
            "Words and phrases to look for. A plain phrase also matches plurals and hyphens,"
            ' "in double quotes" only matches exactly, prefix* matches all endings, word^2'
            " counts twice, title:word looks in titles only, -word removes a paper."
        ),
        examples=[["KV cache", "speculative decoding^2", "quantiz*", '"mixture of experts"']],
    )
    exclude: list[Annotated[str, AfterValidator(keyword_fields.exclusion)]] = Field(
        default=[],
        description="Keywords that remove a paper from this topic.",
        examples=[["federated learning"]],
    )
    avoid: list[Annotated[str, AfterValidator(keyword_fields.avoided)]] = Field(
        default=[],
        description=(
            "Keywords that lower a paper in this topic, the more the paper is about them. Near"
            " words count too."
        ),
        examples=[["federated learning"]],
    )
    likes: Annotated[
        list[Annotated[str, AfterValidator(_reading_list)]],
        BeforeValidator(_one_or_more),
        WithJsonSchema(
            {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}
        ),
    ] = Field(
        default=[],
        max_length=100,
        description=(
            "A reading list: papers like those in it are found. The name of a BibTeX, RIS, CSL JSON"
            " or JSON lines file beside the profile; a library of Zotero, such as"
            " zotero:groups/4567/collections/EAWCSKSF; or several, also arXiv ids and DOIs of stored"
            " papers, as a list."
        ),
        examples=["library.bib"],
    )
    authors: list[Annotated[str, AfterValidator(keyword_fields.author)]] = Field(
        default=[],
        description="Authors to look for: names, ORCID iDs, or ids of OpenAlex.",
        examples=[["Tri Dao", "orcid:0000-0002-1825-0097"]],
    )
    categories: list[Annotated[str, AfterValidator(keyword_fields.category)]] = Field(
        default=[],
        description="Categories to look for, as the source names them.",
        examples=[["cs.LG"]],
    )
    institutions: keyword_fields.Institutions = keyword_fields.INSTITUTIONS
    venues: keyword_fields.Venues = keyword_fields.VENUES
    cites: keyword_fields.Cited = keyword_fields.CITES
    aliases: Aliases = Field(
        default={},
        description=(
            "Other forms of the keywords of this topic. They replace the profile's aliases of the"
            " same keyword; an empty list turns those off."
        ),
        examples=[{"MoE": ["mixture of experts"]}],
    )
    weight: float = Field(
        default=1.0,
        gt=0,
        le=100,
        allow_inf_nan=False,
        description="How much this topic counts compared with the others.",
        examples=[1.0],
    )

    @model_validator(mode="after")
    def _check_not_empty(self) -> "TopicTable":
        has_keyword = any(parse_all([text])[0] for text in self.keywords)  # not only "-term"
        named = (self.authors, self.categories, self.institutions, self.venues, self.cites)
        if not (has_keyword or self.likes or any(named)):
            raise full_message(
                "a topic needs something to look for; write keywords, authors, categories or likes in it"
            )
        return self


class BoostsTable(TomlModel):
    """Extra points for papers that match; all boosts are off by default."""

    votes: bool = Field(
        default=False,
        description="Raise papers with many votes, if the source counts votes.",
        examples=[True],
    )
    code: bool = Field(
        default=False,
        description="Raise papers for which the source has a link to code.",
        examples=[True],
    )
    authors: list[Annotated[str, AfterValidator(keyword_fields.author)]] = Field(
        default=[],
        description=(
            "Raise papers by these authors, if they match. The authors of a topic find papers by"
            " themselves."
        ),
        examples=[["Tri Dao"]],
    )


class ProfileTables(TomlModel):
    """A profile file: who receives a digest, when, and about what."""

    email: Annotated[str, AfterValidator(_address)] = Field(
        description="The address to which the digest is sent.",
        examples=["ada@example.org"],
    )
    name: Annotated[str, AfterValidator(check_line)] = Field(
        default="",
        max_length=100,
        description='The name of the reader, for the end of the digest: "This is Paper Digest for Ada".',
        examples=["Ada"],
    )
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC",
        description="The time zone of the reader, as an IANA name.",
        examples=["Europe/Paris"],
    )
    send_at: Annotated[str, AfterValidator(_time)] | None = Field(
        default=None,
        description=(
            "The earliest local time for the digest, from 00:00 to 23:59. If absent, the first run"
            " of the local day that has something to send."
        ),
        examples=["07:30"],
    )
    days: list[Annotated[str, AfterValidator(_day)]] = Field(
        default=list(DAYS),
        min_length=1,
        description='The local days with a digest. One day, such as ["fri"], makes it weekly.',
        examples=[["mon", "tue", "wed", "thu", "fri"]],
        # A validator is not part of the JSON schema, so editors would not know the names.
        json_schema_extra={"items": {"enum": list(DAYS)}},
    )
    max_papers: int = Field(
        default=15,
        ge=1,
        le=200,
        description="The largest number of papers in one digest, without trending papers. Of the other"
        " matches, up to 100 are listed by their titles.",
        examples=[15],
    )
    min_match: float = Field(
        default=20.0,
        ge=0,
        le=100,
        allow_inf_nan=False,
        description="A paper is shown if its score, from 0 to 100, is at least this.",
        examples=[20],
    )
    when_empty: Literal["skip", "send"] = presentation_fields.WHEN_EMPTY
    patience: Annotated[str, AfterValidator(_patience)] = Field(
        default="4h",
        description=(
            "How long after send_at the program waits on a day on which nothing has come, before"
            " it applies when_empty: a number with m or h."
        ),
        examples=["4h"],
    )
    trending: int = presentation_fields.TRENDING
    detail: Literal["titles", "short", "full"] = presentation_fields.DETAIL
    attach: Literal["none", "bibtex", "ris"] = presentation_fields.ATTACH
    pictures: bool = presentation_fields.PICTURES
    theme: Literal["usual", "calm", "compact", "playful"] = presentation_fields.THEME
    mail_language: presentation_fields.LanguageCode | None = presentation_fields.MAIL_LANGUAGE
    deliver_to: presentation_fields.ChannelName | None = presentation_fields.DELIVER_TO
    kinds: list[Annotated[str, AfterValidator(_kind)]] = Field(
        default=[AnnouncementKind.NEW.value, AnnouncementKind.LISTED.value],
        min_length=1,
        description=(
            "Which announcements count: new papers, papers newly listed by another source, revised"
            " papers; and, of papers that you were sent, published, corrected, retracted, withdrawn."
        ),
        examples=[["new", "listed"]],
        json_schema_extra={"items": {"enum": [kind.value for kind in AnnouncementKind]}},
    )
    sources: list[str] | None = Field(
        default=None,
        min_length=1,
        description="The names of the sources that count, from sources.toml; if absent, all.",
        examples=[["dumps"]],
    )
    aliases: Aliases = Field(
        default={},
        description=(
            "Other forms of keywords, in all topics. An occurrence of such a form counts as an"
            " occurrence of the keyword."
        ),
        examples=[{"LLM": ["large language model"]}],
    )
    language: Annotated[str, AfterValidator(_language)] = Field(
        default=ENGLISH,
        description=(
            "The language of papers and keywords. It decides which endings of a word are ignored."
            " Words of other languages are found as they are written."
        ),
        examples=["german"],
        json_schema_extra={"enum": list(LANGUAGES)},
    )
    related: bool = Field(
        default=True,
        description=(
            "Whether words count that often occur together with the keywords of a topic, so that a"
            " paper without these keywords can match."
        ),
        examples=[False],
    )
    boosts: BoostsTable = Field(
        default=BoostsTable(),
        description="Extra points for papers that match.",
        examples=[{"votes": True, "code": True, "authors": ["Tri Dao"]}],
    )
    topics: list[TopicTable] = Field(
        min_length=1,
        description="The sections of the digest. A paper is shown in its best topic only.",
        examples=[[{"name": "Efficient inference", "keywords": ["KV cache"]}]],
    )


def json_schema() -> dict[str, Any]:
    """Returns the JSON schema (draft 2020-12) of a profile file, for editors with checks."""
    schema = ProfileTables.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Paper Digest profile",
    }
