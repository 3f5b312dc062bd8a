"""Makes profiles from what readers choose on the site, and offers lists to begin with."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from digest.config.mailing_lists.loader import NO_LISTS, MailingList, MailingLists
from digest.config.profiles import gallery
from digest.config.profiles import loader as profile_loader
from digest.config.profiles.gallery import StarterProfile
from digest.config.profiles.loader import AuthoredProfile
from digest.config.profiles.writer import render_profile
from digest.core.keywords.parser import KeywordError, parse, parse_all
from digest.core.models.profiles import (
    DEFAULT_PRESENTATION,
    Keyword,
    Presentation,
    Profile,
    Topic,
)
from digest.core.reader_text import ReaderText
from digest.core.signup.choices import (
    MAX_KEYWORDS,
    ScheduleChoice,
    TopicChoice,
    topic_choice,
)
from digest.errors import ProfileError, UsageError
from digest.pipeline.profiles.profile_sources import with_email

_SOMEBODY = "reader@example.org"
_NOTHING = Profile(topics=())


class OfferedList(Struct, frozen=True, kw_only=True):
    """A list with which readers can begin."""

    name: str  # in the address of its page
    title: str
    about: str  # what it looks for; may be empty
    topics: tuple[TopicChoice, ...]
    profile: Profile
    # Of a mailing list, whose readers follow its profile, with its schedule; None: readers begin with
    # a copy, and choose the schedule.
    mailing_list: MailingList | None = None
    text: str = ""  # of the profile that the readers of a mailing list follow

    @property
    def is_joined(self) -> bool:
        """Whether readers join a mailing list."""
        return self.mailing_list is not None


def offered_lists(
    names: Sequence[str], *, home: Path, lists: MailingLists = NO_LISTS
) -> Iterator[OfferedList]:
    """Yields the lists that the operator offers: mailing lists, and others to begin with.

    Args:
        names: names of starter profiles, or profile files in the home; none: all starter profiles,
            unless there are mailing lists.
        home: the home.
        lists: the mailing lists.

    Raises:
        UsageError: a starter profile does not exist.
        ProfileError: a file cannot be read.
    """
    offered = [item for item in lists.lists if item.offered]
    yield from (_mailing_list(item, home=home) for item in offered)
    taken = {item.name for item in lists.lists}
    for name in names:
        if Path(name).stem in taken:
            continue
        if name.endswith(".toml"):
            path = home / name
            title = path.stem.replace("-", " ").capitalize()
            yield _to_begin_with(path.stem, profile_loader.read(path), file=name, title=title)
        else:
            yield _starter(gallery.find(name))
    if not names and not offered:
        yield from (_starter(item) for item in gallery.starter_profiles() if item.name not in taken)


@cache
def _starter(item: StarterProfile) -> OfferedList:
    title, _, about = item.description.partition(": ")
    return _to_begin_with(item.name, item.text, file=item.name, title=title, about=about)


def _to_begin_with(name: str, text: str, *, file: str, title: str, about: str = "") -> OfferedList:
    profile = profile_loader.parse(with_email(text, _SOMEBODY), file=file).profile
    return OfferedList(
        name=name,
        title=title,
        about=about,
        topics=tuple(map(topic_choice, profile.topics)),
        profile=profile,
    )


def _mailing_list(item: MailingList, *, home: Path) -> OfferedList:
    text = profile_loader.read(home / item.profile)
    profile = profile_loader.parse(with_email(text, _SOMEBODY), file=item.profile).profile
    return OfferedList(
        name=item.name,
        title=item.title,
        about=item.about,
        topics=tuple(map(topic_choice, profile.topics)),
        profile=profile,
        mailing_list=item,
        text=text,
    )


def chosen_profile(
    topics: Sequence[TopicChoice], schedule: ScheduleChoice, *, base: Profile = _NOTHING
) -> Profile:
    """Returns the profile that a reader chose; what the form does not show stays as it was.

    Args:
        topics: the topics of the form.
        schedule: the schedule of the form.
        base: the profile before.

    Raises:
        UsageError: a keyword is wrong, or there are too many; the text is for the reader.
    """
    if not topics:
        raise UsageError(ReaderText("Write at least one keyword."))
    lists = [words for item in topics for words in (item.keywords, item.excluded, item.avoided)]
    if sum(map(len, lists)) > MAX_KEYWORDS:
        raise UsageError(ReaderText("Write at most %(number)s keywords.", number=MAX_KEYWORDS))
    names = [topic.name for topic in topics]
    if len(set(names)) < len(names):
        raise UsageError(ReaderText("Give each topic its own name."))
    before = {topic.name: topic for topic in base.topics}
    profile = replace(
        base,
        topics=tuple(_topic(topic, before.get(topic.name)) for topic in topics),
        days=schedule.days,
        send_at=schedule.send_at,
        timezone=schedule.timezone,
        max_papers=schedule.max_papers,
    )
    try:
        # What is stored is read again, so that it is exactly what a profile file may say.
        return profile_loader.parse(
            with_email(profile_text(profile), _SOMEBODY), file="form"
        ).profile
    except ProfileError as error:
        raise UsageError(error.problem) from None


def profile_text(profile: Profile, presentation: Presentation = DEFAULT_PRESENTATION) -> str:
    """Returns the text of a profile, without an address, so that equal ones are stored once."""
    authored = AuthoredProfile(
        email=_SOMEBODY, name=profile.name, profile=profile, presentation=presentation
    )
    lines = render_profile(authored).splitlines()
    kept = [line for line in lines if not line.startswith(("#:schema", "email = "))]
    return "\n".join(kept).strip() + "\n"


def _topic(choice: TopicChoice, before: Topic | None) -> Topic:
    try:
        keywords, excluded = parse_all(choice.keywords, choice.excluded)
        avoided = tuple(map(parse, choice.avoided))
    except KeywordError as error:
        raise UsageError(
            ReaderText("%(topic)s: %(problem)s", topic=choice.name, problem=error.problem)
        ) from None
    topic = Topic(
        name=choice.name,
        keywords=keywords,
        excluded=excluded,
        avoided=avoided,
        likes_from=choice.likes,
        weight=choice.weight,
    )
    if before is None:
        return topic
    return replace(
        topic,
        keywords=_with_aliases(keywords, before.keywords),
        excluded=_with_aliases(excluded, before.excluded),
        avoided=_with_aliases(avoided, before.avoided),
    )


def _with_aliases(keywords: Sequence[Keyword], before: Sequence[Keyword]) -> tuple[Keyword, ...]:
    """Returns the keywords as they were, where their texts have not changed."""
    known = {keyword.text: keyword for keyword in before}
    return tuple(known.get(keyword.text, keyword) for keyword in keywords)
