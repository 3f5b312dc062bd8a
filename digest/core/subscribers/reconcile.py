"""Profile files against the subscriptions that came from them: what has to change.

The files are the desired state of the subscriptions with origin `file`, and of those alone.
A reader who has left always beats a file.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from digest.core.models.subscribers import AddressStatus

CLOSED = {
    AddressStatus.UNSUBSCRIBED: "has unsubscribed",
    AddressStatus.SUPPRESSED: "is suppressed, as it bounced or complained",
    AddressStatus.ERASED: "had unsubscribed before it was erased",
}
"""The statuses that end all mail to an address, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSubscription:
    """What one profile file asks for."""

    name: str  # the file's stem
    email: str
    profile_text: str  # as authored, TOML


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSubscription:
    """A subscription that came from a profile file."""

    subscription_id: int
    name: str
    email: str
    profile_text: str
    live: bool  # not ended


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentSubscriptions:
    """What the store has."""

    subscriptions: Sequence[FileSubscription] = ()  # of origin file, live or ended
    closed: Mapping[str, AddressStatus] = field(default_factory=dict)  # by address key


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionUpdate:
    """A subscription that gets another profile text."""

    subscription_id: int
    profile_text: str
    name: str | None = None  # the new one, of a file that was renamed


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionChanges:
    """What has to change so that the store is what the files say."""

    start: tuple[ProfileSubscription, ...] = ()  # at the latest batch
    update: tuple[SubscriptionUpdate, ...] = ()
    end: tuple[int, ...] = ()  # subscription ids
    resume: tuple[
        SubscriptionUpdate, ...
    ] = ()  # ended ones whose file is back: at the head, no backlog
    warnings: tuple[str, ...] = ()

    @property
    def changes(self) -> int:
        """How many subscriptions change."""
        return len(self.start) + len(self.update) + len(self.end) + len(self.resume)


def normalised(email: str) -> str:
    """The address as it is kept: no space around it, the domain in lower case."""
    local, at, domain = email.strip().rpartition("@")
    return f"{local}{at}{domain.lower()}"


def address_key(email: str) -> str:
    """What two spellings of one address have in common: case says nothing."""
    return email.strip().lower()


def remedy(email: str, status: AddressStatus) -> str:
    """What to do for a reader of a closed address who wants mail."""
    if status is AddressStatus.UNSUBSCRIBED:
        return f"if the reader wants mail again, `digest subscribers resume {email}`"
    if status is AddressStatus.ERASED:
        return f"if the reader wants mail again, `digest subscribers add {email}`"
    return "use another address of the reader's"


def reconcile(
    desired: Sequence[ProfileSubscription],
    standing: CurrentSubscriptions,
    *,
    broken: Collection[str],
) -> SubscriptionChanges:
    """What has to change, decided file by file.

    Args:
        desired: the files that could be read; a name once.
        standing: what the store has.
        broken: the names of files that are there and have an error: theirs stay untouched.
    """
    wanted = {item.name: item for item in desired if item.name not in broken}
    live = {
        (item.name, address_key(item.email)): item for item in standing.subscriptions if item.live
    }
    ended = {  # the last one of each
        (item.name, address_key(item.email)): item
        for item in sorted(standing.subscriptions, key=lambda item: item.subscription_id)
        if not item.live
    }
    start: list[ProfileSubscription] = []
    update: list[SubscriptionUpdate] = []
    resume: list[SubscriptionUpdate] = []
    warnings: list[str] = []
    for name, item in sorted(wanted.items()):
        key = address_key(item.email)
        if key in standing.closed:
            warnings.append(_warning(item, standing.closed[key]))
        elif current := live.get((name, key)):
            if current.profile_text != item.profile_text:
                update.append(_update(current, item))
        elif former := ended.get((name, key)):
            resume.append(_update(former, item))
        else:
            start.append(item)
    kept = {(name, address_key(item.email)) for name, item in wanted.items()}
    gone = [item for place, item in live.items() if place not in kept and item.name not in broken]
    renamed = _renamed(start, gone)
    update += [_update(before, item, name=item.name) for before, item in renamed]
    followed = {item.name for _, item in renamed}
    ended_by_name = {before.subscription_id for before, _ in renamed}
    return SubscriptionChanges(
        start=tuple(item for item in start if item.name not in followed),
        update=tuple(update),
        end=tuple(
            sorted(
                item.subscription_id for item in gone if item.subscription_id not in ended_by_name
            )
        ),
        resume=tuple(resume),
        warnings=tuple(warnings),
    )


def _renamed(
    came: Collection[ProfileSubscription], gone: Collection[FileSubscription]
) -> list[tuple[FileSubscription, ProfileSubscription]]:
    """Files under another name: the only one of an address that went, and the only one that came.

    Their subscription goes on, so that its reader does not get the same papers a second time.
    """
    pairs: list[tuple[FileSubscription, ProfileSubscription]] = []
    for item in came:
        key = address_key(item.email)
        before = [other for other in gone if address_key(other.email) == key]
        alike = [other for other in came if address_key(other.email) == key]
        if len(before) == len(alike) == 1:
            pairs.append((before[0], item))
    return pairs


def _update(
    subscription: FileSubscription, item: ProfileSubscription, *, name: str | None = None
) -> SubscriptionUpdate:
    return SubscriptionUpdate(
        subscription_id=subscription.subscription_id, profile_text=item.profile_text, name=name
    )


def _warning(item: ProfileSubscription, status: AddressStatus) -> str:
    return (
        f"profiles/{item.name}.toml: {item.email} {CLOSED[status]}, so it gets nothing:"
        f" delete the file, or {remedy(item.email, status)}"
    )
