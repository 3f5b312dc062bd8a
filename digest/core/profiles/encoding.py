"""Profiles as compact bytes, so that a stored profile is read without parsing TOML again.

The bytes are JSON: short lists in a fixed order, ASCII only. Most keywords are a word or a phrase with
nothing special, and are stored as their text alone. Decoding checks nothing: only bytes of `encode`
with the same `VERSION` may be decoded.
"""

import json
from datetime import date, timedelta
from typing import Any

from digest.core.models.papers import AnnouncementKind
from digest.core.models.profiles import (
    Boosts,
    ExamplePaper,
    FeedbackKind,
    GivenFeedback,
    Keyword,
    Profile,
    Topic,
)

VERSION = 4
"""The version of stored profiles. Raise it when the bytes change, and also when a profile file that was
accepted is refused or means something else: stored profiles of other versions are parsed again. A test
compares it with the schema of profile files."""

_MOST_KEYWORDS = 100_000  # are remembered: some 40 MB

# What `json.loads` does, without looking for the encoding and for spaces around the value.
_read = json.JSONDecoder().raw_decode

_EXACT, _PREFIX, _CAPITALS = 1, 2, 4
_WITHOUT_FORMS = 6  # values of a packed keyword without aliases
_KINDS = {kind.value: kind for kind in AnnouncementKind}
_MICROSECOND = timedelta(microseconds=1)


def encode(profile: Profile) -> bytes:
    """Returns a profile as bytes, for a `ProfileDecoder`."""
    packed = [
        profile.language,
        [_pack_topic(topic, profile.language) for topic in profile.topics],
        profile.name,
        profile.timezone,
        profile.send_at,
        profile.days,
        profile.max_papers,
        profile.min_match,
        profile.when_empty,
        # Whole microseconds, because seconds as a float would be rounded.
        profile.patience // _MICROSECOND,
        profile.trending,
        profile.kinds,
        profile.sources,
        profile.related,
        _pack_boosts(profile.boosts),
        _pack_learned(profile),
    ]
    return json.dumps(packed, separators=(",", ":")).encode("ascii")


class ProfileDecoder:
    """Decodes many profiles; equal keywords of all of them become one object.

    It remembers keywords, so use a new one for each run.
    """

    def __init__(self) -> None:
        self._keywords: dict[tuple[Any, ...], Keyword] = {}
        self._plain: dict[str, dict[str, Keyword]] = {}  # of those, by language and text

    def decode(self, data: bytes) -> Profile:
        """Returns the profile that was encoded."""
        (
            language,
            topics,
            name,
            timezone,
            send_at,
            days,
            max_papers,
            min_match,
            when_empty,
            patience,
            trending,
            kinds,
            sources,
            related,
            boosts,
            learned,
        ) = _read(data.decode("ascii"))[0]
        return Profile(
            # A list within, because it is faster than a generator.
            topics=tuple([self._topic(topic, language) for topic in topics]),
            name=name,
            timezone=timezone,
            send_at=send_at,
            days=tuple(days),
            max_papers=max_papers,
            min_match=min_match,
            when_empty=when_empty,
            patience=timedelta(microseconds=patience),
            trending=trending,
            kinds=tuple([_KINDS[kind] for kind in kinds]),
            sources=None if sources is None else tuple(sources),
            related=related,
            boosts=_boosts(boosts) if boosts else _NO_BOOSTS,
            language=language,
            **(_learned(*learned) if learned else {}),
        )

    def _topic(self, packed: list[Any], language: str) -> Topic:
        name, weight, keywords, excluded, avoided, likes_from, likes = packed
        return Topic(
            name=name,
            keywords=self._keywords_of(keywords, language),
            excluded=self._keywords_of(excluded, language) if excluded else (),
            avoided=self._keywords_of(avoided, language) if avoided else (),
            likes=tuple([ExamplePaper(title=title, abstract=text) for title, text in likes])
            if likes
            else (),
            likes_from=tuple(likes_from),
            weight=weight,
        )

    def _keywords_of(self, packed: list[Any], language: str) -> tuple[Keyword, ...]:
        # Most keywords are plain text and known, and this runs for every keyword of every profile.
        try:
            plain = self._plain[language]
            return tuple([plain[item] for item in packed])
        except (KeyError, TypeError):  # one of them is new, or a list
            return tuple([self._known_keyword(item, language) for item in packed])

    def _known_keyword(self, packed: Any, language: str) -> Keyword:
        known = self._keywords
        is_plain = isinstance(packed, str)
        if is_plain:
            key: tuple[Any, ...] = packed, language
        elif len(packed) == _WITHOUT_FORMS:
            key = tuple(packed)
        else:
            key = *packed[:_WITHOUT_FORMS], repr(packed)
        keyword = known.get(key)
        if keyword is None:
            if len(known) >= _MOST_KEYWORDS:
                known.clear()
                self._plain.clear()
            keyword = known[key] = self._keyword(packed, language)
            if is_plain:
                self._plain.setdefault(language, {})[packed] = keyword
        return keyword

    def _keyword(self, packed: Any, language: str) -> Keyword:
        if isinstance(packed, str):
            return Keyword(text=packed, term=packed, language=language)
        text, term, weight, field, flags, own_language, *forms = packed
        return Keyword(
            text=text,
            term=term,
            weight=weight,
            field=field,
            exact=bool(flags & _EXACT),
            prefix=bool(flags & _PREFIX),
            capitals=bool(flags & _CAPITALS),
            forms=self._keywords_of(forms, own_language),
            language=own_language,
        )


def _pack_topic(topic: Topic, language: str) -> list[Any]:
    return [
        topic.name,
        topic.weight,
        [_pack_keyword(keyword, language) for keyword in topic.keywords],
        [_pack_keyword(keyword, language) for keyword in topic.excluded],
        [_pack_keyword(keyword, language) for keyword in topic.avoided],
        topic.likes_from,
        [(paper.title, paper.abstract) for paper in topic.likes],
    ]


def _pack_keyword(keyword: Keyword, language: str) -> Any:
    if keyword == Keyword(text=keyword.text, term=keyword.text, language=language):
        return keyword.text
    flags = _EXACT * keyword.exact | _PREFIX * keyword.prefix | _CAPITALS * keyword.capitals
    return [
        keyword.text,
        keyword.term,
        keyword.weight,
        keyword.field,
        flags,
        keyword.language,
        *(_pack_keyword(form, keyword.language) for form in keyword.forms),
    ]


_NO_BOOSTS = Boosts()


def _pack_boosts(boosts: Boosts) -> list[Any] | None:
    return None if boosts == _NO_BOOSTS else [boosts.votes, boosts.code, boosts.authors]


def _boosts(packed: list[Any]) -> Boosts:
    votes, code, authors = packed
    return Boosts(votes=votes, code=code, authors=tuple(authors))


def _pack_learned(profile: Profile) -> list[Any] | None:
    if not profile.feedback and profile.feedback_as_of is None and not profile.muted:
        return None
    given = [
        (item.paper.title, item.paper.abstract, item.kind, item.on.isoformat())
        for item in profile.feedback
    ]
    as_of = profile.feedback_as_of
    return [given, None if as_of is None else as_of.isoformat(), profile.muted]


def _learned(given: list[Any], as_of: str | None, muted: list[str]) -> dict[str, Any]:
    return {
        "feedback": tuple(
            GivenFeedback(
                paper=ExamplePaper(title=title, abstract=text),
                kind=FeedbackKind(kind),
                on=date.fromisoformat(day),
            )
            for title, text, kind, day in given
        ),
        "feedback_as_of": None if as_of is None else date.fromisoformat(as_of),
        "muted": tuple(muted),
    }
