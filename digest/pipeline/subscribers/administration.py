"""Changes that an operator makes to subscribers: add, import, pause, resume, remove.

Each change gives or ends a consent, so it is written to the consent log of the address.
"""

import csv
import io
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.config.profiles import loader as profile_loader
from digest.core.models.batches import Rejection
from digest.core.models.subscribers import AddressStatus, SubscriptionOrigin
from digest.core.subscribers.email_addresses import check_address
from digest.core.subscribers.reconcile import CLOSED, address_key
from digest.errors import InputError, ProfileError, UsageError
from digest.pipeline.subscribers import erasure
from digest.store.database.store import Connection, Store
from digest.store.papers import announcements
from digest.store.subscribers import subscriptions

_OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """The result of an import."""

    added: tuple[str, ...]  # addresses
    existing: tuple[str, ...]  # addresses that had this subscription already
    rejected: tuple[Rejection, ...]  # rows that could not be imported


def add(
    store: Store,
    *,
    email: str,
    name: str,
    profile_text: str,
    now: datetime,
    keys: Sequence[bytes] = (),
) -> bool:
    """Adds a subscription, whose first digest begins with the latest batch.

    This counts as a new consent: an address that had unsubscribed becomes active again.

    Args:
        store: The database.
        email: The address.
        name: The name of the subscription, unique for the address.
        profile_text: The profile, TOML. An `email` in it is ignored.
        now: The time of the consent.
        keys: The keys of the hashes that are stored of erased addresses.

    Returns:
        False if the address has this subscription already.

    Raises:
        UsageError: The address is not valid, or it is suppressed or was before it was erased.
        ProfileError: The profile is not valid.
    """
    email = _checked_address(email)
    text = _with_email(profile_text, email)
    profile_loader.parse(text, file=name)
    with store.write() as tx:
        erased = erasure.closed_before_erasure(tx, [address_key(email)], keys=keys)
        # An erasure must not be a way to get around a suppression.
        if AddressStatus.SUPPRESSED in erased.values():
            raise UsageError(
                f"{email}: suppressed, because its mail bounced or was complained about before it"
                " was erased; use another address of the reader"
            )
        erasure.forget_closed(tx, erased, keys=keys)
        existing = subscriptions.live_subscriptions(tx, email=email)
        if any(item.name == name for item in existing):
            _reactivate(tx, email, now)
            return False
        _reactivate(tx, email, now)
        subscriptions.start(
            tx,
            email=email,
            name=name,
            origin=SubscriptionOrigin.IMPORT,
            profile_text=text,
            read_through=announcements.start_seq(tx),
            now=now,
            detail=f"added by the {_OPERATOR}",
        )
    return True


def import_csv(
    store: Store,
    data: bytes,
    *,
    file: Path,
    profile: Path | None,
    now: datetime,
    keys: Sequence[bytes] = (),
) -> ImportResult:
    """Adds the subscribers of a CSV file with a column `email` and an optional `profile`.

    Args:
        store: The database.
        data: The content of the file.
        file: The path of the file; paths of profiles in it are relative to its folder.
        profile: The profile for rows without one.
        now: The time of the consent.
        keys: The keys of the hashes that are stored of erased addresses.

    Raises:
        InputError: The file is not such a list.
    """
    added: list[str] = []
    existing: list[str] = []
    rejected: list[Rejection] = []
    for line, row in _rows(data, file):
        try:
            path = _profile_path(row, file, profile)
            email = (row.get("email") or "").strip()
            is_new = add(
                store,
                email=email,
                name=path.stem,
                profile_text=profile_loader.read(path),
                now=now,
                keys=keys,
            )
        except (UsageError, ProfileError) as error:
            rejected.append(Rejection(reason=str(error), line=line))
        else:
            (added if is_new else existing).append(email)
    return ImportResult(added=tuple(added), existing=tuple(existing), rejected=tuple(rejected))


def pause(store: Store, *, email: str, now: datetime) -> None:
    """Pauses all mail to an address until `resume`.

    Raises:
        UsageError: There is no such subscriber, or it is unsubscribed or suppressed.
    """
    _change_status(store, email, AddressStatus.PAUSED, event="paused", now=now)


def resume(store: Store, *, email: str, now: datetime, suppressed: bool = False) -> None:
    """Resumes mail to a paused or unsubscribed address, with the papers from now on.

    Args:
        store: The database.
        email: The address.
        now: The current time.
        suppressed: Also resume a suppressed address, because the operator knows that the mailbox
            works and that the reader wants the mail.

    Raises:
        UsageError: There is no such subscriber, or it is neither paused nor unsubscribed.
    """
    allowed = {AddressStatus.PAUSED, AddressStatus.UNSUBSCRIBED}
    if suppressed:
        allowed.add(AddressStatus.SUPPRESSED)
    with store.write() as tx:
        address = subscriptions.find_address(tx, email)
        if address is None:
            raise UsageError(f"{email}: no such subscriber")
        if address.status is AddressStatus.SUPPRESSED and not suppressed:
            raise UsageError(
                f"{email}: suppressed, because its mail bounced or was complained about (digest"
                " subscribers show has the reason); if the mailbox works and its reader wants the"
                " mail: --suppressed"
            )
        if address.status not in allowed:
            raise UsageError(f"{email}: it is {address.status}, neither paused nor unsubscribed")
        was_suppressed = address.status is AddressStatus.SUPPRESSED
        subscriptions.set_status(
            tx,
            email,
            AddressStatus.ACTIVE,
            event="resumed",
            origin=_OPERATOR,
            detail="was suppressed" if was_suppressed else "",
            now=now,
        )


def remove(store: Store, *, email: str, now: datetime) -> None:
    """Unsubscribes an address permanently; a profile file with it does not change that.

    Raises:
        UsageError: There is no such subscriber, or it is unsubscribed or suppressed already.
    """
    _change_status(store, email, AddressStatus.UNSUBSCRIBED, event="unsubscribed", now=now)


def _change_status(
    store: Store, email: str, status: AddressStatus, *, event: str, now: datetime
) -> None:
    with store.write() as tx:
        address = subscriptions.find_address(tx, email)
        if address is None:
            raise UsageError(f"{email}: no such subscriber")
        if address.status in CLOSED:
            raise UsageError(f"{email}: it is {address.status} already")
        subscriptions.set_status(
            tx, email, status, event=event, origin=_OPERATOR, detail="", now=now
        )


def _reactivate(tx: Connection, email: str, now: datetime) -> None:
    """Makes a paused or unsubscribed address active; raises UsageError if it is suppressed."""
    address = subscriptions.find_address(tx, email)
    if address is None or address.status is AddressStatus.ACTIVE:
        return
    if address.status is AddressStatus.SUPPRESSED:
        raise UsageError(
            f"{email}: suppressed, because its mail bounced or was complained about; if the mailbox"
            " works and its reader wants the mail: digest subscribers resume --suppressed"
        )
    subscriptions.set_status(
        tx, email, AddressStatus.ACTIVE, event="subscribed", origin=_OPERATOR, detail="", now=now
    )


def _checked_address(email: str) -> str:
    try:
        return check_address(email)
    except ValueError as error:
        raise UsageError(f"{email!r} is no e-mail address: {error}") from None


def _with_email(text: str, email: str) -> str:
    """Returns the profile with an `email`, which the format requires."""
    try:
        has_email = "email" in tomllib.loads(text)
    except (ValueError, RecursionError):  # no TOML, a number too long, or nested too deeply
        return text  # the profile parser reports what is wrong
    return text if has_email else f"email = {json.dumps(email)}\n{text}"


def _profile_path(row: Mapping[str, str | None], file: Path, default: Path | None) -> Path:
    """Returns the path of the profile of a CSV row."""
    name = (row.get("profile") or "").strip()
    path = file.parent / name if name else default
    if path is None:
        raise UsageError("has no profile; add a column profile, or give --profile")
    return path


def _rows(data: bytes, file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields the rows of a CSV file, each with its line number."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("not UTF-8; save it as UTF-8", file=file, line=line) from None
    reader = csv.DictReader(io.StringIO(text))
    try:
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        if "email" not in reader.fieldnames:
            raise InputError(
                'no column "email"; the first line must contain the names of the columns',
                file=file,
                line=1,
            )
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", file=file, line=reader.line_num) from None
