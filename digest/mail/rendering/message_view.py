"""What the mail templates see: an edition as finished strings, the same in HTML and text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from digest.core.models.editions import Edition
from digest.mail.rendering.card_view import Card, RenderCache, card
from digest.mail.rendering.sanitize import clean, clip, is_rtl, safe_url
from digest.mail.rendering.wording import Wording

_SUBJECT = 80  # characters
_PREHEADER = 160
_PREHEADER_TITLE = 70  # so that more than one is named
_CONTENTS = 240
_NAME = 80
_ADDRESS = 300
_WORDS_A_MINUTE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FooterLinks:
    """How a reader changes, pauses and ends the digest.

    Only what is answered: an address on the web where a page is served, a mailbox where
    somebody reads.
    """

    unsubscribe: str | None = None  # https or mailto
    pause: str | None = None  # a page
    change: str | None = None  # a page
    profile: str | None = None  # the file to edit, such as `profiles/ada.toml`
    ask: str | None = None  # the mail address of a person


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A heading and the cards below it."""

    heading: str
    name: str  # in the list of contents
    rtl: bool
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A whole digest as it is shown; an empty string is not shown."""

    subject: str
    preheader: str
    list_name: str
    home: str | None  # the address that the list's name links to
    date: str
    count: str  # how many papers, how long to read
    contents: str  # the sections, where there are several
    weekly: bool
    empty: bool  # no paper matched; there may be trending ones
    shelves: tuple[SectionView, ...]
    summary: str  # what was considered and left out
    why: str
    change: str  # what to do for another digest, where that is no link
    address: str  # the sender's, from the theme
    ways: FooterLinks  # its links are safe


def build_view(
    edition: Edition,
    words: Wording,
    *,
    list_name: str,
    reader_name: str,
    ways: FooterLinks,
    home: str | None = None,
    weekly: bool = False,
    address: str = "",
    kept: RenderCache | None = None,
) -> MessageView:
    """The edition in the words of one language.

    Args:
        edition: what is shown.
        words: the language.
        list_name: what the digest calls itself.
        reader_name: may be empty.
        ways: how to change and end it.
        home: where the list lives on the web.
        weekly: the edition is of a week; its lesser papers are shown short.
        address: the sender's, for the footer.
        kept: what earlier letters in these words have made.
    """
    list_name = _name(list_name)
    reader = clip(clean(reader_name), _NAME)
    day = edition.local_date
    shelves = tuple(_shelves(edition, words, weekly=weekly, kept=kept or RenderCache()))
    shown = sum([len(section.entries) for section in edition.sections])
    titles = _titles(shelves, shown)
    minutes = sum([one.sheet.words for shelf in shelves for one in shelf.cards]) / _WORDS_A_MINUTE
    return MessageView(
        subject=_subject(edition, words, titles, shown, weekly=weekly),
        preheader=_preheader(edition, words, titles, shown, weekly=weekly),
        list_name=list_name,
        home=safe_url(home),
        date=words.week(day) if weekly else words.full(day),
        count=_count(edition, words, shown, max(1, round(minutes))),
        contents=_contents(shelves, words),
        weekly=weekly,
        empty=not shown,
        shelves=shelves,
        summary=_summary(edition, words, shown, weekly=weekly),
        why=words("why_named", list_name=list_name, reader=reader)
        if reader
        else words("why", list_name=list_name),
        change=_change(ways, words),
        address=clip(clean(address), _ADDRESS),
        ways=FooterLinks(
            unsubscribe=_unsubscribe(ways.unsubscribe),
            pause=safe_url(ways.pause),
            change=safe_url(ways.change),
        ),
    )


def _shelves(
    edition: Edition, words: Wording, *, weekly: bool, kept: RenderCache
) -> Iterator[SectionView]:
    groups = [(section.topic, section.topic, section.entries) for section in edition.sections]
    groups.append((words("trending"), words("trending_short"), edition.trending))
    number = 1
    for topic, name, entries in groups:
        heading = _name(topic)
        trending = entries is edition.trending
        cards = tuple(
            [
                card(
                    entry,
                    words,
                    number=number + index,
                    short=trending or (weekly and index > 0),
                    today=edition.local_date,
                    kept=kept,
                )
                for index, entry in enumerate(entries)
            ]
        )
        number += len(cards)
        if cards:
            yield SectionView(heading=heading, name=_name(name), rtl=is_rtl(heading), cards=cards)


@lru_cache(maxsize=2000)  # of topics and lists: the same in many letters
def _name(text: str) -> str:
    return clip(clean(text), _NAME)


def _titles(shelves: Sequence[SectionView], shown: int) -> list[str]:
    """Those of the matched papers by score, or else of the trending ones; ties as they stand."""
    cards = [one for shelf in shelves for one in shelf.cards]
    best = sorted(cards[:shown], key=lambda one: -(one.score or 0.0))
    return [one.paper.title for one in best or cards]


def _subject(
    edition: Edition, words: Wording, names: Sequence[str], shown: int, *, weekly: bool
) -> str:
    """The date and as many of the two best titles as a phone's and a desk's line can show."""
    values = {"papers": words("papers", n=shown), "day": words.short(edition.local_date)}
    when = "_week" if weekly else ""
    key = f"subject{when}" if shown else f"subject_trending{when}"
    if not names:
        return words(f"subject_empty{when}", **values)
    room = _SUBJECT - len(words(key, titles="", **values))
    titles = clip(names[0], room)
    # A second title is worth naming if a good part of it can be read.
    if len(names) > 1 and len(titles) + 20 <= room:
        titles = clip(words("title_separator").join(names[:2]), room)
    return words(key, titles=titles, **values)


def _preheader(
    edition: Edition, words: Wording, names: Sequence[str], shown: int, *, weekly: bool
) -> str:
    """The three best titles: what a mail program shows beside the subject."""
    names = names[:3]
    if not names:
        return _summary(edition, words, shown, weekly=weekly)
    if len(names) > 1:
        names = [clip(name, _PREHEADER_TITLE) for name in names]
    return clip(words("title_separator").join(names), _PREHEADER)


def _count(edition: Edition, words: Wording, shown: int, minutes: int) -> str:
    reading = words("minutes", n=minutes)
    if edition.considered <= shown:
        return words("count_all", papers=words("papers", n=shown), minutes=reading)
    papers = words("papers", n=edition.considered)
    return words("count", shown=shown, papers=papers, minutes=reading)


def _contents(shelves: tuple[SectionView, ...], words: Wording) -> str:
    if len(shelves) < 2:
        return ""
    parts = (words("contents_part", heading=shelf.name, n=len(shelf.cards)) for shelf in shelves)
    return clip(words("part_separator").join(parts), _CONTENTS)


def _summary(edition: Edition, words: Wording, shown: int, *, weekly: bool) -> str:
    known = edition.considered
    when = "_week" if weekly else ""
    if not shown:
        return words(f"empty_considered{when}", n=known) if known else words("empty_no_papers")
    parts = [words(f"considered{when}", n=max(known, shown)), words("for_you", n=shown)]
    if edition.left_out:
        parts.append(words("cut", n=edition.left_out, limit=shown))
    return words("list_separator").join(parts) + "."


def _change(ways: FooterLinks, words: Wording) -> str:
    if ways.change:
        return ""
    if ways.profile:
        return words("change_file", profile=clip(clean(ways.profile), 2 * _NAME))
    return words("change_ask", address=clip(clean(ways.ask), 2 * _NAME)) if ways.ask else ""


def _unsubscribe(url: str | None) -> str | None:
    """Ours, not a feed's: a mailto is as good as an address on the web."""
    return url if url and (url.startswith("mailto:") or safe_url(url)) else None
