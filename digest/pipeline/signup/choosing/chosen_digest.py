"""What a reader chose on the page of a digest: checked, and as the next digest will use it."""

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from digest.core.keywords.connections import parse_connection
from digest.core.keywords.parser import KeywordError, parse
from digest.core.models.profiles import Presentation, Profile
from digest.core.profiles.learned import LearnedProfile, with_learned
from digest.core.profiles.reading_lists import with_reading_lists
from digest.core.reader_text import ReaderText
from digest.core.signup.choices import ScheduleChoice, TopicChoice, check_likes
from digest.errors import InputError, UsageError
from digest.pipeline.signup.preferences import ReaderPreferences
from digest.pipeline.signup.profile_choices import chosen_profile
from digest.pipeline.subscribers.reading_lists import ReadingList, parse_list, with_stored_papers
from digest.store.database.store import Store
from digest.store.subscribers import feedback as feedback_store
from digest.store.subscribers import reading_lists


class ChosenDigest(Struct, frozen=True, kw_only=True):
    """What a reader chose."""

    profile: Profile
    presentation: Presentation
    lists: Mapping[str, ReadingList]  # that were pasted now, by name
    followed: tuple[str, ...]
    muted: tuple[str, ...]


def choose(
    before: ReaderPreferences,
    topics: Sequence[TopicChoice],
    schedule: ScheduleChoice,
    presentation: Presentation,
    *,
    followed: tuple[str, ...],
    muted: tuple[str, ...],
) -> ChosenDigest:
    """Checks what a reader chose.

    Args:
        before: The digest as it is stored.
        topics: The topics of the form.
        schedule: The schedule of the form.
        presentation: How the message is to look.
        followed: Authors to follow.
        muted: Authors whose papers are not shown.

    Raises:
        UsageError: A keyword, a name or a list is wrong; the text is for the reader.
        ValueError: The same, for an entry of a reading list.
    """
    if before.profile is None:
        raise UsageError(ReaderText("The settings of this digest cannot be read."))
    for name in (*followed, *muted):
        try:
            keyword = parse(f"author:{name}")
        except KeywordError as error:
            raise UsageError(_about(name, error.problem)) from None
        # What is trending is compared by names alone.
        if name in muted and parse_connection("author", keyword.term):
            problem = ReaderText("people who are not shown are named, without ids")
            raise UsageError(_about(name, problem))
    for topic in topics:
        check_likes(topic.likes, before.lists)
    named, lists = [], dict[str, ReadingList]()
    for topic in topics:
        added = dict([_read(topic)]) if topic.pasted else {}
        named.append(replace(topic, likes=(*topic.likes, *added), pasted=""))
        lists |= added
    return ChosenDigest(
        profile=chosen_profile(named, schedule, base=before.profile),
        presentation=presentation,
        lists=lists,
        followed=followed,
        muted=muted,
    )


def as_ranked(store: Store, subscription_id: int, chosen: ChosenDigest, *, day: date) -> Profile:
    """Returns the profile with which the next digest would be made.

    Args:
        store: The database.
        subscription_id: The subscription.
        chosen: What its reader chose.
        day: The day (UTC) to which feedback fades.
    """
    with store.read() as tx:
        profile = with_stored_papers(tx, chosen.profile)
        stored = reading_lists.papers(tx, [subscription_id]).get(subscription_id, {})
        learned = feedback_store.learned(tx, [subscription_id]).get(subscription_id)
    pasted = {name: item.papers for name, item in chosen.lists.items()}
    profile = with_reading_lists(profile, {**stored, **pasted})
    return with_learned(
        profile,
        replace(learned or LearnedProfile(), followed=chosen.followed, muted=chosen.muted),
        as_of=day,
    )


def _about(name: str, problem: str) -> ReaderText:
    return ReaderText("%(topic)s: %(problem)s", topic=name, problem=problem)


def _read(topic: TopicChoice) -> tuple[str, ReadingList]:
    try:
        found = parse_list(topic.pasted.encode(), origin=topic.name)
    except InputError as error:
        raise UsageError(_about(topic.name, error.reason)) from None
    return f"pasted-{found.content_hash[:8]}.bib", found
