"""Adds many readers in one transaction, with the results that `administration.add` gives one by one.

Nearly all rows of a list are alike: the address is new, or has this subscription already. These are
decided from a few queries about all rows, and written together. All others, such as those whose
readers have left, go through `administration.add_checked`, one by one.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path

from msgspec import Struct

from digest.config.mailing_lists.loader import NO_LISTS, MailingLists
from digest.config.profiles import loader as profile_loader
from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.profiles import Profile
from digest.core.models.subscribers import AddressStatus, SubscriptionOrigin
from digest.core.profiles.compiled import (
    ANY_READER,
    ProfileRecord,
    address_in,
    compile_text,
    shared_text,
    written_text,
)
from digest.core.subscribers.consent import Consent
from digest.core.subscribers.reconcile import address_key, normalize_address
from digest.errors import ProfileError, UsageError
from digest.pipeline.profiles.profile_sources import ProfileSource, read_source, with_email
from digest.pipeline.subscribers import leavings
from digest.pipeline.subscribers.administration import AddOutcome, AddResult, add_checked
from digest.store.database.store import Connection
from digest.store.papers import announcements
from digest.store.subscribers import bulk
from digest.store.subscribers import profiles as profile_store
from digest.store.subscribers.bulk import KnownReader, NewReader

_REMEMBERED_FILES = 64  # profile files that are not read and parsed again


class ImportedProfile(Struct, frozen=True, kw_only=True, dict=True):
    """A profile file that was read and parsed once for all its readers."""

    source: ProfileSource
    parsed: Profile
    text: str  # as it is stored for all readers but the one whose address is in it
    address: str | None  # that one

    def record_for(self, email: str) -> ProfileRecord:
        """Returns the profile as it is stored for a reader."""
        if email == self.address:
            return compile_text(shared_text(self.source.text, email), self.parsed)
        return self._record

    @cached_property
    def _record(self) -> ProfileRecord:
        return compile_text(self.text, self.parsed)


class ReaderToAdd(Struct, frozen=True, kw_only=True):
    """A reader whose address, profile and consent are valid."""

    email: str
    profile: ImportedProfile
    consent: Consent | None
    cause: str  # the command, and the line of the file, for the consent log


class ProfileFileReader:
    """Reads and parses the profile files that a list names, each once.

    Args:
        home: The home, to which the stored paths of profiles are relative.
        lists: The mailing lists, whose readers follow their files.
    """

    def __init__(self, home: Path | None, lists: MailingLists = NO_LISTS) -> None:
        # Errors are cached too: a wrong file of a long list is not read for each of its rows.
        root = home.resolve() if home else None
        self._read = lru_cache(_REMEMBERED_FILES)(lambda path: _read(path, root, lists))
        self._parse = lru_cache(_REMEMBERED_FILES)(_parse)

    def read(self, path: Path) -> ProfileSource:
        """Reads a file.

        Raises:
            UsageError: The path cannot be stored.
            ProfileError: The file cannot be read.
        """
        found = self._read(path)
        if isinstance(found, ProfileSource):
            return found
        raise found

    def parse(self, source: ProfileSource) -> ImportedProfile:
        """Parses what was read.

        Raises:
            ProfileError: The profile is not valid.
        """
        found = self._parse(source)
        if isinstance(found, ImportedProfile):
            return found
        raise found


def _read(
    path: Path, home: Path | None, lists: MailingLists
) -> ProfileSource | UsageError | ProfileError:
    try:
        return read_source(path, home=home, lists=lists, is_resolved=True)
    except (UsageError, ProfileError) as error:
        return error


def _parse(source: ProfileSource) -> ImportedProfile | ProfileError:
    text = source.text
    somebody = "reader@example.org"  # each reader is checked before; errors do not name the address
    # Most files have no address, and these need not be read as TOML twice.
    if "email" not in text and "\\" not in text:
        try:
            parsed = profile_loader.parse(
                written_text(ANY_READER + text, somebody), file=source.name
            ).profile
        except ProfileError:
            pass  # its place depends on whether the text is TOML: see below
        else:
            stored = ANY_READER + text
            return ImportedProfile(source=source, parsed=parsed, text=stored, address=None)
    # Nor need a file whose first line is an address.
    address = address_in(text)
    whole = with_email(text, somebody) if address is None else text
    try:
        parsed = profile_loader.parse(whole, file=source.name).profile
    except ProfileError as error:
        return error
    stored = text if whole == text else ANY_READER + text
    return ImportedProfile(source=source, parsed=parsed, text=stored, address=address)


def add_many(
    tx: Connection,
    readers: Sequence[ReaderToAdd],
    *,
    now: datetime,
    keys: Sequence[bytes] = (),
    profiles_of: Callable[[str], LoadedProfiles | None],
) -> list[AddResult | UsageError | ProfileError]:
    """Adds readers in their order.

    Args:
        tx: A write transaction.
        readers: The readers. An address may occur several times.
        now: The current time.
        keys: The keys of the hashes that are stored of erased addresses.
        profiles_of: Returns the profile files of an address, given its key; None if they are not
            known.

    Returns:
        For each reader the result of `administration.add`, or the error that it raises.
    """
    adder = _Adder(tx, readers, now=now, keys=keys, profiles_of=profiles_of)
    return adder.results()


class _Adder:
    def __init__(
        self,
        tx: Connection,
        readers: Sequence[ReaderToAdd],
        *,
        now: datetime,
        keys: Sequence[bytes],
        profiles_of: Callable[[str], LoadedProfiles | None],
    ) -> None:
        self._tx = tx
        self._readers = readers
        self._now = now
        self._keys = keys
        self._profiles_of = profiles_of
        self._results: list[AddResult | UsageError | ProfileError] = [_ADDED] * len(readers)
        self._new: dict[str, int] = {}  # addresses that wait to be written, with their places
        self._read_through: int | None = None

    def results(self) -> list[AddResult | UsageError | ProfileError]:
        address_keys = [address_key(reader.email) for reader in self._readers]
        known = bulk.known_readers(self._tx, address_keys)
        erased = leavings.find_erased(self._tx, set(address_keys), keys=self._keys)
        changed: set[str] = set()  # addresses of which `known` is not true any more
        for place, (key, reader) in enumerate(zip(address_keys, self._readers, strict=True)):
            files = self._profiles_of(key)
            # The usual rows. Everything that needs a decision goes through `add_checked`, as one
            # reader alone.
            if key not in changed and key not in erased and not (files and files.files):
                stored = known.get(key)
                if stored is None:
                    self._new[key] = place
                    changed.add(key)
                    continue
                if _is_subscribed(stored, reader):
                    self._results[place] = _KNOWN
                    continue
            self._write_new()  # so that rows are written in their order
            self._add_one(place)
            changed.add(key)
        self._write_new()
        return self._results

    def _add_one(self, place: int) -> None:
        reader = self._readers[place]
        try:
            # A savepoint, so that a row that fails leaves nothing, and the rows around it stay.
            with self._tx.begin_nested():
                self._results[place] = add_checked(
                    self._tx,
                    email=reader.email,
                    profile=reader.profile.source,
                    parsed=reader.profile.parsed,
                    now=self._now,
                    keys=self._keys,
                    profiles=self._profiles_of(address_key(reader.email)),
                    consent=reader.consent,
                    cause=reader.cause,
                )
        except (UsageError, ProfileError) as error:
            self._results[place] = error

    def _write_new(self) -> None:
        """Starts the subscriptions of addresses that the store does not know."""
        new, self._new = self._new, {}
        if not new:
            return
        if self._read_through is None:
            self._read_through = announcements.start_seq(self._tx)
        readers = [self._readers[place] for place in new.values()]
        records = [reader.profile.record_for(normalize_address(reader.email)) for reader in readers]
        # Profiles before addresses, as `subscriptions.start` writes them: two processes that lock
        # in the same order never wait for each other.
        ids = profile_store.store_profiles(self._tx, records)
        lost = bulk.start_many(
            self._tx,
            [
                NewReader(
                    email=reader.email,
                    name=reader.profile.source.name,
                    profile_id=ids[record.content_hash],
                    profile_file=reader.profile.source.file,
                    detail=reader.cause,
                    evidence=reader.consent,
                    list_name=reader.profile.source.list_name,
                )
                for reader, record in zip(readers, records, strict=True)
            ],
            origin=SubscriptionOrigin.IMPORT,
            read_through=self._read_through,
            now=self._now,
        )
        for key in lost:  # another process was faster
            self._add_one(new[key])
        if lost:
            profile_store.remove_unused(self._tx, ids.values())


_ADDED = AddResult(outcome=AddOutcome.ADDED)
_KNOWN = AddResult(outcome=AddOutcome.KNOWN)


def _is_subscribed(stored: KnownReader, reader: ReaderToAdd) -> bool:
    """Whether an address has the subscription already, and nothing of it has to change."""
    if stored.status is not AddressStatus.ACTIVE:
        return False
    source = reader.profile.source
    if source.list_name is None and any(
        item.origin is SubscriptionOrigin.FILE for item in stored.live
    ):
        return False
    same = [
        item
        for item in stored.live
        if item.origin is SubscriptionOrigin.IMPORT and item.name == source.name
    ]
    if not same or source.file not in (None, same[0].profile_file):
        return False
    return reader.consent is None or reader.consent.text in stored.evidence
