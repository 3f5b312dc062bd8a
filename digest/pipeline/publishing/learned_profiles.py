"""Lays what was learned from readers over their profiles, before papers are ranked."""

from collections.abc import Collection, Sequence
from datetime import date

from msgspec.structs import replace

from digest.core.models.profiles import Profile
from digest.core.profiles.cited_papers import cited_in, with_titles
from digest.core.profiles.learned import LearnedProfile, with_learned
from digest.core.profiles.reading_lists import named_in, with_reading_lists
from digest.core.text.display import display_text
from digest.pipeline.publishing.due import DueProfile
from digest.pipeline.subscribers.reading_lists import with_stored_papers
from digest.store.database.store import Connection, Store
from digest.store.subscribers import feedback, profiles, reading_lists

NOTHING = LearnedProfile()


def with_learned_profiles(tx: Connection, due: Sequence[DueProfile], day: date) -> list[DueProfile]:
    """Returns due subscriptions with the profiles that their digests are made with.

    Args:
        tx: Transaction.
        due: Subscriptions with the profiles as they were written.
        day: The day (UTC) to which feedback fades.
    """
    numbers = [item.subscription.subscription_id for item in due]
    learned = feedback.learned(tx, numbers)
    lists = reading_lists.papers(
        tx, [number for number, item in zip(numbers, due, strict=True) if named_in(item.profile)]
    )
    whole: list[DueProfile] = []
    titles = _titles(tx, {name for item in due for name in cited_in(item.profile)})
    for number, item in zip(numbers, due, strict=True):
        profile = item.profile
        if number in lists:
            profile = with_reading_lists(profile, lists[number])
        if titles and cited_in(profile):
            profile = with_titles(profile, titles)
        if number in learned:
            profile = with_learned(profile, learned[number], as_of=day)
        whole.append(item if profile is item.profile else replace(item, profile=profile))
    return whole


def learned_profile(store: Store, profile: Profile, *, profile_text: str, day: date) -> Profile:
    """Returns a profile with what was learned for the subscription that has its text.

    Args:
        store: The database.
        profile: As it was written.
        profile_text: Its text; empty: it has none, and nothing was learned.
        day: The day (UTC) to which feedback fades.
    """
    with store.read() as tx:
        profile = with_stored_papers(tx, profile)
        profile = with_titles(profile, _titles(tx, cited_in(profile)))
        if not profile_text:
            return profile
        live = profiles.subscriptions_with(tx, profile_text, live=True, limit=2)
        learned = feedback.learned(tx, live)
        lists = reading_lists.papers(tx, live if named_in(profile) else ())
    # Of several readers with one text, none is meant.
    if len(live) != 1:
        return profile
    profile = with_reading_lists(profile, lists.get(live[0], {}))
    return with_learned(profile, learned.get(live[0], NOTHING), as_of=day)


def _titles(tx: Connection, cited: Collection[str]) -> dict[str, str]:
    """Returns the titles of stored papers, by their identifiers."""
    if not cited:
        return {}
    # Imported here: few profiles cite papers.
    from digest.store.papers import paper_search

    found = ((name, paper_search.find_identified(tx, name)) for name in sorted(cited))
    return {name: display_text(item.paper.title) for name, item in found if item}
