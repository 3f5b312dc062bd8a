"""Prepares an edition for the templates: display strings that HTML and text share."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from digest.core.editions.hierarchy import lay_out
from digest.core.editions.shown import ShownEdition
from digest.core.models.delivery import ORDINARY, Occasion
from digest.core.models.profiles import Detail
from digest.mail.rendering.cards.shared_card import RenderCache
from digest.mail.rendering.sanitize import clean, clip, safe_link, safe_url
from digest.mail.rendering.section_view import SectionBuilder, SectionView, short_name
from digest.mail.rendering.wording import Wording

# Maximum lengths, in characters.
_MAX_SUBJECT_TITLE = 56  # a phone shows about 40 characters of a subject, and a window 70
_MAX_PREHEADER = 160
_MAX_PREHEADER_TITLE = 76  # so that more than one title fits
_MAX_CONTENTS = 240
_MAX_NAME = 80
_MAX_LIST_NAME = 30  # in a subject
_MAX_ADDRESS = 300

_WORDS_PER_MINUTE = 200


class FooterLinks(Struct, frozen=True, kw_only=True):
    """How a reader changes, pauses or cancels the digest; None for what is not available."""

    unsubscribe: str | None = None  # https or mailto
    pause: str | None = None  # the address of a web page
    change: str | None = None  # the address of a web page
    profile: str | None = None  # the file to edit, such as `profiles/ada.toml`
    ask: str | None = None  # the e-mail address of a person
    online: str | None = None  # the address of the page that shows the digest
    settings: str | None = None  # instead of `change`, for the reader of a mailing list


class MessageView(Struct, frozen=True, kw_only=True):
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
    contents: str  # the topics, if no heading names the only one
    notice: str  # why this message is special
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
    detail: Detail = Detail.SHORT,
    occasion: Occasion = ORDINARY,
    address: str = "",
    pictures: bool = True,
    of_list: bool = False,
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
        weekly: the edition covers a week: only its best papers are shown in full.
        detail: how much the reader wants of each paper.
        occasion: what is special about the message.
        address: the postal address of the sender, for the footer.
        pictures: whether the first paper may have its picture.
        of_list: the digest is that of a mailing list, whose readers do not change it.
        cache: from earlier messages with the same phrases; None: nothing is cached.
    """
    list_name = short_name(list_name)
    reader = clip(clean(reader_name), _MAX_NAME)
    day = edition.local_date
    layout = lay_out(edition, weekly=weekly, detail=detail)
    cache = RenderCache() if cache is None else cache
    builder = SectionBuilder(
        layout,
        words,
        weekly=weekly,
        detail=detail,
        today=day,
        pictures=pictures,
        cache=cache,
    )
    sections, titles = builder.build(), builder.titles
    matched_count = sum([section.total for section in layout.sections])
    word_count = sum([section.words for section in sections])
    # Many messages of a day have the same numbers and topics.
    known = cache.frame_texts
    considered, unnamed = edition.considered, edition.left_out - len(edition.surplus)
    minutes = max(1, round(word_count / _WORDS_PER_MINUTE))
    key: tuple[object, ...] = ("count", considered, matched_count, minutes)
    count = known.get(key) or known.put(key, _count(words, considered, matched_count, minutes))
    key = ("summary", considered, matched_count, unnamed, weekly)
    summary = known.get(key) or known.put(
        key, _summary(words, considered, matched_count, unnamed, weekly=weekly)
    )
    topics = tuple([(section.topic, section.total) for section in layout.sections])
    key = ("contents", topics, layout.is_full)
    contents = known.get(key)
    if contents is None:  # it may be empty
        contents = known.put(key, _contents(words, topics, is_named=layout.is_full))
    return MessageView(
        subject=_subject(
            edition,
            words,
            titles,
            matched_count,
            list_name=list_name,
            weekly=weekly,
            occasion=occasion,
        ),
        preheader=_preheader(titles, words, otherwise=count if titles else summary),
        list_name=list_name,
        home=safe_url(home),
        date=words.week(day) if weekly else words.full(day),
        count=count,
        contents=contents,
        notice=_notice(occasion, words, list_name=list_name, of_list=of_list, today=day),
        weekly=weekly,
        empty=not matched_count,
        shelves=sections,
        summary=summary,
        why=_why(words, list_name=list_name, reader=reader, of_list=of_list),
        change=_change(ways, words),
        address=clip(clean(address), _MAX_ADDRESS),
        ways=FooterLinks(
            unsubscribe=_safe_link_or_mail(ways.unsubscribe),
            pause=safe_link(ways.pause),
            change=None if of_list else _safe_link_or_mail(ways.change),
            settings=_safe_link_or_mail(ways.change) if of_list else None,
            online=safe_link(ways.online),
        ),
    )


def _subject(
    edition: ShownEdition,
    words: Wording,
    titles: Sequence[str],
    matched_count: int,
    *,
    list_name: str,
    weekly: bool,
    occasion: Occasion,
) -> str:
    """Returns the subject: the beginning of the best title, the number of the others, the date."""
    title = clip(titles[0], _MAX_SUBJECT_TITLE) if titles else ""
    values = {
        "title": title,
        "titles": title,
        "papers": words("papers", n=matched_count),
        "day": words.short(edition.local_date),
    }
    when = "_week" if weekly else ""
    if not matched_count and edition.updates:
        subject = words("subject_updates", n=len(edition.updates), **values)
    elif not matched_count:
        key = f"subject_trending{when}" if titles else f"subject_empty{when}"
        subject = words(key, **values)
    elif matched_count == 1:
        subject = words.once("subject_one", **values)
    else:
        subject = words.once(f"subject{when}", n=matched_count - 1, **values)
    if occasion.is_first:
        list_name = clip(list_name, _MAX_LIST_NAME)
        return words.once("subject_first", list_name=list_name, subject=subject)
    if occasion.since:
        since = words.near(occasion.since, edition.local_date)
        return words.once("subject_since", since=since, subject=subject)
    return subject


def _preheader(titles: Sequence[str], words: Wording, *, otherwise: str) -> str:
    """Returns the titles that follow the one in the subject."""
    others = [clip(title, _MAX_PREHEADER_TITLE) for title in titles[1:]]
    if not others:
        return otherwise
    joined = words("title_separator").join(others)
    return clip(words.once("preheader", titles=joined), _MAX_PREHEADER)


def _why(words: Wording, *, list_name: str, reader: str, of_list: bool) -> str:
    if of_list:
        return words("why_list", list_name=list_name)
    if reader:
        return words.once("why_named", list_name=list_name, reader=reader)
    return words("why", list_name=list_name)


def _notice(
    occasion: Occasion, words: Wording, *, list_name: str, of_list: bool, today: date
) -> str:
    if occasion.is_first:
        return words("notice_first_list" if of_list else "notice_first", list_name=list_name)
    if occasion.since:
        return words("notice_since", since=words.near(occasion.since, today))
    return ""


def _count(words: Wording, considered: int, matched_count: int, minutes: int) -> str:
    reading = words("minutes", n=minutes)
    if considered <= matched_count:
        return words("count_all", papers=words("papers", n=matched_count), minutes=reading)
    papers = words("papers", n=considered)
    return words("count", shown=matched_count, papers=papers, minutes=reading)


def _contents(words: Wording, topics: Sequence[tuple[str, int]], *, is_named: bool) -> str:
    """Returns the topics with their numbers of papers; a heading may name the only one."""
    sections = [(short_name(topic), total) for topic, total in topics]
    if len(sections) == 1:
        return "" if is_named else sections[0][0]
    parts = [words.once("contents_part", heading=heading, n=count) for heading, count in sections]
    return clip(words("part_separator").join(parts), _MAX_CONTENTS)


def _summary(
    words: Wording, considered: int, matched_count: int, unnamed: int, *, weekly: bool
) -> str:
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
    if unnamed:
        parts.append(words("cut", n=unnamed, limit=matched_count))
    return words("list_separator").join(parts) + "."


def _change(ways: FooterLinks, words: Wording) -> str:
    if ways.profile:
        return words("change_file", profile=clip(clean(ways.profile), 2 * _MAX_NAME))
    return words("change_ask", address=clip(clean(ways.ask), 2 * _MAX_NAME)) if ways.ask else ""


def _safe_link_or_mail(url: str | None) -> str | None:
    """Returns the address if it is safe. It comes from the program, so a mailto is allowed."""
    return url if url and (url.startswith("mailto:") or safe_link(url)) else None
