"""Writes a profile as a TOML file with comments, which a person can edit."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from msgspec.structs import replace

from digest.config.durations import write_duration
from digest.config.profiles.key_checks import DAYS
from digest.config.profiles.keyword_fields import FIELDS_BY_LIST
from digest.config.profiles.loader import AuthoredProfile
from digest.core.keywords.parser import KeywordError, parse_all, unparse
from digest.core.models.profiles import (
    DEFAULT_PATIENCE,
    DEFAULT_PRESENTATION,
    Boosts,
    Keyword,
    Profile,
    Topic,
)
from digest.core.text.tokens import ENGLISH
from digest.printable import printable_line

_COMMENT_COLUMN = 48
_NO_NOTES: Mapping[str, str] = {}


def render_profile(
    authored: AuthoredProfile,
    *,
    heading: Iterable[str] = (),
    notes: Mapping[str, str] = _NO_NOTES,
    closing: Iterable[str] = (),
) -> str:
    """Returns the text of a profile file; `loader.parse` reads the same profile from it.

    Args:
        authored: the contents of the file.
        heading: comment lines at the top.
        notes: comments beside keywords, by `Keyword.text`.
        closing: comment lines at the end.
    """
    profile = authored.profile
    # Editors with Taplo check the file by the schema that this line names.
    lines = ["#:schema ../profile.schema.json", *map(_comment, heading), ""]
    lines += _settings(authored)
    # With one topic, aliases are written for the whole profile, where people look for them.
    shared = _aliases(profile.topics[0]) if len(profile.topics) == 1 else []
    lines += ["", "# What keywords are also called.", "[aliases]", *shared] if shared else []
    for topic in profile.topics:
        lines += ["", "[[topics]]", *_topic(topic, notes)]
        if not shared and (topic_aliases := _aliases(topic)):
            lines += ["[topics.aliases]", *topic_aliases]
    if closing := [_comment(line) for line in closing]:
        lines += ["", *closing]
    return "\n".join(lines) + "\n"


# The comments in these lines are part of the JSON results of `digest profile`, which must not
# change.
def _settings(authored: AuthoredProfile) -> Iterator[str]:
    profile = authored.profile
    yield _line("email", _text(authored.email), "where the digest is sent")
    yield _line(
        "name",
        _text(authored.name or "Ada"),
        "named at the end of the digest",
        absent=not authored.name,
    )
    yield _line("timezone", _text(profile.timezone), "yours, as in Europe/Paris")
    yield _line(
        "send_at",
        _text(profile.send_at or "07:30"),
        "not before; absent: with the day's first run",
        absent=profile.send_at is None,
    )
    every_day = len(set(profile.days)) == len(DAYS)
    # With all days, the line is a comment. Then it shows the weekdays as an example.
    days = [DAYS[day] for day in (range(5) if every_day else sorted(profile.days))]
    yield _line("days", _list(days), 'absent: every day; ["fri"]: a weekly one', absent=every_day)
    yield _line("max_papers", str(profile.max_papers), "1 to 200")
    yield _line("min_match", _number(profile.min_match), "0 to 100: higher is fewer and closer")
    yield _line("when_empty", _text(profile.when_empty), 'or "send", to hear there was nothing')
    if profile.patience != DEFAULT_PATIENCE:
        yield _line("patience", _text(write_duration(profile.patience)), "how long to wait for it")
    yield _line("trending", str(profile.trending), "popular papers outside your topics; 0 for none")
    detail, attach = authored.presentation.detail, authored.presentation.attach
    if detail is not DEFAULT_PRESENTATION.detail:
        yield _line("detail", _text(detail), "of each paper: titles, short or full")
    if attach is not DEFAULT_PRESENTATION.attach:
        yield _line("attach", _text(attach), "the papers as a file: bibtex or ris")
    if not authored.presentation.pictures:
        yield _line("pictures", "false", "none of the first paper")
    if authored.presentation.theme is not DEFAULT_PRESENTATION.theme:
        yield _line("theme", _text(authored.presentation.theme), "calm, compact or playful")
    if authored.presentation.mail_language:
        yield _line("mail_language", _text(authored.presentation.mail_language), "of the messages")
    if authored.presentation.deliver_to:
        yield _line("deliver_to", _text(authored.presentation.deliver_to), "in place of mail")
    yield _line("kinds", _list([str(kind) for kind in profile.kinds]), 'add "revised" for versions')
    yield from _sources(profile)
    yield from _ranking(profile)


def _sources(profile: Profile) -> Iterator[str]:
    chosen = profile.sources
    yield _line("sources", _list(chosen or ["dumps"]), "absent: all", absent=chosen is None)


def _ranking(profile: Profile) -> Iterator[str]:
    """Yields the ranking keys whose values differ from the defaults."""
    if profile.language != ENGLISH:
        yield _line("language", _text(profile.language), "of papers and keywords")
    if not profile.related:
        yield _line("related", "false", "only papers that hold a keyword themselves")
    if profile.boosts != Boosts():
        boosts = profile.boosts
        flags = (("votes", boosts.votes), ("code", boosts.code))
        items = [f"{name} = true" for name, on in flags if on]
        items += [f"authors = {_list(boosts.authors)}"] if boosts.authors else []
        yield _line("boosts", f"{{ {', '.join(items)} }}", "lifts what matches a little")


def _topic(topic: Topic, notes: Mapping[str, str]) -> Iterator[str]:
    yield f"name = {_text(topic.name)}"
    if topic.weight != 1.0:
        yield f"weight = {_number(topic.weight)}"
    # `loader` puts the entries of these lists at the end of the keywords. They are written in their
    # own lists again.
    plain = [_KeywordText(keyword) for keyword in topic.keywords]
    lists: dict[str, list[str]] = {}
    for name, field in reversed(FIELDS_BY_LIST.items()):
        found = _last_of_field(plain, field)
        lists[name] = [item.text.removeprefix(field) for item in found]
        plain = plain[: len(plain) - len(found)]
    if plain:
        yield "keywords = ["
        items = [f"  {_text(keyword.text)}," for keyword in plain]
        width = max(map(len, items))
        for keyword, item in zip(plain, items, strict=True):
            note = notes.get(keyword.keyword.text)
            yield f"{item.ljust(width)}  {_comment(note)}" if note else item
        yield "]"
    excluded = [_KeywordText(keyword, excluded=True).text for keyword in topic.excluded]
    named = (
        ("exclude", excluded),
        ("avoid", [_KeywordText(keyword).text for keyword in topic.avoided]),
        *((name, lists[name]) for name in reversed(lists)),
    )
    if len(topic.likes_from) == 1:
        yield f"likes = {_text(topic.likes_from[0])}"
    elif topic.likes_from:
        yield f"likes = {_list(topic.likes_from)}"
    yield from (f"{name} = {_list(texts)}" for name, texts in named if texts)


class _KeywordText:
    """A keyword with a text that is parsed as the same keyword, if possible the original text."""

    def __init__(self, keyword: Keyword, *, excluded: bool = False) -> None:
        self.keyword = keyword
        # The text of a keyword gives neither aliases nor the language; the loader adds both.
        expected = replace(keyword, forms=(), language=ENGLISH)
        try:
            parsed = parse_all(*(([], [keyword.text]) if excluded else ([keyword.text], [])))
        except KeywordError:
            parsed = (), ()
        self.text = keyword.text if parsed[excluded] == (expected,) else unparse(keyword)


def _last_of_field(keywords: Sequence[_KeywordText], field: str) -> list[_KeywordText]:
    """Returns the keywords of a field at the end of a list."""
    ending = list(takewhile(lambda item: item.text.startswith(field), reversed(keywords)))
    return ending[::-1]


def _aliases(topic: Topic) -> list[str]:
    forms = {
        unparse(replace(keyword, field="text", weight=1.0)): keyword.forms
        for keyword in (*topic.keywords, *topic.excluded, *topic.avoided)
        if keyword.forms
    }
    return [
        f"{_text(name)} = {_list([unparse(replace(form, field='text')) for form in aliases])}"
        for name, aliases in forms.items()
    ]


def _line(key: str, value: str, comment: str, *, absent: bool = False) -> str:
    return f"{'# ' if absent else ''}{key} = {value}".ljust(_COMMENT_COLUMN - 1) + f" # {comment}"


def _comment(text: str) -> str:
    """A line of comment; TOML allows no control characters in it."""
    return f"# {printable_line(text)}".rstrip()


def _text(text: str) -> str:
    # The strings of JSON are also TOML, except that TOML forbids U+007F.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _number(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)
