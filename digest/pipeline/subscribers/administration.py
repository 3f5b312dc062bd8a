"""What an operator does to subscribers: add, import, pause, resume, remove.

Each change is consent, or its end, and is written into the address's consent log.
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
    """What became of a list of subscribers."""

    added: tuple[str, ...]  # addresses
    known: tuple[str, ...]  # had this subscription already
    rejected: tuple[Rejection, ...]


def add(
    store: Store,
    *,
    email: str,
    name: str,
    profile_text: str,
    now: datetime,
    keys: Sequence[bytes] = (),
) -> bool:
    """Starts a subscription with the latest batch; False if the address has it already.

    It counts as a new consent: an address that had unsubscribed is active again.

    Args:
        store: where it is kept.
        email: the address.
        name: what the subscription is called; unique for the address.
        profile_text: TOML; `email` in it is not needed, and not looked at.
        now: the moment of the consent.
        keys: of the hashes that are kept of erased addresses.

    Raises:
        UsageError: the address is none, or is suppressed, also from before it was erased.
        ProfileError: the profile cannot be used.
    """
    email = _checked(email)
    text = _addressed(profile_text, email)
    profile_loader.parse(text, file=name)
    with store.write() as tx:
        erased = erasure.kept_closed(tx, [address_key(email)], keys=keys)
        if AddressStatus.SUPPRESSED in erased.values():
            raise UsageError(
                f"{email}: suppressed, because its mail bounced or was complained about before it"
                " was erased; use another address of the reader's"
            )
        erasure.forget_closed(tx, erased, keys=keys)
        standing = subscriptions.live(tx, email=email)
        if any(item.name == name for item in standing):
            _reactivate(tx, email, now)
            return False
        _reactivate(tx, email, now)
        subscriptions.start(
            tx,
            email=email,
            name=name,
            origin=SubscriptionOrigin.IMPORT,
            profile_text=text,
            read_through=announcements.beginning(tx),
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
    """Adds the subscribers of a CSV file with the columns `email` and, if wanted, `profile`.

    Args:
        store: where they are kept.
        data: the file's bytes.
        file: its path; profiles named in it are relative to its folder.
        profile: for rows that name none.
        now: the moment of the consent.
        keys: of the hashes that are kept of erased addresses.

    Raises:
        InputError: the file is no such list; nothing was added.
    """
    added: list[str] = []
    known: list[str] = []
    rejected: list[Rejection] = []
    for line, row in _rows(data, file):
        try:
            path = _profile_of(row, file, profile)
            email = (row.get("email") or "").strip()
            fresh = add(
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
            (added if fresh else known).append(email)
    return ImportResult(added=tuple(added), known=tuple(known), rejected=tuple(rejected))


def pause(store: Store, *, email: str, now: datetime) -> None:
    """Sends nothing more until `resume`; UsageError if there is no such subscriber."""
    _move(store, email, AddressStatus.PAUSED, event="paused", now=now)


def resume(store: Store, *, email: str, now: datetime, suppressed: bool = False) -> None:
    """Goes on with what comes from now on, after a pause or when the reader is back.

    Args:
        store: where it is kept.
        email: the address.
        now: the moment.
        suppressed: also if it is suppressed: the mailbox works, and the reader wants the mail.

    Raises:
        UsageError: there is no such subscriber, or it is neither paused nor unsubscribed.
    """
    allowed = {AddressStatus.PAUSED, AddressStatus.UNSUBSCRIBED}
    if suppressed:
        allowed.add(AddressStatus.SUPPRESSED)
    with store.write() as tx:
        found = subscriptions.find_address(tx, email)
        if found is None:
            raise UsageError(f"{email}: no such subscriber")
        if found.status is AddressStatus.SUPPRESSED and not suppressed:
            raise UsageError(
                f"{email}: suppressed, because its mail bounced or was complained about (digest"
                " subscribers show has the reason); if the mailbox works and its reader wants the"
                " mail: --suppressed"
            )
        if found.status not in allowed:
            raise UsageError(f"{email}: it is {found.status}, neither paused nor unsubscribed")
        lifted = found.status is AddressStatus.SUPPRESSED
        subscriptions.set_status(
            tx,
            email,
            AddressStatus.ACTIVE,
            event="resumed",
            origin=_OPERATOR,
            detail="was suppressed" if lifted else "",
            now=now,
        )


def remove(store: Store, *, email: str, now: datetime) -> None:
    """Unsubscribes the address for good: a profile file does not bring it back."""
    _move(store, email, AddressStatus.UNSUBSCRIBED, event="unsubscribed", now=now)


def _move(store: Store, email: str, status: AddressStatus, *, event: str, now: datetime) -> None:
    with store.write() as tx:
        found = subscriptions.find_address(tx, email)
        if found is None:
            raise UsageError(f"{email}: no such subscriber")
        if found.status in CLOSED:
            raise UsageError(f"{email}: it is {found.status} already")
        subscriptions.set_status(
            tx, email, status, event=event, origin=_OPERATOR, detail="", now=now
        )


def _reactivate(tx: Connection, email: str, now: datetime) -> None:
    found = subscriptions.find_address(tx, email)
    if found is None or found.status is AddressStatus.ACTIVE:
        return
    if found.status is AddressStatus.SUPPRESSED:
        raise UsageError(
            f"{email}: suppressed, because its mail bounced or was complained about; if the mailbox"
            " works and its reader wants the mail: digest subscribers resume --suppressed"
        )
    subscriptions.set_status(
        tx, email, AddressStatus.ACTIVE, event="subscribed", origin=_OPERATOR, detail="", now=now
    )


def _checked(email: str) -> str:
    try:
        return check_address(email)
    except ValueError as error:
        raise UsageError(f"{email!r} is no e-mail address: {error}") from None


def _addressed(text: str, email: str) -> str:
    """The profile with an address in it, which the format asks for."""
    try:
        has_one = "email" in tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return text  # `profiles.parse` says what is wrong with it
    return text if has_one else f"email = {json.dumps(email)}\n{text}"


def _profile_of(row: Mapping[str, str | None], file: Path, otherwise: Path | None) -> Path:
    named = (row.get("profile") or "").strip()
    path = file.parent / named if named else otherwise
    if path is None:
        raise UsageError("names no profile; add a column profile, or give --profile")
    return path


def _rows(data: bytes, file: Path) -> Iterator[tuple[int, dict[str, str]]]:
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
                'no column "email"; the first line names the columns', file=file, line=1
            )
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", file=file, line=reader.line_num) from None
