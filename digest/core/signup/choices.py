"""What a reader chooses on the site: topics, and when the digest comes."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from digest.core.models.profiles import Citations, Detail, MailTheme, Presentation, Topic
from digest.core.profiles.reading_lists import is_identifier
from digest.core.reader_text import ReaderText
from digest.core.text.paper_ids import arxiv_id, doi

MAX_TOPICS = 8
MAX_KEYWORDS = 60
"""The largest number of keywords that the site accepts, in all topics."""

MAX_LIKES = 100
"""The largest number of identifiers and lists of liked papers that a topic has."""

MAX_AUTHORS = 100
"""The largest number of followed authors, and of muted ones."""

DEFAULT_NAME = ReaderText("Your topics")
"""The name of a reader's first topic, in English."""

MAX_NAME = 60
"""The largest number of characters in the name of a digest."""

LENGTHS = (5, 10, 15, 25, 40)
"""The numbers of papers that the site offers."""

WEIGHTS = (0.5, 1.0, 1.5, 2.0)
"""The weights of topics that the site offers."""

# At a comma or a new line, unless it is in quotes.
_ENTRY = re.compile(r'(?:"[^"\n]*"|[^,;\n"]|")+')


class TopicChoice(Struct, frozen=True, kw_only=True):
    """A topic as a form has it."""

    name: str
    keywords: tuple[str, ...]  # in the keyword language
    excluded: tuple[str, ...] = ()
    avoided: tuple[str, ...] = ()
    likes: tuple[str, ...] = ()  # arXiv ids, DOIs and names of reading lists
    pasted: str = ""  # a reading list in BibTeX that is to be added to `likes`
    weight: float = 1.0


class ScheduleChoice(Struct, frozen=True, kw_only=True):
    """When the digest comes, and how long it is."""

    days: tuple[int, ...]  # Monday is 0
    send_at: str | None  # "HH:MM"; None: with the day's first run
    timezone: str  # IANA
    max_papers: int


def split_keywords(text: str) -> tuple[str, ...]:
    """Returns the keywords of a text box: one on each line, or with commas between them."""
    found = (" ".join(part.split()) for part in _ENTRY.findall(text))
    return tuple(dict.fromkeys(part for part in found if part))


def split_likes(text: str) -> tuple[tuple[str, ...], str]:
    """Returns the entries of a text box, one on each line, and the BibTeX after them.

    arXiv ids and DOIs are returned without the web address around them.
    """
    lines = text.splitlines()
    first = next(
        (number for number, line in enumerate(lines) if line.lstrip().startswith("@")), len(lines)
    )
    found = (_identifier(" ".join(line.split())) for line in lines[:first])
    return tuple(dict.fromkeys(entry for entry in found if entry)), "\n".join(lines[first:])


def check_likes(entries: Iterable[str], known: Iterable[str]) -> None:
    """Raises ValueError for an entry that is neither an identifier nor a known reading list.

    Args:
        entries: of a text box.
        known: the names of the reading lists that the digest has.
    """
    lists = set(known)
    for entry in entries:
        if not is_identifier(entry) and entry not in lists:
            raise ValueError(
                ReaderText(
                    "%(entry)s is no arXiv id and no DOI. Paste whole BibTeX entries.", entry=entry
                )
            )


def check_digest_name(name: str) -> str:
    """Returns the name of a digest.

    Raises:
        ValueError: it is empty, too long or not printable; the text is for the reader.
    """
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise ValueError(
            ReaderText("Give the digest a name of at most %(number)s characters.", number=MAX_NAME)
        )
    return name


def split_authors(text: str) -> tuple[str, ...]:
    """Returns the names of a text box, one on each line."""
    # Not at commas: "Dao, Tri" is one name.
    found = (" ".join(line.split()) for line in text.splitlines())
    return tuple(dict.fromkeys(name for name in found if name))[:MAX_AUTHORS]


def topic_choice(topic: Topic) -> TopicChoice:
    """Returns a topic as the form shows it."""
    return TopicChoice(
        name=topic.name,
        keywords=tuple(keyword.text for keyword in topic.keywords),
        excluded=tuple(keyword.text.removeprefix("-") for keyword in topic.excluded),
        avoided=tuple(keyword.text for keyword in topic.avoided),
        likes=topic.likes_from,
        weight=topic.weight,
    )


def read_topics(
    fields: Mapping[str, str], *, default_name: str = DEFAULT_NAME
) -> tuple[TopicChoice, ...]:
    """Returns the topics of a form; those without keywords and without a name are left out.

    Args:
        fields: `name0`, `keywords0`, `exclude0`, `avoid0`, `likes0`, `weight0` and so on.
        default_name: the name of the first topic, unless the reader names it.
    """
    topics = []
    for number in range(MAX_TOPICS):
        keywords = split_keywords(fields.get(f"keywords{number}", ""))
        name = " ".join(fields.get(f"name{number}", "").split())
        likes, pasted = split_likes(fields.get(f"likes{number}", ""))
        if keywords or likes or pasted:
            topics.append(
                TopicChoice(
                    name=name or _default_name(number, keywords, default_name),
                    keywords=keywords,
                    excluded=split_keywords(fields.get(f"exclude{number}", "")),
                    avoided=split_keywords(fields.get(f"avoid{number}", "")),
                    likes=likes[:MAX_LIKES],
                    pasted=pasted,
                    weight=_number(fields.get(f"weight{number}", ""), default=1.0),
                )
            )
    return tuple(topics)


def read_schedule(fields: Mapping[str, str], days: Iterable[str]) -> ScheduleChoice:
    """Returns the schedule of a form.

    Args:
        fields: `hour`, `zone` and `length`.
        days: the numbers of the chosen days; none: every day.

    Raises:
        ValueError: a value is none that the form offers; says which.
    """
    hour = fields.get("hour", "")
    if hour and not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", hour):
        raise ValueError(ReaderText("Choose an hour from the list."))
    chosen = {int(day) for day in days if re.fullmatch("[0-6]", day)}
    length = _number(fields.get("length", ""), default=15.0)
    if not 1 <= length <= 200:
        raise ValueError(ReaderText("A digest has 1 to 200 papers."))
    return ScheduleChoice(
        days=tuple(sorted(chosen)) or tuple(range(7)),
        send_at=hour or None,
        timezone=read_zone(fields.get("zone", "")),
        max_papers=int(length),
    )


def read_presentation(
    fields: Mapping[str, str], before: Presentation, *, language: str
) -> Presentation:
    """Returns how a reader wants the message.

    Args:
        fields: `detail`, `attach`, `theme`, and `pictures` beside `has_pictures`; what the form does not show
            is absent.
        before: what was chosen before.
        language: of messages and pages; empty: that of the installation.

    Raises:
        ValueError: a value is none that the form offers.
    """
    return Presentation(
        detail=Detail(fields.get("detail", before.detail)),
        attach=Citations(fields.get("attach", before.attach)),
        # An unchecked box sends nothing, so a hidden field says that there was one.
        pictures="pictures" in fields if "has_pictures" in fields else before.pictures,
        theme=MailTheme(fields.get("theme", before.theme)),
        mail_language=language,
        deliver_to=before.deliver_to,
    )


def read_zone(name: str) -> str:
    """Returns the IANA name of a time zone.

    Raises:
        ValueError: there is no such zone.
    """
    name = name.strip() or "UTC"
    try:
        if re.fullmatch(r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", name):
            ZoneInfo(name)
            return name
    except (LookupError, OSError, ValueError):
        pass
    raise ValueError(ReaderText("This time zone is unknown; write one such as Europe/Paris."))


def end_of_pause(text: str, *, timezone: str, now: datetime) -> datetime | None:
    """Returns the beginning of the day on which a pause ends; None if no day is named.

    Args:
        text: the day in ISO 8601; empty: the pause lasts until the reader resumes.
        timezone: of the reader.
        now: the current time.

    Raises:
        ValueError: it is no day, or not one in the next year.
    """
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(ReaderText("Write the day as in 2026-05-11.")) from None
    today = now.astimezone(ZoneInfo(timezone)).date()
    if not today < day <= today + timedelta(days=366):
        raise ValueError(ReaderText("Choose a day from tomorrow on, within a year."))
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(timezone))


def _default_name(number: int, keywords: tuple[str, ...], first: str) -> str:
    if not number:
        return first
    return keywords[0].strip('"')[:100] if keywords else f"{first} {number + 1}"


def _identifier(text: str) -> str:
    """Returns an arXiv id or a DOI without what is around it; another text as it is."""
    found = arxiv_id(text)
    return found[0] if found else (doi(text) or text)


def _number(text: str, *, default: float) -> float:
    try:
        value = float(text) if len(text) <= 8 else default
    except ValueError:
        return default
    return value if 0 < value <= 1000 else default
