"""Prepares an edition for the templates: display strings that HTML and text share."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from digest.core.editions.shown import ShownEdition
from digest.mail.rendering.card_view import Card, RenderCache, build_card
from digest.mail.rendering.sanitize import clean, clip, is_rtl, safe_link, safe_url
from digest.mail.rendering.wording import Wording

# Maximum lengths, in characters.
_MAX_SUBJECT = 80
_MAX_PREHEADER = 160
_MAX_PREHEADER_TITLE = 70  # so that more than one title fits
_MAX_CONTENTS = 240
_MAX_NAME = 80
_MAX_ADDRESS = 300

_WORDS_PER_MINUTE = 200
_MAX_TITLES = 3  # in the preheader


@dataclass(frozen=True, slots=True, kw_only=True)
class FooterLinks:
    """How a reader changes, pauses or cancels the digest; None for what is not available."""

    unsubscribe: str | None = None  # https or mailto
    pause: str | None = None  # the address of a web page
    change: str | None = None  # the address of a web page
    profile: str | None = None  # the file to edit, such as `profiles/ada.toml`
    ask: str | None = None  # the e-mail address of a person


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A section: a heading and its cards."""

    heading: str
    name: str  # in the list of contents
    rtl: bool  # the heading runs from right to left
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A whole digest as display strings; empty strings are not shown.

    The templates see this as `letter`. An operator's templates use its field names, so these
    must not change.
    """

    subject: str
    preheader: str  # text that mail programs show beside the subject
    list_name: str
    home: str | None  # the web address that the list name links to
    date: str
    count: str  # number of papers and reading time
    contents: str  # the sections, if there are several
    weekly: bool
    empty: bool  # no paper matched; there may be trending ones
    shelves: tuple[SectionView, ...]
    summary: str  # how many papers were considered and left out
    why: str  # why the reader gets this digest
    change: str  # how to change the digest, if there is no page for it
    address: str  # the postal address of the sender, from the theme
    ways: FooterLinks  # checked links for the footer


def build_view(
    edition: ShownEdition,
    words: Wording,
    *,
    list_name: str,
    reader_name: str,
    ways: FooterLinks,
    home: str | None = None,
    weekly: bool = False,
    address: str = "",
    cache: RenderCache | None = None,
) -> MessageView:
    """Builds the display strings of an edition.

    Args:
        edition: the edition.
        words: the phrases.
        list_name: the name of the digest.
        reader_name: may be empty.
        ways: how the reader changes or cancels the digest.
        home: the web address of the list; None: there is none.
        weekly: the edition covers a week; only the best paper of a section is shown in full.
        address: the postal address of the sender, for the footer.
        cache: from earlier messages with the same phrases; None: nothing is cached.
    """
    list_name = _name(list_name)
    reader = clip(clean(reader_name), _MAX_NAME)
    day = edition.local_date
    sections = _sections(edition, words, weekly=weekly, cache=cache or RenderCache())
    cards = [card for section in sections for card in section.cards]
    matched_count = sum([len(entries) for _, entries in edition.sections])
    titles = _titles(cards, matched_count)
    word_count = sum([card.words for card in cards])
    minutes = word_count / _WORDS_PER_MINUTE
    return MessageView(
        subject=_subject(edition, words, titles, matched_count, weekly=weekly),
        preheader=_preheader(edition, words, titles, matched_count, weekly=weekly),
        list_name=list_name,
        home=safe_url(home),
        date=words.week(day) if weekly else words.full(day),
        count=_count(edition, words, matched_count, max(1, round(minutes))),
        contents=_contents(sections, words),
        weekly=weekly,
        empty=not matched_count,
        shelves=sections,
        summary=_summary(edition, words, matched_count, weekly=weekly),
        why=words("why_named", list_name=list_name, reader=reader)
        if reader
        else words("why", list_name=list_name),
        change=_change(ways, words),
        address=clip(clean(address), _MAX_ADDRESS),
        ways=FooterLinks(
            unsubscribe=_safe_unsubscribe(ways.unsubscribe),
            pause=safe_link(ways.pause),
            change=safe_link(ways.change),
        ),
    )


def _sections(
    edition: ShownEdition, words: Wording, *, weekly: bool, cache: RenderCache
) -> tuple[SectionView, ...]:
    # The heading, the short name for the list of contents, and the entries.
    groups = [(topic, topic, entries, False) for topic, entries in edition.sections]
    groups.append((words("trending"), words("trending_short"), edition.trending, True))
    number, today = 1, edition.local_date
    sections: list[SectionView] = []
    for topic, name, entries, trending in groups:
        if not entries:
            continue
        cards = tuple(
            [
                build_card(
                    entry,
                    words,
                    number=position,
                    short=trending or (weekly and position > number),
                    today=today,
                    cache=cache,
                )
                for position, entry in enumerate(entries, start=number)
            ]
        )
        number += len(cards)
        heading = _name(topic)
        sections.append(
            SectionView(heading=heading, name=_name(name), rtl=is_rtl(heading), cards=cards)
        )
    return tuple(sections)


@lru_cache(maxsize=10_000)  # many messages have the same topics and list names
def _name(text: str) -> str:
    return clip(clean(text), _MAX_NAME)


def _titles(cards: Sequence[Card], matched_count: int) -> list[str]:
    """Returns the titles of the three best matched papers; if none matched, of the trending ones."""
    if matched_count:
        cards = sorted(cards[:matched_count], key=lambda card: -(card.score or 0.0))
    return [card.shared.paper.title for card in cards[:_MAX_TITLES]]


def _subject(
    edition: ShownEdition,
    words: Wording,
    titles: Sequence[str],
    matched_count: int,
    *,
    weekly: bool,
) -> str:
    """Returns the subject: the date, and as much of the two best titles as fits."""
    values = {"papers": words("papers", n=matched_count), "day": words.short(edition.local_date)}
    when = "_week" if weekly else ""
    key = f"subject{when}" if matched_count else f"subject_trending{when}"
    if not titles:
        return words(f"subject_empty{when}", **values)
    room = _MAX_SUBJECT - len(words(key, titles="", **values))
    shown_titles = clip(titles[0], room)
    # A second title is added only if at least 20 characters of it fit.
    if len(titles) > 1 and len(shown_titles) + 20 <= room:
        shown_titles = clip(words("title_separator").join(titles[:2]), room)
    return words(key, titles=shown_titles, **values)


def _preheader(
    edition: ShownEdition,
    words: Wording,
    titles: Sequence[str],
    matched_count: int,
    *,
    weekly: bool,
) -> str:
    """Returns the three best titles, or the summary of an edition without papers."""
    if not titles:
        return _summary(edition, words, matched_count, weekly=weekly)
    if len(titles) > 1:
        titles = [clip(title, _MAX_PREHEADER_TITLE) for title in titles]
    return clip(words("title_separator").join(titles), _MAX_PREHEADER)


def _count(edition: ShownEdition, words: Wording, matched_count: int, minutes: int) -> str:
    reading = words("minutes", n=minutes)
    if edition.considered <= matched_count:
        return words("count_all", papers=words("papers", n=matched_count), minutes=reading)
    papers = words("papers", n=edition.considered)
    return words("count", shown=matched_count, papers=papers, minutes=reading)


def _contents(sections: tuple[SectionView, ...], words: Wording) -> str:
    if len(sections) < 2:
        return ""
    parts = (
        words("contents_part", heading=section.name, n=len(section.cards)) for section in sections
    )
    return clip(words("part_separator").join(parts), _MAX_CONTENTS)


def _summary(edition: ShownEdition, words: Wording, matched_count: int, *, weekly: bool) -> str:
    considered = edition.considered
    when = "_week" if weekly else ""
    if not matched_count:
        return (
            words(f"empty_considered{when}", n=considered)
            if considered
            else words("empty_no_papers")
        )
    parts = [
        words(f"considered{when}", n=max(considered, matched_count)),
        words("for_you", n=matched_count),
    ]
    if edition.left_out:
        parts.append(words("cut", n=edition.left_out, limit=matched_count))
    return words("list_separator").join(parts) + "."


def _change(ways: FooterLinks, words: Wording) -> str:
    if ways.change:
        return ""
    if ways.profile:
        return words("change_file", profile=clip(clean(ways.profile), 2 * _MAX_NAME))
    return words("change_ask", address=clip(clean(ways.ask), 2 * _MAX_NAME)) if ways.ask else ""


def _safe_unsubscribe(url: str | None) -> str | None:
    """Returns the address if it is safe. It comes from the program, so a mailto is allowed."""
    return url if url and (url.startswith("mailto:") or safe_link(url)) else None
