"""Imports subscribers from a CSV file."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from digest.config.mailing_lists.loader import NO_LISTS, MailingLists
from digest.config.profiles.loader import LoadedProfiles, ProfileFile
from digest.core.models.batches import Rejection
from digest.core.subscribers.consent import Consent, parse_consent
from digest.core.subscribers.list_status import (
    EMAIL_COLUMNS,
    STATUS_COLUMNS,
    ListStatus,
    confirmed_at,
    gone_at,
    status_of,
)
from digest.core.subscribers.reconcile import address_key
from digest.errors import DigestError, InputError, ProfileError, UsageError
from digest.pipeline.subscribers.administration import AddOutcome, AddResult, checked_address
from digest.pipeline.subscribers.bulk_import import ProfileFileReader, ReaderToAdd, add_many
from digest.pipeline.subscribers.former_lists import leavers
from digest.pipeline.subscribers.former_lists.leavers import GoneReader
from digest.store.database.store import Store

_ROWS_PER_TRANSACTION = 1000  # other writers wait for so many


class UnsubscribedRow(Struct, frozen=True, kw_only=True):
    """A row of the file that subscribed nobody, because of what is known of its address."""

    line: int
    email: str
    result: AddResult


class UnconfirmedRow(Struct, frozen=True, kw_only=True):
    """A row of a reader who never confirmed, or gets no mail from the list."""

    line: int
    email: str
    status: str  # as it is written


class RowOutcome(Struct, frozen=True, kw_only=True):
    """The outcome of a row."""

    line: int
    email: str  # as it is written
    outcome: str  # an `AddOutcome`, or rejected, gone, unconfirmed
    reason: str = ""


class ImportResult(Struct, kw_only=True):
    """The result of an import; each list is in the order of the file."""

    added: list[str] = field(default_factory=list)  # addresses
    existing: list[str] = field(default_factory=list)  # that had this subscription already
    updated: list[str] = field(default_factory=list)  # whose subscription follows another file now
    left: list[UnsubscribedRow] = field(default_factory=list)  # whose readers have left
    with_file: list[UnsubscribedRow] = field(default_factory=list)  # that have a profile file
    rejected: list[Rejection] = field(default_factory=list)  # rows that could not be imported
    # Rows that subscribe nobody, because of what the list itself says.
    gone: list[GoneReader] = field(default_factory=list)  # who left it, or bounced
    unconfirmed: list[UnconfirmedRow] = field(default_factory=list)
    rows: list[RowOutcome] = field(default_factory=list)  # all of them


def import_csv(
    store: Store,
    data: bytes,
    *,
    file: Path,
    profile: Path | None,
    now: datetime,
    keys: Sequence[bytes] = (),
    home: Path | None = None,
    profiles: LoadedProfiles | None = None,
    consent: Consent | None = None,
    lists: MailingLists = NO_LISTS,
    only_in: Path | None = None,
    status: ListStatus | None = None,
) -> ImportResult:
    """Adds the subscribers of a CSV file.

    It has a column `email`, and optional ones: `profile`, `list`, `consent`, `status`. Who left the list
    or bounced is not subscribed; `record_gone` comes first, for all files.

    Args:
        store: The database.
        data: The content of the file.
        file: The path of the file; paths of profiles in it are relative to its folder.
        profile: The profile for rows without one.
        now: The current time.
        keys: The keys of the hashes that are stored of erased addresses.
        home: The home, to which the stored paths of profiles are relative.
        profiles: The profile files of the home.
        consent: How and when the readers of rows without a consent agreed.
        lists: The mailing lists, which rows can name.
        only_in: A folder; profiles in other places are refused. None: none is.
        status: What the name of the file says of its readers; None: the rows say it.

    Raises:
        InputError: The file is not such a list.
    """
    result = ImportResult()
    listed = _subscribed(_rows(data, file), result, status=status, now=now)
    own_files: dict[str, list[ProfileFile]] = {}
    for item in profiles.files if profiles is not None else ():
        own_files.setdefault(address_key(item.email), []).append(item)

    def profiles_of(key: str) -> LoadedProfiles | None:
        # Not all files: a long list must not compare each row with each file.
        if profiles is None:
            return None
        return replace(profiles, files=tuple(own_files[key])) if key in own_files else no_files

    no_files = None if profiles is None else replace(profiles, files=())
    reader = _RowReader(
        file, profile, now=now, home=home, consent=consent, lists=lists, only_in=only_in
    )
    rows = (reader.checked(line, row) for line, row in listed)
    for chunk in _chunks(rows):
        for row in chunk:
            if isinstance(row, _WrongRow):
                _reject(result, row.line, row.email, row.reason)
        valid = [row for row in chunk if isinstance(row, _ValidRow)]
        with store.write() as tx:
            done = add_many(
                tx, [row.reader for row in valid], now=now, keys=keys, profiles_of=profiles_of
            )
        for valid_row, one in zip(valid, done, strict=True):
            _count(result, valid_row, one)
    # Rows that the store refused come after those that could not be read. The operator corrects
    # them in the order of the file.
    result.rejected.sort(key=lambda item: item.line or 0)
    result.rows.sort(key=lambda item: item.line)
    return result


def record_gone(
    store: Store,
    data: bytes,
    *,
    file: Path,
    now: datetime,
    keys: Sequence[bytes],
    status: ListStatus | None = None,
) -> int:
    """Records who left a list or bounced; returns how many are newly known to have left.

    A list may have an address twice, so this reads all of it before anybody is subscribed.

    Args:
        store: The database.
        data: The content of the file.
        file: The path of the file.
        now: The current time.
        keys: The keys of the hashes of addresses.
        status: What the name of the file says of its readers; None: the rows say it.

    Raises:
        InputError: The file is not such a list.
    """
    found = ImportResult()
    for _ in _subscribed(_rows(data, file), found, status=status, now=now):
        pass
    recorded = 0
    for start in range(0, len(found.gone), _ROWS_PER_TRANSACTION):
        with store.write() as tx:
            for reader in found.gone[start : start + _ROWS_PER_TRANSACTION]:
                cause = f"digest subscribers import, {file.name} line {reader.line}"
                recorded += leavers.record(tx, reader, cause=cause, keys=keys, now=now)
    return recorded


def _subscribed(
    rows: Iterable[tuple[int, dict[str, str]]],
    result: ImportResult,
    *,
    status: ListStatus | None,
    now: datetime,
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields the rows of those who may be subscribed, and puts the others into the result."""
    for line, row in rows:
        word = next((row[name] or "" for name in STATUS_COLUMNS if name in row), "").strip()
        found = status_of(word) if word else status or ListStatus.SUBSCRIBED
        email = (row.get("email") or "").strip()
        if found is None:
            reason = (
                f"the status {word[:80]!r} is not known; write subscribed, unconfirmed,"
                " unsubscribed or bounced"
            )
            _reject(result, line, email, reason)
        elif found is ListStatus.UNCONFIRMED:
            unconfirmed = UnconfirmedRow(line=line, email=email, status=word or str(found))
            result.unconfirmed.append(unconfirmed)
            result.rows.append(RowOutcome(line=line, email=email, outcome="unconfirmed"))
        elif found is ListStatus.SUBSCRIBED:
            yield line, row
        else:
            try:
                email = checked_address(email)
            except UsageError as error:
                _reject(result, line, email, str(error))
            else:
                at = gone_at(row, now=now)
                result.rows.append(
                    RowOutcome(line=line, email=email, outcome="gone", reason=str(found))
                )
                result.gone.append(GoneReader(line=line, email=email, status=found, at=at))


class _ValidRow(Struct, frozen=True, kw_only=True):
    line: int
    email: str  # as it is written
    reader: ReaderToAdd


class _WrongRow(Struct, frozen=True, kw_only=True):
    line: int
    email: str
    reason: str


class _RowReader:
    """Finds out what each row wants, or what is wrong with it."""

    def __init__(
        self,
        file: Path,
        profile: Path | None,
        *,
        now: datetime,
        home: Path | None,
        consent: Consent | None,
        lists: MailingLists,
        only_in: Path | None,
    ) -> None:
        self._files = ProfileFileReader(home, lists)
        self._file = file
        self._profile = profile
        self._now = now
        self._home = home
        self._consent = consent
        self._lists = lists
        self._only_in = only_in

    def checked(self, line: int, row: Mapping[str, str | None]) -> _ValidRow | _WrongRow:
        email = (row.get("email") or "").strip()
        try:
            source = self._files.read(self._path(row))
            consent = _row_consent(row, self._now) or self._consent
            address = checked_address(email)
            reader = ReaderToAdd(
                email=address,
                profile=self._files.parse(source),
                consent=consent,
                cause=f"digest subscribers import, {self._file.name} line {line}",
            )
        except (UsageError, ProfileError) as error:
            return _WrongRow(line=line, email=email, reason=str(error))
        return _ValidRow(line=line, email=email, reader=reader)

    def _path(self, row: Mapping[str, str | None]) -> Path:
        """Returns the path of the profile of a row."""
        list_name = (row.get("list") or "").strip()
        name = (row.get("profile") or "").strip()
        if list_name:
            found = self._lists.named(list_name)
            if found is None or self._home is None:
                raise UsageError(f"there is no list {list_name[:80]!r} in lists.toml")
            return self._home / found.profile
        path = self._file.parent / name if name else self._profile
        if path is None:
            raise UsageError("has no profile; add a column profile, or give --profile")
        if name and self._only_in is not None and not _is_inside(path, self._only_in):
            raise UsageError(f"{name[:200]}: the profile is not in the home")
        return path


def _is_inside(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):  # no name that a file can have
        return False


def _chunks(rows: Iterator[_ValidRow | _WrongRow]) -> Iterator[list[_ValidRow | _WrongRow]]:
    """Yields the rows in lists; those before an error in the file are imported, as the file says."""
    chunk: list[_ValidRow | _WrongRow] = []
    try:
        for row in rows:
            chunk.append(row)
            if len(chunk) == _ROWS_PER_TRANSACTION:
                yield chunk
                chunk = []
    except InputError:
        yield chunk
        raise
    yield chunk


def _count(result: ImportResult, row: _ValidRow, one: AddResult | DigestError) -> None:
    if isinstance(one, DigestError):
        _reject(result, row.line, row.email, str(one))
        return
    result.rows.append(
        RowOutcome(line=row.line, email=row.email, outcome=one.outcome.value, reason=one.reason)
    )
    unsubscribed = UnsubscribedRow(line=row.line, email=row.email, result=one)
    if one.outcome is AddOutcome.LEFT:
        result.left.append(unsubscribed)
    elif one.outcome is AddOutcome.HAS_FILE:
        result.with_file.append(unsubscribed)
    else:
        addresses = {
            AddOutcome.ADDED: result.added,
            AddOutcome.KNOWN: result.existing,
            AddOutcome.UPDATED: result.updated,
        }
        addresses[one.outcome].append(row.email)


def _reject(result: ImportResult, line: int, email: str, reason: str) -> None:
    result.rejected.append(Rejection(reason=reason, line=line))
    result.rows.append(RowOutcome(line=line, email=email, outcome="rejected", reason=reason))


def _row_consent(row: Mapping[str, str | None], now: datetime) -> Consent | None:
    text = (row.get("consent") or "").strip()
    if not text:
        # Mailchimp and others say when a reader confirmed; that is how and when.
        at = confirmed_at(row, now=now)
        if at is None:
            return None
        return Consent(text=f"confirmed in the former list, {at:%Y-%m-%d %H:%M}", given_at=at)
    try:
        return parse_consent(text, now=now)
    except ValueError as error:
        raise UsageError(f"its consent {error}") from None


def _rows(data: bytes, file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields the rows of a CSV file, each with its line number."""
    try:
        # Spreadsheets write a byte order mark before the name of the first column.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("not UTF-8; save it as UTF-8", file=file, line=line) from None
    reader = csv.DictReader(io.StringIO(text))
    try:
        # Lists that people make have `Email` or ` email ` in the first line.
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        email = next((name for name in EMAIL_COLUMNS if name in names), None)
        reader.fieldnames = ["email" if name == email else name for name in names]
        if email is None:
            raise InputError(
                'no column "email"; the first line must contain the names of the columns',
                file=file,
                line=1,
            )
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", file=file, line=reader.line_num) from None
