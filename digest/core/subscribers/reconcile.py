"""Compares profile files with the stored subscriptions, and returns the changes to make.

The files are the desired state of the subscriptions with origin `file`, and only of these. If a
reader has left, a file does not start a subscription again. If a reader was added by another way,
a file does not start a second subscription beside it. If a reader has taken over the subscription of a
file on the site, the file does not count for it any more.
"""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct, field

from digest.core.models.profiles import Profile
from digest.core.models.subscribers import AddressStatus
from digest.core.profiles.compiled import content_hash, shared_text

CLOSED = {
    AddressStatus.UNSUBSCRIBED: "has unsubscribed",
    AddressStatus.SUPPRESSED: "is suppressed, as it bounced or complained",
    AddressStatus.ERASED: "was erased",
}
"""The statuses with which an address gets no mail, as texts for people."""


class ProfileSubscription(Struct, frozen=True, kw_only=True):
    """The subscription that one profile file describes."""

    name: str  # the file's stem
    email: str
    profile_text: str  # TOML, as written by its author
    profile: Profile | None = None  # what the text says; None: it was not parsed


class FileSubscription(Struct, frozen=True, kw_only=True):
    """A stored subscription that came from a profile file."""

    subscription_id: int
    name: str
    email: str
    profile_hash: str  # `digest.core.profiles.compiled.content_hash` of the stored text
    live: bool  # not ended


class CurrentSubscriptions(Struct, frozen=True, kw_only=True):
    """The stored state that is compared with the files."""

    subscriptions: Sequence[FileSubscription] = ()  # with origin `file`, live or ended
    closed: Mapping[str, AddressStatus] = field(default_factory=dict)  # no mail; by address key
    # Names of live subscriptions of other origins, by address key.
    imported: Mapping[str, str] = field(default_factory=dict)
    # Names and address keys of subscriptions that readers keep on the site, and whether they are live.
    on_site: Mapping[tuple[str, str], bool] = field(default_factory=dict)


class SubscriptionUpdate(Struct, frozen=True, kw_only=True):
    """A change of the profile text of a subscription."""

    subscription_id: int
    profile_text: str
    profile: Profile | None = None  # what the text says; None: it was not parsed
    name: str | None = None  # the new name if the file was renamed


class FollowedUpdate(Struct, frozen=True, kw_only=True):
    """A change of the file that subscriptions follow."""

    subscription_ids: tuple[int, ...]
    profile_text: str  # as it is stored for all of them
    profile: Profile  # what the text says


class SubscriptionChanges(Struct, frozen=True, kw_only=True):
    """The changes after which the stored subscriptions agree with the files."""

    start: tuple[ProfileSubscription, ...] = ()  # the first digest has the latest batch
    update: tuple[SubscriptionUpdate, ...] = ()
    follow: tuple[FollowedUpdate, ...] = ()
    end: tuple[int, ...] = ()  # subscription ids
    # Ended subscriptions whose file is back. They continue with the papers that appear from now on.
    resume: tuple[SubscriptionUpdate, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def changes(self) -> int:
        """The number of subscriptions that change."""
        return len(self.start) + len(self.updated) + len(self.end) + len(self.resume)

    @property
    def updated(self) -> tuple[int, ...]:
        """The ids of the subscriptions that get another profile."""
        followers = (number for item in self.follow for number in item.subscription_ids)
        return (*(item.subscription_id for item in self.update), *followers)


def normalize_address(email: str) -> str:
    """Returns the address as it is stored: without spaces around it, domain in lower case."""
    # A server may distinguish upper and lower case before the "@" (RFC 5321, section 2.4).
    local, at, domain = email.strip().rpartition("@")
    return f"{local}{at}{domain.lower()}"


def address_key(email: str) -> str:
    """Returns the form by which addresses are compared: case is ignored."""
    return email.strip().lower()


def remedy(email: str, status: AddressStatus, *, profile: str = "FILE") -> str:
    """Returns what the operator can do if the reader of a closed address wants mail again.

    Args:
        email: the address.
        status: one of `CLOSED`.
        profile: the profile file that the reader would get.
    """
    consent = '--consent "how and when"'
    if status is AddressStatus.UNSUBSCRIBED:
        return f"if the reader agreed again since, `digest subscribers resume {email} {consent}`"
    if status is AddressStatus.ERASED:
        return (
            "if the reader agreed again since,"
            f" `digest subscribers add {email} --profile {profile} {consent}`"
        )
    return (
        "use another address of the reader's, or, if the reader agreed again since,"
        f" `digest subscribers add {email} --profile {profile} {consent}`"
    )


def reconcile(
    desired: Sequence[ProfileSubscription],
    standing: CurrentSubscriptions,
    *,
    broken: Collection[str],
) -> SubscriptionChanges:
    """Returns the changes after which the stored subscriptions agree with the files.

    Args:
        desired: the files that could be read, each name once.
        standing: the stored subscriptions.
        broken: names of files with an error: their subscriptions stay as they are.
    """
    wanted = {item.name: item for item in desired if item.name not in broken}
    live = {
        (item.name, address_key(item.email)): item for item in standing.subscriptions if item.live
    }
    ended = {  # of several with one name and address, the last one
        (item.name, address_key(item.email)): item
        for item in sorted(standing.subscriptions, key=lambda item: item.subscription_id)
        if not item.live
    }
    with_file = {key for _, key in live}
    start: list[ProfileSubscription] = []
    update: list[SubscriptionUpdate] = []
    resume: list[SubscriptionUpdate] = []
    warnings: list[str] = []
    # Sorted, so that the warnings come in the same order at each run.
    for name, item in sorted(wanted.items()):
        key = address_key(item.email)
        if key in standing.closed:
            warnings.append(_warning(item, standing.closed[key]))
            continue
        if (name, key) in standing.on_site:
            if not standing.on_site[name, key]:
                warnings.append(_ended_on_site(item))
            continue
        # Beside what was taken over, the other files of an address count as before.
        if key in standing.imported and (standing.imported[key], key) not in standing.on_site:
            doubled = key in with_file
            warnings.append(_other_origin(item, standing.imported[key], doubled=doubled))
            # Who has both from before keeps both, with this warning.
            if not doubled:
                continue
        if current := live.get((name, key)):
            text = shared_text(item.profile_text, current.email)
            if content_hash(text) != current.profile_hash:
                update.append(_update(current, item))
        elif former := ended.get((name, key)):
            resume.append(_update(former, item))
        else:
            start.append(item)
    wanted_keys = {(name, address_key(item.email)) for name, item in wanted.items()}
    without_file = [
        # A broken file ends nothing: its reader continues with the last profile that could be read.
        item
        for key, item in live.items()
        if key not in wanted_keys and item.name not in broken
    ]
    renamed = _renamed(start, without_file)
    update += [_update(current, item, name=item.name) for current, item in renamed]
    new_names = {item.name for _, item in renamed}
    renamed_ids = {current.subscription_id for current, _ in renamed}
    ended_ids = {item.subscription_id for item in without_file} - renamed_ids
    return SubscriptionChanges(
        start=tuple(item for item in start if item.name not in new_names),
        update=tuple(update),
        end=tuple(sorted(ended_ids)),
        resume=tuple(resume),
        warnings=tuple(warnings),
    )


def _renamed(
    new_files: Collection[ProfileSubscription], without_file: Collection[FileSubscription]
) -> list[tuple[FileSubscription, ProfileSubscription]]:
    """Returns the subscriptions whose file has a new name, each with its file.

    A file counts as renamed if exactly one file of an address disappeared and exactly one is new.
    The subscription continues, so that its reader does not get the same papers a second time.
    """
    pairs: list[tuple[FileSubscription, ProfileSubscription]] = []
    for item in new_files:
        key = address_key(item.email)
        removed = [other for other in without_file if address_key(other.email) == key]
        added = [other for other in new_files if address_key(other.email) == key]
        # Otherwise nobody can say which file became which.
        if len(removed) == len(added) == 1:
            pairs.append((removed[0], item))
    return pairs


def _update(
    subscription: FileSubscription, item: ProfileSubscription, *, name: str | None = None
) -> SubscriptionUpdate:
    return SubscriptionUpdate(
        subscription_id=subscription.subscription_id,
        profile_text=item.profile_text,
        profile=item.profile,
        name=name,
    )


def _warning(item: ProfileSubscription, status: AddressStatus) -> str:
    return (
        f"profiles/{item.name}.toml: {item.email} {CLOSED[status]}, so it gets nothing:"
        f" delete the file, or {remedy(item.email, status, profile=f'profiles/{item.name}.toml')}"
    )


def _ended_on_site(item: ProfileSubscription) -> str:
    return (
        f"profiles/{item.name}.toml: {item.email} has ended this digest on the site, so it gets"
        " nothing by this file: delete the file"
    )


def _other_origin(item: ProfileSubscription, name: str, *, doubled: bool) -> str:
    effect = "gets two digests" if doubled else "gets nothing by this file"
    return (
        f"profiles/{item.name}.toml: {item.email} was added by `digest subscribers` as {name!r}, so"
        f" it {effect}: delete the file, or let it replace the other with"
        f" `digest subscribers set-profile {item.email} profiles/{item.name}.toml`"
    )
