"""The form of a reader's preferences: what was sent, and what the page shows."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from digest.core.models.profiles import Citations, Detail, Profile
from digest.core.reader_text import ReaderText
from digest.core.signup.choices import (
    DEFAULT_NAME,
    LENGTHS,
    MAX_TOPICS,
    WEIGHTS,
    ScheduleChoice,
    TopicChoice,
    read_presentation,
    read_schedule,
    read_topics,
    split_authors,
    topic_choice,
)
from digest.core.signup.link_tokens import LinkScope
from digest.errors import UsageError
from digest.pipeline.signup.choosing.chosen_digest import ChosenDigest, choose
from digest.pipeline.signup.preferences import ReaderPreferences
from digest.web.pages.choices import HOURS, zone_options
from digest.web.pages.guarded import SentForm, Visit


def may_edit(visit: Visit, found: ReaderPreferences) -> bool:
    """Whether the reader decides about this digest, and not a file of the operator."""
    # All readers of a mailing list get the same.
    is_list = found.subscription.list_name is not None
    hands_over = visit.readers.hand_over and not is_list
    return found.profile is not None and (not found.follows_file or hands_over)


def chosen(visit: Visit, found: ReaderPreferences, form: SentForm) -> ChosenDigest:
    """Returns what was sent, checked.

    Raises:
        UsageError: Something in it is wrong; the text is for the reader.
        ValueError: The same.
    """
    _require_editable(visit, found)
    return choose(
        found,
        _named_topics(visit, form.fields),
        read_schedule(form.fields, form.days),
        read_presentation(form.fields, found.presentation, language=_language(visit, form)),
        followed=split_authors(form.fields.get("follow", "")),
        muted=split_authors(form.fields.get("mute", "")),
    )


def another(visit: Visit, found: ReaderPreferences, form: SentForm) -> ChosenDigest:
    """Returns a new digest with the schedule of this one, and one topic; raises as `chosen` does."""
    _require_editable(visit, found)
    profile = found.profile or Profile(topics=())
    schedule = ScheduleChoice(
        days=profile.days,
        send_at=profile.send_at,
        timezone=profile.timezone,
        max_papers=profile.max_papers,
    )
    topics = _named_topics(visit, {"keywords0": form.fields.get("keywords", "")})
    return choose(found, topics, schedule, found.presentation, followed=(), muted=())


def page_values(
    visit: Visit,
    found: ReaderPreferences,
    *,
    scope: LinkScope,
    form: SentForm | None,
) -> dict[str, Any]:
    """Returns what the page shows.

    Args:
        visit: the request.
        found: the digest as it is stored.
        scope: what the link allows now.
        form: what was sent, if the form is shown again; None: what is stored.
    """
    profile = found.profile
    fields, days = (_stored_fields(found), _days(profile)) if form is None else _sent(form)
    topics = _named_topics(visit, form.fields) if form else _topics(profile)
    return {
        "found": found,
        "editable": may_edit(visit, found),
        "may_edit": scope is not LinkScope.LEAVE,
        "may_manage": scope is LinkScope.MANAGE,
        "topics": topics,
        "more": len(topics) < MAX_TOPICS,
        "fields": fields,
        "days": days,
        "hours": HOURS,
        "lengths": LENGTHS,
        "weights": WEIGHTS,
        "details": tuple(Detail),
        "citations": tuple(Citations),
        "pictures": visit.readers.pictures,
        "zones": zone_options(),
        "languages": tuple(visit.site.pages.languages.all()),
        "contact": visit.readers.contact,
        "data_address": f"{visit.readers.root}/p/{visit.token}/data.json",
        "papers_address": f"{visit.readers.root}/p/{visit.token}/papers",
        "tomorrow": f"{visit.now + timedelta(days=1):%Y-%m-%d}",
    }


def _require_editable(visit: Visit, found: ReaderPreferences) -> None:
    if not may_edit(visit, found):
        raise UsageError(ReaderText("These settings are kept by the operator."))


def _named_topics(visit: Visit, fields: Mapping[str, str]) -> tuple[TopicChoice, ...]:
    return read_topics(fields, default_name=visit.say(DEFAULT_NAME))


def _language(visit: Visit, form: SentForm) -> str:
    """Returns the language that the reader chose; empty: that of the installation."""
    return visit.in_language(form.fields.get("language", visit.language)).chosen_language


def _topics(profile: Profile | None) -> tuple[TopicChoice, ...]:
    return tuple(map(topic_choice, profile.topics)) if profile else ()


def _days(profile: Profile | None) -> tuple[str, ...]:
    return tuple(map(str, profile.days)) if profile else ()


def _sent(form: SentForm) -> tuple[Mapping[str, str], tuple[str, ...]]:
    return {**_EMPTY, **form.fields}, form.days


def _stored_fields(found: ReaderPreferences) -> Mapping[str, str]:
    profile, presentation = found.profile, found.presentation
    if profile is None:
        return _EMPTY
    return {
        **_EMPTY,
        "digest_name": found.subscription.name,
        "hour": profile.send_at or "",
        "zone": profile.timezone,
        "length": str(profile.max_papers),
        "detail": presentation.detail.value,
        "attach": presentation.attach.value,
        "theme": presentation.theme.value,
        "pictures": "yes" if presentation.pictures else "",
        "follow": "\n".join(found.followed),
        "mute": "\n".join(found.muted),
    }


_EMPTY = {
    "digest_name": "", "hour": "", "zone": "", "length": "", "detail": "short", "attach": "none",
    "theme": "usual",
    "pictures": "", "follow": "", "mute": "", "new_name": "", "keywords": "",
}  # fmt: skip
