"""Imports subscribers from a CSV file."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from digest.config.profiles.loader import LoadedProfiles, ProfileFile
from digest.core.models.batches import Rejection
from digest.core.subscribers.consent import Consent, parse_consent
from digest.core.subscribers.reconcile import address_key
from digest.errors import DigestError, InputError, ProfileError, UsageError
from digest.pipeline.subscribers.administration import AddOutcome, AddResult, checked_address
from digest.pipeline.subscribers.bulk_import import ProfileFileReader, ReaderToAdd, add_many
from digest.store.database.store import Store

_ROWS_PER_TRANSACTION = 1000  # other writers wait for so many


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribedRow:
    """A row of the file that subscribed nobody, because of what is known of its address."""

    line: int
    email: str
    result: AddResult


@dataclass(slots=True, kw_only=True)
class ImportResult:
    """The result of an import; each list is in the order of the file."""

    added: list[str] = field(default_factory=list)  # addresses
    existing: list[str] = field(default_factory=list)  # that had this subscription already
    updated: list[str] = field(default_factory=list)  # whose subscription follows another file now
    left: list[UnsubscribedRow] = field(default_factory=list)  # whose readers have left
    with_file: list[UnsubscribedRow] = field(default_factory=list)  # that have a profile file
    rejected: list[Rejection] = field(default_factory=list)  # rows that could not be imported


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
    only_in: Path | None = None,
) -> ImportResult:
    """Adds the subscribers of a CSV file: a column `email`, optional `profile` and `consent`.

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
        only_in: A folder; profiles in other places are refused. None: none is.

    Raises:
        InputError: The file is not such a list.
    """
    own_files: dict[str, list[ProfileFile]] = {}
    for item in profiles.files if profiles is not None else ():
        own_files.setdefault(address_key(item.email), []).append(item)

    def profiles_of(key: str) -> LoadedProfiles | None:
        # Not all files: a long list must not compare each row with each file.
        if profiles is None:
            return None
        return replace(profiles, files=tuple(own_files[key])) if key in own_files else no_files

    no_files = None if profiles is None else replace(profiles, files=())
    result = ImportResult()
    rows = _checked(
        _rows(data, file), file, profile, now=now, home=home, consent=consent, only_in=only_in
    )
    for chunk in _chunks(rows):
        result.rejected += [row for row in chunk if isinstance(row, Rejection)]
        valid = [row for row in chunk if isinstance(row, _ValidRow)]
        with store.write() as tx:
            done = add_many(
                tx, [row.reader for row in valid], now=now, keys=keys, profiles_of=profiles_of
            )
        for row, one in zip(valid, done, strict=True):
            _count(result, row, one)
    # Rows that the store refused come after those that could not be read. The operator corrects
    # them in the order of the file.
    result.rejected.sort(key=lambda item: item.line or 0)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _ValidRow:
    line: int
    email: str  # as it is written
    reader: ReaderToAdd


def _checked(
    rows: Iterable[tuple[int, dict[str, str]]],
    file: Path,
    profile: Path | None,
    *,
    now: datetime,
    home: Path | None,
    consent: Consent | None,
    only_in: Path | None,
) -> Iterator[_ValidRow | Rejection]:
    """Yields what each row wants, or what is wrong with it."""
    files = ProfileFileReader(home)
    for line, row in rows:
        email = (row.get("email") or "").strip()
        try:
            source = files.read(_profile_path(row, file, profile, only_in=only_in))
            row_consent = _row_consent(row, now) or consent
            address = checked_address(email)
            reader = ReaderToAdd(
                email=address,
                profile=files.parse(source),
                consent=row_consent,
                cause=f"digest subscribers import, {file.name} line {line}",
            )
        except (UsageError, ProfileError) as error:
            yield Rejection(reason=str(error), line=line)
        else:
            yield _ValidRow(line=line, email=email, reader=reader)


def _chunks(rows: Iterator[_ValidRow | Rejection]) -> Iterator[list[_ValidRow | Rejection]]:
    """Yields the rows in lists; those before an error in the file are imported, as the file says."""
    chunk: list[_ValidRow | Rejection] = []
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
        result.rejected.append(Rejection(reason=str(one), line=row.line))
        return
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


def _row_consent(row: Mapping[str, str | None], now: datetime) -> Consent | None:
    text = (row.get("consent") or "").strip()
    if not text:
        return None
    try:
        return parse_consent(text, now=now)
    except ValueError as error:
        raise UsageError(f"its consent {error}") from None


def _profile_path(
    row: Mapping[str, str | None], file: Path, default: Path | None, *, only_in: Path | None = None
) -> Path:
    """Returns the path of the profile of a CSV row."""
    name = (row.get("profile") or "").strip()
    path = file.parent / name if name else default
    if path is None:
        raise UsageError("has no profile; add a column profile, or give --profile")
    if name and only_in is not None and not _is_inside(path, only_in):
        raise UsageError(f"{name[:200]}: the profile is not in the home")
    return path


def _is_inside(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):  # no name that a file can have
        return False


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
