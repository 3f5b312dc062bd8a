"""Imports the export of another program: first who left, then the others."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from digest.config.mailing_lists.loader import NO_LISTS, MailingLists
from digest.config.profiles.loader import LoadedProfiles
from digest.core.subscribers.consent import Consent
from digest.pipeline.subscribers import csv_import
from digest.pipeline.subscribers.csv_import import ImportResult
from digest.pipeline.subscribers.former_lists.export_files import ListFile, open_export
from digest.store.database.store import Store

_LISTMONK = {"uuid", "email", "name", "attributes", "status", "created_at", "updated_at"}
_LISTMONK_WARNING = (
    "the status in an export of listmonk is that of the subscriber; it does not say who left one of its"
    " lists: see docs/howto/readers.md"
)


class ImportedExport(Struct, frozen=True, kw_only=True):
    """The results of an import, by file."""

    files: Sequence[tuple[Path, ImportResult]]
    newly_gone: int = 0  # readers who are newly known to have left
    is_zip: bool = False
    warning: str = ""  # what the export does not say


def import_export(
    store: Store,
    file: Path,
    *,
    profile: Path | None,
    now: datetime,
    keys: Sequence[bytes],
    home: Path | None = None,
    profiles: LoadedProfiles | None = None,
    consent: Consent | None = None,
    lists: MailingLists = NO_LISTS,
) -> ImportedExport:
    """Imports a CSV file, or the CSV files of a zip; see `csv_import.import_csv`.

    Raises:
        InputError: a file is no such list, or the zip cannot be read.
    """
    parts = open_export(file, file.read_bytes())
    # In all files, before anybody is added: a list may have an address twice.
    newly_gone = sum(
        csv_import.record_gone(
            store, part.data, file=part.name, now=now, keys=keys, status=part.status
        )
        for part in parts
    )
    results = [
        (
            part.name,
            csv_import.import_csv(
                store,
                part.data,
                file=part.name,
                profile=profile,
                now=now,
                keys=keys,
                home=home,
                profiles=profiles,
                consent=consent,
                lists=lists,
                status=part.status,
            ),
        )
        for part in parts
    ]
    is_zip = any(part.name != file for part in parts)
    warning = _LISTMONK_WARNING if any(map(_is_of_listmonk, parts)) else ""
    return ImportedExport(files=results, newly_gone=newly_gone, is_zip=is_zip, warning=warning)


def _is_of_listmonk(part: ListFile) -> bool:
    first = part.data[:1000].decode("utf-8-sig", "replace").partition("\n")[0]
    return {name.strip() for name in next(csv.reader(io.StringIO(first)), [])} >= _LISTMONK
