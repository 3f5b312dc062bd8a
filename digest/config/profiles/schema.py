"""The profile file as its reader writes it: names, ranges, help texts, JSON schema."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from digest.config.durations import parse_duration
from digest.config.email_addresses import check_line
from digest.config.suggestions import did_you_mean
from digest.config.toml_document import TomlModel, sentence, shown
from digest.core.keywords.aliases import MAX_FORMS, parse_form, parse_name
from digest.core.keywords.parser import KeywordError, parse, parse_all
from digest.core.models.papers import AnnouncementKind
from digest.core.subscribers.email_addresses import check_address
from digest.core.text.tokens import ENGLISH, LANGUAGES

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # Monday is 0, as in `Profile.days`
AUTHOR, CATEGORY = "author:", "category:"  # the keyword language's names of the fields

_DAY = timedelta(days=1)
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
# Not the files of a zoneinfo folder that are no zones of their own: posix/, right/, localtime.
_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo, available_timezones

    try:
        if _ZONE.fullmatch(name):
            ZoneInfo(name)
            return name
    except (LookupError, OSError, ValueError):
        pass
    hint = did_you_mean(name, available_timezones()) or '; write one such as "Europe/Paris"'
    raise sentence(f"{shown(name)} is no time zone{hint}")


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError('must be a time from "00:00" to "23:59"')
    return text


def _patience(text: str) -> str:
    if parse_duration(text) > _DAY:
        raise ValueError('must not be over "24h"')
    return text


def _day(name: str) -> str:
    if name not in DAYS:
        hint = did_you_mean(name, DAYS) or f"; write one of {', '.join(DAYS)}"
        raise sentence(f"{shown(name)} is no day{hint}")
    return name


def _kind(name: str) -> str:
    kinds = [kind.value for kind in AnnouncementKind]
    if name not in kinds:
        hint = did_you_mean(name, kinds) or f"; write one of {', '.join(kinds)}"
        raise sentence(f"{shown(name)} is no kind of announcement{hint}")
    return name


def _language(name: str) -> str:
    if name not in LANGUAGES:
        hint = did_you_mean(name, LANGUAGES) or f"; write one of {', '.join(LANGUAGES)}"
        raise sentence(f"{shown(name)} is no language whose endings are known{hint}")
    return name


def _address(text: str) -> str:
    try:
        return check_address(text)
    except ValueError as error:
        raise sentence(f"{shown(text)} is no e-mail address: {error}") from None


def _heading(text: str) -> str:
    if not check_line(text):
        raise ValueError("must not be empty")
    return check_line(text)


def _read(text: str, read: Callable[[str], object], *, field: str = "") -> str:
    try:
        read(field + text)
    except KeywordError as error:
        character = max(error.column - 1 - len(field), 0)
        raise sentence(f"keyword {shown(text)}: {error.problem}", character=character) from None
    return text


def _keyword(text: str) -> str:
    return _read(text, lambda written: parse_all([written]))


def _author(name: str) -> str:
    return _read(name, parse, field=AUTHOR)


def _category(name: str) -> str:
    return _read(name, parse, field=CATEGORY)


def _exclusion(text: str) -> str:
    return _read(text, lambda written: parse_all([], [written]))


def _alias(name: str) -> str:
    return _read(name, parse_name)


def _form(text: str) -> str:
    return _read(text, parse_form)


Aliases = dict[
    Annotated[str, AfterValidator(_alias)],
    Annotated[list[Annotated[str, AfterValidator(_form)]], Field(max_length=MAX_FORMS)],
]


class TopicTable(TomlModel):
    """A section of the digest: what it is called, and which papers belong in it."""

    name: Annotated[str, AfterValidator(_heading)] = Field(
        description="The section's heading in the digest; no two topics may share it.",
        max_length=100,
        examples=["Efficient inference"],
    )
    keywords: list[Annotated[str, AfterValidator(_keyword)]] = Field(
        default=[],
        description=(
            "Words and phrases to look for: a plain phrase matches across plurals and hyphens,"
            ' "in double quotes" matches to the letter, prefix* matches all endings, word^2'
            " counts twice, title:word looks in titles only, -word removes a paper."
        ),
        examples=[["KV cache", "speculative decoding^2", "quantiz*", '"mixture of experts"']],
    )
    exclude: list[Annotated[str, AfterValidator(_exclusion)]] = Field(
        default=[],
        description="Keywords that keep a paper out of this topic.",
        examples=[["federated learning"]],
    )
    authors: list[Annotated[str, AfterValidator(_author)]] = Field(
        default=[],
        description="Names of authors to look for.",
        examples=[["Tri Dao"]],
    )
    categories: list[Annotated[str, AfterValidator(_category)]] = Field(
        default=[],
        description="Categories to look for, as the source names them.",
        examples=[["cs.LG"]],
    )
    aliases: Aliases = Field(
        default={},
        description=(
            "What keywords of this topic are also called; goes before the profile's aliases of"
            " the same keyword, and an empty list turns those off."
        ),
        examples=[{"MoE": ["mixture of experts"]}],
    )
    weight: float = Field(
        default=1.0,
        gt=0,
        le=100,
        allow_inf_nan=False,
        description="How much this topic counts beside the others.",
        examples=[1.0],
    )

    @model_validator(mode="after")
    def _looks_for_something(self) -> "TopicTable":
        wanted = any(parse_all([text])[0] for text in self.keywords)  # and not only "-term"
        if not (wanted or self.authors or self.categories):
            raise sentence(
                "a topic needs something to look for; write at least one of keywords, authors"
                " and categories in it"
            )
        return self


class BoostsTable(TomlModel):
    """What lifts a paper that matches, a little: all of it is off until it is written here."""

    votes: bool = Field(
        default=False,
        description="Lift papers that many have voted for, where the source counts votes.",
        examples=[True],
    )
    code: bool = Field(
        default=False,
        description="Lift papers whose source links to their code.",
        examples=[True],
    )
    authors: list[Annotated[str, AfterValidator(_author)]] = Field(
        default=[],
        description="Lift papers by these authors; a topic's authors bring papers, these do not.",
        examples=[["Tri Dao"]],
    )


class ProfileTables(TomlModel):
    """A profile file: who gets a digest, when, and about what."""

    email: Annotated[str, AfterValidator(_address)] = Field(
        description="Where the digest is sent.",
        examples=["ada@example.org"],
    )
    name: Annotated[str, AfterValidator(check_line)] = Field(
        default="",
        max_length=100,
        description="The reader's name, as the digest uses it.",
        examples=["Ada"],
    )
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC",
        description="The reader's time zone, by its IANA name.",
        examples=["Europe/Paris"],
    )
    send_at: Annotated[str, AfterValidator(_time)] | None = Field(
        default=None,
        description=(
            "Not before this local time, on 24 hours; absent: with the first run of the local"
            " day that has something to send."
        ),
        examples=["07:30"],
    )
    days: list[Annotated[str, AfterValidator(_day)]] = Field(
        default=list(DAYS),
        min_length=1,
        description='The local days with a digest; one day alone, ["fri"], makes it weekly.',
        examples=[["mon", "tue", "wed", "thu", "fri"]],
        json_schema_extra={"items": {"enum": list(DAYS)}},
    )
    max_papers: int = Field(
        default=15,
        ge=1,
        le=200,
        description="The most papers in one digest, trending ones apart.",
        examples=[15],
    )
    min_match: float = Field(
        default=20.0,
        ge=0,
        le=100,
        allow_inf_nan=False,
        description="The lowest score, from 0 to 100, with which a paper is shown.",
        examples=[20],
    )
    when_empty: Literal["skip", "send"] = Field(
        default="skip",
        description="On a day without a matching paper: skip the digest, or send it and say so.",
        examples=["skip"],
    )
    patience: Annotated[str, AfterValidator(_patience)] = Field(
        default="4h",
        description=(
            "How long after send_at a day on which nothing has come stays open, before"
            " when_empty decides: a number with m or h."
        ),
        examples=["4h"],
    )
    trending: int = Field(
        default=3,
        ge=0,
        le=20,
        description="How many popular papers outside the topics are added.",
        examples=[3],
    )
    kinds: list[Annotated[str, AfterValidator(_kind)]] = Field(
        default=[AnnouncementKind.NEW.value, AnnouncementKind.LISTED.value],
        min_length=1,
        description=(
            "Which announcements count: new papers, known ones newly listed by a further"
            " source, revised ones, withdrawn ones."
        ),
        examples=[["new", "listed"]],
        json_schema_extra={"items": {"enum": [kind.value for kind in AnnouncementKind]}},
    )
    sources: list[str] | None = Field(
        default=None,
        min_length=1,
        description="The names, from sources.toml, of the sources that count; absent: all.",
        examples=[["dumps"]],
    )
    aliases: Aliases = Field(
        default={},
        description=(
            "What keywords are also called, in all topics: an occurrence of such a form is one"
            " of the keyword."
        ),
        examples=[{"LLM": ["large language model"]}],
    )
    language: Annotated[str, AfterValidator(_language)] = Field(
        default=ENGLISH,
        description=(
            "The language of papers and keywords: which endings make two words the same. Words"
            " of another one are found as they are written."
        ),
        examples=["german"],
        json_schema_extra={"enum": list(LANGUAGES)},
    )
    related: bool = Field(
        default=True,
        description=(
            "Whether papers count that hold what goes with a topic's keywords in the papers"
            " seen before, though not the keywords themselves."
        ),
        examples=[False],
    )
    boosts: BoostsTable = Field(
        default=BoostsTable(),
        description="What lifts a paper that matches, a little.",
        examples=[{"votes": True, "code": True, "authors": ["Tri Dao"]}],
    )
    topics: list[TopicTable] = Field(
        min_length=1,
        description="The sections of the digest; a paper appears in its best one alone.",
        examples=[[{"name": "Efficient inference", "keywords": ["KV cache"]}]],
    )


def json_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a profile file, for editors that check while typing."""
    schema = ProfileTables.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Paper Digest profile",
    }
