"""Updates the members of mailing lists, so that they correspond to `lists.toml`."""

from datetime import datetime

from digest.config.mailing_lists.loader import FILE, MailingLists
from digest.core.subscribers.removals import is_plausible
from digest.core.text.plurals import count
from digest.store.database.store import Connection
from digest.store.mailing_lists import memberships


def sync_lists(tx: Connection, lists: MailingLists, *, now: datetime) -> list[str]:
    """Makes who follows the file of a list its member, and ends the members of removed lists.

    A list that has another name and the same file is renamed. A list that is back gets its members
    back, without those who left it.

    Args:
        tx: A write transaction.
        lists: The lists.
        now: The current time.

    Returns:
        Warnings for the operator.
    """
    known = {item.name: item for item in lists.lists}
    for name, file in memberships.counts(tx):
        renamed = lists.following(file)
        if name not in known and renamed is not None:
            memberships.rename(tx, name, renamed.name)
    memberships.adopt(tx, {item.profile: item.name for item in lists.lists})
    members: dict[str, int] = {}
    for (name, file), number in memberships.counts(tx).items():
        members[name] = members.get(name, 0) + number
        if name in known and file not in (None, known[name].profile):
            memberships.follow(tx, name, known[name].profile)
    warnings: list[str] = []
    for name in sorted(memberships.ended_names(tx)[0] & set(known)):
        back = f"the list {name} is back"
        number = memberships.resume_all(tx, name=name, now=now, detail=back)
        if number:
            warnings.append(f"{back} in {FILE}, so {count(number, 'subscription')} continued")
    gone = {name: number for name, number in members.items() if name not in known}
    ending = sum(gone.values())
    if gone and not is_plausible(ending, staying=sum(members.values()) - ending):
        return [*warnings, *(_kept(name, number) for name, number in gone.items())]
    for name in sorted(gone):
        number = memberships.end_all(tx, name=name, now=now, detail=f"the list {name} was removed")
        warnings.append(
            f"the list {name} is not in {FILE} any more, so {count(number, 'subscription')} ended;"
            " put it back to continue them"
        )
    return warnings


def _kept(name: str, number: int) -> str:
    readers = "1 reader still gets" if number == 1 else f"{number:,} readers still get"
    return (
        f"the list {name} is not in {FILE}, and with it most or all members of lists would be gone;"
        f" {readers} it, from the usual sender. Put it back, or end it with `digest subscribers"
        f" end --list {name}`"
    )
