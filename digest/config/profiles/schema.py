"""Defines the keys of a profile file: names, ranges, descriptions and the JSON schema."""

from typing import Annotated, Any

from msgspec import Meta, field

from digest.config.email_addresses import check_line
from digest.config.profiles import key_checks, keyword_fields, presentation_fields
from digest.config.profiles.key_checks import DAYS
from digest.config.tables import json_schemas
from digest.config.tables.markers import Before, CheckedBy, Table, described
from digest.config.toml_document import full_message
from digest.core.keywords.aliases import MAX_FORMS, parse_form, parse_name
from digest.core.keywords.parser import parse_all
from digest.core.models.papers import AnnouncementKind
from digest.core.text.tokens import ENGLISH, LANGUAGES


def _alias(name: str) -> str:
    return keyword_fields.check_keyword(name, parse_name)


def _form(text: str) -> str:
    return keyword_fields.check_keyword(text, parse_form)


Aliases = dict[
    Annotated[str, CheckedBy(_alias)],
    Annotated[list[Annotated[str, CheckedBy(_form)]], Meta(max_length=MAX_FORMS)],
]


class TopicTable(Table, frozen=True, kw_only=True):
    """A section of the digest: its name, and which papers belong in it."""

    name: Annotated[
        str,
        CheckedBy(key_checks.heading),
        described(
            "The heading of the section in the digest; each topic needs its own.",
            example="Efficient inference",
            max_length=100,
        ),
    ]
    keywords: Annotated[
        list[Annotated[str, CheckedBy(keyword_fields.keyword)]],
        described(
            "Words and phrases to look for. A plain phrase also matches plurals and hyphens,"
            ' "in double quotes" only matches exactly, prefix* matches all endings, word^2'
            " counts twice, title:word looks in titles only, -word removes a paper.",
            example=["KV cache", "speculative decoding^2", "quantiz*", '"mixture of experts"'],
        ),
    ] = field(default_factory=list)
    exclude: Annotated[
        list[Annotated[str, CheckedBy(keyword_fields.exclusion)]],
        described("Keywords that remove a paper from this topic.", example=["federated learning"]),
    ] = field(default_factory=list)
    avoid: Annotated[
        list[Annotated[str, CheckedBy(keyword_fields.avoided)]],
        described(
            "Keywords that lower a paper in this topic, the more the paper is about them. Near"
            " words count too.",
            example=["federated learning"],
        ),
    ] = field(default_factory=list)
    likes: Annotated[
        list[Annotated[str, CheckedBy(key_checks.reading_list)]],
        Before(
            key_checks.one_or_more,
            schema={"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]},
        ),
        described(
            "A reading list: papers like those in it are found. The name of a BibTeX, RIS, CSL JSON"
            " or JSON lines file beside the profile; a library of Zotero, such as"
            " zotero:groups/4567/collections/EAWCSKSF; or several, also arXiv ids and DOIs of stored"
            " papers, as a list.",
            example="library.bib",
            max_length=100,
        ),
    ] = field(default_factory=list)
    authors: Annotated[
        list[Annotated[str, CheckedBy(keyword_fields.author)]],
        described(
            "Authors to look for: names, ORCID iDs, or ids of OpenAlex.",
            example=["Tri Dao", "orcid:0000-0002-1825-0097"],
        ),
    ] = field(default_factory=list)
    categories: Annotated[
        list[Annotated[str, CheckedBy(keyword_fields.category)]],
        described("Categories to look for, as the source names them.", example=["cs.LG"]),
    ] = field(default_factory=list)
    institutions: keyword_fields.Institutions = field(default_factory=list)
    venues: keyword_fields.Venues = field(default_factory=list)
    cites: keyword_fields.Cited = field(default_factory=list)
    aliases: Annotated[
        Aliases,
        described(
            "Other forms of the keywords of this topic. They replace the profile's aliases of the"
            " same keyword; an empty list turns those off.",
            example={"MoE": ["mixture of experts"]},
        ),
    ] = field(default_factory=dict)
    weight: Annotated[
        float,
        described(
            "How much this topic counts compared with the others.", example=1.0, gt=0, le=100
        ),
    ] = 1.0

    def check(self) -> None:
        """Checks that there is something to look for."""
        super().check()
        has_keyword = any(parse_all([text])[0] for text in self.keywords)  # not only "-term"
        named = (self.authors, self.categories, self.institutions, self.venues, self.cites)
        if not (has_keyword or self.likes or any(named)):
            raise full_message(
                "a topic needs something to look for; write keywords, authors, categories or likes in it"
            )


class BoostsTable(Table, frozen=True, kw_only=True):
    """Extra points for papers that match; all boosts are off by default."""

    votes: Annotated[
        bool,
        described("Raise papers with many votes, if the source counts votes.", example=True),
    ] = False
    code: Annotated[
        bool,
        described("Raise papers for which the source has a link to code.", example=True),
    ] = False
    authors: Annotated[
        list[Annotated[str, CheckedBy(keyword_fields.author)]],
        described(
            "Raise papers by these authors, if they match. The authors of a topic find papers by"
            " themselves.",
            example=["Tri Dao"],
        ),
    ] = field(default_factory=list)


class ProfileTables(Table, frozen=True, kw_only=True):
    """A profile file: who receives a digest, when, and about what."""

    email: Annotated[
        str,
        CheckedBy(key_checks.address),
        described("The address to which the digest is sent.", example="ada@example.org"),
    ]
    name: Annotated[
        str,
        CheckedBy(check_line),
        described(
            'The name of the reader, for the end of the digest: "This is Paper Digest for Ada".',
            example="Ada",
            max_length=100,
        ),
    ] = ""
    timezone: Annotated[
        str,
        CheckedBy(key_checks.zone),
        described("The time zone of the reader, as an IANA name.", example="Europe/Paris"),
    ] = "UTC"
    send_at: Annotated[
        str | None,
        CheckedBy(key_checks.time_of_day),
        described(
            "The earliest local time for the digest, from 00:00 to 23:59. If absent, the first run"
            " of the local day that has something to send.",
            example="07:30",
        ),
    ] = None
    days: Annotated[
        list[Annotated[str, CheckedBy(key_checks.day)]],
        described(
            'The local days with a digest. One day, such as ["fri"], makes it weekly.',
            example=["mon", "tue", "wed", "thu", "fri"],
            min_length=1,
            # A check is not part of the JSON schema, so editors would not know the names.
            extra_json_schema={"items": {"enum": list(DAYS)}},
        ),
    ] = field(default_factory=lambda: list(DAYS))
    max_papers: Annotated[
        int,
        described(
            "The largest number of papers in one digest, without trending papers. Of the other"
            " matches, up to 100 are listed by their titles.",
            example=15,
            ge=1,
            le=200,
        ),
    ] = 15
    min_match: Annotated[
        float,
        described(
            "A paper is shown if its score, from 0 to 100, is at least this.",
            example=20,
            ge=0,
            le=100,
        ),
    ] = 20.0
    when_empty: presentation_fields.WhenEmpty = "skip"
    patience: Annotated[
        str,
        CheckedBy(key_checks.patience),
        described(
            "How long after send_at the program waits on a day on which nothing has come, before"
            " it applies when_empty: a number with m or h.",
            example="4h",
        ),
    ] = "4h"
    trending: presentation_fields.Trending = 3
    detail: presentation_fields.HowMuch = "short"
    attach: presentation_fields.Attached = "none"
    pictures: presentation_fields.Pictures = True
    theme: presentation_fields.Look = "usual"
    mail_language: presentation_fields.MailLanguage = None
    deliver_to: presentation_fields.DeliverTo = None
    kinds: Annotated[
        list[Annotated[str, CheckedBy(key_checks.kind)]],
        described(
            "Which announcements count: new papers, papers newly listed by another source, revised"
            " papers; and, of papers that you were sent, published, corrected, retracted, withdrawn.",
            example=["new", "listed"],
            min_length=1,
            extra_json_schema={"items": {"enum": [kind.value for kind in AnnouncementKind]}},
        ),
    ] = field(default_factory=lambda: [AnnouncementKind.NEW.value, AnnouncementKind.LISTED.value])
    sources: Annotated[
        list[str] | None,
        described(
            "The names of the sources that count, from sources.toml; if absent, all.",
            example=["dumps"],
            min_length=1,
        ),
    ] = None
    aliases: Annotated[
        Aliases,
        described(
            "Other forms of keywords, in all topics. An occurrence of such a form counts as an"
            " occurrence of the keyword.",
            example={"LLM": ["large language model"]},
        ),
    ] = field(default_factory=dict)
    language: Annotated[
        str,
        CheckedBy(key_checks.language),
        described(
            "The language of papers and keywords. It decides which endings of a word are ignored."
            " Words of other languages are found as they are written.",
            example="german",
            extra_json_schema={"enum": list(LANGUAGES)},
        ),
    ] = ENGLISH
    related: Annotated[
        bool,
        described(
            "Whether words count that often occur together with the keywords of a topic, so that a"
            " paper without these keywords can match.",
            example=False,
        ),
    ] = True
    boosts: Annotated[
        BoostsTable,
        described(
            "Extra points for papers that match.",
            example={"votes": True, "code": True, "authors": ["Tri Dao"]},
        ),
    ] = BoostsTable()
    topics: Annotated[
        list[TopicTable],
        described(
            "The sections of the digest. A paper is shown in its best topic only.",
            example=[{"name": "Efficient inference", "keywords": ["KV cache"]}],
            min_length=1,
        ),
    ]


def json_schema() -> dict[str, Any]:
    """Returns the JSON schema (draft 2020-12) of a profile file, for editors with checks."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **json_schemas.json_schema(ProfileTables),
        "title": "Paper Digest profile",
    }
