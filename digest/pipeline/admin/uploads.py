"""Uploaded lists of readers: a dry run says what the import would do with each row; then they are imported.

A list stays in the memory of this process until it is imported or an hour is over. Nothing of it is
stored before.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from msgspec import Struct, field

from digest.config.mailing_lists import loader as list_loader
from digest.config.profiles.loader import LoadedProfiles
from digest.core.subscribers.consent import Consent
from digest.errors import UsageError
from digest.pipeline.subscribers.csv_import import ImportResult, import_csv, record_gone
from digest.store.database.dry_run import DryRunStore
from digest.store.database.store import Store

_KEPT = timedelta(hours=1)
_MOST = 4  # lists at the same time
_NAME = "uploaded.csv"


class RefusedRow(Struct, frozen=True, kw_only=True):
    """A row that subscribes nobody."""

    line: int | None
    text: str  # the address, or why the row is refused


class UploadedList(Struct, frozen=True, kw_only=True):
    """A list that was uploaded, with the result of the dry run."""

    data: bytes
    profile: Path | None
    consent: Consent | None
    owner: str  # the session that uploaded it
    at: datetime
    result: ImportResult

    def __repr__(self) -> str:
        """Names no reader: the data would be in a log or an error message."""
        return f"{type(self).__name__}({len(self.data)} bytes, at={self.at!r})"


class Uploads(Struct):
    """The lists that wait for a decision."""

    _lists: dict[str, UploadedList] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def keep(self, name: str, uploaded: UploadedList) -> None:
        """Keeps a list under a name that nobody can guess; the oldest one goes if there are many."""
        with self._lock:
            self._forget_old(uploaded.at)
            while len(self._lists) >= _MOST:
                del self._lists[next(iter(self._lists))]
            self._lists[name] = uploaded

    def find(self, name: str, *, owner: str, now: datetime) -> UploadedList | None:
        """Returns a list of a session; None if there is none."""
        with self._lock:
            self._forget_old(now)
            found = self._lists.get(name)
        return found if found is not None and found.owner == owner else None

    def remove(self, name: str) -> None:
        """Forgets a list."""
        with self._lock:
            self._lists.pop(name, None)

    def _forget_old(self, now: datetime) -> None:
        for name, item in list(self._lists.items()):
            if now - item.at > _KEPT:
                del self._lists[name]


class ListImporter(Struct, frozen=True, kw_only=True):
    """Imports lists with the rules of `digest subscribers import`.

    Profiles are files in the home: an operator's page must not read other files of the machine.
    """

    store: Store
    database_url: str
    home: Path
    keys: Sequence[bytes]

    def profile_file(self, name: str) -> Path | None:
        """Returns the profile for rows without one; None for an empty name.

        Raises:
            UsageError: There is no such file in the home.
        """
        if not name.strip():
            return None
        try:
            path = (self.home / name.strip()).resolve()
            is_there = path.is_relative_to(self.home.resolve()) and path.is_file()
        except (OSError, ValueError):  # no name that a file can have
            is_there = False
        if not is_there:
            raise UsageError(f"{name.strip()[:200]}: the home has no such file")
        return path

    def profile_files(self) -> Sequence[str]:
        """Returns the names of the profile files that rows can name, relative to the home."""
        found = self.home.glob("*/*.toml")
        return sorted(path.relative_to(self.home).as_posix() for path in found)

    def try_out(
        self,
        data: bytes,
        *,
        profile: Path | None,
        consent: Consent | None,
        profiles: LoadedProfiles,
        now: datetime,
    ) -> ImportResult:
        """Returns what an import would do; everything is rolled back.

        Raises:
            InputError: It is no such list.
        """
        with DryRunStore.open(self.database_url) as store:
            return self._import(
                store, data, profile=profile, consent=consent, profiles=profiles, now=now
            )

    def import_list(
        self, uploaded: UploadedList, *, profiles: LoadedProfiles, now: datetime
    ) -> ImportResult:
        """Imports a list.

        Raises:
            InputError: It is no such list.
        """
        return self._import(
            self.store,
            uploaded.data,
            profile=uploaded.profile,
            consent=uploaded.consent,
            profiles=profiles,
            now=now,
        )

    def _import(
        self,
        store: Store,
        data: bytes,
        *,
        profile: Path | None,
        consent: Consent | None,
        profiles: LoadedProfiles,
        now: datetime,
    ) -> ImportResult:
        file = self.home / _NAME
        # First: the list may have an address twice.
        record_gone(store, data, file=file, now=now, keys=self.keys)
        return import_csv(
            store,
            data,
            file=file,
            profile=profile,
            now=now,
            keys=self.keys,
            home=self.home,
            profiles=profiles,
            consent=consent,
            lists=list_loader.load(self.home),  # as they are now
            only_in=self.home,
        )


def refused_rows(result: ImportResult) -> Sequence[RefusedRow]:
    """Returns the rows that subscribe nobody, in the order of the file."""
    rows = [RefusedRow(line=item.line, text=item.reason) for item in result.rejected]
    rows += [
        RefusedRow(line=item.line, text=item.result.reason)
        for item in (*result.left, *result.with_file)
    ]
    said = [(item.line, item.email, str(item.status)) for item in result.gone]
    said += [(item.line, item.email, item.status) for item in result.unconfirmed]
    rows += [
        RefusedRow(line=line, text=f"{email}: the list says {status}")
        for line, email, status in said
    ]
    return sorted(rows, key=lambda row: row.line or 0)


def accepted_rows(result: ImportResult) -> Iterator[tuple[str, str]]:
    """Yields the addresses of the other rows, each with what the import does with it."""
    for action, addresses in (
        ("added", result.added),
        ("updated", result.updated),
        ("unchanged", result.existing),
    ):
        yield from ((address, action) for address in addresses)
